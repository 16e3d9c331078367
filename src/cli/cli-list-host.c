/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "base/str.h"
#include "cli/cli-list.h"
#include "model/json/codec.h"

static int fill_devices(json_object *entry, const struct inventory *inv, const struct vec *devices,
			bool members)
{
	_cleanup_json_ json_object *keys = json_object_new_array();
	_cleanup_json_ json_object *known = json_object_new_array();
	_cleanup_json_ json_object *why = json_object_new_array();
	int r = keys && known && why ? 0 : -ENOMEM;

	VEC_FOREACH (const struct device, device, devices) {
		_cleanup_json_ json_object *causes = r < 0 ? NULL : host_causes(inv, device);

		if (!causes || js_append(keys, json_object_new_string(device->key)) < 0 ||
		    list_add_member(known, device->key, str_or(device->driver, ""),
				    device_describe(device)) < 0 ||
		    list_add_why(why, causes) < 0)
			return -ENOMEM;
	}
	if (r >= 0)
		r = js_set(entry, "devices", TAKE_PTR(keys));
	if (r >= 0)
		r = js_set(entry, "why", TAKE_PTR(why));
	if (r >= 0 && members)
		r = js_set(entry, "members", TAKE_PTR(known));
	return r;
}

static int fill(json_object *entry, const struct host *host, const char *name, const char *state,
		const struct groupview *view)
{
	_cleanup_json_ json_object *numbers = json_object_new_array();
	int r = numbers ? js_set_str(entry, "name", name) : -ENOMEM;

	VEC_FOREACH (const struct iommu_group, group, &view->iommu_groups)
		if (r >= 0)
			r = js_append(numbers, json_object_new_int64(group->id));
	if (r >= 0)
		r = js_set_str(entry, "state", state);
	if (r >= 0)
		r = js_set(entry, "iommu-groups", TAKE_PTR(numbers));
	return r < 0 ? r : js_set(entry, "blockers", host_blockers(view));
}

/* As the daemon has it on the bus, so that it can be fed to "define". */
static int add_definition(json_object *entry, const struct groupdef *def)
{
	_cleanup_free_ char *text = NULL;
	int r = groupdef_to_json(def, false, &text);

	return r < 0 ? r : js_set(entry, "definition", json_tokener_parse(text));
}

/* --- what is defined ------------------------------------------------------------------------- */

static int add_group(json_object *entries, const struct host *host, const struct groupdef *def,
		     bool members)
{
	_cleanup_json_ json_object *entry = json_object_new_object();
	_cleanup_groupview_ struct groupview view = { 0 };
	const char *state;
	int r = entry ? host_resolve(host, def, &view) : -ENOMEM;

	if (r < 0)
		return r;
	state = host_state(def, &view);
	r = fill(entry, host, def->name, state, &view);
	if (r >= 0)
		r = js_set(entry, "assignable",
			   json_object_new_boolean(str_eq(state, "available")));
	if (r >= 0)
		r = js_set_str(entry, "holder", "");
	if (r >= 0)
		r = js_set_str(entry, "reserved-for", str_or(def->reserved_for, ""));
	if (r >= 0)
		r = js_set_str(entry, "description", str_or(def->description, ""));
	if (r >= 0)
		r = fill_devices(entry, host->inv, &view.devices, members);
	if (r >= 0)
		r = add_definition(entry, def);
	return r < 0 ? r : js_append(entries, TAKE_PTR(entry));
}

json_object *list_of_host(const struct host *host, bool members)
{
	_cleanup_json_ json_object *entries = json_object_new_array();

	VEC_FOREACH (const struct groupdef, def, &host->config->groups)
		if (!entries || add_group(entries, host, def, members) < 0)
			return NULL;
	return TAKE_PTR(entries);
}

/* --- what is not ----------------------------------------------------------------------------- */

static bool is_covered(json_object *entries, unsigned id)
{
	for (size_t i = 0; i < js_list_length(entries); i++) {
		json_object *numbers =
			js_list(json_object_array_get_idx(entries, i), "iommu-groups");

		for (size_t k = 0; k < js_list_length(numbers); k++)
			if (json_object_get_int64(json_object_array_get_idx(numbers, k)) == id)
				return true;
	}
	return false;
}

static int add_unnamed(json_object *entries, const struct host *host,
		       const struct iommu_group *group)
{
	_cleanup_json_ json_object *entry = json_object_new_object(), *numbers = NULL;
	_cleanup_free_ char *name = str_printf("iommu:%u", group->id);
	_cleanup_groupview_ struct groupview view = { 0 };
	int r = entry && name ? host_resolve_devices(host, &group->devices, &view) : -ENOMEM;

	if (r >= 0)
		r = fill(entry, host, name, "unnamed", &view);
	numbers = json_object_new_array();
	if (r >= 0 && (!numbers || js_append(numbers, json_object_new_int64(group->id)) < 0))
		r = -ENOMEM;
	if (r >= 0)
		r = js_set(entry, "iommu-groups", TAKE_PTR(numbers));
	if (r >= 0)
		r = js_set(entry, "assignable", json_object_new_boolean(!blockers_first(&view.blockers, false)));
	if (r >= 0)
		r = fill_devices(entry, host->inv, &group->devices, true);
	return r < 0 ? r : js_append(entries, TAKE_PTR(entry));
}

int list_add_unnamed(json_object *entries, const struct host *host)
{
	int r = 0;

	VEC_FOREACH (const struct iommu_group, group, &host->inv->iommu_groups)
		if (r >= 0 && !is_covered(entries, group->id))
			r = add_unnamed(entries, host, group);
	return r;
}
