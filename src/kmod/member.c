// SPDX-License-Identifier: GPL-2.0-only
/* The files of a device in the directory of its group. */

#include <linux/capability.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/stat.h>
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

/* A file of mode 0400 is that of a lease: see member_check_reader(). */
static const struct dg_file {
	enum member_dir dir;
	const char *name;
	umode_t mode;
	void (*print)(struct dg_entry *entry, struct dg_text *text); /* NULL: "config" */
	bool any_bus;
	bool vf_only;
	bool event; /* a change of it is an event of the group */
} member_files[] = {
	{ DIR_MEMBERS, "isolation", 0444, dg_isolation_print, .any_bus = true, .event = true },
	{ DIR_MEMBERS, "dma_aliases", 0444, dg_aliases_print, .event = true },
	{ DIR_MEMBERS, "reset_scope", 0444, dg_reset_print_scope, .event = true },
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

/* The text of a file. It never changes: a file gets another one. */
struct member_text {
	struct kref ref;
	size_t size;
	char data[];
};

/*
 * An open file that is being read. The kernel reads at most a page at a time, so a long text is
 * read in pieces; all of them are of the text that the first one was of.
 */
struct member_reader {
	const struct file *file;  /* only compared; NULL: unused */
	size_t which;		  /* of member_files */
	struct member_text *text; /* a reference */
	u64 used;
};

#define MEMBER_READERS 8 /* at a time; another one takes the place of the oldest */

struct dg_member {
	struct list_head node;
	struct dg_entry *entry; /* a reference */
	struct device *dev;	/* a reference */
	struct kobject *dirs[2];
	struct bin_attribute attrs[ARRAY_SIZE(member_files)];

	spinlock_t lock;				     /* guards the following */
	struct member_text *texts[ARRAY_SIZE(member_files)]; /* NULL: "config", or no such file */
	struct member_reader readers[MEMBER_READERS];
	u64 reads;
};

/* --- texts --- */

static void member_text_release(struct kref *ref)
{
	kvfree(container_of(ref, struct member_text, ref));
}

static void member_text_put(struct member_text *text)
{
	if (text)
		kref_put(&text->ref, member_text_release);
}

static struct member_text *member_text_new(const struct dg_text *printed)
{
	struct member_text *text = kvmalloc(struct_size(text, data, printed->size), GFP_KERNEL);

	if (!text)
		return NULL;
	kref_init(&text->ref);
	text->size = printed->size;
	if (printed->size)
		memcpy(text->data, printed->buf, printed->size);
	return text;
}

/* Only the publishing work changes texts, so it may look at them without the lock. */
static bool member_text_is(const struct member_text *text, const struct dg_text *printed)
{
	return text && text->size == printed->size &&
	       (!printed->size || !memcmp(text->data, printed->buf, printed->size));
}

static bool member_has_file(const struct dg_member *member, const struct dg_file *file)
{
	if (!dev_is_pci(member->dev))
		return file->any_bus;
	return !file->vf_only || member->entry->physfn;
}

/*
 * Returns 1 if the text is another one than before, 0, or negative errno. A dead device keeps its
 * texts; -ENODEV: it has none.
 */
static int member_refresh_text(struct dg_member *member, size_t which)
{
	struct member_text *text, *old = member->texts[which];
	struct dg_text printed = {};
	bool dead;
	int ret = 0;

	mutex_lock(&dg_registry_lock);
	dead = member->entry->dead;
	if (!dead)
		member_files[which].print(member->entry, &printed);
	mutex_unlock(&dg_registry_lock);
	if (dead)
		return old ? 0 : -ENODEV;
	if (printed.failed)
		ret = -ENOMEM;
	if (ret || member_text_is(old, &printed))
		goto out_clear;
	ret = -ENOMEM;
	text = member_text_new(&printed);
	if (!text)
		goto out_clear;
	spin_lock(&member->lock);
	member->texts[which] = text;
	spin_unlock(&member->lock);
	member_text_put(old);
	ret = 1;
out_clear:
	dg_text_clear(&printed);
	return ret;
}

/* Prints all files again. Sets *changed if that makes an event. 0 or negative errno. */
int dg_member_refresh(struct dg_member *member, bool *changed)
{
	size_t i;
	int ret, error = 0;

	for (i = 0; i < ARRAY_SIZE(member_files); i++) {
		if (!member_files[i].print || !member_has_file(member, &member_files[i]))
			continue;
		ret = member_refresh_text(member, i);
		if (ret < 0)
			error = ret;
		if (ret > 0 && member_files[i].event)
			*changed = true;
	}
	return error;
}

/* --- readers --- */

/*
 * "config" and "resource" belong to the holder of a lease, who may change their mode and their
 * group. A descriptor reads only while the user who opened it owns the file, or could open every
 * file. So it ends with the lease, and a mode that the holder has left behind opens it for no user.
 * The owner is asked of the file system: the inode of another mount of it is not up to date.
 */
static int member_check_reader(const struct file *file)
{
	struct kstat stat;
	int ret = vfs_getattr(&file->f_path, &stat, STATX_UID, AT_STATX_SYNC_AS_STAT);

	if (ret)
		return ret;
	if (uid_eq(file->f_cred->fsuid, stat.uid) ||
	    file_ns_capable(file, &init_user_ns, CAP_DAC_OVERRIDE) ||
	    file_ns_capable(file, &init_user_ns, CAP_DAC_READ_SEARCH))
		return 0;
	return -EACCES;
}

/* Returns the place of the reader, or the one that it may have. */
static struct member_reader *member_find_reader(struct dg_member *member, const struct file *file,
						size_t which)
{
	struct member_reader *reader, *oldest = member->readers;
	size_t i;

	for (i = 0; i < MEMBER_READERS; i++) {
		reader = &member->readers[i];
		if (reader->file == file && reader->which == which)
			return reader;
		if (!reader->file || (oldest->file && reader->used < oldest->used))
			oldest = reader;
	}
	return oldest;
}

/* Returns a reference to the text that the file is at. A read from the start takes the newest. */
static struct member_text *member_get_text(struct dg_member *member, const struct file *file,
					   size_t which, loff_t off)
{
	struct member_text *text, *old = NULL;
	struct member_reader *reader;

	spin_lock(&member->lock);
	reader = member_find_reader(member, file, which);
	if (off == 0 || reader->file != file || reader->which != which) {
		old = reader->text;
		reader->file = file;
		reader->which = which;
		reader->text = member->texts[which];
		kref_get(&reader->text->ref);
	}
	reader->used = ++member->reads;
	text = reader->text;
	kref_get(&text->ref);
	spin_unlock(&member->lock);
	member_text_put(old);
	return text;
}

/* The file was read to its end. */
static void member_forget_reader(struct dg_member *member, const struct file *file, size_t which)
{
	struct member_text *old = NULL;
	struct member_reader *reader;

	spin_lock(&member->lock);
	reader = member_find_reader(member, file, which);
	if (reader->file == file && reader->which == which) {
		old = reader->text;
		reader->file = NULL;
		reader->text = NULL;
	}
	spin_unlock(&member->lock);
	member_text_put(old);
}

static ssize_t member_read_text(struct file *file, struct kobject *kobj,
				DG_COMPAT_BIN_CONST struct bin_attribute *attr, char *buf,
				loff_t off, size_t count)
{
	struct dg_member *member = attr->private;
	size_t which = attr - member->attrs;
	struct member_text *text;
	int ret;

	if (read_delay_ms)
		msleep(read_delay_ms);
	if (READ_ONCE(member->entry->dead))
		return -ENODEV;
	ret = member_files[which].mode == 0400 ? member_check_reader(file) : 0;
	if (ret)
		return ret;
	text = member_get_text(member, file, which, off);
	count = off < text->size ? min_t(size_t, count, text->size - off) : 0;
	if (count)
		memcpy(buf, text->data + off, count);
	else
		member_forget_reader(member, file, which);
	member_text_put(text);
	return count;
}

static ssize_t member_read_config(struct file *file, struct kobject *kobj,
				  DG_COMPAT_BIN_CONST struct bin_attribute *attr, char *buf,
				  loff_t off, size_t count)
{
	struct dg_member *member = attr->private;
	int ret = member_check_reader(file);

	if (ret)
		return ret;
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
	spin_lock_init(&member->lock);
	INIT_LIST_HEAD(&member->node);
	return member;
}

void dg_member_free(struct dg_member *member)
{
	size_t i;

	dg_dir_remove(member->dirs[DIR_MEMBERS]);
	dg_dir_remove(member->dirs[DIR_DEVICES]);
	for (i = 0; i < ARRAY_SIZE(member_files); i++)
		member_text_put(member->texts[i]);
	for (i = 0; i < MEMBER_READERS; i++)
		member_text_put(member->readers[i].text);
	put_device(member->dev);
	dg_registry_entry_put(member->entry);
	kfree(member);
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
