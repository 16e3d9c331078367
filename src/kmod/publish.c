// SPDX-License-Identifier: GPL-2.0-only
/*
 * Brings /sys/devgroups to what the registry holds, in a work item: without dg_lock, so that a file
 * that is being read can be removed, and without the locks of whoever changed something.
 */

#include <linux/jiffies.h>
#include <linux/sysfs.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "devgroups.h"

#define QUIET msecs_to_jiffies(20) /* what belongs together comes together */
#define PATIENCE msecs_to_jiffies(500) /* but under a storm of events this often */
#define RETRY msecs_to_jiffies(1000) /* where there was no memory */

static void publish(struct work_struct *work);

static DECLARE_DELAYED_WORK(publish_work, publish);
static struct kobject *root;
static u64 generation;
static unsigned long first_news;
static atomic_t news, scan_again;
static bool stopping;

/* --- /sys/devgroups itself -------------------------------------------------------------------- */

static ssize_t version_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", THIS_MODULE->version);
}

static struct kobj_attribute version_attr = __ATTR_RO(version);

static ssize_t generation_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", READ_ONCE(generation));
}

static struct kobj_attribute generation_attr = __ATTR_RO(generation);

static struct attribute *root_attrs[] = {
	&version_attr.attr,
	&generation_attr.attr,
	NULL,
};

static const struct attribute_group root_group = { .attrs = root_attrs };

/* --- one group -------------------------------------------------------------------------------- */

struct change {
	struct list_head gone, added;
	u32 digest;
	int error;
};

static u32 digest_of(struct dg_group *group)
{
	struct dg_text text = { };
	struct dg_entry *entry;

	list_for_each_entry(entry, &group->entries, in_group) {
		dg_print(&text, "%s\n", dev_name(entry->dev));
		dg_isolation(entry, &text);
		if (!entry->pdev)
			continue;
		dg_aliases(entry, &text);
		dg_reset_scope(entry, &text);
	}
	return text.digest;
}

static bool has_files(const struct dg_group *group, const struct dg_entry *entry)
{
	struct list_head *node;

	list_for_each(node, &group->files)
		if (dg_member_is_of(dg_member_at(node), entry))
			return true;
	return false;
}

/* Under dg_lock: what has to be done. */
static void find_change(struct dg_group *group, struct change *change)
{
	struct list_head *node, *next;
	struct dg_member *member;
	struct dg_entry *entry;

	list_for_each_safe(node, next, &group->files)
		if (dg_member_is_stale(dg_member_at(node), group))
			list_move_tail(node, &change->gone);
	list_for_each_entry(entry, &group->entries, in_group) {
		if (has_files(group, entry))
			continue;
		member = dg_member_new(entry);
		if (member)
			list_add_tail(dg_member_node(member), &change->added);
		else
			change->error = -ENOMEM;
	}
	change->digest = digest_of(group);
}

static void free_members(struct list_head *members)
{
	struct list_head *node, *next;

	list_for_each_safe(node, next, members) {
		list_del(node);
		dg_member_free(dg_member_at(node));
	}
}

/* A device that went meanwhile has no link to be made; its event is on its way. */
static void add_members(struct dg_group *group, struct change *change)
{
	struct list_head *node, *next;

	list_for_each_safe(node, next, &change->added) {
		struct dg_member *member = dg_member_at(node);
		int ret = dg_member_publish(member, group);

		list_del_init(node);
		if (ret) {
			dg_member_free(member);
			change->error = ret;
		} else {
			list_add_tail(node, &group->files);
		}
	}
}

static void announce(struct dg_group *group, enum kobject_action action)
{
	WRITE_ONCE(group->generation, ++generation);
	dg_group_event(group, action);
}

/* 0, or negative errno where not all of it could be done. Sets *changed where something was. */
static int update(struct dg_group *group, bool *changed)
{
	struct change change = { LIST_HEAD_INIT(change.gone), LIST_HEAD_INIT(change.added) };
	bool different;

	mutex_lock(&dg_lock);
	find_change(group, &change);
	mutex_unlock(&dg_lock);

	different = !list_empty(&change.gone) || !list_empty(&change.added) ||
		    change.digest != group->digest;
	free_members(&change.gone);
	if (!group->dev && !change.error) {
		change.error = dg_group_publish(group, root);
		if (change.error)
			dg_group_unpublish(group, root);
	}
	if (!group->dev) {
		free_members(&change.added);
		return change.error;
	}
	add_members(group, &change);
	if (!different || (change.error && !group->ready))
		return change.error;
	group->digest = change.digest;
	announce(group, group->ready ? KOBJ_CHANGE : KOBJ_ADD);
	*changed = true;
	return change.error;
}

static void withdraw(struct dg_group *group, bool *changed)
{
	free_members(&group->files);
	if (!group->dev)
		return;
	if (group->ready) {
		WRITE_ONCE(group->generation, ++generation);
		*changed = true;
	}
	dg_group_unpublish(group, root);
}

/* --- all of them ------------------------------------------------------------------------------ */

/* Groups are added at the end by others, and removed here alone. */
static struct dg_group *next_group(struct dg_group *group, bool drop)
{
	struct dg_group *next;

	mutex_lock(&dg_lock);
	if (group)
		next = list_is_last(&group->node, &dg_groups) ? NULL : list_next_entry(group, node);
	else
		next = list_first_entry_or_null(&dg_groups, struct dg_group, node);
	if (group && drop)
		list_del(&group->node);
	mutex_unlock(&dg_lock);
	if (group && drop)
		dg_group_put(group);
	return next;
}

static bool is_over(struct dg_group *group)
{
	bool ret;

	mutex_lock(&dg_lock);
	ret = list_empty(&group->entries);
	mutex_unlock(&dg_lock);
	return ret;
}

static void publish(struct work_struct *work)
{
	bool changed = false, again = false;
	struct dg_group *group, *next;

	atomic_set(&news, 0);
	/* At the end what was cleared must not come back. */
	if (!stopping && atomic_xchg(&scan_again, 0) && dg_scan())
		dg_publish_scan_again();
	for (group = next_group(NULL, false); group; group = next) {
		bool over = is_over(group);

		if (over)
			withdraw(group, &changed);
		else if (update(group, &changed))
			again = true;
		next = next_group(group, over);
	}
	if (changed)
		sysfs_notify(root, NULL, "generation");
	if ((again || atomic_read(&scan_again)) && !stopping)
		queue_delayed_work(system_long_wq, &publish_work, RETRY);
}

/* Called by the notifiers. */
void dg_publish_soon(void)
{
	if (!atomic_xchg(&news, 1))
		WRITE_ONCE(first_news, jiffies);
	if (time_before(jiffies, READ_ONCE(first_news) + PATIENCE))
		mod_delayed_work(system_long_wq, &publish_work, QUIET);
	else
		queue_delayed_work(system_long_wq, &publish_work, QUIET);
}

/* There was no memory for a device: it is looked for later. */
void dg_publish_scan_again(void)
{
	atomic_set(&scan_again, 1);
}

/* After the scan: whoever loads the module finds all there is. */
void dg_publish_now(void)
{
	queue_delayed_work(system_long_wq, &publish_work, 0);
	flush_delayed_work(&publish_work);
}

int dg_publish_start(void)
{
	int ret;

	generation = dg_instance_next();
	root = kobject_create_and_add("devgroups", NULL);
	if (!root)
		return -ENOMEM;
	ret = sysfs_create_group(root, &root_group);
	if (ret)
		dg_dir_remove(root);
	return ret;
}

/* After the last notifier and dg_registry_clear(). */
void dg_publish_stop(void)
{
	WRITE_ONCE(stopping, true);
	cancel_delayed_work_sync(&publish_work);
	dg_registry_clear();
	publish(NULL);
	dg_dir_remove(root);
}
