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
	/* A reference kept longer would keep the kernel from reusing the number of the group. */
	if (list_empty(&group->entries)) {
		iommu_group_put(group->iommu);
		group->iommu = NULL;
	}
	dg_registry_group_put(group);
}

/* A device gets its group when it is added or, with some IOMMUs, when a driver is bound. */
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

static struct dg_entry *registry_find_entry(const struct device *dev)
{
	struct dg_entry *entry;

	lockdep_assert_held(&dg_registry_lock);
	hash_for_each_possible(entries, entry, hash, (unsigned long)dev)
		if (entry->dev == dev)
			return entry;
	return NULL;
}

static void registry_place_entry(struct dg_entry *entry)
{
	struct pci_dev *pdev = entry->pdev, *pf = pci_physfn(pdev);
	struct pci_bus *bus = pf->bus;
	struct dg_entry *above;

	entry->domain = pci_domain_nr(pdev->bus);
	entry->bus = pdev->bus->number;
	entry->devfn = pdev->devfn;
	above = bus->self ? registry_find_entry(&bus->self->dev) : NULL;
	if (above)
		entry->parent = dg_registry_entry_get(above);
	above = pdev->is_virtfn ? registry_find_entry(&pf->dev) : NULL;
	if (above)
		entry->physfn = dg_registry_entry_get(above);
	dg_tree_insert(entry);
}

static struct dg_entry *entry_new(struct device *dev)
{
	struct dg_entry *entry = kzalloc(sizeof(*entry), GFP_KERNEL);

	if (!entry)
		return NULL;
	kref_init(&entry->ref);
	entry->dev = get_device(dev);
	INIT_LIST_HEAD(&entry->children);
	INIT_LIST_HEAD(&entry->sibling);
	hash_add(entries, &entry->hash, (unsigned long)dev);
	if (dev_is_pci(dev)) {
		entry->pdev = to_pci_dev(dev);
		registry_place_entry(entry);
	}
	return entry;
}

static void registry_remove_entry(struct dg_entry *entry)
{
	registry_leave_group(entry);
	hash_del(&entry->hash);
	list_del_init(&entry->sibling);
	entry->dead = true;
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
	if (entry)
		registry_remove_entry(entry);
	mutex_unlock(&dg_registry_lock);
}

/* @bound false: the driver was unbound, or failed to bind. Adds no entry: see notify.c. */
void dg_registry_driver(struct device *dev, bool bound)
{
	struct dg_entry *entry;

	mutex_lock(&dg_registry_lock);
	entry = registry_find_entry(dev);
	if (entry)
		entry->driven = bound && dg_registry_has_driver(dev);
	mutex_unlock(&dg_registry_lock);
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
