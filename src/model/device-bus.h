/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The buses that devices are on, and the keys that name devices. Each bus has a row of a table with
 * all that is special about it, but for PCI, which has device_is_pci(). A bus without a row is
 * treated as one that VFIO does not support.
 *
 * The key of a device is "bus:address". A PCI function has the address alone as its key.
 */

#include <stdbool.h>

#include "base/macro.h"

/* How a device of the bus gets a driver that hands it to user space. */
enum device_bus_binding {
	DEVICE_BUS_UNSUPPORTED,	    /* no such driver exists */
	DEVICE_BUS_DRIVER_OVERRIDE, /* driver_override replaces its host driver by a VFIO driver */
	DEVICE_BUS_OWN_DRIVER,	    /* the driver that it has is one, and is left alone */
};

struct device_bus {
	const char *name;      /* below /sys/bus, and before the colon of a key */
	const char *directory; /* of its devices in sysfs; NULL: sys/bus/NAME/devices */
	const char *noun;      /* the word for one of its devices */
	enum device_bus_binding binding;
	const char *vfio_driver;  /* with DEVICE_BUS_DRIVER_OVERRIDE: the driver if the kernel
				     knows no better one */
	const char *reset_module; /* name of vfio_driver as a module, if that driver resets through
				     a module per model and refuses other devices; else NULL */
	bool takes_driver;	  /* a group definition may choose another driver */
	bool listed_always;	  /* also the devices that are in no IOMMU group */
	bool bare_key;		  /* a key is the address alone */
	/*
	 * Converts an address as a user may write it to the one form that is used everywhere. The
	 * caller frees *ret. 0, -EINVAL if it cannot be an address of the bus, or -ENOMEM. NULL:
	 * every name that the kernel could give to a device is taken as it is.
	 */
	int (*normalize)(const char *address, char **ret);
	/* Compares two addresses in the order of the bus. NULL: as str_natural_cmp(). */
	int (*compare)(const char *a, const char *b);
};

extern const struct device_bus device_bus_pci, device_bus_platform, device_bus_mdev,
	device_bus_mdev_parent, device_bus_fsl_mc, device_bus_cdx, device_bus_amba;

/* All rows, ending with NULL. */
extern const struct device_bus *const device_bus_table[];
#define DEVICE_BUS_FOREACH(bus)                                                                    \
	for (const struct device_bus *const *bus##_at = device_bus_table, *bus; (bus = *bus##_at); \
	     bus##_at++)

/* Returns the row of the bus @name, or a nameless row of an unsupported bus. Never NULL. */
const struct device_bus *device_bus_find(const char *name);
/* Returns the row of the bus that @key is on, or the nameless row. Never NULL. */
const struct device_bus *device_bus_of_key(const char *key);

/*
 * Returns the place of a device below the root, "sys/bus/pci/devices/0000:01:00.0", or NULL when
 * out of memory. The caller frees it.
 */
char *device_bus_sysfs_path(const char *bus, const char *address) _must_check_;
/* Returns the place of a device as an absolute path, for a VMM. Ownership as above. */
char *device_bus_path_of_key(const char *key) _must_check_;
/* Returns the part of @key that is the address on its bus. */
const char *device_bus_address_of_key(const char *key);

/*
 * Converts every form that a user may write ("pci:0000:01:00.0", "01:00.0",
 * "platform:fe200000.dma", "mdev:UUID") to the one key that is used everywhere. The caller frees
 * *ret. 0, -EINVAL if @s cannot be a key, or -ENOMEM.
 */
int device_bus_key_normalize(const char *s, char **ret) _must_check_;
/* Returns the key of the normalized @address on @bus, or NULL when out of memory. Caller frees. */
char *device_bus_key_new(const char *bus, const char *address) _must_check_;
