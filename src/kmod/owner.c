// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who has the DMA of a group: "kernel" (a driver that uses the kernel's DMA API), "user" (a program
 * has it through VFIO or iommufd) or "none". The kernel tells whether it is claimed; by whom, the
 * drivers that are bound. A driver's claim comes between its being set on the device and BIND,
 * which makes it "driven", and its end between UNBIND and the driver's being taken off the device.
 * What is seen in between is not told but waited out.
 */

#include <linux/delay.h>
#include <linux/iommu.h>

#include "devgroups.h"

#define OWNER_TRIES 50 /* of a millisecond: on an idle machine no driver's claim takes longer */

struct driver_state {
	bool driven; /* by the notifiers */
	bool driver; /* by the devices */
	bool moving; /* these two differ: a driver comes or goes */
};

static struct driver_state owner_driver_state(struct dg_group *group)
{
	struct driver_state state = {};
	struct dg_entry *entry;

	mutex_lock(&dg_registry_lock);
	list_for_each_entry(entry, &group->entries, in_group) {
		bool driver = dg_registry_has_driver(entry->dev);

		state.driven |= entry->driven;
		state.driver |= driver;
		state.moving |= driver != entry->driven;
	}
	mutex_unlock(&dg_registry_lock);
	return state;
}

const char *dg_owner(struct dg_group *group, struct iommu_group *iommu)
{
	struct driver_state before, after;
	bool claimed = false;
	unsigned int i;

	for (i = 0; i < OWNER_TRIES; i++) {
		before = owner_driver_state(group);
		claimed = iommu_group_dma_owner_claimed(iommu);
		after = owner_driver_state(group);
		if (claimed && (before.driven || after.driven))
			return "kernel";
		if (!before.moving && !after.moving)
			return claimed ? "user" : "none";
		usleep_range(1000, 2000);
	}
	/* A driver that has the device and not its DMA yet is about to. */
	return claimed || after.driver ? "kernel" : "none";
}

#ifdef DG_ISOLATED_MSI
bool dg_owner_isolated_msi(struct dg_group *group, struct iommu_group *iommu)
{
	return iommu_group_has_isolated_msi(iommu);
}
#else
bool dg_owner_isolated_msi(struct dg_group *group, struct iommu_group *iommu)
{
	struct dg_entry *entry;
	bool ret = true;

	mutex_lock(&dg_registry_lock);
	list_for_each_entry(entry, &group->entries, in_group)
		ret &= device_iommu_capable(entry->dev, IOMMU_CAP_INTR_REMAP);
	mutex_unlock(&dg_registry_lock);
	return ret;
}
#endif
