/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "policy/devinfo/pcicap.h"
#include "policy/isolation/settle.h"
#include "policy/isolation/topology.h"

/* --- wrong port types --- */

static bool settle_is_downstream(int type)
{
	return type == EXPRESS_ROOT_PORT || type == EXPRESS_DOWNSTREAM || type == EXPRESS_FROM_PCI;
}

/*
 * Returns the type that the kernel puts in place of an impossible one, or -1
 * (drivers/pci/probe.c, set_pcie_port_type()).
 */
static int settle_port_type(const struct device *device, const struct device *above)
{
	int type = pcicap_reported_type(device),
	    type_above = above ? pcicap_express_type(above) : -1;

	if (type == EXPRESS_DOWNSTREAM && settle_is_downstream(type_above))
		return EXPRESS_UPSTREAM;
	if (type == EXPRESS_UPSTREAM && type_above == EXPRESS_UPSTREAM)
		return EXPRESS_DOWNSTREAM;
	return -1;
}

/* --- DMA of another device --- */

/*
 * Finds the controller of a domain of VMD in "devices/pci0000:00/0000:00:0e.0/pci10000:e0/…": the
 * second host bridge in the path is behind a device. Devices there do DMA under its address
 * (drivers/pci/controller/vmd.c, arch/x86/pci/common.c, pci_real_dma_dev()).
 */
static int settle_dma_owner(struct device *device)
{
	const char *second = device->sysfs ? strstr(device->sysfs, "/pci") : NULL, *slash;
	_cleanup_free_ char *owner = NULL;
	struct pciaddr addr;

	second = second ? strstr(second + 1, "/pci") : NULL;
	if (!second)
		return 0;
	slash = memrchr(device->sysfs, '/', (size_t)(second - device->sysfs));
	if (!slash)
		return 0;
	owner = strndup(slash + 1, (size_t)(second - slash - 1));
	if (!owner)
		return -ENOMEM;
	return pciaddr_parse(owner, &addr) < 0 ? 0 : str_set(&device->dma_owner, owner);
}

/* --- all --- */

int settle_device(const struct inventory *inv, struct device *device)
{
	if (!device_is_pci(device))
		return 0;
	device->port_type = settle_port_type(device, topology_parent(inv, device));
	return settle_dma_owner(device);
}

/* The bridge above a device has a lower address, so its type is settled before. */
int settle_inventory(struct inventory *inv)
{
	VEC_FOREACH(struct device, device, &inv->devices) {
		int r = settle_device(inv, device);

		if (r < 0)
			return r;
	}
	return 0;
}
