/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Plans on the host of --host. */

#include "cli/cli.h"
#include "cli/print/cli-json.h"

/* What "plan @verb @group" comes to on the host of --host: as the daemon there would answer. */
int cli_plan_host(struct cli *cli, const char *verb, const char *group,
		  json_object **ret) _must_check_;
