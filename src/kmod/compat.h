/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DEVGROUPS_COMPAT_H
#define DEVGROUPS_COMPAT_H

/*
 * Differences between Linux 6.1 and 7.3. Kbuild searches the kernel's headers for those that no
 * version number identifies, and defines DG_*.
 */

#include <linux/device/class.h>
#include <linux/module.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
#define dg_compat_class_create(name) class_create(THIS_MODULE, name)
#else
#define dg_compat_class_create(name) class_create(name)
#endif

#ifdef DG_DEV_UEVENT_CONST
#define DG_COMPAT_UEVENT_CONST const
#else
#define DG_COMPAT_UEVENT_CONST
#endif

#ifdef DG_BIN_READ_CONST
#define DG_COMPAT_BIN_CONST const
#else
#define DG_COMPAT_BIN_CONST
#endif

/* The type of a bus became const in 6.11. The functions that take one stayed the same. */
#define dg_compat_bus_type(bus) ((struct bus_type *)(bus))

#endif
