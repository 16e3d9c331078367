/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The steps of a plan as JSON, [{"step", "device", "detail"}], and those for a recorded host. */

#include "cli/cli-json.h"
#include "cli/cli.h"

int verb_plan_add_step(json_object *steps, const char *step, const char *device,
		       const char *detail) _must_check_;

/* What "plan @verb @group" comes to on the host of --host: as the daemon there would answer. */
int cli_plan_host(struct cli *cli, const char *verb, const char *group,
		  json_object **ret) _must_check_;
