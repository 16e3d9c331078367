/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The devices of a group that has a name, on this host or a recorded one. */

#include "cli/host/cli-host.h"

/*
 * Those of @name that a VMM gets, without bridges: struct device, borrowed from @host, in the order
 * of the bus. 0, or an exit status with the reason said: there is no such group, or it has no
 * device.
 */
int cli_group_devices(struct cli *cli, const struct cli_host *host, const char *name,
		      struct vec *ret) _must_check_;
