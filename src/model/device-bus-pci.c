/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "model/device-bus.h"
#include "model/pciaddr.h"

static int device_bus_pci_normalize(const char *address, char **ret)
{
	struct pciaddr addr;
	char buf[PCIADDR_SIZE];

	if (pciaddr_parse(address, &addr) < 0)
		return -EINVAL;
	*ret = strdup(pciaddr_format(&addr, buf));
	return *ret ? 0 : -ENOMEM;
}

/* Numbers in hex, the domain first. */
static int device_bus_pci_compare(const char *a, const char *b)
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
	.normalize = device_bus_pci_normalize,
	.compare = device_bus_pci_compare,
};
