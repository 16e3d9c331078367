/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The daemon's plans. Their steps as JSON: [{"step", "device", "detail"}]. */

#include "cli/cli.h"
#include "cli/print/cli-json.h"

/* Appends a step. 0 or -ENOMEM. */
int cli_plan_add_step(json_object *steps, const char *step, const char *device,
		      const char *detail) _must_check_;

/* Asks the daemon for the steps of "plan @verb @group". 0 or an exit status. */
int cli_plan_get(struct cli *cli, const char *verb, const char *group,
		 json_object **ret) _must_check_;

/*
 * Would the daemon grant a claim of @group, after those @n of @with and with the options of the
 * command line? Whoever has to be asked for leave is asked now. Says what stands against it.
 */
int cli_plan_check(struct cli *cli, const char *group, char *const *with, size_t n) _must_check_;
