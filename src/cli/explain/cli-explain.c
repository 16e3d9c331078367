/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "base/str.h"
#include "cli/explain/cli-explain.h"
#include "cli/explain/cli-facts.h"
#include "policy/devinfo/quirks.h"
#include "policy/isolation/isolation.h"
#include "policy/plan/reset-scope.h"
#include "policy/report/advice.h"

static json_object *cli_explain_list_strings(char *const *strings)
{
	_cleanup_json_ json_object *list = json_object_new_array();

	STRV_FOREACH(string, strings)
		if (!list || cli_json_append(list, json_object_new_string(*string)) < 0)
			return NULL;
	return TAKE_PTR(list);
}

/* --- resets --- */

/* The others that it would hit: the device itself goes without saying. */
static json_object *cli_explain_list_others(const struct vec *devices, const struct device *device)
{
	_cleanup_json_ json_object *list = json_object_new_array();

	VEC_FOREACH(const struct device, other, devices)
		if (!list || (other != device &&
			      cli_json_append(list, json_object_new_string(other->key)) < 0))
			return NULL;
	return TAKE_PTR(list);
}

static int cli_explain_add_reset(json_object *list, const struct inventory *inv,
				 const struct device *device, const char *method)
{
	_cleanup_json_ json_object *object = json_object_new_object();
	const char *reach = reset_scope_reach_to_string(reset_scope_of_method(method));
	_cleanup_vec_ struct vec devices = { 0 };

	if (!object || reset_scope_devices(inv, device, method, &devices) < 0 ||
	    cli_json_set_str(object, "method", method) < 0 ||
	    cli_json_set_str(object, "reach", reach) < 0 ||
	    cli_json_set(object, "devices", cli_explain_list_others(&devices, device)) < 0 ||
	    (device->parent && cli_json_set_str(object, "below", device->parent) < 0))
		return -ENOMEM;
	return cli_json_append(list, TAKE_PTR(object));
}

static json_object *cli_explain_list_resets(const struct inventory *inv,
					    const struct device *device)
{
	_cleanup_json_ json_object *list = json_object_new_array();

	STRV_FOREACH(method, device->reset_methods)
		if (!list || cli_explain_add_reset(list, inv, device, *method) < 0)
			return NULL;
	return TAKE_PTR(list);
}

/*
 * To a function that shares its bus the kernel offers no reset of that, but VFIO does to a user who
 * has all that it hits. NULL where that is no way, or out of memory.
 */
static json_object *cli_explain_list_shared_reset(const struct inventory *inv,
						  const struct device *device)
{
	_cleanup_vec_ struct vec devices = { 0 };

	if (!device_is_pci(device) || device_is_bridge(device) || device->reset_methods ||
	    !device->parent || device->physfn ||
	    reset_scope_devices(inv, device, "bus", &devices) < 0 || devices.n <= 1)
		return NULL;
	return cli_explain_list_others(&devices, device);
}

/* --- quirks --- */

static json_object *cli_explain_quirk_to_json(const struct quirk *quirk)
{
	_cleanup_json_ json_object *object = json_object_new_object();

	if (!object || cli_json_set_str(object, "quirk", quirk->name) < 0 ||
	    cli_json_set_str(object, "topic", quirk->topic) < 0 ||
	    cli_json_set_str(object, "text", quirk->text) < 0 ||
	    cli_json_set_str(object, "source", quirk->source) < 0 ||
	    cli_json_set_str(object, "file", quirk->file) < 0 ||
	    cli_json_set(object, "line", json_object_new_int64(quirk->line)) < 0)
		return NULL;
	return TAKE_PTR(object);
}

static json_object *cli_explain_list_quirks(const struct cli_host *host,
					    const struct device *device)
{
	_cleanup_json_ json_object *list = json_object_new_array();
	_cleanup_vec_ struct vec found = { 0 };

	if (!list || quirks_find(&host->quirks->quirks, device, &found) < 0)
		return NULL;
	VEC_FOREACH(const struct quirk, quirk, &found)
		if (cli_json_append(list, cli_explain_quirk_to_json(quirk)) < 0)
			return NULL;
	return TAKE_PTR(list);
}

static json_object *cli_explain_list_hints(const struct cli_host *host, const struct device *device)
{
	_cleanup_json_ json_object *object = json_object_new_object();
	_cleanup_quirks_hints_ struct vec hints = { 0 };

	if (!object || quirks_hints(&host->quirks->quirks, host->inv, device, &hints) < 0)
		return NULL;
	VEC_FOREACH(const struct quirk_hint, hint, &hints)
		if (cli_json_set_str(object, hint->name, hint->value) < 0)
			return NULL;
	return TAKE_PTR(object);
}

/* --- mediated devices --- */

/* With the names that a snapshot and the bus have for them. */
static json_object *cli_explain_list_mdev_types(const struct device *device)
{
	_cleanup_json_ json_object *list = json_object_new_array();

	VEC_FOREACH(const struct mdev_type, type, &device->mdev_types) {
		json_object *object = json_object_new_object();

		if (!list || cli_json_append(list, object) < 0 ||
		    cli_json_set_str(object, "id", type->id) < 0 ||
		    cli_json_set_str(object, "name", str_or(type->name, "")) < 0 ||
		    cli_json_set_str(object, "description", str_or(type->description, "")) < 0 ||
		    cli_json_set(object, "available-instances",
				 json_object_new_int64(type->available)) < 0 ||
		    cli_json_set_str(object, "device-api", str_or(type->api, "")) < 0)
			return NULL;
	}
	return TAKE_PTR(list);
}

/* --- resets that are VFIO's --- */

/* With the names that a snapshot has for them. */
static int cli_explain_add_vfio_reset(json_object *object, const struct device *device)
{
	if (!device_bus_find(device->bus)->reset_module)
		return 0;
	if (cli_json_set(object, "reset-required",
			 json_object_new_boolean(device->reset_required)) < 0 ||
	    cli_json_set_str(object, "reset-driver", str_or(device->reset_driver, "")) < 0 ||
	    cli_json_set_str(object, "compatible", str_or(device->compatible, "")) < 0)
		return -ENOMEM;
	return 0;
}

/* --- devices --- */

static int cli_explain_add_device(json_object *list, const struct cli_host *host,
				  const struct device *device)
{
	const struct inventory *inv = host->inv;
	_cleanup_json_ json_object *object = json_object_new_object();
	_cleanup_free_ char *text = device_describe(device);
	json_object *shared = cli_explain_list_shared_reset(inv, device);

	if (shared && cli_json_set(object, "shared-bus-reset", shared) < 0)
		return -ENOMEM;
	if (!object || !text || cli_json_set_str(object, "device", device->key) < 0 ||
	    cli_json_set_str(object, "description", text) < 0 ||
	    cli_json_set_str(object, "driver", str_or(device->driver, "")) < 0 ||
	    cli_json_set(object, "iommu-group", json_object_new_int(device->iommu_group)) < 0 ||
	    cli_json_set(object, "bridge", json_object_new_boolean(device_is_bridge(device))) < 0 ||
	    cli_json_set(object, "causes", cli_host_causes_to_json(inv, device)) < 0 ||
	    cli_json_set(object, "resets", cli_explain_list_resets(inv, device)) < 0 ||
	    cli_json_set(object, "quirks", cli_explain_list_quirks(host, device)) < 0 ||
	    cli_json_set(object, "vmm-hints", cli_explain_list_hints(host, device)) < 0 ||
	    cli_json_set(object, "facts", cli_facts_to_json(inv, device)) < 0)
		return -ENOMEM;
	if (cli_explain_add_vfio_reset(object, device) < 0)
		return -ENOMEM;
	if (device->mdev_types.n > 0 &&
	    cli_json_set(object, "mdev-types", cli_explain_list_mdev_types(device)) < 0)
		return -ENOMEM;
	if (device->mdev_type &&
	    (cli_json_set_str(object, "mdev-type", device->mdev_type) < 0 ||
	     cli_json_set_str(object, "mdev-parent", str_or(device->mdev_parent, "")) < 0))
		return -ENOMEM;
	if (device->physfn &&
	    (cli_json_set_str(object, "vf-of", device->physfn) < 0 ||
	     cli_json_set(object, "vf-index", json_object_new_int(device->vf_index)) < 0))
		return -ENOMEM;
	return cli_json_append(list, TAKE_PTR(object));
}

static bool cli_explain_list_has_number(json_object *list, int number)
{
	for (size_t i = 0; i < cli_json_list_length(list); i++)
		if (json_object_get_int(json_object_array_get_idx(list, i)) == number)
			return true;
	return false;
}

static json_object *cli_explain_list_iommu_groups(const struct vec *devices)
{
	_cleanup_json_ json_object *list = json_object_new_array();

	VEC_FOREACH(const struct device, device, devices) {
		if (!list)
			return NULL;
		if (device->iommu_group < 0 ||
		    cli_explain_list_has_number(list, device->iommu_group))
			continue;
		if (cli_json_append(list, json_object_new_int(device->iommu_group)) < 0)
			return NULL;
	}
	return TAKE_PTR(list);
}

static const char *cli_explain_cause_source(const struct vec *devices)
{
	VEC_FOREACH(const struct device, device, devices)
		if (isolation_is_from_module(device))
			return "kernel-module";
	return "configuration-space";
}

int cli_explain_fill(json_object *object, const struct cli_host *host, const struct vec *devices)
{
	_cleanup_json_ json_object *list = json_object_new_array();
	_cleanup_strv_ char **advice = NULL;
	int r = list ? advice_find(host->inv, devices, &advice) : -ENOMEM;

	VEC_FOREACH(const struct device, device, devices)
		if (r >= 0)
			r = cli_explain_add_device(list, host, device);
	if (r < 0 || cli_json_set_str(object, "source", cli_explain_cause_source(devices)) < 0 ||
	    cli_json_set(object, "groups-derived",
			 json_object_new_boolean(host->inv->groups_derived)) < 0 ||
	    cli_json_set(object, "iommu-groups", cli_explain_list_iommu_groups(devices)) < 0 ||
	    cli_json_set(object, "devices", TAKE_PTR(list)) < 0 ||
	    cli_json_set(object, "advice", cli_explain_list_strings(advice)) < 0)
		return -ENOMEM;
	return 0;
}
