// SPDX-License-Identifier: GPL-2.0-only
/* The files of a device in the directory of its group. */

#include <linux/delay.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "compat.h"
#include "devgroups.h"

/* Lockdep sees a race between a reader and a removal only while a read is under way. */
#ifdef CONFIG_PROVE_LOCKING
static unsigned int read_delay_ms;
module_param(read_delay_ms, uint, 0600);
MODULE_PARM_DESC(read_delay_ms, "milliseconds that each read takes longer, for tests");
#else
static const unsigned int read_delay_ms;
#endif

/* --- identity, in the format of libpci --- */

static void member_print_vendor(struct dg_entry *entry, struct dg_text *text)
{
	dg_text_printf(text, "0x%04x\n", entry->pdev->vendor);
}

static void member_print_device(struct dg_entry *entry, struct dg_text *text)
{
	dg_text_printf(text, "0x%04x\n", entry->pdev->device);
}

static void member_print_subsystem_vendor(struct dg_entry *entry, struct dg_text *text)
{
	dg_text_printf(text, "0x%04x\n", entry->pdev->subsystem_vendor);
}

static void member_print_subsystem_device(struct dg_entry *entry, struct dg_text *text)
{
	dg_text_printf(text, "0x%04x\n", entry->pdev->subsystem_device);
}

static void member_print_class(struct dg_entry *entry, struct dg_text *text)
{
	dg_text_printf(text, "0x%06x\n", entry->pdev->class);
}

static void member_print_revision(struct dg_entry *entry, struct dg_text *text)
{
	dg_text_printf(text, "0x%02x\n", entry->pdev->revision);
}

/* libpci requires the file; the interrupt line of the host is not shown. */
static void member_print_irq(struct dg_entry *entry, struct dg_text *text)
{
	dg_text_printf(text, "0\n");
}

/* --- the files --- */

enum member_dir { DIR_MEMBERS, DIR_DEVICES };

static const struct dg_file {
	enum member_dir dir;
	const char *name;
	umode_t mode;
	void (*print)(struct dg_entry *entry, struct dg_text *text); /* NULL: "config" */
	bool any_bus;
	bool vf_only;
} member_files[] = {
	{ DIR_MEMBERS, "isolation", 0444, dg_isolation_print, .any_bus = true },
	{ DIR_MEMBERS, "dma_aliases", 0444, dg_aliases_print },
	{ DIR_MEMBERS, "reset_scope", 0444, dg_reset_print_scope },
	{ DIR_MEMBERS, "quirks", 0444, dg_quirks_print },
	{ DIR_MEMBERS, "pasid", 0444, dg_features_print_pasid },
	{ DIR_MEMBERS, "pri", 0444, dg_features_print_pri },
	{ DIR_MEMBERS, "ats", 0444, dg_features_print_ats },
	{ DIR_MEMBERS, "physfn", 0444, dg_features_print_physfn, .vf_only = true },
	{ DIR_MEMBERS, "config", 0400, NULL },
	{ DIR_MEMBERS, "resource", 0400, dg_resource_print },
	{ DIR_DEVICES, "vendor", 0444, member_print_vendor },
	{ DIR_DEVICES, "device", 0444, member_print_device },
	{ DIR_DEVICES, "subsystem_vendor", 0444, member_print_subsystem_vendor },
	{ DIR_DEVICES, "subsystem_device", 0444, member_print_subsystem_device },
	{ DIR_DEVICES, "class", 0444, member_print_class },
	{ DIR_DEVICES, "revision", 0444, member_print_revision },
	{ DIR_DEVICES, "irq", 0444, member_print_irq },
	{ DIR_DEVICES, "config", 0400, NULL },
	{ DIR_DEVICES, "resource", 0400, dg_resource_print },
};

struct dg_member {
	struct list_head node;
	struct dg_entry *entry; /* a reference */
	struct device *dev;	/* a reference */
	struct kobject *dirs[2];
	struct bin_attribute attrs[ARRAY_SIZE(member_files)];
};

static ssize_t member_read_text(struct file *file, struct kobject *kobj,
				DG_COMPAT_BIN_CONST struct bin_attribute *attr, char *buf,
				loff_t off, size_t count)
{
	struct dg_member *member = attr->private;
	struct dg_text text = { .buf = buf, .from = off, .count = count };
	ssize_t ret = -ENODEV;

	if (read_delay_ms)
		msleep(read_delay_ms);
	mutex_lock(&dg_registry_lock);
	if (!member->entry->dead) {
		member_files[attr - member->attrs].print(member->entry, &text);
		ret = text.copied;
	}
	mutex_unlock(&dg_registry_lock);
	return ret;
}

static ssize_t member_read_config(struct file *file, struct kobject *kobj,
				  DG_COMPAT_BIN_CONST struct bin_attribute *attr, char *buf,
				  loff_t off, size_t count)
{
	struct dg_member *member = attr->private;

	if (read_delay_ms)
		msleep(read_delay_ms);
	return dg_config_read(member->entry, buf, off, count);
}

/* --- a member --- */

struct dg_member *dg_member_new(struct dg_entry *entry)
{
	struct dg_member *member;

	lockdep_assert_held(&dg_registry_lock);
	member = kzalloc(sizeof(*member), GFP_KERNEL);
	if (!member)
		return NULL;
	member->entry = dg_registry_entry_get(entry);
	member->dev = get_device(entry->dev);
	INIT_LIST_HEAD(&member->node);
	return member;
}

void dg_member_free(struct dg_member *member)
{
	dg_dir_remove(member->dirs[DIR_MEMBERS]);
	dg_dir_remove(member->dirs[DIR_DEVICES]);
	put_device(member->dev);
	dg_registry_entry_put(member->entry);
	kfree(member);
}

static bool member_has_file(const struct dg_member *member, const struct dg_file *file)
{
	if (!dev_is_pci(member->dev))
		return file->any_bus;
	return !file->vf_only || member->entry->physfn;
}

static int member_add_file(struct dg_member *member, size_t i)
{
	struct bin_attribute *attr = &member->attrs[i];

	if (!member_has_file(member, &member_files[i]))
		return 0;
	sysfs_bin_attr_init(attr);
	attr->attr.name = member_files[i].name;
	attr->attr.mode = member_files[i].mode;
	attr->private = member;
	attr->read = member_files[i].print ? member_read_text : member_read_config;
	return sysfs_create_bin_file(member->dirs[member_files[i].dir], attr);
}

int dg_member_publish(struct dg_member *member, struct dg_group *group)
{
	const char *name = dev_name(member->dev);
	size_t i;
	int ret;

	member->dirs[DIR_MEMBERS] = kobject_create_and_add(name, group->members);
	if (!member->dirs[DIR_MEMBERS])
		return -ENOMEM;
	if (dev_is_pci(member->dev)) {
		member->dirs[DIR_DEVICES] = kobject_create_and_add(name, group->devices);
		if (!member->dirs[DIR_DEVICES])
			return -ENOMEM;
	}
	ret = sysfs_create_link(member->dirs[DIR_MEMBERS], &member->dev->kobj, "device");
	if (ret)
		return ret;
	for (i = 0; i < ARRAY_SIZE(member_files); i++) {
		ret = member_add_file(member, i);
		if (ret)
			return ret;
	}
	return 0;
}

bool dg_member_is_stale(const struct dg_member *member, const struct dg_group *group)
{
	lockdep_assert_held(&dg_registry_lock);
	return member->entry->dead || member->entry->group != group;
}

bool dg_member_has_entry(const struct dg_member *member, const struct dg_entry *entry)
{
	return member->entry == entry;
}

struct list_head *dg_member_node(struct dg_member *member)
{
	return &member->node;
}

struct dg_member *dg_member_from_node(struct list_head *node)
{
	return list_entry(node, struct dg_member, node);
}
