// SPDX-License-Identifier: GPL-2.0-only
/*
 * Follows the buses. A notifier runs with the locks of the bus, of the device and often of the PCI
 * topology held, so it edits the registry and leaves the rest to the publishing work.
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
 * The IOMMU core was here before and has given an added device its group; it takes it away at
 * REMOVED. UNBOUND comes after DEL where a device goes with its driver: an entry made there would
 * never end. A scan that was under way at DEL may have made one, so REMOVED looks again.
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
		dg_registry_driver(dev, false);
		return NOTIFY_DONE;
	default:
		return NOTIFY_DONE;
	}
	dg_publish_soon();
	return NOTIFY_DONE;
}

/* The chains of two buses need a block each. */
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
