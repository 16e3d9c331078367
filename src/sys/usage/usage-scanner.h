/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Reads the usage of devices in a process of its own, which works on a copy of the inventory, and
 * sends a report. It is a child of the caller, who waits for its end and kills it if it is late.
 */

#include <sys/types.h>

#include "model/inventory.h"
#include "sys/sysfs.h"

struct usage_scanner {
	pid_t pid;
	int channel; /* the report arrives here, and then the end of file; the caller closes it */
};

/* Starts to read @sources (enum usage_source) below @root. 0 or negative errno. */
int usage_scanner_start(const struct sysfs_root *root, const struct inventory *inv,
			unsigned sources, struct usage_scanner *ret) _must_check_;
