/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "base/str.h"
#include "cli/host/cli-list.h"
#include "model/json/codec.h"

static int list_host_fill_devices(json_object *entry, const struct inventory *inv,
				  const struct vec *devices, bool members)
{
	_cleanup_json_ json_object *keys = json_object_new_array();
	_cleanup_json_ json_object *known = json_object_new_array();
	_cleanup_json_ json_object *why = json_object_new_array();
	int r = keys && known && why ? 0 : -ENOMEM;

	VEC_FOREACH(const struct device, device, devices) {
		_cleanup_json_ json_object *causes =
			r < 0 ? NULL : cli_host_causes_to_json(inv, device);

		if (!causes || cli_json_append(keys, json_object_new_string(device->key)) < 0 ||
		    cli_list_add_member(known, device->key, str_or(device->driver, ""),
					device_describe(device)) < 0 ||
		    cli_list_add_why(why, causes) < 0)
			return -ENOMEM;
	}
	if (r >= 0)
		r = cli_json_set(entry, "devices", TAKE_PTR(keys));
	if (r >= 0)
		r = cli_json_set(entry, "why", TAKE_PTR(why));
	if (r >= 0 && members)
		r = cli_json_set(entry, "members", TAKE_PTR(known));
	return r;
}

static int list_host_fill_entry(json_object *entry, const struct cli_host *host, const char *name,
				const char *state, const struct resolved_group *resolved)
{
	_cleanup_json_ json_object *numbers = json_object_new_array();
	int r = numbers ? cli_json_set_str(entry, "name", name) : -ENOMEM;

	VEC_FOREACH(const struct iommu_group, group, &resolved->iommu_groups)
		if (r >= 0)
			r = cli_json_append(numbers, json_object_new_int64(group->id));
	if (r >= 0)
		r = cli_json_set_str(entry, "state", state);
	if (r >= 0)
		r = cli_json_set(entry, "iommu-groups", TAKE_PTR(numbers));
	return r < 0 ? r : cli_json_set(entry, "blockers", cli_host_blockers_to_json(resolved));
}

/* As the daemon has it on the bus, so that it can be fed to "define". */
static int list_host_add_definition(json_object *entry, const struct group_def *def)
{
	_cleanup_free_ char *text = NULL;
	int r = codec_config_group_to_json(def, false, &text);

	return r < 0 ? r : cli_json_set(entry, "definition", json_tokener_parse(text));
}

/* --- what is defined --- */

static int list_host_add_group(json_object *entries, const struct cli_host *host,
			       const struct group_def *def, bool members)
{
	_cleanup_json_ json_object *entry = json_object_new_object();
	_cleanup_resolved_group_ struct resolved_group resolved = { 0 };
	const char *state;
	int r = entry ? cli_host_resolve(host, def, &resolved) : -ENOMEM;

	if (r < 0)
		return r;
	state = cli_host_state(def, &resolved);
	r = list_host_fill_entry(entry, host, def->name, state, &resolved);
	if (r >= 0)
		r = cli_json_set(entry, "assignable",
				 json_object_new_boolean(str_eq(state, "available")));
	if (r >= 0)
		r = cli_json_set_str(entry, "holder", "");
	if (r >= 0)
		r = cli_json_set_str(entry, "reserved-for", str_or(def->reserved_for, ""));
	if (r >= 0)
		r = cli_json_set_str(entry, "description", str_or(def->description, ""));
	if (r >= 0)
		r = list_host_fill_devices(entry, host->inv, &resolved.devices, members);
	if (r >= 0)
		r = list_host_add_definition(entry, def);
	return r < 0 ? r : cli_json_append(entries, TAKE_PTR(entry));
}

json_object *cli_list_host(const struct cli_host *host, bool members)
{
	_cleanup_json_ json_object *entries = json_object_new_array();

	VEC_FOREACH(const struct group_def, def, &host->config->groups)
		if (!entries || list_host_add_group(entries, host, def, members) < 0)
			return NULL;
	return TAKE_PTR(entries);
}

/* --- what is not --- */

static bool list_host_is_covered(json_object *entries, unsigned id)
{
	for (size_t i = 0; i < cli_json_list_length(entries); i++) {
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
	_cleanup_json_ json_object *entry = json_object_new_object(), *numbers = NULL;
	_cleanup_free_ char *name = str_printf("iommu:%u", group->id);
	_cleanup_resolved_group_ struct resolved_group resolved = { 0 };
	int r = entry && name ? cli_host_resolve_devices(host, &group->devices, &resolved) :
				-ENOMEM;

	if (r >= 0)
		r = list_host_fill_entry(entry, host, name, "unnamed", &resolved);
	numbers = json_object_new_array();
	if (r >= 0 && (!numbers || cli_json_append(numbers, json_object_new_int64(group->id)) < 0))
		r = -ENOMEM;
	if (r >= 0)
		r = cli_json_set(entry, "iommu-groups", TAKE_PTR(numbers));
	if (r >= 0)
		r = cli_json_set(entry, "assignable",
				 json_object_new_boolean(
					 !blockers_first(&resolved.blockers, false)));
	if (r >= 0)
		r = list_host_fill_devices(entry, host->inv, &group->devices, true);
	return r < 0 ? r : cli_json_append(entries, TAKE_PTR(entry));
}

int cli_list_host_add_unnamed(json_object *entries, const struct cli_host *host)
{
	int r = 0;

	VEC_FOREACH(const struct iommu_group, group, &host->inv->iommu_groups)
		if (r >= 0 && !list_host_is_covered(entries, group->id))
			r = list_host_add_iommu_group(entries, host, group);
	return r;
}
