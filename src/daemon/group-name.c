/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads names of groups and devices, and explains those that mean none. */

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "daemon/group-name.h"
#include "model/config/name-miss.h"
#include "model/device-name.h"
#include "sys/probe/class-link.h"

/* --- devices --- */

/* Finds a claimed device by the interface that it had on the host, as "eth0". */
static struct device *group_name_find_claimed(const struct registry *registry, const char *name)
{
	const struct inventory *inv = host_inventory(registry_host(registry));

	VEC_FOREACH(const struct devgroup, group, registry_groups(registry)) {
		if (!group->lease)
			continue;
		VEC_FOREACH(const struct record_device, member, &group->lease->record->devices)
			if (device_name_is_interface(member->host_names, name))
				return inventory_find(inv, member->key);
	}
	return NULL;
}

struct device *group_name_find_device(const struct registry *registry, const char *name)
{
	const struct inventory *inv = host_inventory(registry_host(registry));
	struct device *device = device_name_find(inv, name);
	_cleanup_free_ char *place = NULL;

	if (device)
		return device;
	if (class_link_find(host_root(registry_host(registry)), name, &place) >= 0)
		return device_name_find(inv, place);
	return group_name_find_claimed(registry, name);
}

/* Tells whether a group other than @group has @device. */
static bool group_name_is_shared(const struct registry *registry, const struct devgroup *group,
				 const struct device *device)
{
	VEC_FOREACH(const struct devgroup, other, registry_groups(registry))
		if (other != group && resolved_group_has(&other->resolved, device))
			return true;
	return false;
}

/* Returns "nic0, nic1": the groups that have @device. NULL when out of memory. */
static char *group_name_list_owners(const struct registry *registry, const struct device *device)
{
	_cleanup_strv_ char **names = NULL;

	VEC_FOREACH(const struct devgroup, group, registry_groups(registry))
		if (resolved_group_has(&group->resolved, device) &&
		    strv_add(&names, group->def->name) < 0)
			return NULL;
	return strv_join(names, ", ");
}

static struct devgroup *group_name_find_owner(const struct registry *registry,
					      const struct device *device, const char *name)
{
	_cleanup_free_ char *key = NULL;

	if (device)
		return registry_find_by_device(registry, device->key);
	/* a device that is gone may still be in a lease */
	if (device_bus_key_normalize(name, &key) < 0)
		return NULL;
	return registry_find_by_device(registry, key);
}

/* --- refusals --- */

/* Returns the first error of the definitions that keeps groups out of force, or NULL. */
static const struct problem *group_name_first_error(struct registry *registry)
{
	VEC_FOREACH(const struct problem, problem, &registry_problems(registry)->list)
		if (!problem->warning)
			return problem;
	return NULL;
}

/* Refuses a device without a group. A file with an error may be meant to define it. */
static bool group_name_refuse_unnamed(struct registry *registry, const char *text,
				      struct refusal *ret)
{
	const struct problem *problem = group_name_first_error(registry);
	_cleanup_free_ char *hint = problem ? name_miss_problem("A", problem) : strdup("");

	if (!text || !hint)
		return refusal_set_no_memory(ret);
	return refusal_set(ret, REFUSED_NO_SUCH_GROUP, "%s%s", text, hint);
}

static bool group_name_refuse_unowned(struct registry *registry, const struct device *device,
				      struct refusal *ret)
{
	_cleanup_free_ char *shown = device_name_show(device), *text = NULL;

	if (shown)
		text = str_printf("Device %s is in no group. Name it in a file in "
				  "/etc/devgroups.d.",
				  shown);
	return group_name_refuse_unnamed(registry, text, ret);
}

static bool group_name_refuse_device(const char *name, enum refusal_kind kind, struct refusal *ret)
{
	return refusal_set(ret, kind, "There is no device %s on this host.", name);
}

/* Returns the names of all groups, and the interfaces of their devices. NULL: out of memory. */
static char **group_name_list_all(const struct registry *registry)
{
	_cleanup_strv_builder_ struct strv_builder names = { 0 };

	VEC_FOREACH(const struct devgroup, group, registry_groups(registry)) {
		if (strv_builder_add(&names, group->def->name) < 0)
			return NULL;
	}
	VEC_FOREACH(const struct devgroup, group, registry_groups(registry))
		VEC_FOREACH(const struct device, device, &group->resolved.devices)
			STRV_FOREACH(interface, device->interfaces) {
				const char *slash = strchr(*interface, '/');

				if (slash && strv_builder_add(&names, slash + 1) < 0)
					return NULL;
			}
	return strv_builder_take(&names);
}

static bool group_name_refuse_unknown(struct registry *registry, const char *name,
				      struct refusal *ret)
{
	_cleanup_strv_ char **names = group_name_list_all(registry);
	_cleanup_free_ char *hint = name_miss_hint(name, names, &registry_problems(registry)->list);

	if (!hint)
		return refusal_set_no_memory(ret);
	return refusal_set(ret, REFUSED_NO_SUCH_GROUP, "There is no group %s.%s", name, hint);
}

/* --- IOMMU groups --- */

static bool group_name_find_iommu(struct registry *registry, const struct iommu_group *iommu_group,
				  struct devgroup **ret, struct refusal *ret_refusal)
{
	_cleanup_free_ char *text = NULL;

	VEC_FOREACH(const struct device, device, &iommu_group->devices) {
		struct devgroup *group = registry_find_by_device(registry, device->key);

		if (!group)
			continue;
		*ret = group;
		return true;
	}
	text = str_printf("IOMMU group %u is in no group. Name one of its devices in a file in "
			  "/etc/devgroups.d.",
			  iommu_group->id);
	return group_name_refuse_unnamed(registry, text, ret_refusal);
}

/* --- finding --- */

bool group_name_find_by_device(struct registry *registry, const char *name, struct devgroup **ret,
			       struct refusal *ret_refusal)
{
	const struct device *device = group_name_find_device(registry, name);
	struct devgroup *group = group_name_find_owner(registry, device, name);

	if (!group && device)
		return group_name_refuse_unowned(registry, device, ret_refusal);
	if (!group)
		return group_name_refuse_device(name, REFUSED_NO_SUCH_DEVICE, ret_refusal);
	*ret = group;
	return true;
}

/* Finds the group of @device, or of the device @name if it is gone. */
static bool group_name_find_single(struct registry *registry, const struct device *device,
				   const char *name, struct devgroup **ret,
				   struct refusal *ret_refusal)
{
	struct devgroup *group = group_name_find_owner(registry, device, name);
	_cleanup_free_ char *owners = NULL;

	if (!group && device)
		return group_name_refuse_unowned(registry, device, ret_refusal);
	if (!group && group_def_name_valid(name))
		return group_name_refuse_unknown(registry, name, ret_refusal);
	if (!group)
		return group_name_refuse_device(name, REFUSED_NO_SUCH_GROUP, ret_refusal);
	if (device && !group->lease && group_name_is_shared(registry, group, device)) {
		owners = group_name_list_owners(registry, device);
		return refusal_set(ret_refusal, REFUSED_NO_SUCH_GROUP,
				   "Device %s is in several groups: %s. Name one of them.",
				   device->key, str_or(owners, ""));
	}
	*ret = group;
	return true;
}

bool group_name_find(struct registry *registry, const char *name, struct devgroup **ret,
		     struct refusal *ret_refusal)
{
	const struct inventory *inv = host_inventory(registry_host(registry));
	const struct iommu_group *iommu_group;
	struct devgroup *group = registry_find(registry, name);

	if (group) {
		*ret = group;
		return true;
	}
	iommu_group = device_name_find_iommu_group(inv, name);
	if (iommu_group)
		return group_name_find_iommu(registry, iommu_group, ret, ret_refusal);
	if (str_starts(name, DEVICE_NAME_IOMMU))
		return refusal_set(ret_refusal, REFUSED_NO_SUCH_GROUP,
				   "There is no IOMMU group %s on this host.",
				   name + strlen(DEVICE_NAME_IOMMU));
	return group_name_find_single(registry, group_name_find_device(registry, name), name, ret,
				      ret_refusal);
}
