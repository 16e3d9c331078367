/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* devgroupctl list: a line for each group, and on request for devices and unnamed IOMMU groups. */

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "cli/bus/cli-bus.h"
#include "cli/bus/cli-name.h"
#include "cli/bus/cli-object.h"
#include "cli/cli.h"
#include "cli/host/cli-list.h"
#include "cli/print/cli-describe.h"
#include "cli/print/cli-pager.h"
#include "cli/print/cli-table.h"
#include "model/device-name.h"

/* --- the names on the command line --- */

static bool verb_list_has_number(json_object *numbers, int64_t number)
{
	for (size_t i = 0; i < cli_json_list_length(numbers); i++)
		if (json_object_get_int64(json_object_array_get_idx(numbers, i)) == number)
			return true;
	return false;
}

/* Tells whether @word names @entry: a pattern of its name, or what it has: a key, "iommu:11". */
static bool verb_list_names(const char *word, json_object *entry)
{
	unsigned id;

	if (fnmatch(word, cli_json_get_str(entry, "name"), 0) == 0 ||
	    cli_json_list_has(cli_json_get_list(entry, "devices"), word))
		return true;
	return str_starts(word, DEVICE_NAME_IOMMU) &&
	       str_parse_uint(word + strlen(DEVICE_NAME_IOMMU), &id) >= 0 &&
	       verb_list_has_number(cli_json_get_list(entry, "iommu-groups"), id);
}

static bool verb_list_matches(const struct cli *cli, json_object *entry)
{
	STRV_FOREACH(word, cli->words)
		if (verb_list_names(*word, entry))
			return true;
	return cli->n_words == 0;
}

static bool verb_list_finds(const char *word, json_object *entries)
{
	for (size_t i = 0; i < cli_json_list_length(entries); i++)
		if (verb_list_names(word, json_object_array_get_idx(entries, i)))
			return true;
	return false;
}

/* Gets the key of the device @word of a recorded host, or "iommu:11", or NULL. 0 or -ENOMEM. */
static int verb_list_get_host_key(const struct cli_host *host, const char *word, char **ret)
{
	const struct iommu_group *group = cli_host_find_iommu_group(host, word);
	const struct device *device = cli_host_find_device(host, word);

	if (!group && !device)
		return 0;
	*ret = group ? str_printf(DEVICE_NAME_IOMMU "%u", group->id) : strdup(device->key);
	return *ret ? 0 : -ENOMEM;
}

/* Gets a word that names the entry of the device @word, or NULL. 0 or an exit status. */
static int verb_list_get_key(struct cli *cli, const struct cli_host *host, const char *word,
			     char **ret)
{
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_free_ char *path = NULL;
	bool exact;
	int r;

	*ret = NULL;
	if (host->config && verb_list_get_host_key(host, word, ret) < 0)
		return cli_fail(-ENOMEM, "cannot list the groups");
	if (host->config)
		return 0;
	r = cli_name_find_device(cli, word, &path);
	if (r)
		return r;
	/* "/dev/vfio/11" is no device; verb_list_refuse() reports a failure */
	if (!path && cli_name_try_group(cli, word, &error, &path, &exact) < 0)
		return 0;
	*ret = cli_object_id(path);
	return 0;
}

/* Says why no entry has the name @word. */
static int verb_list_refuse(struct cli *cli, const struct cli_host *host, const char *word)
{
	_cleanup_free_ char *path = NULL;
	int r;

	if (host->config)
		return cli_host_refuse_name(host->config, word);
	r = cli_bus_lookup(cli, "GetGroup", word, &path);
	if (r)
		return r;
	fprintf(stderr, "devgroupctl: There is no group %s.\n", word);
	return EXIT_NO_SUCH;
}

/* Replaces a word that names no entry by the key of its device. 0 or an exit status. */
static int verb_list_read_word(struct cli *cli, const struct cli_host *host, char **word,
			       json_object *entries)
{
	_cleanup_free_ char *key = NULL;
	int r;

	if (verb_list_finds(*word, entries))
		return 0;
	r = verb_list_get_key(cli, host, *word, &key);
	if (r)
		return r;
	if (!key || !verb_list_finds(key, entries))
		return verb_list_refuse(cli, host, *word);
	if (strv_add(&cli->names, key) < 0)
		return cli_fail(-ENOMEM, "cannot list the groups");
	*word = cli->names[strv_length(cli->names) - 1];
	return 0;
}

/*
 * Removes the entries that the command line does not name. EXIT_NO_SUCH if a name matches nothing.
 */
static int verb_list_select_entries(struct cli *cli, const struct cli_host *host,
				    json_object *entries)
{
	int r;

	for (size_t i = 0; i < cli->n_words; i++) {
		r = verb_list_read_word(cli, host, &cli->words[i], entries);
		if (r)
			return r;
	}
	for (size_t n = cli_json_list_length(entries); n-- > 0;)
		if (!verb_list_matches(cli, json_object_array_get_idx(entries, n)))
			json_object_array_del_idx(entries, n, 1);
	return 0;
}

/* --- the entries --- */

/* Makes the entries of groups. *ret_host is opened only if they need it. */
static int verb_list_collect_groups(struct cli *cli, struct cli_host *ret_host, json_object **ret)
{
	const struct cli_options *o = &cli->options;
	_cleanup_json_ json_object *objects = NULL;
	int r;

	if (o->host_file || o->config_dir || o->all) {
		r = cli_host_open(cli, ret_host);
		if (r)
			return r;
	}
	if (o->host_file) {
		*ret = cli_list_host(ret_host);
	} else {
		r = cli_object_get_all(cli, &objects);
		if (r)
			return r;
		*ret = cli_list_groups(objects);
	}
	if (!*ret)
		return cli_fail(-ENOMEM, "cannot list the groups");
	return 0;
}

static int verb_list_collect(struct cli *cli, json_object **ret)
{
	_cleanup_host_ struct cli_host host = { 0 };
	int r = verb_list_collect_groups(cli, &host, ret);

	if (r)
		return r;
	if (cli->options.all && cli_list_host_add_unnamed(*ret, &host, cli->options.bridges) < 0)
		return cli_fail(-ENOMEM, "cannot list the groups");
	return verb_list_select_entries(cli, &host, *ret);
}

/* Keeps only the entries that --assignable or --blocked selects. */
static void verb_list_filter_entries(const struct cli_options *o, json_object *entries)
{
	for (size_t n = cli_json_list_length(entries); n-- > 0;) {
		bool assignable =
			cli_json_get_bool(json_object_array_get_idx(entries, n), "assignable");

		if ((o->assignable && !assignable) || (o->blocked && assignable))
			json_object_array_del_idx(entries, n, 1);
	}
}

static int verb_list_add_member(struct table *table, json_object *member)
{
	_cleanup_free_ char *names = cli_describe_names(cli_json_get_list(member, "names"), true);
	_cleanup_free_ char *text = cli_list_describe_member(member, false);
	const struct cell cells[] = {
		{ cli_json_get_str(member, "device"), TINT_NONE },
		{ cli_json_get_str(member, "driver"), TINT_NONE },
		{ names, TINT_NONE },
		{ text, TINT_FAINT },
	};

	if (!names || !text)
		return -ENOMEM;
	return cli_table_add_member(table, cells, ARRAY_SIZE(cells));
}

static int verb_list_add_members(struct table *table, json_object *members)
{
	for (size_t i = 0; i < cli_json_list_length(members); i++) {
		int r = verb_list_add_member(table, json_object_array_get_idx(members, i));

		if (r < 0)
			return r;
	}
	return 0;
}

/* Returns the holder, or for a reserved group without a holder the label that may claim it. */
static char *verb_list_describe_holder(json_object *entry)
{
	const char *holder = cli_json_get_str(entry, "holder"),
		   *label = cli_json_get_str(entry, "reserved-for");

	if (str_empty(holder) && !str_empty(label))
		return str_printf("(for %s)", label);
	return strdup(holder);
}

/* The texts of the columns that are not in the entry as they are. */
struct list_texts {
	char *devices, *iommu, *holder, *access, *why, *model;
};

static void list_texts_clear(struct list_texts *texts)
{
	free(texts->devices);
	free(texts->iommu);
	free(texts->holder);
	free(texts->access);
	free(texts->why);
	free(texts->model);
}

/* With @members the lines below the entry describe the devices. 0 or -ENOMEM. */
static int list_texts_make(json_object *entry, bool members, struct list_texts *ret)
{
	json_object *numbers = cli_json_get_list(entry, "iommu-groups"),
		    *devices = cli_json_get_list(entry, "devices");
	bool unnamed = str_eq(cli_json_get_str(entry, "state"), "unnamed");

	ret->devices = members ? str_printf("%zu", cli_json_list_length(devices)) :
				 cli_list_describe_devices(entry);
	ret->iommu = unnamed ? strdup("") : cli_describe_numbers(numbers);
	ret->holder = verb_list_describe_holder(entry);
	ret->access = cli_list_describe_access(entry);
	ret->why = cli_list_describe_why(entry);
	ret->model = members ? strdup("") : cli_list_describe_model(entry);
	return ret->devices && ret->iommu && ret->holder && ret->access && ret->why && ret->model ?
		       0 :
		       -ENOMEM;
}

static int verb_list_add_entry(struct table *table, json_object *entry, bool members)
{
	_cleanup_(list_texts_clear) struct list_texts texts = { 0 };
	const char *state = cli_json_get_str(entry, "state");
	int r;

	r = list_texts_make(entry, members, &texts);
	if (r < 0)
		return r;
	const struct cell cells[] = {
		{ cli_json_get_str(entry, "name"), TINT_BOLD },
		{ state, cli_term_state_tint(state) },
		{ texts.devices, TINT_NONE },
		{ texts.iommu, TINT_NONE },
		{ texts.holder, TINT_NONE },
		{ texts.access, TINT_NONE },
		{ texts.why, TINT_NONE },
		{ texts.model, TINT_FAINT },
		{ cli_json_get_str(entry, "description"), TINT_NONE },
	};

	r = cli_table_add(table, cells, ARRAY_SIZE(cells));
	if (r < 0 || !members)
		return r;
	return verb_list_add_members(table, cli_json_get_list(entry, "members"));
}

static const char *verb_list_empty_text(const struct cli_options *o)
{
	if (o->assignable || o->blocked)
		return "No group matches.";
	if (o->all)
		return "This host has no IOMMU groups: its IOMMU is off, or it has none. To see "
		       "why: devgroupctl doctor";
	return "No groups are defined. devgroupctl list --all shows what the host has.";
}

/* An empty list for a program says nothing, unless the host lacks what the program asked for. */
static void verb_list_print_end(const struct cli_options *o, bool legend, size_t n)
{
	if (n > 0 && legend)
		printf("\n%zu group%s.\n", n, n == 1 ? "" : "s");
	else if (n == 0 && legend)
		puts(verb_list_empty_text(o));
	else if (n == 0 && o->all && !o->assignable && !o->blocked && !o->quiet)
		fprintf(stderr, "devgroupctl: %s\n", verb_list_empty_text(o));
}

static int verb_list_print_entries(struct cli *cli, json_object *entries)
{
	/* the order of dropping is documented in devgroupctl(1) */
	static const struct table_column columns[] = {
		{ "NAME" },
		{ "STATE" },
		{ "DEVICES", .wraps = true },
		{ "IOMMU", .drop = 1, .wraps = true },
		{ "HOLDER", .drop = 5, .wraps = true },
		{ "ACCESS", .drop = 4, .wraps = true },
		{ "WHY", .wraps = true },
		{ "MODEL", .drop = 2, .wraps = true },
		{ "DESCRIPTION", .drop = 3, .wraps = true },
		{ NULL },
	};
	_cleanup_table_ struct table table = { .columns = columns };
	const struct cli_options *o = &cli->options;
	bool legend = isatty(STDOUT_FILENO) && !o->no_legend;
	size_t n = cli_json_list_length(entries);
	int r;

	for (size_t i = 0; i < n; i++) {
		r = verb_list_add_entry(&table, json_object_array_get_idx(entries, i),
					o->devices || o->all);
		if (r < 0)
			return cli_fail(r, "cannot list the groups");
	}
	cli_pager_open(cli);
	cli_table_print(&table, legend);
	verb_list_print_end(o, legend, n);
	return 0;
}

/* Removes what only -d and --all print. */
static void verb_list_drop_members(json_object *entries)
{
	for (size_t i = 0; i < cli_json_list_length(entries); i++)
		json_object_object_del(json_object_array_get_idx(entries, i), "members");
}

int verb_list(struct cli *cli)
{
	_cleanup_json_ json_object *entries = NULL;
	int r = verb_list_collect(cli, &entries);

	if (r)
		return r;
	verb_list_filter_entries(&cli->options, entries);
	if (cli->options.json == CLI_JSON_OFF)
		return verb_list_print_entries(cli, entries);
	if (!cli->options.devices && !cli->options.all)
		verb_list_drop_members(entries);
	cli_json_print(entries, cli->options.json);
	return 0;
}
