// SPDX-License-Identifier: GPL-2.0-only
/*
 * An IOMMU group as a device of the class "devgroups", which gives it files, and events that udev
 * can replay. All kobjects and devices here and in member.c are of the kernel's own types: none of
 * them calls code of this module when it is freed, so the module can be unloaded.
 */

#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "compat.h"
#include "devgroups.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

static struct class *group_class;

/* --- files --- */

static ssize_t id_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct dg_group *group = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%d\n", group->id);
}
static DEVICE_ATTR_RO(id);

static ssize_t instance_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct dg_group *group = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%llu\n", group->instance);
}
static DEVICE_ATTR_RO(instance);

static ssize_t generation_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct dg_group *group = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%llu\n", READ_ONCE(group->generation));
}
static DEVICE_ATTR_RO(generation);

static ssize_t owner_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct dg_group *group = dev_get_drvdata(dev);
	struct iommu_group *iommu = dg_registry_get_iommu(group);
	ssize_t ret = -ENODEV;

	if (iommu)
		ret = sysfs_emit(buf, "%s\n", dg_owner_name(dg_owner(group, iommu)));
	iommu_group_put(iommu);
	dg_owner_trace(group);
	return ret;
}
static DEVICE_ATTR_RO(owner);

static ssize_t isolated_msi_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct dg_group *group = dev_get_drvdata(dev);
	struct iommu_group *iommu = dg_registry_get_iommu(group);
	ssize_t ret = -ENODEV;

	if (iommu)
		ret = sysfs_emit(buf, "%d\n", dg_owner_isolated_msi(group, iommu));
	iommu_group_put(iommu);
	return ret;
}
static DEVICE_ATTR_RO(isolated_msi);

static const char *group_region_type(enum iommu_resv_type type)
{
	switch (type) {
	case IOMMU_RESV_DIRECT:
		return "direct";
	case IOMMU_RESV_DIRECT_RELAXABLE:
		return "direct-relaxable";
	case IOMMU_RESV_MSI:
	case IOMMU_RESV_SW_MSI:
		return "msi";
	default:
		return "reserved";
	}
}

static ssize_t reserved_regions_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct iommu_group *iommu = dg_registry_get_iommu(dev_get_drvdata(dev));
	struct iommu_resv_region *region, *next;
	LIST_HEAD(regions);
	ssize_t n = 0;

	if (!iommu)
		return -ENODEV;
	iommu_get_group_resv_regions(iommu, &regions);
	list_for_each_entry_safe(region, next, &regions, list) {
		n += sysfs_emit_at(buf, n, "0x%016llx 0x%016llx %s\n", (u64)region->start,
				   (u64)region->start + region->length - 1,
				   group_region_type(region->type));
		kfree(region);
	}
	iommu_group_put(iommu);
	return n;
}
static DEVICE_ATTR_RO(reserved_regions);

static struct attribute *group_attrs[] = {
	&dev_attr_id.attr,
	&dev_attr_instance.attr,
	&dev_attr_generation.attr,
	&dev_attr_owner.attr,
	&dev_attr_isolated_msi.attr,
	&dev_attr_reserved_regions.attr,
	NULL,
};
ATTRIBUTE_GROUPS(group);

/* --- events --- */

/* Fails while the directory is incomplete: then the driver core sends no event. */
static int group_uevent(DG_COMPAT_UEVENT_CONST struct device *dev, struct kobj_uevent_env *env)
{
	struct dg_group *group = dev_get_drvdata(dev);
	int ret;

	if (!group || !group->ready)
		return -EAGAIN;
	ret = add_uevent_var(env, "DEVGROUP_ID=%d", group->id);
	if (ret)
		return ret;
	ret = add_uevent_var(env, "DEVGROUP_INSTANCE=%llu", group->instance);
	if (ret)
		return ret;
	return add_uevent_var(env, "DEVGROUP_GENERATION=%llu", READ_ONCE(group->generation));
}

void dg_group_event(struct dg_group *group, enum kobject_action action)
{
	if (action == KOBJ_ADD)
		trace_group_add(group);
	else
		trace_group_change(group);
	group->ready = true;
	kobject_uevent(&group->dev->kobj, action);
}

/* --- creation and removal --- */

/* After a failure the caller calls dg_group_unpublish(), which removes what was created. */
int dg_group_publish(struct dg_group *group, struct kobject *root)
{
	struct device *dev;

	dev = device_create_with_groups(group_class, NULL, MKDEV(0, 0), group, group_groups, "%d",
					group->id);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	group->dev = dev;
	group->members = kobject_create_and_add("members", &dev->kobj);
	group->devices = kobject_create_and_add("devices", &dev->kobj);
	if (!group->members || !group->devices)
		return -ENOMEM;
	return sysfs_create_link(root, &dev->kobj, dev_name(dev));
}

/* Called after all members of the group were removed. */
void dg_group_unpublish(struct dg_group *group, struct kobject *root)
{
	if (!group->dev)
		return;
	if (group->ready)
		trace_group_remove(group);
	sysfs_remove_link(root, dev_name(group->dev));
	dg_dir_remove(group->members);
	dg_dir_remove(group->devices);
	device_unregister(group->dev);
	group->members = NULL;
	group->devices = NULL;
	group->dev = NULL;
	group->ready = false;
}

int dg_group_class_create(void)
{
	group_class = dg_compat_class_create("devgroups");
	if (IS_ERR(group_class))
		return PTR_ERR(group_class);
	group_class->dev_uevent = group_uevent;
	return 0;
}

void dg_group_class_destroy(void)
{
	class_destroy(group_class);
}
