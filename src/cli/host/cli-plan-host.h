/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Plans on the host of --host. */

#include "cli/cli.h"
#include "cli/print/cli-json.h"

/*
 * Plans "@verb @group" on the host of --host, as the daemon there would. 0 or an exit status; the
 * caller puts *ret.
 */
int cli_plan_host(struct cli *cli, const char *verb, const char *group,
		  json_object **ret) _must_check_;
