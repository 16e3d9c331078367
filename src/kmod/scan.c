// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the devices that are on the buses already. The notifiers follow what comes later; they and
 * the publishing work may both run while this does.
 */

#include <linux/pci.h>
#include <linux/platform_device.h>

#include "compat.h"
#include "devgroups.h"

/* A failure does not end the scan: the other devices are found nevertheless. */
static int scan_device(struct device *dev, void *result)
{
	int ret;

	if (!device_is_registered(dev))
		return 0;
	ret = dg_registry_add(dev);
	if (ret)
		*(int *)result = ret;
	return 0;
}

/*
 * Returns 0, or the negative errno of a device that could not be added. The PCI topology is held
 * still, because a device that is being deleted cannot be told from one that stays.
 */
int dg_scan(void)
{
	int ret = 0;

	pci_lock_rescan_remove();
	bus_for_each_dev(dg_compat_bus_type(&pci_bus_type), NULL, &ret, scan_device);
	pci_unlock_rescan_remove();
	bus_for_each_dev(dg_compat_bus_type(&platform_bus_type), NULL, &ret, scan_device);
	return ret;
}
