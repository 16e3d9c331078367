/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "cli/bus/cli-object.h"
#include "cli/host/cli-list.h"
#include "cli/print/cli-describe.h"

static json_object *cli_list_copy_or_new(json_object *list)
{
	return list ? json_object_get(list) : json_object_new_array();
}

int cli_list_add_member(json_object *members, const struct list_member *member)
{
	return cli_json_append(members,
			       CLI_JSON_NEW({ "device", json_object_new_string(member->key) },
					    { "driver", json_object_new_string(member->driver) },
					    { "description",
					      json_object_new_string(member->description) },
					    { "names", cli_list_copy_or_new(member->names) },
					    { "id", json_object_new_string(member->id) }));
}

int cli_list_add_why(json_object *why, json_object *causes)
{
	int r;

	for (size_t i = 0; i < cli_json_list_length(causes); i++) {
		json_object *cause = json_object_array_get_idx(causes, i);
		_cleanup_free_ char *text = str_printf("%s %s", cli_json_get_str(cause, "cause"),
						       cli_json_get_str(cause, "device"));

		if (!text)
			return -ENOMEM;
		if (cli_json_list_has(why, text))
			continue;
		r = cli_json_append(why, json_object_new_string(text));
		if (r < 0)
			return r;
	}
	return 0;
}

struct device_lists cli_list_new_devices(void)
{
	return (struct device_lists){
		.keys = json_object_new_array(),
		.members = json_object_new_array(),
		.why = json_object_new_array(),
	};
}

int cli_list_set_devices(json_object *entry, struct device_lists *lists)
{
	return CLI_JSON_SET(entry, { "devices", TAKE_PTR(lists->keys) },
			    { "why", TAKE_PTR(lists->why) },
			    { "members", TAKE_PTR(lists->members) });
}

void cli_list_clear_devices(struct device_lists *lists)
{
	json_object_put(lists->keys);
	json_object_put(lists->members);
	json_object_put(lists->why);
}

static int cli_list_collect_device(struct device_lists *lists, const char *path,
				   json_object *device)
{
	_cleanup_free_ char *key = cli_object_id(path), *text = NULL, *id = NULL;
	struct list_member member;
	int r;

	if (!key)
		return -ENOMEM;
	r = cli_json_append(lists->keys, json_object_new_string(key));
	if (r < 0)
		return r;
	if (!device)
		return 0;
	text = cli_describe_device(device);
	id = cli_describe_id(device);
	if (!text || !id)
		return -ENOMEM;
	member = (struct list_member){ key, cli_json_get_str(device, "driver"), text, id,
				       cli_json_get_list(device, "host-names") };
	r = cli_list_add_member(lists->members, &member);
	if (r < 0)
		return r;
	return cli_list_add_why(lists->why, cli_json_get_list(device, "isolation"));
}

/* Sets the keys of the devices of @group, why they belong together, and what is known of each. */
static int cli_list_fill_devices(json_object *entry, json_object *group, json_object *objects)
{
	json_object *paths = cli_json_get_list(group, "devices");
	_cleanup_device_lists_ struct device_lists lists = cli_list_new_devices();
	int r;

	for (size_t i = 0; i < cli_json_list_length(paths); i++) {
		const char *path = cli_json_list_str(paths, i);
		json_object *device = NULL;

		json_object_object_get_ex(objects, path, &device);
		r = cli_list_collect_device(&lists, path, device);
		if (r < 0)
			return r;
	}
	return cli_list_set_devices(entry, &lists);
}

static int cli_list_add_group(json_object *entries, json_object *group, json_object *objects)
{
	static const char *const keys[] = { "name", "state", "holder", "reserved-for",
					    "description" };
	_cleanup_json_ json_object *entry = json_object_new_object();
	bool assignable = str_eq(cli_json_get_str(group, "state"), "available");
	json_object *definition = NULL;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		r = cli_json_set_str(entry, keys[i], cli_json_get_str(group, keys[i]));
		if (r < 0)
			return r;
	}
	r = CLI_JSON_SET(
		entry, { "assignable", json_object_new_boolean(assignable) },
		{ "iommu-groups", cli_list_copy_or_new(cli_json_get_list(group, "iommu-groups")) },
		{ "blockers", cli_list_copy_or_new(cli_json_get_list(group, "blockers")) });
	if (r < 0)
		return r;
	r = cli_list_fill_devices(entry, group, objects);
	if (r < 0)
		return r;
	json_object_object_get_ex(group, "definition", &definition);
	if (definition) {
		r = cli_json_set(entry, "definition", json_object_get(definition));
		if (r < 0)
			return r;
	}
	return cli_json_append(entries, TAKE_PTR(entry));
}

static int cli_list_cmp_names(const void *a, const void *b)
{
	return str_natural_cmp(cli_json_get_str(*(json_object *const *)a, "name"),
			       cli_json_get_str(*(json_object *const *)b, "name"));
}

json_object *cli_list_groups(json_object *objects)
{
	_cleanup_json_ json_object *entries = json_object_new_array();

	if (!entries)
		return NULL;
	json_object_object_foreach(objects, path, object)
	{
		if (cli_object_type_of_path(path) == OBJECT_GROUP &&
		    cli_list_add_group(entries, object, objects) < 0)
			return NULL;
	}
	json_object_array_sort(entries, cli_list_cmp_names);
	return TAKE_PTR(entries);
}

/* --- the column WHY --- */

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

/*
 * Returns "acs-missing 07:00.0": the domain is left out, because nearly all hosts have only 0000.
 */
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
	first = cli_list_shorten_cause(cli_json_list_str(why, 0));
	if (!first)
		return NULL;
	if (n == 1)
		return str_printf("%s%s%s", codes, *codes ? "; " : "", first);
	return str_printf("%s%s%s, +%zu", codes, *codes ? "; " : "", first, n - 1);
}

/* --- the columns about devices --- */

/* Returns the first member that the host has a name for, else the first, or NULL. */
static json_object *cli_list_best_member(json_object *entry)
{
	json_object *members = cli_json_get_list(entry, "members");

	for (size_t i = 0; i < cli_json_list_length(members); i++) {
		json_object *member = json_object_array_get_idx(members, i);

		if (cli_json_list_length(cli_json_get_list(member, "names")) > 0)
			return member;
	}
	return cli_json_list_length(members) > 0 ? json_object_array_get_idx(members, 0) : NULL;
}

char *cli_list_describe_devices(json_object *entry)
{
	json_object *best = cli_list_best_member(entry);
	size_t n = cli_json_list_length(cli_json_get_list(entry, "devices"));
	_cleanup_free_ char *names = NULL;
	const char *key;

	if (!best)
		return str_printf("%zu", n);
	key = cli_json_get_str(best, "device");
	if (str_starts(key, "0000:"))
		key += strlen("0000:");
	names = cli_describe_names(cli_json_get_list(best, "names"), false);
	if (!names)
		return NULL;
	if (n < 2)
		return str_printf("%s%s%s", key, *names ? " " : "", names);
	return str_printf("%s%s%s, +%zu", key, *names ? " " : "", names, n - 1);
}

char *cli_list_describe_model(json_object *entry)
{
	json_object *best = cli_list_best_member(entry);

	return best ? cli_list_describe_member(best, true) : strdup("");
}

char *cli_list_describe_member(json_object *member, bool details)
{
	const char *text = cli_json_get_str(member, "description"),
		   *id = cli_json_get_str(member, "id");
	_cleanup_free_ char *first = NULL;

	first = details ? cli_describe_details(cli_json_get_list(member, "names")) : strdup("");
	if (!first)
		return NULL;
	/* without pci.ids the description has the ids itself */
	if (str_empty(id) || strstr(text, id))
		return str_printf("%s%s%s", first, *first ? " " : "", text);
	return str_printf("%s%s%s [%s]", first, *first ? " " : "", text, id);
}

/* Appends the strings of @list with @prefix before each. 0 or -ENOMEM. */
static int cli_list_add_users(char ***words, json_object *list, const char *prefix)
{
	for (size_t i = 0; i < cli_json_list_length(list); i++) {
		_cleanup_free_ char *word = str_printf("%s%s", prefix, cli_json_list_str(list, i));

		if (!word || strv_add(words, word) < 0)
			return -ENOMEM;
	}
	return 0;
}

char *cli_list_describe_access(json_object *entry)
{
	_cleanup_strv_ char **words = NULL;
	json_object *access = NULL;

	json_object_object_get_ex(cli_describe_definition(entry), "access", &access);
	if (cli_list_add_users(&words, cli_json_get_list(access, "users"), "") < 0 ||
	    cli_list_add_users(&words, cli_json_get_list(access, "groups"), "@") < 0)
		return NULL;
	return strv_join(words, ", ");
}
