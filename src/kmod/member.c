// SPDX-License-Identifier: GPL-2.0-only
/* The files of a device in the directory of its group. */

#include <linux/delay.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "compat.h"
#include "devgroups.h"

/* A race between a reader and a removal shows to lockdep only while there is a reader. */
#ifdef CONFIG_PROVE_LOCKING
static unsigned int read_delay_ms;
module_param(read_delay_ms, uint, 0600);
MODULE_PARM_DESC(read_delay_ms, "milliseconds that each read takes longer, for tests");
#else
static const unsigned int read_delay_ms;
#endif

/* --- identity, as libpci wants it ------------------------------------------------------------- */

static void print_vendor(struct dg_entry *entry, struct dg_text *text)
{
	dg_print(text, "0x%04x\n", entry->pdev->vendor);
}

static void print_device(struct dg_entry *entry, struct dg_text *text)
{
	dg_print(text, "0x%04x\n", entry->pdev->device);
}

static void print_subsystem_vendor(struct dg_entry *entry, struct dg_text *text)
{
	dg_print(text, "0x%04x\n", entry->pdev->subsystem_vendor);
}

static void print_subsystem_device(struct dg_entry *entry, struct dg_text *text)
{
	dg_print(text, "0x%04x\n", entry->pdev->subsystem_device);
}

static void print_class(struct dg_entry *entry, struct dg_text *text)
{
	dg_print(text, "0x%06x\n", entry->pdev->class);
}

static void print_revision(struct dg_entry *entry, struct dg_text *text)
{
	dg_print(text, "0x%02x\n", entry->pdev->revision);
}

/* The line it is on is the host's affair. */
static void print_irq(struct dg_entry *entry, struct dg_text *text)
{
	dg_print(text, "0\n");
}

/* --- the files -------------------------------------------------------------------------------- */

enum place { MEMBERS, DEVICES };

static const struct dg_file {
	enum place place;
	const char *name;
	umode_t mode;
	void (*print)(struct dg_entry *entry, struct dg_text *text); /* NULL: "config" */
	bool any_bus;
	bool vf_only;
} files[] = {
	{ MEMBERS, "isolation", 0444, dg_isolation, .any_bus = true },
	{ MEMBERS, "dma_aliases", 0444, dg_aliases },
	{ MEMBERS, "reset_scope", 0444, dg_reset_scope },
	{ MEMBERS, "quirks", 0444, dg_quirks },
	{ MEMBERS, "pasid", 0444, dg_pasid },
	{ MEMBERS, "pri", 0444, dg_pri },
	{ MEMBERS, "ats", 0444, dg_ats },
	{ MEMBERS, "physfn", 0444, dg_physfn, .vf_only = true },
	{ MEMBERS, "config", 0400, NULL },
	{ MEMBERS, "resource", 0400, dg_resource },
	{ DEVICES, "vendor", 0444, print_vendor },
	{ DEVICES, "device", 0444, print_device },
	{ DEVICES, "subsystem_vendor", 0444, print_subsystem_vendor },
	{ DEVICES, "subsystem_device", 0444, print_subsystem_device },
	{ DEVICES, "class", 0444, print_class },
	{ DEVICES, "revision", 0444, print_revision },
	{ DEVICES, "irq", 0444, print_irq },
	{ DEVICES, "config", 0400, NULL },
	{ DEVICES, "resource", 0400, dg_resource },
};

struct dg_member {
	struct list_head node;
	struct dg_entry *entry; /* a reference */
	struct device *dev;	/* a reference */
	struct kobject *dirs[2];
	struct bin_attribute attrs[ARRAY_SIZE(files)];
};

static ssize_t read_text(struct file *file, struct kobject *kobj,
			 DG_BIN_CONST struct bin_attribute *attr, char *buf, loff_t off,
			 size_t count)
{
	struct dg_member *member = attr->private;
	struct dg_text text = { .buf = buf, .from = off, .count = count };
	bool dead;

	if (read_delay_ms)
		msleep(read_delay_ms);
	mutex_lock(&dg_lock);
	dead = member->entry->dead;
	if (!dead)
		files[attr - member->attrs].print(member->entry, &text);
	mutex_unlock(&dg_lock);
	return dead ? -ENODEV : text.copied;
}

static ssize_t read_config(struct file *file, struct kobject *kobj,
			   DG_BIN_CONST struct bin_attribute *attr, char *buf, loff_t off,
			   size_t count)
{
	struct dg_member *member = attr->private;

	if (read_delay_ms)
		msleep(read_delay_ms);
	return dg_config_read(member->entry, buf, off, count);
}

/* --- a member --------------------------------------------------------------------------------- */

/* Under dg_lock. */
struct dg_member *dg_member_new(struct dg_entry *entry)
{
	struct dg_member *member = kzalloc(sizeof(*member), GFP_KERNEL);

	if (!member)
		return NULL;
	member->entry = dg_entry_get(entry);
	member->dev = get_device(entry->dev);
	INIT_LIST_HEAD(&member->node);
	return member;
}

void dg_member_free(struct dg_member *member)
{
	dg_dir_remove(member->dirs[MEMBERS]);
	dg_dir_remove(member->dirs[DEVICES]);
	put_device(member->dev);
	dg_entry_put(member->entry);
	kfree(member);
}

static bool has_file(const struct dg_member *member, const struct dg_file *file)
{
	if (!dev_is_pci(member->dev))
		return file->any_bus;
	return !file->vf_only || member->entry->physfn;
}

static int add_file(struct dg_member *member, size_t i)
{
	struct bin_attribute *attr = &member->attrs[i];

	if (!has_file(member, &files[i]))
		return 0;
	sysfs_bin_attr_init(attr);
	attr->attr.name = files[i].name;
	attr->attr.mode = files[i].mode;
	attr->private = member;
	attr->read = files[i].print ? read_text : read_config;
	return sysfs_create_bin_file(member->dirs[files[i].place], attr);
}

int dg_member_publish(struct dg_member *member, struct dg_group *group)
{
	const char *name = dev_name(member->dev);
	size_t i;
	int ret;

	member->dirs[MEMBERS] = kobject_create_and_add(name, group->members);
	if (!member->dirs[MEMBERS])
		return -ENOMEM;
	if (dev_is_pci(member->dev)) {
		member->dirs[DEVICES] = kobject_create_and_add(name, group->devices);
		if (!member->dirs[DEVICES])
			return -ENOMEM;
	}
	ret = sysfs_create_link(member->dirs[MEMBERS], &member->dev->kobj, "device");
	for (i = 0; !ret && i < ARRAY_SIZE(files); i++)
		ret = add_file(member, i);
	return ret;
}

/* Under dg_lock. */
bool dg_member_is_stale(const struct dg_member *member, const struct dg_group *group)
{
	return member->entry->dead || member->entry->group != group;
}

bool dg_member_is_of(const struct dg_member *member, const struct dg_entry *entry)
{
	return member->entry == entry;
}

struct list_head *dg_member_node(struct dg_member *member)
{
	return &member->node;
}

struct dg_member *dg_member_at(struct list_head *node)
{
	return list_entry(node, struct dg_member, node);
}
