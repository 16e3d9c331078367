// SPDX-License-Identifier: GPL-2.0-only
/*
 * Updates /sys/devgroups from the registry, in a work item. The work does not hold
 * dg_registry_lock, so that it can remove a file that is being read, nor the locks of a notifier's
 * caller.
 */

#include <linux/jiffies.h>
#include <linux/sysfs.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "devgroups.h"

#define PUBLISH_DEBOUNCE msecs_to_jiffies(20)	   /* events of one change come together */
#define PUBLISH_MAX_DELAY msecs_to_jiffies(500)	   /* while events keep coming */
#define PUBLISH_RETRY_DELAY msecs_to_jiffies(1000) /* after a failure */

static void publish_run(struct work_struct *work);

static DECLARE_DELAYED_WORK(publish_work, publish_run);
static DEFINE_MUTEX(publish_lock); /* the groups are published, and stay in their list */
static struct kobject *root;
static u64 generation;
static unsigned long first_pending;
static atomic_t pending, scan_again;
static bool stopping;

/* --- /sys/devgroups itself --- */

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

/* --- one group --- */

struct group_change {
	struct list_head gone, added;
	bool text; /* of a file */
	int error;
};

static bool publish_has_member(const struct dg_group *group, const struct dg_entry *entry)
{
	struct list_head *node;

	list_for_each(node, &group->files)
		if (dg_member_has_entry(dg_member_from_node(node), entry))
			return true;
	return false;
}

static void publish_find_change(struct dg_group *group, struct group_change *change)
{
	struct list_head *node, *next;
	struct dg_member *member;
	struct dg_entry *entry;

	lockdep_assert_held(&dg_registry_lock);
	list_for_each_safe(node, next, &group->files)
		if (dg_member_is_stale(dg_member_from_node(node), group))
			list_move_tail(node, &change->gone);
	list_for_each_entry(entry, &group->entries, in_group) {
		if (publish_has_member(group, entry))
			continue;
		member = dg_member_new(entry);
		if (member)
			list_add_tail(dg_member_node(member), &change->added);
		else
			change->error = -ENOMEM;
	}
	dg_isolation_find_leaders(&group->entries);
}

static void publish_free_members(struct list_head *members)
{
	struct list_head *node, *next;

	list_for_each_safe(node, next, members) {
		list_del(node);
		dg_member_free(dg_member_from_node(node));
	}
}

static void publish_refresh_members(struct dg_group *group, struct group_change *change)
{
	struct list_head *node;

	list_for_each(node, &group->files) {
		int ret = dg_member_refresh(dg_member_from_node(node), &change->text);

		if (ret)
			change->error = ret;
	}
}

/*
 * A device that was removed in the meantime cannot be linked; its own event follows. The files have
 * their texts before they can be opened.
 */
static void publish_add_members(struct dg_group *group, struct group_change *change)
{
	struct list_head *node, *next;
	bool first;

	list_for_each_safe(node, next, &change->added) {
		struct dg_member *member = dg_member_from_node(node);
		int ret = dg_member_refresh(member, &first);

		if (!ret)
			ret = dg_member_publish(member, group);
		list_del_init(node);
		if (ret) {
			dg_member_free(member);
			change->error = ret;
		} else {
			list_add_tail(node, &group->files);
		}
	}
}

static void publish_send_event(struct dg_group *group, enum kobject_action action)
{
	WRITE_ONCE(group->generation, ++generation);
	dg_group_event(group, action);
}

/* Returns 0, or negative errno if it has to be tried again. Sets *changed if there was a change. */
static int publish_update_group(struct dg_group *group, bool *changed)
{
	struct group_change change = { LIST_HEAD_INIT(change.gone), LIST_HEAD_INIT(change.added) };
	bool different;

	mutex_lock(&dg_registry_lock);
	publish_find_change(group, &change);
	mutex_unlock(&dg_registry_lock);

	different = !list_empty(&change.gone) || !list_empty(&change.added);
	publish_free_members(&change.gone);
	if (!group->dev && !change.error) {
		change.error = dg_group_publish(group, root);
		if (change.error)
			dg_group_unpublish(group, root);
	}
	if (!group->dev) {
		publish_free_members(&change.added);
		return change.error;
	}
	publish_refresh_members(group, &change);
	publish_add_members(group, &change);
	if ((!different && !change.text && group->ready) || (change.error && !group->ready))
		return change.error;
	publish_send_event(group, group->ready ? KOBJ_CHANGE : KOBJ_ADD);
	*changed = true;
	return change.error;
}

static void publish_remove_group(struct dg_group *group, bool *changed)
{
	publish_free_members(&group->files);
	if (!group->dev)
		return;
	if (group->ready) {
		WRITE_ONCE(group->generation, ++generation);
		*changed = true;
	}
	dg_group_unpublish(group, root);
}

/* --- all groups --- */

/*
 * Returns the group after @group, or the first for NULL. @drop: also removes @group from the list,
 * to which all other code only appends.
 */
static struct dg_group *publish_next_group(struct dg_group *group, bool drop)
{
	struct dg_group *next;

	mutex_lock(&dg_registry_lock);
	if (group)
		next = list_is_last(&group->node, &dg_registry_groups) ?
			       NULL :
			       list_next_entry(group, node);
	else
		next = list_first_entry_or_null(&dg_registry_groups, struct dg_group, node);
	if (group && drop)
		list_del(&group->node);
	mutex_unlock(&dg_registry_lock);
	if (group && drop)
		dg_registry_group_put(group);
	return next;
}

static bool publish_group_is_empty(struct dg_group *group)
{
	bool ret;

	mutex_lock(&dg_registry_lock);
	ret = list_empty(&group->entries);
	mutex_unlock(&dg_registry_lock);
	return ret;
}

/*
 * Removes the groups without devices. The kernel gives their numbers to new groups, so this comes
 * before those are published.
 */
static void publish_remove_empty(bool *changed)
{
	struct dg_group *group, *next;

	for (group = publish_next_group(NULL, false); group; group = next) {
		bool over = publish_group_is_empty(group);

		if (over)
			publish_remove_group(group, changed);
		next = publish_next_group(group, over);
	}
}

/*
 * Returns whether a group with the same number is still published: it has become empty since the
 * empty groups were removed.
 */
static bool publish_number_is_taken(struct dg_group *group)
{
	struct dg_group *other;
	bool ret = false;

	mutex_lock(&dg_registry_lock);
	list_for_each_entry(other, &dg_registry_groups, node)
		ret |= other != group && other->id == group->id && other->dev;
	mutex_unlock(&dg_registry_lock);
	return ret;
}

/* Returns 0, or negative errno if it has to be tried again. */
static int publish_update_all(bool *changed)
{
	struct dg_group *group;
	int ret, error = 0;

	for (group = publish_next_group(NULL, false); group;
	     group = publish_next_group(group, false)) {
		if (publish_group_is_empty(group))
			continue;
		ret = publish_number_is_taken(group) ? -EAGAIN :
						       publish_update_group(group, changed);
		if (ret)
			error = ret;
		dg_owner_trace(group);
	}
	return error;
}

static void publish_run(struct work_struct *work)
{
	bool changed = false;
	int ret;

	atomic_set(&pending, 0);
	/* While the module is unloaded, a scan would fill the cleared registry again. */
	if (!stopping && atomic_xchg(&scan_again, 0) && dg_scan())
		dg_publish_scan_again();
	mutex_lock(&publish_lock);
	publish_remove_empty(&changed);
	ret = publish_update_all(&changed);
	mutex_unlock(&publish_lock);
	if (changed)
		sysfs_notify(root, NULL, "generation");
	if (stopping)
		return;
	if (ret == -EAGAIN)
		dg_publish_soon();
	else if (ret || atomic_read(&scan_again))
		queue_delayed_work(system_long_wq, &publish_work, PUBLISH_RETRY_DELAY);
}

/* Called by the polling work. */
void dg_publish_trace_owners(void)
{
	struct dg_group *group;

	mutex_lock(&publish_lock);
	for (group = publish_next_group(NULL, false); group;
	     group = publish_next_group(group, false))
		dg_owner_trace(group);
	mutex_unlock(&publish_lock);
}

/* Starts the work after a short delay. Called by the notifiers. */
void dg_publish_soon(void)
{
	if (!atomic_xchg(&pending, 1))
		WRITE_ONCE(first_pending, jiffies);
	if (time_before(jiffies, READ_ONCE(first_pending) + PUBLISH_MAX_DELAY))
		mod_delayed_work(system_long_wq, &publish_work, PUBLISH_DEBOUNCE);
	else
		queue_delayed_work(system_long_wq, &publish_work, PUBLISH_DEBOUNCE);
}

/* Makes the next run scan the buses: there was no memory for a device. */
void dg_publish_scan_again(void)
{
	atomic_set(&scan_again, 1);
}

/* Publishes all groups before it returns, so that they are there when the module is loaded. */
void dg_publish_now(void)
{
	queue_delayed_work(system_long_wq, &publish_work, 0);
	flush_delayed_work(&publish_work);
}

int dg_publish_start(void)
{
	int ret;

	generation = dg_registry_next_instance();
	root = kobject_create_and_add("devgroups", NULL);
	if (!root)
		return -ENOMEM;
	ret = sysfs_create_group(root, &root_group);
	if (ret)
		dg_dir_remove(root);
	return ret;
}

/* Called after the notifiers were removed. */
void dg_publish_stop(void)
{
	WRITE_ONCE(stopping, true);
	cancel_delayed_work_sync(&publish_work);
	dg_registry_clear();
	publish_run(NULL);
	dg_dir_remove(root);
}
