/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The devices of a named group, on this host or a recorded one. */

#include "cli/host/cli-host.h"

/*
 * Appends the devices of the group @name that a VMM gets, without bridges: struct device, borrowed
 * from @host, in bus order. *ret_name is the group's own name, of @host or @name itself. 0, or an
 * exit status with a message: the group does not exist, or has no device.
 */
int cli_group_devices(struct cli *cli, const struct cli_host *host, const char *name,
		      const char **ret_name, struct vec *ret) _must_check_;
