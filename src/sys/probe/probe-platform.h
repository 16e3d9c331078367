/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Reads whether VFIO can reset a device of a bus without resets of its own, and whether the device
 * will get an IOMMU group.
 */

#include "base/macro.h"
#include "model/device.h"
#include "sys/modules.h"

/* Fills @device; @dir_fd is its directory. 0 or -ENOMEM. */
int probe_platform(int dir_fd, struct modules *modules, struct device *device) _must_check_;
