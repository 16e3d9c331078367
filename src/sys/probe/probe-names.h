/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The names by which people know a PCI function: its interfaces, their addresses, its disks. */

#include "model/device.h"

/* Fills device->interfaces and device->host_names. 0 or -ENOMEM. */
int probe_names(int dir_fd, struct device *device) _must_check_;
