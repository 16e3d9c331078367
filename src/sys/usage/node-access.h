/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Tells whether processes that were not looked at can have a device node open: their user is one
 * who may open it. A descriptor that another process has given them is missed, as it is in flight.
 */

#include <stdbool.h>

#include "base/macro.h"
#include "base/vec.h"
#include "sys/sysfs.h"
#include "sys/usage/process-turns.h"

/* A user, and the groups that its processes have. */
struct node_access {
	const struct sysfs_root *root;
	uid_t uid;
	struct vec gids; /* numbers, in place of pointers */
};

/* Reads the groups of the processes of @gap. node_access_clear() frees *ret. 0 or -ENOMEM. */
int node_access_read(const struct sysfs_root *root, const struct process_turns_gap *gap,
		     struct node_access *ret) _must_check_;
void node_access_clear(struct node_access *access);
#define _cleanup_node_access_ _cleanup_(node_access_clear)

/*
 * Tells whether the node @path, "/dev/vfio/12" below the root, can be opened: to write, or with
 * @to_read also to read alone, where everybody may do that.
 */
bool node_access_may_open(const struct node_access *access, const char *path,
			  bool to_read) _must_check_;
