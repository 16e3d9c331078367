/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The buses that devices are on. What is special about one stands in its own file, devbus-NAME.c,
 * which a row of the table in devbus.c names; nobody above asks for a bus by its name. One that has
 * no file is treated as a bus that VFIO does not know.
 */

#include <stdbool.h>

#include "base/macro.h"

struct device;

/* How a device of the bus comes to a driver that hands it to user space. */
enum device_bus_binding {
	DEVICE_BUS_UNSUPPORTED,	    /* it does not */
	DEVICE_BUS_DRIVER_OVERRIDE, /* it is taken from its host driver and bound to a VFIO driver,
				       by driver_override */
	DEVICE_BUS_OWN_DRIVER, /* the driver that it has does that already, and is left alone */
};

struct device_bus {
	const char *name;      /* below /sys/bus, and before the colon of a key */
	const char *directory; /* of its devices in sysfs; NULL: sys/bus/NAME/devices */
	const char *noun;      /* what people call one of them */
	enum device_bus_binding binding;
	const char *vfio_driver;  /* with DEVICE_BUS_DRIVER_OVERRIDE: where the kernel knows no
				     better one */
	const char *reset_module; /* vfio_driver resets by a module for the model, and takes no
				     other device; its own name. NULL: not so */
	bool takes_driver;	  /* the definition of a group may choose another */
	bool listed_always;	  /* also those that no IOMMU group holds */
	bool bare_key;		  /* a key is the address alone */
	/*
	 * What a user may write as an address, to the one form that is used everywhere; the caller
	 * frees *ret. -EINVAL for what can be none, or -ENOMEM. NULL: whatever the kernel could
	 * call a device.
	 */
	int (*normalize)(const char *address, char **ret);
	/* In the order of the bus; NULL: as people count. */
	int (*compare)(const char *a, const char *b);
};

/* All rows. */
extern const struct device_bus *const device_bus_table[]; /* ends with NULL */
#define DEVICE_BUS_FOREACH(bus)                                                                    \
	for (const struct device_bus *const *bus##_at = device_bus_table, *bus; (bus = *bus##_at); \
	     bus##_at++)

/* The row of @name; for one that has none a row that says so. Never NULL. */
const struct device_bus *device_bus_find(const char *name);
/* The bus that @key is a device of. Never NULL. */
const struct device_bus *device_bus_of_key(const char *key);

/* "sys/bus/pci/devices/0000:01:00.0", below the root. Caller frees; NULL when out of memory. */
char *device_bus_sysfs_path(const char *bus, const char *address) _must_check_;
/* The same of a key, as a path that a VMM is given: "/sys/bus/mdev/devices/UUID". */
char *device_bus_path_of_key(const char *key) _must_check_;
/* What of @key names the device on its bus. */
const char *device_bus_address_of_key(const char *key);

extern const struct device_bus device_bus_pci, device_bus_platform, device_bus_mdev,
	device_bus_mdev_parent, device_bus_fsl_mc, device_bus_cdx, device_bus_amba;
