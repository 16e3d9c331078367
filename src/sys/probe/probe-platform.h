/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Whether VFIO can reset a device of a bus that has no reset of its own, and whether it is going to
 * have an IOMMU group. */

#include "base/macro.h"
#include "model/device.h"
#include "sys/modules.h"

/* @dir_fd is its directory. 0 or -ENOMEM. */
int probe_platform(int dir_fd, struct modules *modules, struct device *device) _must_check_;
