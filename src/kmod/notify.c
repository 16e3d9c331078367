// SPDX-License-Identifier: GPL-2.0-only
/*
 * Follows the buses. A notifier runs under the locks of the bus, of the device and often of the PCI
 * topology. So it only edits the registry, and the publishing work does the rest.
 */

#include <linux/pci.h>
#include <linux/platform_device.h>

#include "compat.h"
#include "devgroups.h"

static void notify_add_device(struct device *dev)
{
	if (dg_registry_add(dev))
		dg_publish_scan_again();
}

/*
 * The IOMMU core registered its notifier earlier: an added device has its group already, and loses
 * it at REMOVED. If a device goes together with its driver, UNBOUND comes after DEL; an entry made
 * there would never be removed. A scan that runs during DEL may add the device again, so REMOVED
 * removes it once more.
 */
static int notify_bus_event(struct notifier_block *nb, unsigned long event, void *data)
{
	struct device *dev = data;

	switch (event) {
	case BUS_NOTIFY_ADD_DEVICE:
	case BUS_NOTIFY_BIND_DRIVER:
	case BUS_NOTIFY_BOUND_DRIVER:
		notify_add_device(dev);
		break;
	case BUS_NOTIFY_DEL_DEVICE:
	case BUS_NOTIFY_REMOVED_DEVICE:
		dg_registry_del(dev);
		break;
	case BUS_NOTIFY_UNBOUND_DRIVER:
	case BUS_NOTIFY_DRIVER_NOT_BOUND:
		if (dg_registry_unbound(dev))
			dg_publish_scan_again();
		break;
	default:
		return NOTIFY_DONE;
	}
	dg_publish_soon();
	return NOTIFY_DONE;
}

/* Each bus needs a block of its own. */
static struct notifier_block notify_pci_block = { .notifier_call = notify_bus_event };
static struct notifier_block notify_platform_block = { .notifier_call = notify_bus_event };

int dg_notify_start(void)
{
	int ret;

	ret = bus_register_notifier(dg_compat_bus_type(&pci_bus_type), &notify_pci_block);
	if (ret)
		return ret;
	ret = bus_register_notifier(dg_compat_bus_type(&platform_bus_type), &notify_platform_block);
	if (ret)
		bus_unregister_notifier(dg_compat_bus_type(&pci_bus_type), &notify_pci_block);
	return ret;
}

void dg_notify_stop(void)
{
	bus_unregister_notifier(dg_compat_bus_type(&platform_bus_type), &notify_platform_block);
	bus_unregister_notifier(dg_compat_bus_type(&pci_bus_type), &notify_pci_block);
}
