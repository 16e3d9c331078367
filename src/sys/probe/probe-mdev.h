/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Mediated devices: what can be made, and what has been. */

#include "model/device.h"

/* The types that @device, whose directory @dir_fd is, offers. 0 or -ENOMEM. */
int probe_mdev_types(int dir_fd, struct device *device) _must_check_;
/* Of a mediated device: what it was made of. 0 or -ENOMEM. */
int probe_mdev(int dir_fd, struct device *device) _must_check_;
/* The key of the device whose directory this is ("0000:00:02.0", "mdev_bus:mtty"). NULL when out of
 * memory. Caller frees. */
char *probe_mdev_parent_key(const char *name) _must_check_;
