// SPDX-License-Identifier: GPL-2.0-only
/* The devices and the IOMMU groups that exist. The notifiers and the scan keep them current. */

#include <linux/hashtable.h>
#include <linux/iommu.h>
#include <linux/ktime.h>
#include <linux/platform_device.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "devgroups.h"

DEFINE_MUTEX(dg_registry_lock); /* guards the whole registry: see devgroups.h */
LIST_HEAD(dg_registry_groups);

static DEFINE_HASHTABLE(entries, 10);
static u64 last_instance;

/* --- groups --- */

static void group_release(struct kref *ref)
{
	kfree(container_of(ref, struct dg_group, ref));
}

void dg_registry_group_put(struct dg_group *group)
{
	kref_put(&group->ref, group_release);
}

/* Returns a number that is unique until the next boot, even if the module is loaded again. */
u64 dg_registry_next_instance(void)
{
	if (!last_instance)
		last_instance = ktime_to_us(ktime_get_boottime());
	return ++last_instance;
}

/* Returns a reference, or NULL if the last device of the group is gone. */
struct iommu_group *dg_registry_get_iommu(struct dg_group *group)
{
	struct iommu_group *iommu;

	mutex_lock(&dg_registry_lock);
	iommu = group->iommu ? iommu_group_ref_get(group->iommu) : NULL;
	mutex_unlock(&dg_registry_lock);
	return iommu;
}

/* Returns a reference to the group of @iommu, or NULL. The caller gives up its own to @iommu. */
static struct dg_group *registry_get_group(struct iommu_group *iommu)
{
	struct dg_group *group;

	list_for_each_entry(group, &dg_registry_groups, node) {
		if (group->iommu == iommu) {
			iommu_group_put(iommu);
			kref_get(&group->ref);
			return group;
		}
	}
	group = kzalloc(sizeof(*group), GFP_KERNEL);
	if (!group) {
		iommu_group_put(iommu);
		return NULL;
	}
	kref_init(&group->ref);
	kref_get(&group->ref); /* for dg_registry_groups */
	INIT_LIST_HEAD(&group->entries);
	INIT_LIST_HEAD(&group->files);
	group->iommu = iommu;
	group->id = iommu_group_id(iommu);
	group->instance = dg_registry_next_instance();
	list_add_tail(&group->node, &dg_registry_groups);
	return group;
}

static void registry_leave_group(struct dg_entry *entry)
{
	struct dg_group *group = entry->group;

	if (!group)
		return;
	list_del(&entry->in_group);
	entry->group = NULL;
	entry->leader = NULL;
	/* A reference kept longer would keep the kernel from reusing the number of the group. */
	if (list_empty(&group->entries)) {
		iommu_group_put(group->iommu);
		group->iommu = NULL;
	}
	dg_registry_group_put(group);
}

/*
 * A device gets its group when it is added or, with some IOMMUs, when a driver is bound. A group of
 * VFIO's no-IOMMU mode comes and goes with the driver.
 */
static int registry_update_group(struct dg_entry *entry)
{
	struct iommu_group *iommu = iommu_group_get(entry->dev);
	struct dg_entry *other;

	if (entry->group && entry->group->iommu == iommu) {
		iommu_group_put(iommu);
		return 0;
	}
	registry_leave_group(entry);
	if (!iommu)
		return 0;
	entry->group = registry_get_group(iommu);
	if (!entry->group)
		return -ENOMEM;
	list_for_each_entry_reverse(other, &entry->group->entries, in_group)
		if (dg_tree_cmp(other, entry) < 0)
			break;
	list_add(&entry->in_group, &other->in_group);
	dg_acs_note_join(entry);
	return 0;
}

/* --- devices --- */

static void entry_release(struct kref *ref)
{
	struct dg_entry *entry = container_of(ref, struct dg_entry, ref);

	if (entry->parent)
		dg_registry_entry_put(entry->parent);
	if (entry->physfn)
		dg_registry_entry_put(entry->physfn);
	kfree(entry);
}

/* Recursive through entry_release(): at most as deep as bridges are nested. */
void dg_registry_entry_put(struct dg_entry *entry)
{
	kref_put(&entry->ref, entry_release);
}

static int registry_add(struct device *dev);

static struct dg_entry *registry_find_entry(const struct device *dev)
{
	struct dg_entry *entry;

	lockdep_assert_held(&dg_registry_lock);
	hash_for_each_possible(entries, entry, hash, (unsigned long)dev)
		if (entry->dev == dev)
			return entry;
	return NULL;
}

static int registry_get_entry(struct device *dev, struct dg_entry **ret)
{
	int error = 0;

	*ret = registry_find_entry(dev);
	if (!*ret) {
		error = registry_add(dev);
		*ret = registry_find_entry(dev);
	}
	return error;
}

/*
 * Finds or adds the bridge above a device, and the PF of a VF. They exist for as long as the device
 * does. The scan finds devices in the order in which they came, and a notifier adds
 * others of any place: a device that came before its bridge would miss it for good.
 */
static int registry_get_ancestors(struct pci_dev *pdev, struct dg_entry **ret_parent,
				  struct dg_entry **ret_physfn)
{
	struct pci_dev *pf = pci_physfn(pdev), *bridge = pf->bus->self;
	int ret = 0;

	if (bridge)
		ret = registry_get_entry(&bridge->dev, ret_parent);
	if (!ret && pdev->is_virtfn)
		ret = registry_get_entry(&pf->dev, ret_physfn);
	return ret;
}

static void registry_place_entry(struct dg_entry *entry, struct dg_entry *parent,
				 struct dg_entry *physfn)
{
	struct pci_dev *pdev = entry->pdev;

	entry->domain = pci_domain_nr(pdev->bus);
	entry->bus = pdev->bus->number;
	entry->devfn = pdev->devfn;
	if (parent)
		entry->parent = dg_registry_entry_get(parent);
	if (physfn)
		entry->physfn = dg_registry_entry_get(physfn);
	dg_tree_insert(entry);
}

static struct dg_entry *entry_new(struct device *dev)
{
	struct dg_entry *entry, *parent = NULL, *physfn = NULL;

	if (dev_is_pci(dev) && registry_get_ancestors(to_pci_dev(dev), &parent, &physfn))
		return NULL;
	entry = kzalloc(sizeof(*entry), GFP_KERNEL);
	if (!entry)
		return NULL;
	kref_init(&entry->ref);
	init_rwsem(&entry->access);
	entry->dev = get_device(dev);
	INIT_LIST_HEAD(&entry->children);
	INIT_LIST_HEAD(&entry->sibling);
	hash_add(entries, &entry->hash, (unsigned long)dev);
	if (dev_is_pci(dev)) {
		entry->pdev = to_pci_dev(dev);
		registry_place_entry(entry, parent, physfn);
	}
	return entry;
}

static void registry_remove_entry(struct dg_entry *entry)
{
	registry_leave_group(entry);
	hash_del(&entry->hash);
	list_del_init(&entry->sibling);
	WRITE_ONCE(entry->dead, true);
	entry->pdev = NULL;
	put_device(entry->dev);
	entry->dev = NULL;
	dg_registry_entry_put(entry);
}

static bool registry_driver_manages_dma(struct device *dev, struct device_driver *driver)
{
	if (dev_is_pci(dev))
		return to_pci_driver(driver)->driver_managed_dma;
	return to_platform_driver(driver)->driver_managed_dma;
}

/* Tells whether a driver is bound that uses the kernel's DMA API. */
bool dg_registry_has_driver(struct device *dev)
{
	struct device_driver *driver;
	bool ret;

	/* The module of a driver is not freed during this section. */
	rcu_read_lock();
	driver = READ_ONCE(dev->driver);
	ret = driver && !registry_driver_manages_dma(dev, driver);
	rcu_read_unlock();
	return ret;
}

/* Recursive through registry_get_ancestors(): at most as deep as bridges are nested. */
static int registry_add(struct device *dev)
{
	struct dg_entry *entry = registry_find_entry(dev);
	int ret;

	if (!entry) {
		if (!dev_is_pci(dev) && !device_iommu_mapped(dev))
			return 0;
		entry = entry_new(dev);
		if (!entry)
			return -ENOMEM;
	}
	ret = registry_update_group(entry);
	/* Set after a failure, too: the driver is bound in any case. */
	entry->driven = dg_registry_has_driver(dev);
	return ret;
}

int dg_registry_add(struct device *dev)
{
	int ret;

	mutex_lock(&dg_registry_lock);
	ret = registry_add(dev);
	mutex_unlock(&dg_registry_lock);
	return ret;
}

void dg_registry_del(struct device *dev)
{
	struct dg_entry *entry;

	mutex_lock(&dg_registry_lock);
	entry = registry_find_entry(dev);
	if (entry) {
		dg_registry_entry_get(entry);
		registry_remove_entry(entry);
	}
	mutex_unlock(&dg_registry_lock);
	if (!entry)
		return;
	/* A reader of "config" may be in the middle of an access. It makes no further one. */
	down_write(&entry->access);
	up_write(&entry->access);
	dg_registry_entry_put(entry);
}

/*
 * Notes that the driver was unbound, or failed to bind, and that a group may have ended with it.
 * Adds no entry: see notify.c. Returns a negative errno if there was no memory for another group.
 */
int dg_registry_unbound(struct device *dev)
{
	struct dg_entry *entry;
	int ret = 0;

	mutex_lock(&dg_registry_lock);
	entry = registry_find_entry(dev);
	if (entry) {
		entry->driven = false;
		ret = registry_update_group(entry);
	}
	mutex_unlock(&dg_registry_lock);
	return ret;
}

/* Reads the ACS controls of all devices. Returns and sets what dg_acs_sample() does. */
bool dg_registry_sample_acs(bool *ret_again)
{
	struct dg_entry *entry;
	bool changed = false;
	size_t i;

	for (i = 0; i < HASH_SIZE(entries); i++) {
		mutex_lock(&dg_registry_lock);
		hlist_for_each_entry(entry, &entries[i], hash) changed |=
			dg_acs_sample(entry, ret_again);
		mutex_unlock(&dg_registry_lock);
	}
	return changed;
}

void dg_registry_clear(void)
{
	struct hlist_node *next;
	struct dg_entry *entry;
	int bucket;

	mutex_lock(&dg_registry_lock);
	hash_for_each_safe(entries, bucket, next, entry, hash)
		registry_remove_entry(entry);
	mutex_unlock(&dg_registry_lock);
}
