/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The part of `plan` that claim --dry-run and release --dry-run share. */

#include "cli/cli.h"

/* Shows "plan @verb @group". 0 or an exit status. */
int verb_plan_show(struct cli *cli, const char *verb, const char *group) _must_check_;
