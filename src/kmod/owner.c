// SPDX-License-Identifier: GPL-2.0-only
/*
 * The owner of the DMA of a group: "kernel" (a driver that uses the kernel's DMA API), "user" (a
 * program, through VFIO or iommufd) or "none". The kernel tells whether the DMA is claimed; the
 * bound drivers tell whether a driver or a program has claimed it.
 *
 * A driver claims the DMA after it is set on the device and before BIND, which sets "driven". It
 * gives the DMA up after UNBIND and before it is taken off the device. While a driver is in one of
 * these two transitions, the owner is not known yet, so the reader waits.
 */

#include <linux/delay.h>
#include <linux/iommu.h>

#include "devgroups.h"
#include "trace.h"

/* Tries of one to two milliseconds. On an idle host no claim of a driver takes longer. */
#define OWNER_TRIES 50

struct driver_state {
	bool driven; /* as the notifiers say */
	bool driver; /* as the devices say */
	bool moving; /* both differ on a device: a driver is being bound or unbound */
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

enum dg_owner dg_owner(struct dg_group *group, struct iommu_group *iommu)
{
	struct driver_state before, after;
	bool claimed = false;
	unsigned int i;

	for (i = 0; i < OWNER_TRIES; i++) {
		before = owner_driver_state(group);
		claimed = iommu_group_dma_owner_claimed(iommu);
		after = owner_driver_state(group);
		if (claimed && (before.driven || after.driven))
			return DG_OWNER_KERNEL;
		if (!before.moving && !after.moving)
			return claimed ? DG_OWNER_USER : DG_OWNER_NONE;
		usleep_range(1000, 2000);
	}
	/* A driver that is set on a device is about to claim the DMA. */
	return claimed || after.driver ? DG_OWNER_KERNEL : DG_OWNER_NONE;
}

const char *dg_owner_name(enum dg_owner owner)
{
	switch (owner) {
	case DG_OWNER_KERNEL:
		return "kernel";
	case DG_OWNER_USER:
		return "user";
	default:
		return "none";
	}
}

/* Traces the owner if it is another one than at the last call. */
void dg_owner_trace(struct dg_group *group)
{
	struct iommu_group *iommu;
	enum dg_owner owner;

	if (!trace_owner_enabled())
		return;
	iommu = dg_registry_get_iommu(group);
	if (!iommu)
		return;
	owner = dg_owner(group, iommu);
	iommu_group_put(iommu);
	if (xchg(&group->owner, owner) != owner)
		trace_owner(group, owner);
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
