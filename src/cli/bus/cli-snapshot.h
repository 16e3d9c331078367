/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The inventory of the daemon's host, from Manager.Snapshot(). */

#include "base/macro.h"
#include "cli/cli.h"
#include "model/inventory.h"

/*
 * Get the snapshot as JSON text, and as an inventory. The caller frees *ret. 0 or an exit status.
 */
int cli_snapshot_text(struct cli *cli, char **ret) _must_check_;
int cli_snapshot_load(struct cli *cli, struct inventory **ret) _must_check_;
