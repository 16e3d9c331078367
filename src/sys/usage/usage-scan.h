/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Reads from /proc and /sys what the host does with its devices (model/usage.h) into an inventory.
 * Nothing here waits for a device: no device node is opened, and no file of another process's
 * filesystem is touched.
 */

#include "model/inventory.h"
#include "model/usage.h"
#include "sys/sysfs.h"

/*
 * Reads @sources (enum usage_source, all but processes: usage-process.h does those) and replaces
 * what they reported before. *ret_changed (may be NULL) tells whether anything is different now.
 * 0 or -ENOMEM: a file that cannot be read counts as absent.
 */
int usage_scan_refresh(const struct sysfs_root *root, struct inventory *inv, unsigned sources,
		       bool *ret_changed) _must_check_;
