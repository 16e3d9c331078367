/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reads mediated devices, and the types of them that a parent offers. */

#include "model/device.h"

/* Reads the types that @device offers; @dir_fd is its directory. 0 or -ENOMEM. */
int probe_mdev_types(int dir_fd, struct device *device) _must_check_;
/* Reads type and parent of a mediated device; any other device is left alone. 0 or -ENOMEM. */
int probe_mdev(int dir_fd, struct device *device) _must_check_;
/*
 * Returns the key of the parent with this directory: "0000:00:02.0", "mdev_bus:mtty". NULL when out
 * of memory. The caller frees it.
 */
char *probe_mdev_parent_key(const char *name) _must_check_;
