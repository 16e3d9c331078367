/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "model/device-bus.h"

/* "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001" */
static bool device_bus_mdev_is_uuid(const char *s)
{
	for (unsigned i = 0; i < 36; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23 ? s[i] != '-' :
							      !isxdigit((unsigned char)s[i]))
			return false;
	return s[36] == '\0';
}

/* The kernel takes either case, and prints the lower one. */
static int device_bus_mdev_normalize(const char *address, char **ret)
{
	if (!device_bus_mdev_is_uuid(address))
		return -EINVAL;
	*ret = strdup(address);
	if (!*ret)
		return -ENOMEM;
	for (char *c = *ret; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return 0;
}

/*
 * The parent's driver makes it, and is a VFIO driver for it at the same time: there is no host
 * driver to take it from and nothing to bind it to.
 */
const struct device_bus device_bus_mdev = {
	.name = "mdev",
	.noun = "mediated device",
	.binding = DEVICE_BUS_OWN_DRIVER,
	.normalize = device_bus_mdev_normalize,
};

/*
 * What mediated devices are made of: a PCI function, a subchannel, a device of no bus at all. Those
 * that have no row of their own are known by their name in the one directory that has them all, as
 * mdevctl knows them.
 */
const struct device_bus device_bus_mdev_parent = {
	.name = "mdev_bus",
	.directory = "sys/class/mdev_bus",
	.noun = "parent of mediated devices",
	.binding = DEVICE_BUS_UNSUPPORTED,
};
