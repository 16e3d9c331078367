/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/cli-describe.h"
#include "cli/cli-problems.h"
#include "cli/cli-status.h"
#include "cli/cli-table.h"
#include "model/device-bus.h"

#define LABEL_WIDTH 14

/* Frees @text; nothing is shown of what is not known. */
static void field_take(const char *label, enum tint tint, char *text)
{
	_cleanup_free_ char *owned = text, *clean = NULL;

	if (str_empty(owned))
		return;
	clean = term_clean(owned);
	if (clean)
		printf("%*s: %s%s%s\n", LABEL_WIDTH, label, term_begin(tint), clean,
		       term_end(tint));
}

static void field(const char *label, json_object *object, const char *key)
{
	field_take(label, TINT_NONE, strdup(js_str(object, key)));
}

static void field_list(const char *label, json_object *object, const char *key)
{
	field_take(label, TINT_NONE, js_list_join(js_list(object, key), ", "));
}

static void heading(const char *name, const char *description)
{
	_cleanup_free_ char *clean = term_clean(description);

	printf("%s%s%s%s%s\n", term_begin(TINT_BOLD), name, term_end(TINT_BOLD),
	       str_empty(description) ? "" : " - ", str_or(clean, ""));
}

/* --- the daemon ------------------------------------------------------------------------------ */
static char *join_counts(json_object *counts)
{
	_cleanup_strv_ char **words = NULL;

	json_object_object_foreach(counts, state, count)
	{
		_cleanup_free_ char *word =
			str_printf("%s %s", json_object_get_string(count), state);

		if (!word || strv_add(&words, word) < 0)
			return NULL;
	}
	return words ? strv_join(words, ", ") : strdup("none");
}

void status_print_manager(json_object *manager)
{
	const char *module = js_str(manager, "kernel-module");
	json_object *problems = js_list(manager, "problems"), *counts = NULL;

	json_object_object_get_ex(manager, "groups", &counts);
	heading("devgroupd", js_str(manager, "version"));
	field_take("Groups", TINT_NONE, join_counts(counts));
	field_list("Interfaces", manager, "interfaces");
	field_take("Kernel module", TINT_NONE, strdup(str_empty(module) ? "not loaded" : module));
	if (js_list_length(problems) == 0)
		return;
	field_take("Problems", TINT_BAD, str_printf("%zu", js_list_length(problems)));
	problems_print(stdout, "    ", problems);
}

/* --- a group --------------------------------------------------------------------------------- */
static void print_error_state(json_object *object)
{
	const char *state = js_str(object, "error-state");
	bool bad = str_eq(state, "fatal") || str_eq(state, "frozen") || str_eq(state, "failed");

	if (!str_eq(state, "ok"))
		field_take("Error state", bad ? TINT_BAD : TINT_WAITING, strdup(state));
}

static void print_error_counts(json_object *device)
{
	json_object *counts = NULL;

	if (json_object_object_get_ex(device, "error-counts", &counts) &&
	    json_object_object_length(counts) > 0)
		field_take("Errors", TINT_NONE,
			   str_printf("%lld corrected, %lld non-fatal, %lld fatal",
				      (long long)js_int(counts, "correctable", 0),
				      (long long)js_int(counts, "nonfatal", 0),
				      (long long)js_int(counts, "fatal", 0)));
}

static char *describe_lease(json_object *lease)
{
	const char *access = js_str(lease, "access"), *label = js_str(lease, "label");

	return str_printf("%s%s%s%s%s",
			  js_bool(lease, "persistent") ? "until it is released"
						       : "until its descriptors are closed",
			  str_eq(access, "node") ? ", opens the nodes by path" : "",
			  str_empty(label) ? "" : ", for \"", label, str_empty(label) ? "" : "\"");
}

static void print_lease(json_object *lease)
{
	uint64_t since = (uint64_t)js_int(lease, "since", 0);

	field_take("Lease", TINT_NONE, describe_lease(lease));
	field("Unit", lease, "unit");
	if (since)
		field_take("Since", TINT_NONE, describe_since(since));
}

/* Under the first one the label is left out. */
static void print_blockers(json_object *blockers)
{
	for (size_t i = 0; i < js_list_length(blockers); i++) {
		json_object *blocker = json_object_array_get_idx(blockers, i);
		const char *device = js_str(blocker, "device");

		field_take(i == 0 ? "Blockers" : "", TINT_WAITING,
			   str_printf("%s%s%s: %s", js_str(blocker, "code"),
				      str_empty(device) ? "" : " ", device,
				      js_str(blocker, "text")));
	}
}

static int add_device(struct table *table, json_object *device)
{
	_cleanup_free_ char *driver = describe_driver(device), *text = describe_device(device);
	const struct cell cells[] = {
		{ js_str(device, "address"), TINT_NONE },
		{ driver, TINT_NONE },
		{ text, TINT_FAINT },
	};

	return driver && text ? table_add_member(table, cells, ARRAY_SIZE(cells)) : -1;
}

void status_print_group(json_object *group)
{
	json_object *devices = js_list(group, "devices"), *lease = NULL;
	const char *state = js_str(group, "state");
	_cleanup_table_ struct table table = { 0 };

	heading(js_str(group, "name"), js_str(group, "description"));
	field_take("State", term_state_tint(state), strdup(state));
	field("Holder", group, "holder");
	print_error_state(group);
	if (json_object_object_get_ex(group, "lease", &lease) &&
	    json_object_is_type(lease, json_type_object))
		print_lease(lease);
	field("Reserved for", group, "reserved-for");
	field_take("IOMMU groups", TINT_NONE, describe_numbers(js_list(group, "iommu-groups")));
	print_blockers(js_list(group, "blockers"));
	field_take("Devices", TINT_NONE, str_printf("%zu", js_list_length(devices)));
	for (size_t i = 0; i < js_list_length(devices); i++)
		if (add_device(&table, json_object_array_get_idx(devices, i)) < 0)
			return;
	table_print(&table, false);
}

/* --- a device -------------------------------------------------------------------------------- */
/* "mtty-2  Dual port serial  12 more, vfio-pci" */
static void print_mdev_types(json_object *device)
{
	json_object *types = js_list(device, "mdev-types");

	for (size_t i = 0; i < js_list_length(types); i++) {
		json_object *type = json_object_array_get_idx(types, i);
		const char *description = js_str(type, "description");
		_cleanup_free_ char *line = strdup(description);

		/* of several lines, as a rule */
		for (char *c = line; c && *c; c++)
			if (*c == '\n')
				*c = ' ';
		field_take(i == 0 ? "Can be made" : "", TINT_NONE,
			   str_printf("%s: %s, %lld more, %s%s%s", js_str(type, "id"),
				      str_empty(js_str(type, "name")) ? "without a name" : js_str(type, "name"),
				      (long long)js_int(type, "available-instances", 0), js_str(type, "device-api"),
				      str_empty(description) ? "" : "; ", str_or(line, "")));
	}
}

void status_print_device(json_object *device)
{
	_cleanup_free_ char *text = describe_device(device);
	int64_t number = js_int(device, "iommu-group", -1);

	heading(js_str(device, "address"), str_or(text, ""));
	field("Group", device, "group");
	field_take("IOMMU group", TINT_NONE,
		   number < 0 ? strdup("none") : str_printf("%lld", (long long)number));
	if (!str_eq(js_str(device, "bus"), devbus_mdev_parent.name))
		field_take("Driver", TINT_NONE, describe_driver(device));
	field("Class", device, "class-name");
	field_list("Seen as", device, "interfaces");
	field_list("Reset methods", device, "reset-methods");
	field("Power state", device, "power-state");
	field("VF of", device, "phys-fn");
	field("Type", device, "mdev-type");
	field("Made of", device, "mdev-parent");
	print_mdev_types(device);
	print_error_state(device);
	print_error_counts(device);
}
