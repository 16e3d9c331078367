/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "model/device-bus.h"
#include "model/pciaddr.h"

/* A channel of a mainframe (ccw) and a queue of its crypto cards (ap) are lent as mediated devices. */
const struct devbus *const devbus_table[] = {
	&devbus_pci, &devbus_platform, &devbus_mdev, &devbus_mdev_parent, &devbus_fsl_mc, &devbus_cdx, &devbus_amba, NULL,
};

static const struct devbus other = { .noun = "device", .way = DEVBUS_NO_WAY };

const struct devbus *devbus_find(const char *name)
{
	DEVBUS_FOREACH(bus)
		if (str_eq(bus->name, name))
			return bus;
	return &other;
}

const struct devbus *devbus_of_key(const char *key)
{
	struct pciaddr addr;

	if (pciaddr_parse(key, &addr) >= 0)
		return &devbus_pci;
	DEVBUS_FOREACH(bus)
		if (str_starts(key, bus->name) && key[strlen(bus->name)] == ':')
			return bus;
	return &other;
}

char *devbus_place(const char *bus, const char *address)
{
	const char *directory = devbus_find(bus)->directory;

	return directory ? str_printf("%s/%s", directory, address) :
			   str_printf("sys/bus/%s/devices/%s", bus, address);
}

const char *devbus_address_of_key(const char *key)
{
	const char *colon = strchr(key, ':');

	return devbus_of_key(key)->bare_key || !colon ? key : colon + 1;
}

char *devbus_path_of_key(const char *key)
{
	const char *address = devbus_address_of_key(key);
	const struct devbus *bus = devbus_of_key(key);
	_cleanup_free_ char *name = NULL, *place = NULL;

	name = bus->name ? strdup(bus->name) : strndup(key, strcspn(key, ":"));
	place = name ? devbus_place(name, address) : NULL;
	return place ? str_printf("/%s", place) : NULL;
}
