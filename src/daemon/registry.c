/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "daemon/registry-private.h"
#include "policy/assess/assess.h"
#include "policy/assess/overlap.h"
#include "policy/plan/vfio-driver.h"

/* --- groups ------------------------------------------------------------------------------------ */

static int cmp_name(const void *key, const void *item)
{
	return str_natural_cmp(key, ((const struct devgroup *)item)->def->name);
}

struct devgroup *registry_find(const struct registry *registry, const char *name)
{
	ptrdiff_t i = vec_find_sorted(&registry->groups, name, cmp_name, NULL);

	return i < 0 ? NULL : registry->groups.items[i];
}

static void *group_free(void *data)
{
	struct devgroup *group = data;

	if (!group)
		return NULL;
	lease_free(group->lease);
	groupview_clear(&group->view);
	groupdef_free(group->def);
	vec_drop(&group->waiting);
	free(group->shown);
	free(group->set_aside);
	free(group);
	return NULL;
}

struct devgroup *registry_add_group(struct registry *registry, struct groupdef *def)
{
	struct devgroup *group = calloc(1, sizeof(*group));
	size_t at = 0;

	if (!group) {
		groupdef_free(def);
		return NULL;
	}
	group->registry = registry;
	group->def = def;
	vec_find_sorted(&registry->groups, def->name, cmp_name, &at);
	if (vec_insert(&registry->groups, at, group) < 0)
		return group_free(group);
	return group;
}

/* What was claimed, whatever the files say by now. NULL when out of memory. */
static struct groupdef *def_of_record(const struct record *record)
{
	_cleanup_groupdef_ struct groupdef *def = groupdef_new(record->group);

	if (!def)
		return NULL;
	VEC_FOREACH(const struct record_device, device, &record->devices) {
		struct selector *selector;

		if (!device->driver)
			continue;
		selector = selector_new();
		if (!selector || str_set(&selector->address, device->key) < 0 ||
		    vec_add(&def->selectors, selector) < 0) {
			selector_free(selector);
			return NULL;
		}
	}
	return TAKE_PTR(def);
}

struct devgroup *registry_add_orphan(struct registry *registry, const struct record *record)
{
	struct groupdef *def = def_of_record(record);
	struct devgroup *group = def ? registry_add_group(registry, def) : NULL;

	if (group)
		group->orphan = true;
	return group;
}

void registry_remove_group(struct registry *registry, struct devgroup *group)
{
	_cleanup_free_ char *name = strdup(group->def->name);

	claims_drop(registry, group);
	vec_remove(&registry->groups, group);
	group_free(group);
	if (name && registry->observer && registry->started)
		registry->observer->group_removed(name, registry->userdata);
}

const char *registry_host_driver(const struct registry *registry, const struct device *device)
{
	VEC_FOREACH(const struct devgroup, group, &registry->groups) {
		const struct record_device *member;

		if (!group->lease)
			continue;
		member = record_find_device(group->lease->record, device->key);
		if (member)
			return member->host_driver;
	}
	return device->driver;
}

/* --- views ------------------------------------------------------------------------------------- */

/* Two groups may name devices of the same IOMMU group: only one of them can have it. */
static int add_shared_blocker(const struct registry *registry, struct devgroup *group)
{
	VEC_FOREACH(const struct devgroup, other, &registry->groups) {
		if (other == group || !other->lease)
			continue;
		VEC_FOREACH(const struct device, device, &group->view.devices)
			if (record_find_device(other->lease->record, device->key))
				return blocker_add(&group->view.blockers, true, "shared-group",
						   device->key,
						   "%s is in an IOMMU group that is claimed through group "
						   "%s. Wait until that is released.",
						   device->key, other->def->name);
	}
	return 0;
}

int registry_claimed_keys(const struct registry *registry, char ***ret)
{
	VEC_FOREACH(const struct devgroup, group, &registry->groups) {
		if (!group->lease)
			continue;
		VEC_FOREACH(const struct record_device, member, &group->lease->record->devices)
			if (strv_add(ret, member->key) < 0)
				return -ENOMEM;
	}
	return 0;
}

/* A claimed group has the devices that were claimed until it is released, also if redefined. */
static int view_claimed(const struct inventory *inv, const struct record *record,
			struct groupview *ret)
{
	_cleanup_groupdef_ struct groupdef *def = def_of_record(record);

	return def ? resolve_group(inv, def, ret) : -ENOMEM;
}

/*
 * Who asks nobody, as "virsh nodedev-reattach" does, may give a claimed device to the host. That is not fought, but its
 * holder, who has it no more, is to know.
 */
static int add_taken_away(const struct inventory *inv, struct devgroup *group)
{
	if (group->lease->state != LEASE_CLAIMED)
		return 0;
	VEC_FOREACH(const struct record_device, member, &group->lease->record->devices) {
		const struct device *device = inventory_find(inv, member->key);
		int r;

		if (!device || !driver_is_vfio(member->driver) || device_is_on_vfio(device))
			continue;
		r = blocker_add(&group->view.blockers, true, "taken-away", device->key,
				"%s is claimed, but somebody else has taken it from %s: it is on %s now. Release the "
				"group, and claim it again.",
				device->key, member->driver, str_or(device->driver, "no driver"));
		if (r < 0)
			return r;
	}
	return 0;
}

static int compute_view(const struct registry *registry, const struct assess *assess,
			struct devgroup *group)
{
	const struct inventory *inv = host_inventory(registry->host);
	int r;

	groupview_clear(&group->view);
	if (group->lease) {
		r = view_claimed(inv, group->lease->record, &group->view);
		return r < 0 ? r : add_taken_away(inv, group);
	}
	r = resolve_group(inv, group->def, &group->view);
	if (r < 0)
		return r;
	r = assess_group(assess, group->def, &group->view);
	return r < 0 ? r : add_shared_blocker(registry, group);
}

/* Groups that nobody has, among each other. */
static int compare_views(const struct registry *registry)
{
	_cleanup_overlap_ struct overlap *overlap = overlap_new();
	int r = overlap ? 0 : -ENOMEM;

	VEC_FOREACH(const struct devgroup, group, &registry->groups)
		if (r >= 0 && !group->lease)
			r = overlap_add(overlap, group->def, &group->view);
	if (r >= 0)
		r = overlap_settle(overlap);
	VEC_FOREACH(struct devgroup, group, &registry->groups)
		if (r >= 0 && !group->lease)
			r = overlap_assess(overlap, group->def, &group->view);
	return r;
}

static void announce(struct registry *registry, struct devgroup *group)
{
	char *now = group_summary(group);
	bool is_new = !group->shown, same = str_eq(now, group->shown) && !group->redefined;

	free(group->shown);
	group->shown = now;
	group->redefined = false;
	if (!registry->observer || !registry->started || same)
		return;
	if (is_new)
		registry->observer->group_added(group, registry->userdata);
	else
		registry->observer->group_changed(group, registry->userdata);
}

static int compute_views(const struct registry *registry)
{
	_cleanup_assess_ struct assess *assess = NULL;
	_cleanup_strv_ char **claimed = NULL;
	int r = registry_claimed_keys(registry, &claimed);

	if (r >= 0)
		r = assess_new(host_inventory(registry->host), claimed, &assess);
	if (r < 0)
		return r;
	/* each that can be: one that lacks memory must not keep the others from being true */
	VEC_FOREACH(struct devgroup, group, &registry->groups) {
		int one = compute_view(registry, assess, group);

		r = r < 0 ? r : one;
	}
	return r < 0 ? r : compare_views(registry);
}

/* Functions first: a group may be made of them. */
static void prepare(struct registry *registry)
{
	if (registry->preparing)
		return;
	registry->preparing = true;
	vfs_run(registry->vfs);
	mdevs_run(registry->mdevs);
	bootbind_run(registry->bootbind);
	registry->preparing = false;
}

bool registry_prepares(const struct registry *registry, const struct devgroup *group)
{
	return vfs_changes(registry->vfs, group) || mdevs_changes(registry->mdevs, group) ||
	       bootbind_changes(registry->bootbind, group);
}

void registry_refresh(struct registry *registry)
{
	if (compute_views(registry) < 0)
		log_error("Out of memory, what is known of the groups is not up to date");
	VEC_FOREACH(struct devgroup, group, &registry->groups)
		announce(registry, group);
	leasenodes_keep(registry);
	leasefiles_keep(registry);
	if (registry->started)
		prepare(registry);
}

/* --- what the host tells ----------------------------------------------------------------------- */

static void on_device_added(const struct device *device, void *userdata)
{
	struct registry *registry = userdata;

	causes_mark(registry->causes);
	if (registry->observer && registry->started)
		registry->observer->device_added(device, registry->userdata);
}

static void on_device_changed(const struct device *device, void *userdata)
{
	struct registry *registry = userdata;

	causes_mark_if_moved(registry->causes, device);
	mdevs_parent_changed(registry->mdevs, device->key, device->mdev_types.n > 0);
	if (registry->observer && registry->started)
		registry->observer->device_changed(device, registry->userdata);
}

static void on_device_error(const struct device *device, void *userdata)
{
	struct registry *registry = userdata;
	struct devgroup *group = registry_find_by_device(registry, device->key);

	if (group && group->lease && registry->observer && registry->started)
		registry->observer->lease_error(group, device, registry->userdata);
}

static void on_device_removed(const char *key, void *userdata)
{
	struct registry *registry = userdata;

	causes_mark(registry->causes);
	mdevs_parent_changed(registry->mdevs, key, false);
	if (registry->observer && registry->started)
		registry->observer->device_removed(key, registry->userdata);
	resets_device_removed(registry, key);
}

static void on_isolation_changed(const struct device *device, void *userdata)
{
	const struct registry *registry = userdata;

	if (registry->observer && registry->started)
		registry->observer->isolation_changed(device, registry->userdata);
}

static void on_settled(void *userdata)
{
	struct registry *registry = userdata;

	if (causes_refresh(registry->causes, host_inventory(registry->host), on_isolation_changed,
			   registry) < 0)
		log_error("Out of memory, what ties devices together is not told");
	registry_refresh(registry);
	if (registry->observer)
		registry->observer->host_changed(registry->userdata);
}

static int on_wanted(struct vec *devices, void *userdata)
{
	const struct registry *registry = userdata;

	VEC_FOREACH(const struct devgroup, group, &registry->groups) {
		if (group->lease)
			continue;
		VEC_FOREACH(struct device, device, &group->view.devices)
			if (vec_add(devices, device) < 0)
				return -ENOMEM;
	}
	return 0;
}

static int on_watched(struct vec *devices, void *userdata)
{
	const struct registry *registry = userdata;

	VEC_FOREACH(const struct devgroup, group, &registry->groups)
		VEC_FOREACH(struct device, device, &group->view.devices)
			if (vec_add(devices, device) < 0)
				return -ENOMEM;
	return 0;
}

static const struct host_observer host_observer = {
	.device_added = on_device_added,
	.device_changed = on_device_changed,
	.device_error = on_device_error,
	.device_removed = on_device_removed,
	.settled = on_settled,
	.wanted = on_wanted,
	.watched = on_watched,
};

/* --- life -------------------------------------------------------------------------------------- */

int registry_new(struct host *host, const char *const *directories, struct registry **ret)
{
	struct registry *registry = calloc(1, sizeof(*registry));

	if (!registry)
		return -ENOMEM;
	registry->host = host;
	registry->directories = directories;
	registry->limits = LIMITS_DEFAULT;
	registry->quirks = config_new();
	registry->vfs = vfs_new(registry);
	registry->mdevs = mdevs_new(registry);
	registry->bootbind = bootbind_new(registry);
	registry->causes = causes_new();
	if (!registry->quirks || !registry->vfs || !registry->mdevs || !registry->bootbind || !registry->causes) {
		registry_free(registry);
		return -ENOMEM;
	}
	host_set_observer(host, &host_observer, registry);
	*ret = registry;
	return 0;
}

struct registry *registry_free(struct registry *registry)
{
	if (!registry)
		return NULL;
	host_set_observer(registry->host, NULL, NULL);
	registry->observer = NULL;
	VEC_FOREACH(struct devgroup, group, &registry->groups)
		claims_drop(registry, group);
	releases_drop(registry);
	restart_forget(registry);
	vfs_free(registry->vfs);
	mdevs_free(registry->mdevs);
	bootbind_free(registry->bootbind);
	causes_free(registry->causes);
	vec_clear(&registry->groups, group_free);
	problems_clear(&registry->problems);
	config_free(registry->quirks);
	free(registry);
	return NULL;
}

void registry_set_observer(struct registry *registry, const struct registry_observer *observer,
			   void *userdata)
{
	registry->observer = observer;
	registry->userdata = userdata;
}

int registry_start(struct registry *registry)
{
	int r = definitions_load(registry);

	if (r < 0)
		return log_error_errno(r, "Cannot read the definitions");
	r = host_start(registry->host);
	if (r < 0)
		return r;
	r = restart_take_up(registry);
	if (r < 0)
		return log_error_errno(r, "Cannot take up what was claimed before");
	registry_refresh(registry);
	registry->started = true;
	prepare(registry);
	log_info("%zu groups are defined, the host has %zu devices in %zu IOMMU groups",
		 registry->groups.n, host_inventory(registry->host)->devices.n,
		 host_inventory(registry->host)->iommu_groups.n);
	return 0;
}

void registry_set_limits(struct registry *registry, const struct limits *limits)
{
	registry->limits = *limits;
}

const struct limits *registry_limits(const struct registry *registry)
{
	return &registry->limits;
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

const struct vec *registry_problems(const struct registry *registry)
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
		if (device && groupview_has(&group->view, device))
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
