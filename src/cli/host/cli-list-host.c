/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Entries of `list` for a host that this program inspects itself, without the daemon. */

#include <errno.h>

#include "base/str.h"
#include "base/strv.h"
#include "cli/host/cli-list.h"
#include "model/json/codec.h"

/* A recording of an earlier version has interfaces alone. */
static json_object *list_host_names(const struct device *device)
{
	_cleanup_json_ json_object *list = json_object_new_array();

	STRV_FOREACH(name, device->host_names ? device->host_names : device->interfaces)
		if (cli_json_append(list, json_object_new_string(*name)) < 0)
			return NULL;
	return TAKE_PTR(list);
}

/* Adds what is known of @device to @lists. 0 or -ENOMEM. */
static int list_host_collect_device(struct device_lists *lists, const struct inventory *inv,
				    const struct device *device)
{
	_cleanup_json_ json_object *causes = cli_host_causes_to_json(inv, device);
	_cleanup_json_ json_object *names = list_host_names(device);
	_cleanup_free_ char *text = device_describe(device), *id = NULL;
	struct list_member member;
	int r;

	id = device_is_pci(device) ? str_printf("%04x:%04x", device->vendor, device->device) :
				     strdup("");
	if (!causes || !text || !id || !names)
		return -ENOMEM;
	r = cli_json_append(lists->keys, json_object_new_string(device->key));
	if (r < 0)
		return r;
	member = (struct list_member){ device->key, str_or(device->driver, ""), text, id, names };
	r = cli_list_add_member(lists->members, &member);
	if (r < 0)
		return r;
	return cli_list_add_why(lists->why, causes);
}

static int list_host_fill_devices(json_object *entry, const struct inventory *inv,
				  const struct vec *devices)
{
	_cleanup_device_lists_ struct device_lists lists = cli_list_new_devices();
	int r;

	VEC_FOREACH(const struct device, device, devices) {
		r = list_host_collect_device(&lists, inv, device);
		if (r < 0)
			return r;
	}
	return cli_list_set_devices(entry, &lists);
}

/* --- groups --- */

static json_object *list_host_numbers(const struct vec *iommu_groups)
{
	_cleanup_json_ json_object *numbers = json_object_new_array();

	VEC_FOREACH(const struct iommu_group, group, iommu_groups)
		if (cli_json_append(numbers, json_object_new_int64(group->id)) < 0)
			return NULL;
	return TAKE_PTR(numbers);
}

static json_object *list_host_definition(const struct group_def *def)
{
	_cleanup_free_ char *text = NULL;

	if (codec_config_group_to_json(def, false, &text) < 0)
		return NULL;
	return json_tokener_parse(text);
}

static int list_host_add_group(json_object *entries, const struct cli_host *host,
			       const struct group_def *def)
{
	_cleanup_json_ json_object *entry = NULL;
	_cleanup_resolved_group_ struct resolved_group resolved = { 0 };
	const char *state;
	int r;

	r = cli_host_resolve(host, def, &resolved);
	if (r < 0)
		return r;
	state = cli_host_state(def, &resolved);
	entry = CLI_JSON_NEW(
		{ "name", json_object_new_string(def->name) },
		{ "state", json_object_new_string(state) },
		{ "iommu-groups", list_host_numbers(&resolved.iommu_groups) },
		{ "blockers", cli_host_blockers_to_json(&resolved) },
		{ "assignable", json_object_new_boolean(str_eq(state, "available")) },
		{ "holder", json_object_new_string("") },
		{ "reserved-for", json_object_new_string(str_or(def->reserved_for, "")) },
		{ "description", json_object_new_string(str_or(def->description, "")) });
	r = list_host_fill_devices(entry, host->inv, &resolved.devices);
	if (r < 0)
		return r;
	r = cli_json_set(entry, "definition", list_host_definition(def));
	if (r < 0)
		return r;
	return cli_json_append(entries, TAKE_PTR(entry));
}

json_object *cli_list_host(const struct cli_host *host)
{
	_cleanup_json_ json_object *entries = json_object_new_array();

	VEC_FOREACH(const struct group_def, def, &host->config->groups)
		if (list_host_add_group(entries, host, def) < 0)
			return NULL;
	return TAKE_PTR(entries);
}

/* --- IOMMU groups without a name --- */

/* Returns whether one of the first @n_named entries has the IOMMU group @id. */
static bool list_host_is_covered(json_object *entries, size_t n_named, unsigned id)
{
	for (size_t i = 0; i < n_named; i++) {
		json_object *numbers =
			cli_json_get_list(json_object_array_get_idx(entries, i), "iommu-groups");

		for (size_t k = 0; k < cli_json_list_length(numbers); k++)
			if (json_object_get_int64(json_object_array_get_idx(numbers, k)) == id)
				return true;
	}
	return false;
}

static int list_host_add_iommu_group(json_object *entries, const struct cli_host *host,
				     const struct iommu_group *group)
{
	_cleanup_json_ json_object *entry = NULL;
	_cleanup_free_ char *name = str_printf("iommu:%u", group->id);
	_cleanup_resolved_group_ struct resolved_group resolved = { 0 };
	bool assignable;
	int r;

	if (!name)
		return -ENOMEM;
	r = cli_host_resolve_devices(host, &group->devices, &resolved);
	if (r < 0)
		return r;
	assignable = !blockers_first(&resolved.blockers, false);
	entry = CLI_JSON_NEW({ "name", json_object_new_string(name) },
			     { "state", json_object_new_string("unnamed") },
			     { "iommu-groups",
			       cli_json_new_list(json_object_new_int64(group->id)) },
			     { "blockers", cli_host_blockers_to_json(&resolved) },
			     { "assignable", json_object_new_boolean(assignable) });
	r = list_host_fill_devices(entry, host->inv, &group->devices);
	if (r < 0)
		return r;
	return cli_json_append(entries, TAKE_PTR(entry));
}

static bool list_host_only_bridges(const struct iommu_group *group)
{
	VEC_FOREACH(const struct device, device, &group->devices)
		if (!device_is_bridge(device))
			return false;
	return true;
}

int cli_list_host_add_unnamed(json_object *entries, const struct cli_host *host, bool bridges)
{
	size_t n_named = cli_json_list_length(entries);
	int r;

	VEC_FOREACH(const struct iommu_group, group, &host->inv->iommu_groups) {
		if (list_host_is_covered(entries, n_named, group->id) ||
		    (!bridges && list_host_only_bridges(group)))
			continue;
		r = list_host_add_iommu_group(entries, host, group);
		if (r < 0)
			return r;
	}
	return 0;
}
