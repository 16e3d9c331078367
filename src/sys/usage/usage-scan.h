/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Reads from /proc and /sys what the host does with its devices (model/usage.h). Nothing here waits
 * for a device: no device node is opened, and no file of another process's filesystem is touched.
 * But users decide how much there is to read: mounts, open files, processes. So the daemon's main
 * process lets another one read it (usage-scanner.h).
 */

#include "model/inventory.h"
#include "model/usage.h"
#include "sys/sysfs.h"
#include "sys/usage/process-turns.h"
#include "sys/usage/usage-set.h"

#define USAGE_OF_ALL (USAGE_OF_BLOCK | USAGE_OF_NET | USAGE_OF_CONSOLE | USAGE_OF_PROCESSES)

/*
 * Adds what @sources (enum usage_source) report to @set, which has the root and an inventory. The
 * process @own and its children do not count as users of a device. 0 or -ENOMEM: a file that cannot
 * be read counts as absent.
 */
int usage_scan_read(struct usage_set *set, unsigned sources, pid_t own,
		    const struct process_turns_limits *limits) _must_check_;

/*
 * Replaces in @inv what @sources, all but processes, reported before. *ret_changed (may be NULL)
 * tells whether anything is different now. 0 or -ENOMEM.
 */
int usage_scan_refresh(const struct sysfs_root *root, struct inventory *inv, unsigned sources,
		       bool *ret_changed) _must_check_;
