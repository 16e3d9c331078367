/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "cli/print/cli-describe.h"
#include "cli/print/cli-status.h"
#include "cli/print/cli-table.h"
#include "model/device-bus.h"

#define LABEL_WIDTH 14

/* Prints "Label: text" and frees @text. Prints nothing for an empty or missing text. */
static void cli_status_take_field(const char *label, enum tint tint, char *text)
{
	_cleanup_free_ char *owned = text, *clean = NULL;

	if (str_empty(owned))
		return;
	clean = cli_term_clean(owned);
	if (clean)
		printf("%*s: %s%s%s\n", LABEL_WIDTH, label, cli_term_begin(tint), clean,
		       cli_term_end(tint));
}

static void cli_status_print_field(const char *label, json_object *object, const char *key)
{
	cli_status_take_field(label, TINT_NONE, strdup(cli_json_get_str(object, key)));
}

static void cli_status_print_field_list(const char *label, json_object *object, const char *key)
{
	cli_status_take_field(label, TINT_NONE,
			      cli_json_list_join(cli_json_get_list(object, key), ", "));
}

static void cli_status_print_heading(const char *name, const char *description)
{
	_cleanup_free_ char *clean = cli_term_clean(description);

	printf("%s%s%s%s%s\n", cli_term_begin(TINT_BOLD), name, cli_term_end(TINT_BOLD),
	       str_empty(description) ? "" : " - ", str_or(clean, ""));
}

/* --- the daemon --- */

static char *cli_status_join_counts(json_object *counts)
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

void cli_status_print_problems(FILE *to, const char *indent, json_object *problems)
{
	for (size_t i = 0; i < cli_json_list_length(problems); i++) {
		json_object *problem = json_object_array_get_idx(problems, i);
		long long line = (long long)cli_json_get_int(problem, "line", 0);
		_cleanup_free_ char *file = cli_term_clean(cli_json_get_str(problem, "file"));
		_cleanup_free_ char *text = cli_term_clean(cli_json_get_str(problem, "text"));

		if (!file || !text)
			return;
		if (line > 0)
			fprintf(to, "%s%s:%lld: %s\n", indent, file, line, text);
		else
			fprintf(to, "%s%s: %s\n", indent, file, text);
	}
}

void cli_status_print_manager(json_object *manager)
{
	const char *module = cli_json_get_str(manager, "kernel-module");
	json_object *problems = cli_json_get_list(manager, "problems"), *counts = NULL;

	json_object_object_get_ex(manager, "groups", &counts);
	cli_status_print_heading("devgroupd", cli_json_get_str(manager, "version"));
	cli_status_take_field("Groups", TINT_NONE, cli_status_join_counts(counts));
	cli_status_print_field_list("Interfaces", manager, "interfaces");
	cli_status_take_field("Kernel module", TINT_NONE,
			      strdup(str_empty(module) ? "not loaded" : module));
	if (cli_json_list_length(problems) == 0)
		return;
	cli_status_take_field("Problems", TINT_BAD,
			      str_printf("%zu", cli_json_list_length(problems)));
	cli_status_print_problems(stdout, "    ", problems);
}

/* --- a group --- */

static void cli_status_print_error_state(json_object *object)
{
	const char *state = cli_json_get_str(object, "error-state");
	bool bad = str_eq(state, "fatal") || str_eq(state, "frozen") || str_eq(state, "failed");

	if (!str_eq(state, "ok"))
		cli_status_take_field("Error state", bad ? TINT_BAD : TINT_WAITING, strdup(state));
}

static void cli_status_print_error_counts(json_object *device)
{
	json_object *counts = NULL;

	if (json_object_object_get_ex(device, "error-counts", &counts) &&
	    json_object_object_length(counts) > 0)
		cli_status_take_field("Errors", TINT_NONE,
				      str_printf("%lld corrected, %lld non-fatal, %lld fatal",
						 (long long)cli_json_get_int(counts, "correctable",
									     0),
						 (long long)cli_json_get_int(counts, "nonfatal", 0),
						 (long long)cli_json_get_int(counts, "fatal", 0)));
}

static char *cli_status_describe_lease(json_object *lease)
{
	const char *access = cli_json_get_str(lease, "access"),
		   *label = cli_json_get_str(lease, "label");

	return str_printf("%s%s%s%s%s",
			  cli_json_get_bool(lease, "persistent") ?
				  "until it is released" :
				  "until its descriptors are closed",
			  str_eq(access, "node") ? ", opens the nodes by path" : "",
			  str_empty(label) ? "" : ", for \"", label, str_empty(label) ? "" : "\"");
}

static void cli_status_print_lease(json_object *lease)
{
	uint64_t since = (uint64_t)cli_json_get_int(lease, "since", 0);

	cli_status_take_field("Lease", TINT_NONE, cli_status_describe_lease(lease));
	cli_status_print_field("Unit", lease, "unit");
	if (since)
		cli_status_take_field("Since", TINT_NONE, cli_describe_since(since));
}

/* Prints the blockers; only the first has the label. */
static void cli_status_print_blockers(json_object *blockers)
{
	for (size_t i = 0; i < cli_json_list_length(blockers); i++) {
		json_object *blocker = json_object_array_get_idx(blockers, i);
		const char *device = cli_json_get_str(blocker, "device");

		cli_status_take_field(i == 0 ? "Blockers" : "", TINT_WAITING,
				      str_printf("%s%s%s: %s", cli_json_get_str(blocker, "code"),
						 str_empty(device) ? "" : " ", device,
						 cli_json_get_str(blocker, "text")));
	}
}

/* Adds the row of @device. 0 or -ENOMEM. */
static int cli_status_add_device(struct table *table, json_object *device)
{
	_cleanup_free_ char *driver = cli_describe_driver(device),
			    *text = cli_describe_device(device);
	const struct cell cells[] = {
		{ cli_json_get_str(device, "address"), TINT_NONE },
		{ driver, TINT_NONE },
		{ text, TINT_FAINT },
	};

	if (!driver || !text)
		return -ENOMEM;
	return cli_table_add_member(table, cells, ARRAY_SIZE(cells));
}

void cli_status_print_group(json_object *group)
{
	json_object *devices = cli_json_get_list(group, "devices"), *lease = NULL;
	const char *state = cli_json_get_str(group, "state");
	_cleanup_table_ struct table table = { 0 };

	cli_status_print_heading(cli_json_get_str(group, "name"),
				 cli_json_get_str(group, "description"));
	cli_status_take_field("State", cli_term_state_tint(state), strdup(state));
	cli_status_print_field("Holder", group, "holder");
	cli_status_print_error_state(group);
	if (json_object_object_get_ex(group, "lease", &lease) &&
	    json_object_is_type(lease, json_type_object))
		cli_status_print_lease(lease);
	cli_status_print_field("Reserved for", group, "reserved-for");
	cli_status_take_field("IOMMU groups", TINT_NONE,
			      cli_describe_numbers(cli_json_get_list(group, "iommu-groups")));
	cli_status_print_blockers(cli_json_get_list(group, "blockers"));
	cli_status_take_field("Devices", TINT_NONE,
			      str_printf("%zu", cli_json_list_length(devices)));
	for (size_t i = 0; i < cli_json_list_length(devices); i++)
		if (cli_status_add_device(&table, json_object_array_get_idx(devices, i)) < 0)
			return;
	cli_table_print(&table, false);
}

/* --- a device --- */

/* Prints lines such as "mtty-2: Dual port serial, 12 more, vfio-pci". */
static void cli_status_print_mdev_types(json_object *device)
{
	json_object *types = cli_json_get_list(device, "mdev-types");

	for (size_t i = 0; i < cli_json_list_length(types); i++) {
		json_object *type = json_object_array_get_idx(types, i);
		const char *description = cli_json_get_str(type, "description");
		_cleanup_free_ char *line = strdup(description);

		/* Descriptions usually have several lines. */
		for (char *c = line; c && *c; c++)
			if (*c == '\n')
				*c = ' ';
		cli_status_take_field(
			i == 0 ? "Can be created" : "", TINT_NONE,
			str_printf("%s: %s, %lld more, %s%s%s", cli_json_get_str(type, "id"),
				   str_empty(cli_json_get_str(type, "name")) ?
					   "without a name" :
					   cli_json_get_str(type, "name"),
				   (long long)cli_json_get_int(type, "available-instances", 0),
				   cli_json_get_str(type, "device-api"),
				   str_empty(description) ? "" : "; ", str_or(line, "")));
	}
}

void cli_status_print_device(json_object *device)
{
	_cleanup_free_ char *text = cli_describe_device(device);
	int64_t number = cli_json_get_int(device, "iommu-group", -1);

	cli_status_print_heading(cli_json_get_str(device, "address"), str_or(text, ""));
	cli_status_print_field("Group", device, "group");
	cli_status_take_field("IOMMU group", TINT_NONE,
			      number < 0 ? strdup("none") : str_printf("%lld", (long long)number));
	if (!str_eq(cli_json_get_str(device, "bus"), device_bus_mdev_parent.name))
		cli_status_take_field("Driver", TINT_NONE, cli_describe_driver(device));
	cli_status_print_field("Class", device, "class-name");
	cli_status_print_field_list("Seen as", device, "interfaces");
	cli_status_print_field_list("Reset methods", device, "reset-methods");
	cli_status_print_field("Power state", device, "power-state");
	cli_status_print_field("VF of", device, "phys-fn");
	cli_status_print_field("Type", device, "mdev-type");
	cli_status_print_field("Parent", device, "mdev-parent");
	cli_status_print_mdev_types(device);
	cli_status_print_error_state(device);
	cli_status_print_error_counts(device);
}
