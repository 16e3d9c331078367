/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "model/device-bus.h"
#include "model/pciaddr.h"

/* A channel of a mainframe (ccw) and a queue of its crypto cards (ap) are lent as mediated devices.
 */
const struct device_bus *const device_bus_table[] = {
	&device_bus_pci,    &device_bus_platform, &device_bus_mdev, &device_bus_mdev_parent,
	&device_bus_fsl_mc, &device_bus_cdx,	  &device_bus_amba, NULL,
};

static const struct device_bus device_bus_unknown = { .noun = "device",
						      .binding = DEVICE_BUS_UNSUPPORTED };

const struct device_bus *device_bus_find(const char *name)
{
	DEVICE_BUS_FOREACH(bus)
		if (str_eq(bus->name, name))
			return bus;
	return &device_bus_unknown;
}

const struct device_bus *device_bus_of_key(const char *key)
{
	struct pciaddr addr;

	if (pciaddr_parse(key, &addr) >= 0)
		return &device_bus_pci;
	DEVICE_BUS_FOREACH(bus)
		if (str_starts(key, bus->name) && key[strlen(bus->name)] == ':')
			return bus;
	return &device_bus_unknown;
}

char *device_bus_sysfs_path(const char *bus, const char *address)
{
	const char *directory = device_bus_find(bus)->directory;

	return directory ? str_printf("%s/%s", directory, address) :
			   str_printf("sys/bus/%s/devices/%s", bus, address);
}

const char *device_bus_address_of_key(const char *key)
{
	const char *colon = strchr(key, ':');

	return device_bus_of_key(key)->bare_key || !colon ? key : colon + 1;
}

char *device_bus_path_of_key(const char *key)
{
	const char *address = device_bus_address_of_key(key);
	const struct device_bus *bus = device_bus_of_key(key);
	_cleanup_free_ char *name = NULL, *place = NULL;

	name = bus->name ? strdup(bus->name) : strndup(key, strcspn(key, ":"));
	place = name ? device_bus_sysfs_path(name, address) : NULL;
	return place ? str_printf("/%s", place) : NULL;
}
