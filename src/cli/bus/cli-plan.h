/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The plans of the daemon. Their steps as JSON: [{"step", "device", "detail"}]. */

#include "cli/cli.h"
#include "cli/print/cli-json.h"

/* Appends a step. 0 or -ENOMEM. */
int cli_plan_add_step(json_object *steps, const char *step, const char *device,
		      const char *detail) _must_check_;

/* Asks the daemon for the steps of "plan @verb @group". 0 or an exit status. */
int cli_plan_get(struct cli *cli, const char *verb, const char *group,
		 json_object **ret) _must_check_;

/*
 * Checks whether the daemon would grant a claim of @group together with the first @n groups of
 * @with, with the options of the command line. polkit asks for authorization now, so that the
 * claims need not. 0, or an exit status with the reason printed.
 */
int cli_plan_check(struct cli *cli, const char *group, char *const *with, size_t n) _must_check_;
