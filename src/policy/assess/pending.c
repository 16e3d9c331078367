/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/str.h"
#include "policy/assess/pending.h"

/* A host bridge that ACPI describes is "devices/pci0000:00". */
static bool pending_has_device_tree(const struct device *device)
{
	return device->sysfs && str_starts(device->sysfs, "devices/platform/");
}

static bool pending_any_without_driver(const struct inventory *inv)
{
	VEC_FOREACH(const struct device, device, &inv->devices)
		if (device_is_pci(device) && device->iommu_group >= 0 && !device->driver)
			return true;
	return false;
}

bool pending_iommu_group(const struct inventory *inv, const struct device *device)
{
	if (device->awaits_group)
		return true;
	if (device->iommu_group >= 0 || device->driver || !device_is_pci(device) ||
	    inv->iommu_groups.n == 0 || inv->groups_derived)
		return false;
	return pending_has_device_tree(device) || !pending_any_without_driver(inv);
}
