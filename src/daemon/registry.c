/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Keeps the table of groups, and derives from the host what each group shows. Calls nothing that
 * claims or releases.
 */

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "base/strv.h"
#include "daemon/lease/lease-files.h"
#include "daemon/lease/lease-nodes.h"
#include "daemon/registry.h"
#include "policy/assess/assess.h"
#include "policy/assess/overlap.h"
#include "policy/plan/vfio-choice.h"

struct registry {
	struct host *host; /* not owned */
	struct vec groups; /* struct devgroup, owned; sorted by name */
	struct problems problems;
	struct def_set *quirks; /* owned; what quirks.d says, never NULL */
	struct events events;
};

/* --- groups --- */

static int registry_cmp_name(const void *key, const void *item)
{
	return str_natural_cmp(key, ((const struct devgroup *)item)->def->name);
}

struct devgroup *registry_find(const struct registry *registry, const char *name)
{
	ptrdiff_t i = vec_find_sorted(&registry->groups, name, registry_cmp_name, NULL);

	return i < 0 ? NULL : registry->groups.items[i];
}

static DEFINE_VEC_CLEAR(registry_clear_groups, struct devgroup, group_free)

struct devgroup *registry_add_group(struct registry *registry, struct group_def *def)
{
	struct devgroup *group = group_new(def);
	size_t at = 0;

	if (!group)
		return NULL;
	vec_find_sorted(&registry->groups, def->name, registry_cmp_name, &at);
	if (vec_insert(&registry->groups, at, group) < 0)
		return group_free(group);
	return group;
}

/* Makes a definition of the devices in @record, whatever the files say. NULL when out of memory. */
static struct group_def *registry_def_of_record(const struct record *record)
{
	_cleanup_group_def_ struct group_def *def = group_def_new(record->group);

	if (!def)
		return NULL;
	VEC_FOREACH(const struct record_device, device, &record->devices) {
		struct selector *selector;

		if (!device->driver)
			continue;
		selector = group_def_selector_new();
		if (!selector || str_set(&selector->address, device->key) < 0 ||
		    vec_add(&def->selectors, selector) < 0) {
			group_def_selector_free(selector);
			return NULL;
		}
	}
	return TAKE_PTR(def);
}

struct devgroup *registry_add_orphan(struct registry *registry, const struct record *record)
{
	struct group_def *def = registry_def_of_record(record);
	struct devgroup *group;

	if (!def)
		return NULL;
	group = registry_add_group(registry, def);
	if (group)
		group->orphan = true;
	return group;
}

void registry_remove_group(struct registry *registry, struct devgroup *group)
{
	_cleanup_free_ char *name = strdup(group->def->name);

	vec_remove(&registry->groups, group);
	group_free(group);
	if (name && registry->events.observer)
		registry->events.observer->group_removed(name, registry->events.userdata);
}

/* Returns the record of a claimed device, or NULL. */
static const struct record_device *registry_find_member(const struct registry *registry,
							const char *key)
{
	VEC_FOREACH(const struct devgroup, group, &registry->groups) {
		const struct record_device *member =
			group->lease ? record_find_device(group->lease->record, key) : NULL;

		if (member)
			return member;
	}
	return NULL;
}

const char *registry_host_driver(const struct registry *registry, const struct device *device)
{
	const struct record_device *member = registry_find_member(registry, device->key);

	return member ? member->host_driver : device->driver;
}

char *const *registry_host_names(const struct registry *registry, const struct device *device)
{
	const struct record_device *member = registry_find_member(registry, device->key);

	return member && !device->host_names ? member->host_names : device->host_names;
}

/* --- what is derived from the host --- */

/* Blocks a group that shares an IOMMU group with a claimed one: only one of them can have it. */
static int registry_add_shared_blocker(const struct registry *registry, struct devgroup *group)
{
	VEC_FOREACH(const struct devgroup, other, &registry->groups) {
		if (other == group || !other->lease)
			continue;
		VEC_FOREACH(const struct device, device, &group->resolved.devices)
			if (record_find_device(other->lease->record, device->key))
				return blocker_add(&group->resolved.blockers, true, "shared-group",
						   device->key,
						   "%s is in an IOMMU group that is claimed "
						   "through group %s. Wait until that group is "
						   "released.",
						   device->key, other->def->name);
	}
	return 0;
}

static int registry_add_claimed_keys(const struct registry *registry, const struct devgroup *except,
				     struct strv_builder *keys)
{
	VEC_FOREACH(const struct devgroup, group, &registry->groups) {
		if (!group->lease || group == except)
			continue;
		VEC_FOREACH(const struct record_device, member, &group->lease->record->devices)
			if (strv_builder_add(keys, member->key) < 0)
				return -ENOMEM;
	}
	return 0;
}

int registry_claimed_keys(const struct registry *registry, const struct devgroup *except,
			  char ***ret)
{
	struct strv_builder keys = strv_builder_of(*ret);
	int r;

	r = registry_add_claimed_keys(registry, except, &keys);
	*ret = strv_builder_take(&keys); /* also after a failure: the list may have moved */
	return r;
}

/* Resolves a claimed group to its claimed devices, even if it was redefined since. */
static int registry_resolve_claimed(const struct inventory *inv, const struct record *record,
				    struct resolved_group *ret)
{
	_cleanup_group_def_ struct group_def *def = registry_def_of_record(record);

	if (!def)
		return -ENOMEM;
	return resolve_group(inv, def, ret);
}

/*
 * Blocks a claimed group whose device another process has bound to a host driver, for example with
 * "virsh nodedev-reattach". The daemon does not undo that, but shows it to the holder.
 */
static int registry_add_taken_away(const struct inventory *inv, struct devgroup *group)
{
	if (group->lease->state != LEASE_CLAIMED)
		return 0;
	VEC_FOREACH(const struct record_device, member, &group->lease->record->devices) {
		const struct device *device = inventory_find(inv, member->key);
		int r;

		if (!device || !vfio_choice_is_vfio(member->driver) || vfio_choice_is_bound(device))
			continue;
		r = blocker_add(&group->resolved.blockers, true, "taken-away", device->key,
				"%s is claimed, but another process has taken it from %s: it is on "
				"%s now. Release the group and claim it again.",
				device->key, member->driver, str_or(device->driver, "no driver"));
		if (r < 0)
			return r;
	}
	return 0;
}

static int registry_update_claimed(const struct inventory *inv, struct devgroup *group)
{
	int r;

	r = registry_resolve_claimed(inv, group->lease->record, &group->resolved);
	if (r < 0)
		return r;
	return registry_add_taken_away(inv, group);
}

static int registry_update_unclaimed(const struct registry *registry, const struct assess *assess,
				     struct devgroup *group)
{
	int r;

	r = resolve_group(host_inventory(registry->host), group->def, &group->resolved);
	if (r < 0)
		return r;
	r = assess_group(assess, group->def, &group->resolved);
	if (r < 0)
		return r;
	return registry_add_shared_blocker(registry, group);
}

static int registry_update_group(const struct registry *registry, const struct assess *assess,
				 struct devgroup *group)
{
	resolved_group_clear(&group->resolved);
	if (group->lease)
		return registry_update_claimed(host_inventory(registry->host), group);
	return registry_update_unclaimed(registry, assess, group);
}

static int registry_list_overlaps(const struct registry *registry, struct overlap *overlap)
{
	int r;

	VEC_FOREACH(const struct devgroup, group, &registry->groups) {
		if (group->lease)
			continue;
		r = overlap_add(overlap, group->def, &group->resolved);
		if (r < 0)
			return r;
	}
	return overlap_decide(overlap);
}

/* Finds the unclaimed groups that share devices with each other. */
static int registry_assess_overlaps(const struct registry *registry)
{
	_cleanup_overlap_ struct overlap *overlap = overlap_new();
	int r;

	if (!overlap)
		return -ENOMEM;
	r = registry_list_overlaps(registry, overlap);
	if (r < 0)
		return r;
	VEC_FOREACH(struct devgroup, group, &registry->groups) {
		if (group->lease)
			continue;
		r = overlap_assess(overlap, group->def, &group->resolved);
		if (r < 0)
			return r;
	}
	return 0;
}

static void registry_announce(struct registry *registry, struct devgroup *group)
{
	char *summary = group_summary(group);
	bool is_new = !group->announced,
	     same = str_eq(summary, group->announced) && !group->redefined;

	free(group->announced);
	group->announced = summary;
	group->redefined = false;
	if (!registry->events.observer || same)
		return;
	if (is_new)
		registry->events.observer->group_added(group, registry->events.userdata);
	else
		registry->events.observer->group_changed(group, registry->events.userdata);
}

static int registry_update_groups(const struct registry *registry)
{
	_cleanup_assess_ struct assess *assess = NULL;
	_cleanup_strv_ char **claimed = NULL;
	int r, failure = 0;

	r = registry_claimed_keys(registry, NULL, &claimed);
	if (r < 0)
		return r;
	r = assess_new(host_inventory(registry->host), &registry->quirks->quirks, claimed, &assess);
	if (r < 0)
		return r;
	/* a group that fails must not keep the others out of date, so the failure is held */
	VEC_FOREACH(struct devgroup, group, &registry->groups) {
		r = registry_update_group(registry, assess, group);
		if (r < 0)
			failure = r;
	}
	if (failure < 0)
		return failure;
	return registry_assess_overlaps(registry);
}

void registry_refresh(struct registry *registry)
{
	if (registry_update_groups(registry) < 0)
		log_error("Out of memory: the state of some groups is out of date");
	VEC_FOREACH(struct devgroup, group, &registry->groups)
		registry_announce(registry, group);
	VEC_FOREACH(const struct devgroup, group, &registry->groups) {
		if (!group->lease)
			continue;
		lease_nodes_refresh(group->lease);
		lease_files_refresh(group->lease);
	}
}

/* --- life --- */

int registry_new(struct host *host, struct registry **ret)
{
	struct registry *registry = calloc(1, sizeof(*registry));

	if (!registry)
		return -ENOMEM;
	registry->host = host;
	registry->problems.events = &registry->events;
	registry->quirks = def_set_new();
	if (!registry->quirks) {
		registry_free(registry);
		return -ENOMEM;
	}
	*ret = registry;
	return 0;
}

struct registry *registry_free(struct registry *registry)
{
	if (!registry)
		return NULL;
	registry_clear_groups(&registry->groups);
	problems_clear(&registry->problems);
	def_set_free(registry->quirks);
	free(registry);
	return NULL;
}

void registry_set_observer(struct registry *registry, const struct events_observer *observer,
			   void *userdata)
{
	registry->events.observer = observer;
	registry->events.userdata = userdata;
}

const struct events *registry_events(const struct registry *registry)
{
	return &registry->events;
}

void registry_set_quirks(struct registry *registry, struct def_set *quirks)
{
	def_set_free(registry->quirks);
	registry->quirks = quirks;
}

struct host *registry_host(const struct registry *registry)
{
	return registry->host;
}

const struct vec *registry_groups(const struct registry *registry)
{
	return &registry->groups;
}

const struct vec *registry_quirks(const struct registry *registry)
{
	return &registry->quirks->quirks;
}

struct problems *registry_problems(struct registry *registry)
{
	return &registry->problems;
}

struct devgroup *registry_find_by_device(const struct registry *registry, const char *key)
{
	const struct device *device = inventory_find(host_inventory(registry->host), key);

	VEC_FOREACH(struct devgroup, group, &registry->groups)
		if (group->lease && record_find_device(group->lease->record, key))
			return group;
	VEC_FOREACH(struct devgroup, group, &registry->groups)
		if (device && resolved_group_has(&group->resolved, device))
			return group;
	return NULL;
}

struct devgroup *registry_find_lease(const struct registry *registry, const char *lease)
{
	VEC_FOREACH(struct devgroup, group, &registry->groups)
		if (group->lease && str_eq(group->lease->record->lease, lease))
			return group;
	return NULL;
}
