/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The rows of all buses, and the keys of devices: names only, no access to sysfs. */

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "model/device-bus.h"
#include "model/pciaddr.h"

/* --- PCI --- */

static int device_bus_normalize_pci(const char *address, char **ret)
{
	struct pciaddr addr;
	char buf[PCIADDR_SIZE];

	if (pciaddr_parse(address, &addr) < 0)
		return -EINVAL;
	*ret = strdup(pciaddr_format(&addr, buf));
	return *ret ? 0 : -ENOMEM;
}

/* Compares the numbers of the addresses, the domain first. */
static int device_bus_compare_pci(const char *a, const char *b)
{
	struct pciaddr x, y;

	if (pciaddr_parse(a, &x) < 0 || pciaddr_parse(b, &y) < 0)
		return strcmp(a, b);
	return pciaddr_cmp(&x, &y);
}

const struct device_bus device_bus_pci = {
	.name = "pci",
	.noun = "PCI device",
	.binding = DEVICE_BUS_DRIVER_OVERRIDE,
	.vfio_driver = "vfio-pci",
	.takes_driver = true,
	.listed_always = true,
	.bare_key = true,
	.normalize = device_bus_normalize_pci,
	.compare = device_bus_compare_pci,
};

/* --- mediated devices --- */

/* Accepts the form of "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001". */
static bool device_bus_is_uuid(const char *s)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	for (size_t i = 0; form[i]; i++) {
		if (form[i] == '-' && s[i] != '-')
			return false;
		if (form[i] == 'x' && !isxdigit((unsigned char)s[i]))
			return false;
	}
	return s[strlen(form)] == '\0';
}

/* Converts a UUID to lower case: the kernel takes both cases and prints lower case. */
static int device_bus_normalize_mdev(const char *address, char **ret)
{
	if (!device_bus_is_uuid(address))
		return -EINVAL;
	*ret = strdup(address);
	if (!*ret)
		return -ENOMEM;
	for (char *c = *ret; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return 0;
}

/*
 * The driver of the parent creates the device, and is its VFIO driver at the same time. So there is
 * no host driver to unbind and no driver to bind.
 */
const struct device_bus device_bus_mdev = {
	.name = "mdev",
	.noun = "mediated device",
	.binding = DEVICE_BUS_OWN_DRIVER,
	.normalize = device_bus_normalize_mdev,
};

/*
 * The parents of mediated devices: a PCI function, a subchannel, or a device without a bus. A
 * parent on a bus without a row is known by its name in the class directory, as mdevctl knows it.
 */
const struct device_bus device_bus_mdev_parent = {
	.name = "mdev_bus",
	.directory = "sys/class/mdev_bus",
	.noun = "parent of mediated devices",
	.binding = DEVICE_BUS_UNSUPPORTED,
};

/* --- buses that need no code --- */

/* Devices that firmware or a device tree describes and that no bus can enumerate. */
const struct device_bus device_bus_platform = {
	.name = "platform",
	.noun = "platform device",
	.binding = DEVICE_BUS_DRIVER_OVERRIDE,
	.vfio_driver = "vfio-platform",
	.reset_module = "vfio_platform",
};

/* Arm PrimeCells: platform devices with an id, and with a VFIO driver of their own. */
const struct device_bus device_bus_amba = {
	.name = "amba",
	.noun = "AMBA device",
	.binding = DEVICE_BUS_DRIVER_OVERRIDE,
	.vfio_driver = "vfio-amba",
	.reset_module = "vfio_amba",
};

/* NXP DPAA2: the unit that is assigned is a container of objects, a "dprc". */
const struct device_bus device_bus_fsl_mc = {
	.name = "fsl-mc",
	.noun = "DPAA2 object",
	.binding = DEVICE_BUS_DRIVER_OVERRIDE,
	.vfio_driver = "vfio-fsl-mc",
};

/* Devices in the programmable logic of AMD SoCs, which a controller announces. */
const struct device_bus device_bus_cdx = {
	.name = "cdx",
	.noun = "CDX device",
	.binding = DEVICE_BUS_DRIVER_OVERRIDE,
	.vfio_driver = "vfio-cdx",
};

static const struct device_bus device_bus_unknown = {
	.noun = "device",
	.binding = DEVICE_BUS_UNSUPPORTED,
};

/* Mainframe channels (ccw) and crypto queues (ap) have no row: they become mediated devices. */
const struct device_bus *const device_bus_table[] = {
	&device_bus_pci,    &device_bus_platform, &device_bus_mdev, &device_bus_mdev_parent,
	&device_bus_fsl_mc, &device_bus_cdx,	  &device_bus_amba, NULL,
};

/* --- looking up --- */

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

	if (directory)
		return str_printf("%s/%s", directory, address);
	return str_printf("sys/bus/%s/devices/%s", bus, address);
}

/* --- keys --- */

const char *device_bus_address_of_key(const char *key)
{
	const char *colon = strchr(key, ':');

	if (!colon || device_bus_of_key(key)->bare_key)
		return key;
	return colon + 1;
}

char *device_bus_path_of_key(const char *key)
{
	const char *address = device_bus_address_of_key(key);
	const struct device_bus *bus = device_bus_of_key(key);
	_cleanup_free_ char *name = NULL, *place = NULL;

	name = bus->name ? strdup(bus->name) : strndup(key, strcspn(key, ":"));
	if (!name)
		return NULL;
	place = device_bus_sysfs_path(name, address);
	if (!place)
		return NULL;
	return str_printf("/%s", place);
}

char *device_bus_key_new(const char *bus, const char *address)
{
	if (device_bus_find(bus)->bare_key)
		return strdup(address);
	return str_printf("%s:%s", bus, address);
}

/* Accepts a name that the kernel could give to a bus or a device: visible, and not a path. */
static bool device_bus_key_part_valid(const char *s, size_t n)
{
	if (n == 0 || n > 128 || s[0] == '.')
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isgraph((unsigned char)s[i]) || s[i] == '/')
			return false;
	return true;
}

/* Accepts "bus:name". A bus name starts with a letter, so a misspelt PCI address is refused. */
static bool device_bus_key_valid(const char *s)
{
	const char *colon = strchr(s, ':');

	if (!colon || !isalpha((unsigned char)s[0]) || strncasecmp(s, "pci:", 4) == 0)
		return false;
	return device_bus_key_part_valid(s, (size_t)(colon - s)) &&
	       device_bus_key_part_valid(colon + 1, strlen(colon + 1));
}

/* Normalizes "bus:name" of a bus other than PCI. */
static int device_bus_key_normalize_other(const char *s, char **ret)
{
	_cleanup_free_ char *bus = NULL, *address = NULL;
	const struct device_bus *row;
	const char *name;
	int r;

	if (!device_bus_key_valid(s))
		return -EINVAL;
	bus = strndup(s, strcspn(s, ":"));
	if (!bus)
		return -ENOMEM;
	name = s + strlen(bus) + 1;
	row = device_bus_find(bus);
	if (row->normalize) {
		r = row->normalize(name, &address);
		if (r < 0)
			return r;
		name = address;
	}
	*ret = device_bus_key_new(bus, name);
	return *ret ? 0 : -ENOMEM;
}

int device_bus_key_normalize(const char *s, char **ret)
{
	int r;

	r = device_bus_pci.normalize(str_starts(s, "pci:") ? s + 4 : s, ret);
	if (r != -EINVAL)
		return r;
	return device_bus_key_normalize_other(s, ret);
}
