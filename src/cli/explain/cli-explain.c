/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "base/str.h"
#include "base/strv.h"
#include "cli/explain/cli-explain-reset.h"
#include "cli/explain/cli-explain-slots.h"
#include "cli/explain/cli-explain.h"
#include "cli/explain/cli-facts.h"
#include "policy/devinfo/quirks.h"
#include "policy/isolation/isolation.h"
#include "policy/report/advice.h"

static json_object *cli_explain_list_strings(char *const *strings)
{
	_cleanup_json_ json_object *list = json_object_new_array();

	STRV_FOREACH(string, strings)
		if (cli_json_append(list, json_object_new_string(*string)) < 0)
			return NULL;
	return TAKE_PTR(list);
}

/* --- quirks --- */

static json_object *cli_explain_quirk_to_json(const struct quirk *quirk)
{
	const char *confidence = quirk->reported ? "reported" : "known";

	return CLI_JSON_NEW({ "quirk", json_object_new_string(quirk->name) },
			    { "topic", json_object_new_string(quirk->topic) },
			    { "confidence", json_object_new_string(confidence) },
			    { "text", json_object_new_string(quirk->text) },
			    { "source", json_object_new_string(quirk->source) },
			    { "file", json_object_new_string(quirk->file) },
			    { "line", json_object_new_int64(quirk->line) });
}

static json_object *cli_explain_list_quirks(const struct cli_host *host,
					    const struct device *device)
{
	_cleanup_json_ json_object *list = json_object_new_array();
	_cleanup_vec_ struct vec quirks = { 0 };

	if (quirks_find(&host->quirks->quirks, device, &quirks) < 0)
		return NULL;
	VEC_FOREACH(const struct quirk, quirk, &quirks)
		if (cli_json_append(list, cli_explain_quirk_to_json(quirk)) < 0)
			return NULL;
	return TAKE_PTR(list);
}

static json_object *cli_explain_list_hints(const struct cli_host *host, const struct device *device)
{
	_cleanup_json_ json_object *object = json_object_new_object();
	_cleanup_quirks_hints_ struct vec hints = { 0 };

	if (quirks_hints(&host->quirks->quirks, host->inv, device, &hints) < 0)
		return NULL;
	VEC_FOREACH(const struct quirk_hint, hint, &hints)
		if (cli_json_set_str(object, hint->name, hint->value) < 0)
			return NULL;
	return TAKE_PTR(object);
}

/* --- mediated devices --- */

static json_object *cli_explain_mdev_type_to_json(const struct mdev_type *type)
{
	return CLI_JSON_NEW({ "id", json_object_new_string(type->id) },
			    { "name", json_object_new_string(str_or(type->name, "")) },
			    { "description",
			      json_object_new_string(str_or(type->description, "")) },
			    { "available-instances", json_object_new_int64(type->available) },
			    { "device-api", json_object_new_string(str_or(type->api, "")) });
}

/* Returns the mediated types of @device with the keys that a snapshot and the bus use. */
static json_object *cli_explain_list_mdev_types(const struct device *device)
{
	_cleanup_json_ json_object *list = json_object_new_array();

	VEC_FOREACH(const struct mdev_type, type, &device->mdev_types)
		if (cli_json_append(list, cli_explain_mdev_type_to_json(type)) < 0)
			return NULL;
	return TAKE_PTR(list);
}

/* --- devices --- */

/* Adds what only some devices have: mediated types, a parent, a physical function. */
static int cli_explain_add_relations(json_object *object, const struct device *device)
{
	int r;

	if (device->mdev_types.n > 0) {
		r = cli_json_set(object, "mdev-types", cli_explain_list_mdev_types(device));
		if (r < 0)
			return r;
	}
	if (device->mdev_type) {
		const char *parent = str_or(device->mdev_parent, "");

		r = CLI_JSON_SET(object, { "mdev-type", json_object_new_string(device->mdev_type) },
				 { "mdev-parent", json_object_new_string(parent) });
		if (r < 0)
			return r;
	}
	if (!device->physfn)
		return 0;
	return CLI_JSON_SET(object, { "vf-of", json_object_new_string(device->physfn) },
			    { "vf-index", json_object_new_int(device->vf_index) });
}

struct cli_explain_request {
	const struct cli_host *host;
	const struct vec *devices; /* struct device, which move together */
	char *const *methods;	   /* the reset methods of the definition; NULL: all */
	struct slots_finder finder;
};

static void cli_explain_request_clear(struct cli_explain_request *request)
{
	slots_finder_clear(&request->finder);
}

static int cli_explain_add_device(json_object *list, struct cli_explain_request *request,
				  const struct device *device)
{
	const struct cli_host *host = request->host;
	const struct inventory *inv = host->inv;
	_cleanup_json_ json_object *object = json_object_new_object();
	_cleanup_free_ char *text = device_describe(device);
	int r;

	if (!text)
		return -ENOMEM;
	r = CLI_JSON_SET(object, { "device", json_object_new_string(device->key) },
			 { "description", json_object_new_string(text) },
			 { "driver", json_object_new_string(str_or(device->driver, "")) },
			 { "iommu-group", json_object_new_int(device->iommu_group) },
			 { "bridge", json_object_new_boolean(device_is_bridge(device)) },
			 { "causes", cli_host_causes_to_json(inv, device) },
			 { "quirks", cli_explain_list_quirks(host, device) },
			 { "vmm-hints", cli_explain_list_hints(host, device) },
			 { "facts", cli_facts_to_json(inv, device) });
	if (r < 0)
		return r;
	r = cli_explain_reset_fill(object, host, request->devices, request->methods, device);
	if (r < 0)
		return r;
	r = cli_explain_slots_fill(object, &request->finder, device);
	if (r < 0)
		return r;
	r = cli_explain_add_relations(object, device);
	if (r < 0)
		return r;
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

static bool cli_explain_knows_groups(const struct vec *devices)
{
	VEC_FOREACH(const struct device, device, devices)
		if (device->group_unsure)
			return false;
	return true;
}

/* Adds what the inventory can tell at all. */
static int cli_explain_add_limits(json_object *object, const struct inventory *inv,
				  const struct vec *devices)
{
	bool groups = cli_explain_knows_groups(devices), drivers = !inv->drivers_unknown;

	return CLI_JSON_SET(object, { "dump", json_object_new_boolean(inventory_is_dump(inv)) },
			    { "iommu-off", json_object_new_boolean(inv->iommu_off) },
			    { "groups-derived", json_object_new_boolean(inv->groups_derived) },
			    { "groups-known", json_object_new_boolean(groups) },
			    { "drivers-known", json_object_new_boolean(drivers) });
}

int cli_explain_fill(json_object *object, const struct cli_host *host, const struct vec *devices,
		     char *const *methods)
{
	_cleanup_json_ json_object *list = json_object_new_array();
	_cleanup_(cli_explain_request_clear) struct cli_explain_request request = {
		.host = host,
		.devices = devices,
		.methods = methods,
		.finder = slots_finder_of(host->inv),
	};
	_cleanup_strv_ char **advice = NULL;
	int r;

	r = advice_find(host->inv, devices, &advice);
	if (r < 0)
		return r;
	VEC_FOREACH(const struct device, device, devices) {
		r = cli_explain_add_device(list, &request, device);
		if (r < 0)
			return r;
	}
	r = cli_explain_add_limits(object, host->inv, devices);
	if (r < 0)
		return r;
	return CLI_JSON_SET(object,
			    { "source", json_object_new_string(cli_explain_cause_source(devices)) },
			    { "iommu-groups", cli_explain_list_iommu_groups(devices) },
			    { "devices", TAKE_PTR(list) },
			    { "advice", cli_explain_list_strings(advice) });
}
