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
	if (!clean)
		return;
	printf("%*s%s %s", LABEL_WIDTH, label, *label ? ":" : " ", cli_term_begin(tint));
	cli_term_wrap(clean, cli_term_columns(), LABEL_WIDTH + 2, LABEL_WIDTH + 2);
	printf("%s\n", cli_term_end(tint));
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

/* Problems of an earlier daemon have neither column nor severity. */
void cli_status_print_problems(FILE *to, const char *indent, json_object *problems)
{
	for (size_t i = 0; i < cli_json_list_length(problems); i++) {
		json_object *problem = json_object_array_get_idx(problems, i);
		long long line = (long long)cli_json_get_int(problem, "line", 0),
			  column = (long long)cli_json_get_int(problem, "column", 0);
		const char *severity = cli_json_get_str(problem, "severity");
		_cleanup_free_ char *file = cli_term_clean(cli_json_get_str(problem, "file"));
		_cleanup_free_ char *text = cli_term_clean(cli_json_get_str(problem, "text"));

		if (!file || !text)
			return;
		fprintf(to, "%s%s", indent, file);
		if (line > 0)
			fprintf(to, ":%lld", line);
		if (column > 0)
			fprintf(to, ":%lld", column);
		fprintf(to, ": %s%s%s\n", severity, *severity ? ": " : "", text);
	}
}

void cli_status_print_manager(json_object *manager)
{
	const char *module = cli_json_get_str(manager, "kernel-module");
	json_object *problems = cli_json_get_list(manager, "problem-details"), *counts = NULL;

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
	cli_status_print_field_list("Forced past", lease, "forced");
	cli_status_print_field("Unit", lease, "unit");
	if (since)
		cli_status_take_field("Since", TINT_NONE, cli_describe_since(since));
}

/* --- its definition --- */

/* Returns "user alice, group kvm", or "root". NULL when out of memory. */
static char *cli_status_describe_access(json_object *definition)
{
	_cleanup_strv_ char **words = NULL;
	static const struct {
		const char *key, *noun;
	} kinds[] = { { "users", "user" }, { "groups", "group" } };
	json_object *access = NULL;

	json_object_object_get_ex(definition, "access", &access);
	for (size_t kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
		json_object *list = cli_json_get_list(access, kinds[kind].key);

		for (size_t i = 0; i < cli_json_list_length(list); i++) {
			_cleanup_free_ char *word =
				str_printf("%s %s", kinds[kind].noun, cli_json_list_str(list, i));

			if (!word || strv_add(&words, word) < 0)
				return NULL;
		}
	}
	return words ? strv_join(words, ", ") : strdup("root, and who polkit allows");
}

/* Returns "before auto, after require, by flr, bus". NULL when out of memory. */
static char *cli_status_describe_reset(json_object *definition)
{
	json_object *reset = NULL;
	_cleanup_free_ char *methods = NULL;
	const char *before, *after;

	json_object_object_get_ex(definition, "reset", &reset);
	before = cli_json_get_str(reset, "before");
	after = cli_json_get_str(reset, "after");
	methods = cli_json_list_join(cli_json_get_list(reset, "methods"), ", ");
	if (!methods)
		return NULL;
	return str_printf("before %s, after %s%s%s", *before ? before : "auto",
			  *after ? after : "auto", *methods ? ", by " : "", methods);
}

static void cli_status_print_default(const char *label, json_object *definition, const char *key,
				     const char *otherwise)
{
	const char *value = cli_json_get_str(definition, key);

	cli_status_take_field(label, TINT_NONE, strdup(*value ? value : otherwise));
}

static void cli_status_print_place(json_object *group)
{
	json_object *place = NULL;
	const char *error = cli_json_get_str(group, "definition-error");

	if (!json_object_object_get_ex(group, "defined-at", &place) ||
	    str_empty(cli_json_get_str(place, "file")))
		return;
	cli_status_take_field("Defined at", TINT_NONE,
			      str_printf("%s:%lld:%lld", cli_json_get_str(place, "file"),
					 (long long)cli_json_get_int(place, "line", 0),
					 (long long)cli_json_get_int(place, "column", 0)));
	if (*error)
		cli_status_take_field("", TINT_BAD,
				      str_printf("That file has an error now, so an earlier "
						 "version is in force: %s",
						 error));
}

/* Prints all of the definition, with the defaults of what it leaves out. */
static void cli_status_print_definition(json_object *group)
{
	json_object *definition = cli_describe_definition(group);

	cli_status_take_field("Access", TINT_NONE, cli_status_describe_access(definition));
	cli_status_print_place(group);
	cli_status_print_default("Driver", definition, "driver", "auto");
	cli_status_print_default("Bind", definition, "bind", "claim");
	cli_status_print_default("On release", definition, "on-release", "restore");
	cli_status_take_field("Reset", TINT_NONE, cli_status_describe_reset(definition));
	cli_status_print_default("Memlock", definition, "memlock", "not raised");
	cli_status_print_field_list("Accepts", definition, "accept");
}

/* --- its state --- */

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

/* Returns "VF 2 of 0000:02:00.0", "3 of 7 VFs", or "". NULL when out of memory. */
static char *cli_status_describe_vfs(json_object *device)
{
	const char *pf = cli_json_get_str(device, "phys-fn");
	long long index = (long long)cli_json_get_int(device, "vf-index", -1),
		  total = (long long)cli_json_get_int(device, "total-vfs", 0),
		  n = (long long)cli_json_get_int(device, "num-vfs", 0);

	if (*pf && index >= 0)
		return str_printf("VF %lld of %s", index, pf);
	if (*pf)
		return str_printf("VF of %s", pf);
	return total > 0 ? str_printf("%lld of %lld VFs", n, total) : strdup("");
}

/* Returns "ens1 52:54:00:12:34:56, 3 of 7 VFs". NULL when out of memory. */
static char *cli_status_describe_names(json_object *device)
{
	_cleanup_free_ char *names =
		cli_describe_names(cli_json_get_list(device, "host-names"), true);
	_cleanup_free_ char *vfs = cli_status_describe_vfs(device);

	if (!names || !vfs)
		return NULL;
	return str_printf("%s%s%s", names, *names && *vfs ? ", " : "", vfs);
}

/* Adds the row of @device. 0 or -ENOMEM. */
static int cli_status_add_device(struct table *table, json_object *device)
{
	_cleanup_free_ char *driver = cli_describe_driver(device),
			    *text = cli_describe_device(device), *id = cli_describe_id(device),
			    *names = cli_status_describe_names(device), *model = NULL;

	if (!driver || !text || !id || !names)
		return -ENOMEM;
	model = !*id || strstr(text, id) ? strdup(text) : str_printf("%s [%s]", text, id);
	if (!model)
		return -ENOMEM;
	const struct cell cells[] = {
		{ cli_json_get_str(device, "address"), TINT_NONE },
		{ driver, TINT_NONE },
		{ names, TINT_NONE },
		{ model, TINT_FAINT },
	};

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
	cli_status_print_definition(group);
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
	cli_status_take_field("Seen as", TINT_NONE,
			      cli_describe_names(cli_json_get_list(device, "host-names"), true));
	cli_status_print_field_list("Reset methods", device, "reset-methods");
	cli_status_print_field("Power state", device, "power-state");
	cli_status_take_field("SR-IOV", TINT_NONE, cli_status_describe_vfs(device));
	cli_status_print_field("Type", device, "mdev-type");
	cli_status_print_field("Parent", device, "mdev-parent");
	cli_status_print_mdev_types(device);
	cli_status_print_error_state(device);
	cli_status_print_error_counts(device);
}
