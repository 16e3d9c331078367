/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The place in sysfs of what the kernel lists by class: interfaces, disks, partitions, screens. */

#include "sys/sysfs.h"

/*
 * Gets the place of "eth0", "sda1", "/dev/nvme0n1p2" or "/dev/dri/card0", which the inventory need
 * not know: "/sys/devices/pci0000:00/0000:00:17.0/ata1/…/block/sda/sda1". The caller frees *ret. 0,
 * -ENOENT if no class has this name, or -ENOMEM.
 */
int class_link_find(const struct sysfs_root *root, const char *name, char **ret) _must_check_;
