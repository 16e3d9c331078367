/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "cli/print/cli-describe.h"
#include "cli/host/cli-list.h"
#include "cli/bus/cli-object.h"

int cli_list_add_member(json_object *members, const char *key, const char *driver,
			char *description)
{
	_cleanup_free_ char *owned = description;
	_cleanup_json_ json_object *member = json_object_new_object();

	if (!owned || !member || cli_json_set_str(member, "device", key) < 0 ||
	    cli_json_set_str(member, "driver", driver) < 0 ||
	    cli_json_set_str(member, "description", owned) < 0)
		return -ENOMEM;
	return cli_json_append(members, TAKE_PTR(member));
}

int cli_list_add_why(json_object *why, json_object *causes)
{
	for (size_t i = 0; i < cli_json_list_length(causes); i++) {
		json_object *cause = json_object_array_get_idx(causes, i);
		_cleanup_free_ char *text = str_printf("%s %s", cli_json_get_str(cause, "cause"),
						       cli_json_get_str(cause, "device"));

		if (!text || (!cli_json_list_has(why, text) &&
			      cli_json_append(why, json_object_new_string(text)) < 0))
			return -ENOMEM;
	}
	return 0;
}

/* What the entry collects of its devices. */
struct device_lists {
	json_object *keys, *members, *why;
};

static void device_lists_clear(struct device_lists *lists)
{
	json_object_put(lists->keys);
	json_object_put(lists->members);
	json_object_put(lists->why);
}

static int cli_list_collect_device(struct device_lists *lists, const char *path,
				   json_object *device)
{
	_cleanup_free_ char *key = cli_object_id(path);
	int r = key ? cli_json_append(lists->keys, json_object_new_string(key)) : -ENOMEM;

	if (r < 0 || !device)
		return r;
	r = cli_list_add_member(lists->members, key, cli_json_get_str(device, "driver"),
				cli_describe_device(device));
	return r < 0 ? r : cli_list_add_why(lists->why, cli_json_get_list(device, "isolation"));
}

/* The devices of @group by their keys and, if asked for, with what is known of each. */
static int cli_list_fill_devices(json_object *entry, json_object *group, json_object *objects,
				 bool members)
{
	json_object *paths = cli_json_get_list(group, "devices");
	_cleanup_(device_lists_clear) struct device_lists lists = {
		.keys = json_object_new_array(),
		.members = json_object_new_array(),
		.why = json_object_new_array(),
	};
	int r = lists.keys && lists.members && lists.why ? 0 : -ENOMEM;

	for (size_t i = 0; r >= 0 && i < cli_json_list_length(paths); i++) {
		const char *path = json_object_get_string(json_object_array_get_idx(paths, i));
		json_object *device = NULL;

		json_object_object_get_ex(objects, path, &device);
		r = cli_list_collect_device(&lists, path, device);
	}
	if (r >= 0)
		r = cli_json_set(entry, "devices", TAKE_PTR(lists.keys));
	if (r >= 0)
		r = cli_json_set(entry, "why", TAKE_PTR(lists.why));
	if (r >= 0 && members)
		r = cli_json_set(entry, "members", TAKE_PTR(lists.members));
	return r;
}

static json_object *cli_list_copy_or_new(json_object *list)
{
	return list ? json_object_get(list) : json_object_new_array();
}

static int cli_list_add_group(json_object *entries, json_object *group, json_object *objects,
			      bool members)
{
	static const char *const keys[] = { "name", "state", "holder", "reserved-for",
					    "description" };
	_cleanup_json_ json_object *entry = json_object_new_object();
	bool assignable = str_eq(cli_json_get_str(group, "state"), "available");
	json_object *definition = NULL;
	int r = entry ? 0 : -ENOMEM;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(keys); i++)
		r = cli_json_set_str(entry, keys[i], cli_json_get_str(group, keys[i]));
	json_object_object_get_ex(group, "definition", &definition);
	if (r >= 0)
		r = cli_json_set(entry, "assignable", json_object_new_boolean(assignable));
	if (r >= 0)
		r = cli_json_set(entry, "iommu-groups",
				 cli_list_copy_or_new(cli_json_get_list(group, "iommu-groups")));
	if (r >= 0)
		r = cli_json_set(entry, "blockers",
				 cli_list_copy_or_new(cli_json_get_list(group, "blockers")));
	if (r >= 0)
		r = cli_list_fill_devices(entry, group, objects, members);
	if (r >= 0 && definition)
		r = cli_json_set(entry, "definition", json_object_get(definition));
	return r < 0 ? r : cli_json_append(entries, TAKE_PTR(entry));
}

static int cli_list_cmp_names(const void *a, const void *b)
{
	return str_natural_cmp(cli_json_get_str(*(json_object *const *)a, "name"),
			       cli_json_get_str(*(json_object *const *)b, "name"));
}

json_object *cli_list_groups(json_object *objects, bool members)
{
	_cleanup_json_ json_object *entries = json_object_new_array();

	if (!entries)
		return NULL;
	json_object_object_foreach(objects, path, object)
	{
		if (cli_object_type_of_path(path) == OBJECT_GROUP &&
		    cli_list_add_group(entries, object, objects, members) < 0)
			return NULL;
	}
	json_object_array_sort(entries, cli_list_cmp_names);
	return TAKE_PTR(entries);
}

/* --- the column --- */

static char *cli_list_join_codes(json_object *blockers)
{
	_cleanup_strv_ char **codes = NULL;

	for (size_t i = 0; i < cli_json_list_length(blockers); i++) {
		const char *code = cli_json_get_str(json_object_array_get_idx(blockers, i), "code");

		if (!strv_contains(codes, code) && strv_add(&codes, code) < 0)
			return NULL;
	}
	return strv_join(codes, ", ");
}

/* "acs-missing 0000:07:00.0" without the domain that nearly all hosts have but one of. */
static char *cli_list_shorten_cause(const char *cause)
{
	const char *blank = strchr(cause, ' ');

	if (!blank || !str_starts(blank + 1, "0000:"))
		return strdup(cause);
	return str_printf("%.*s %s", (int)(blank - cause), cause, blank + 1 + strlen("0000:"));
}

char *cli_list_describe_why(json_object *entry)
{
	_cleanup_free_ char *codes = cli_list_join_codes(cli_json_get_list(entry, "blockers")),
			    *first = NULL;
	json_object *why = cli_json_get_list(entry, "why");
	size_t n = cli_json_list_length(why);

	if (!codes || n == 0)
		return TAKE_PTR(codes);
	first = cli_list_shorten_cause(json_object_get_string(json_object_array_get_idx(why, 0)));
	if (!first)
		return NULL;
	if (n == 1)
		return str_printf("%s%s%s", codes, *codes ? "; " : "", first);
	return str_printf("%s%s%s, +%zu", codes, *codes ? "; " : "", first, n - 1);
}
