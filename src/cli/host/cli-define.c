/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "base/strv.h"
#include "cli/cli.h"
#include "cli/host/cli-define.h"
#include "cli/host/cli-files.h"
#include "model/config/config-dirs.h"
#include "model/device-bus.h"
#include "model/json/jsontext.h"
#include "model/pciaddr.h"

#define ON_COMMAND_LINE "command line"
#define MAX_DEPTH 64 /* the nesting of the output of `list`, which is deeper than a file may be */

/* --- from options --- */

/* Returns the JSON of an address or of a selector, as a file has it. */
static json_object *cli_define_device_from_option(const char *text)
{
	json_object *selector = text[0] == '{' ? json_tokener_parse(text) : NULL;

	return selector ? selector : json_object_new_string(text);
}

static int cli_define_put_strings(json_object *object, const char *key, char *const *strings)
{
	_cleanup_json_ json_object *list = json_object_new_array();
	int r;

	if (!strings)
		return 0;
	STRV_FOREACH(string, strings) {
		r = cli_json_append(list, json_object_new_string(*string));
		if (r < 0)
			return r;
	}
	return cli_json_set(object, key, TAKE_PTR(list));
}

static int cli_define_put_devices(json_object *group, char *const *devices)
{
	_cleanup_json_ json_object *list = json_object_new_array();
	int r;

	STRV_FOREACH(device, devices) {
		r = cli_json_append(list, cli_define_device_from_option(*device));
		if (r < 0)
			return r;
	}
	return cli_json_set(group, "devices", TAKE_PTR(list));
}

static int cli_define_put_access(json_object *group, const struct definition_options *options)
{
	_cleanup_json_ json_object *access = NULL;
	int r;

	if (!options->users && !options->groups)
		return 0;
	access = json_object_new_object();
	r = cli_define_put_strings(access, "users", options->users);
	if (r < 0)
		return r;
	r = cli_define_put_strings(access, "groups", options->groups);
	if (r < 0)
		return r;
	return cli_json_set(group, "access", TAKE_PTR(access));
}

/*
 * Returns the group as a file has it. The parser of files checks later whether the words are valid.
 */
static json_object *cli_define_group_from_options(const struct definition_options *options)
{
	const struct {
		const char *key, *value;
	} words[] = {
		{ "description", options->description },
		{ "driver", options->driver },
		{ "bind", options->bind },
		{ "on-release", options->on_release },
		{ "reserved-for", options->reserved_for },
		{ "memlock", options->memlock },
	};
	_cleanup_json_ json_object *group = json_object_new_object();

	if (cli_define_put_devices(group, options->devices) < 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].value && cli_json_set_str(group, words[i].key, words[i].value) < 0)
			return NULL;
	if (cli_define_put_access(group, options) < 0)
		return NULL;
	return TAKE_PTR(group);
}

/*
 * Returns the address of the PCI function above a place in sysfs, in the place itself; NULL: there
 * is none. Cuts @place.
 */
static const char *cli_define_find_function(char *place)
{
	struct pciaddr addr;
	char *slash;

	while ((slash = strrchr(place, '/'))) {
		if (pciaddr_parse(slash + 1, &addr) >= 0)
			return slash + 1;
		*slash = '\0';
	}
	return NULL;
}

/*
 * Gets the place in sysfs of "eth0", "/dev/nvme0n1" or "/sys/class/net/eth0" on this host. The
 * caller frees it; NULL: there is none.
 */
static char *cli_define_find_place(const char *name)
{
	static const char *const classes[] = { "net", "block", "nvme", "drm" };
	const char *slash = strrchr(name, '/');

	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		_cleanup_free_ char *link =
			str_printf("/sys/class/%s/%s", classes[i], slash ? slash + 1 : name);
		char target[PATH_MAX];
		ssize_t n = link ? readlink(link, target, sizeof(target) - 1) : -1;

		if (n > 0)
			return strndup(target, (size_t)n);
	}
	return str_starts(name, "/sys/") ? strdup(name) : NULL;
}

/* Replaces the names of interfaces and disks of this host by addresses. 0 or -ENOMEM. */
static int cli_define_resolve_devices(const struct cli *cli)
{
	for (char **device = cli->options.definition.devices; device && *device; device++) {
		_cleanup_free_ char *key = NULL, *place = NULL;
		const char *address;

		if (cli->options.root || **device == '{' ||
		    device_bus_key_normalize(*device, &key) >= 0)
			continue;
		place = cli_define_find_place(*device);
		address = place ? cli_define_find_function(place) : NULL;
		if (address && str_set(device, address) < 0)
			return -ENOMEM;
	}
	return 0;
}

static char *cli_define_text_from_options(const struct cli *cli)
{
	json_object *group = cli_define_resolve_devices(cli) < 0 ?
				     NULL :
				     cli_define_group_from_options(&cli->options.definition);
	_cleanup_json_ json_object *root =
		CLI_JSON_NEW({ "groups", CLI_JSON_NEW({ cli->words[0], group }) });

	return root ? strdup(json_object_to_json_string(root)) : NULL;
}

/* --- from output of this program --- */

static json_object *cli_define_get_groups(json_object *entry)
{
	json_object *definition = NULL, *groups = NULL;

	if (json_object_is_type(entry, json_type_object))
		json_object_object_get_ex(entry, "definition", &definition);
	if (json_object_is_type(definition, json_type_object))
		json_object_object_get_ex(definition, "groups", &groups);
	return json_object_is_type(groups, json_type_object) ? groups : NULL;
}

static int cli_define_merge_groups(json_object *into, json_object *entry)
{
	json_object *groups = cli_define_get_groups(entry);

	if (!groups) {
		fprintf(stderr,
			"devgroupctl: an entry of the list has no \"definition\"%s%s: expected the "
			"output of devgroupctl list --json for defined groups.\n",
			*cli_json_get_str(entry, "name") ? ": " : "",
			cli_json_get_str(entry, "name"));
		return EXIT_FAILED;
	}
	json_object_object_foreach(groups, name, group)
	{
		if (cli_json_set(into, name, json_object_get(group)) < 0)
			return cli_fail(-ENOMEM, "cannot read the list");
	}
	return 0;
}

/*
 * Collects the definitions in the output of `list` (an array) or `status` (an object) in one file.
 */
static int cli_define_unwrap(json_object *output, char **ret)
{
	json_object *groups = json_object_new_object();
	_cleanup_json_ json_object *root = CLI_JSON_NEW({ "groups", groups });
	bool is_list = json_object_is_type(output, json_type_array);
	size_t n = is_list ? json_object_array_length(output) : 1;
	int r;

	if (!root)
		return cli_fail(-ENOMEM, "cannot read the list");
	for (size_t i = 0; i < n; i++) {
		r = cli_define_merge_groups(groups, is_list ? json_object_array_get_idx(output, i) :
							      output);
		if (r)
			return r;
	}
	*ret = strdup(json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY));
	if (!*ret)
		return cli_fail(-ENOMEM, "cannot read the list");
	return 0;
}

/*
 * Tells whether @text is output of `list` or `status`. The parser of files reports text that is not
 * JSON.
 */
static bool cli_define_is_output(const char *text, size_t size)
{
	const struct jsontext_rules rules = { .comments = true, .max_depth = MAX_DEPTH };
	_cleanup_jsontext_ struct jsontext *doc = NULL;
	struct jsontext_error error;
	const struct jsontext_node *root;

	if (jsontext_parse(text, size, &rules, &doc, &error) < 0)
		return false;
	root = jsontext_root(doc);
	return root->type == JSONTEXT_ARRAY ||
	       (root->type == JSONTEXT_OBJECT && jsontext_member(root, "definition"));
}

/* Replaces *text by a file with its definitions if it is output of `list` or `status`. */
static int cli_define_unwrap_output(char **text, size_t size, bool *ret_unwrapped)
{
	_cleanup_json_ json_object *output = NULL;
	_cleanup_free_ char *file = NULL;
	int r;

	*ret_unwrapped = cli_define_is_output(*text, size);
	if (!*ret_unwrapped)
		return 0;
	output = json_tokener_parse(*text);
	r = cli_define_unwrap(output, &file);
	if (r)
		return r;
	free(*text);
	*text = TAKE_PTR(file);
	return 0;
}

/* --- all inputs --- */

static int cli_define_check(const struct def_set *config, const char *name)
{
	cli_files_print_problems(stderr, config);
	if (def_set_has_errors(config))
		return EXIT_FAILED;
	if (config->sriov.n > 0) {
		const struct vf_def *sriov = config->sriov.items[0];

		fprintf(stderr,
			"devgroupctl: %s:%u: define takes groups only. Write virtual functions "
			"into a file of /etc/devgroups.d yourself.\n",
			name, sriov->line);
		return EXIT_FAILED;
	}
	if (config->mdevs.n > 0) {
		const struct mdev_def *mdev = config->mdevs.items[0];

		fprintf(stderr,
			"devgroupctl: %s:%u: define takes groups only. Write mediated devices into "
			"a file of /etc/devgroups.d yourself.\n",
			name, mdev->line);
		return EXIT_FAILED;
	}
	if (config->groups.n > 0)
		return 0;
	fprintf(stderr, "devgroupctl: %s defines no group.\n", name);
	return EXIT_FAILED;
}

/* Removes the positions from problems: they refer to a text that the user has not written. */
static void cli_define_clear_positions(const struct def_set *config)
{
	VEC_FOREACH(struct problem, problem, &config->problems)
		problem->line = problem->column = 0;
}

static int cli_define_load_text(const char *name, const char *text, struct def_set **ret)
{
	_cleanup_def_set_ struct def_set *config = def_set_new();
	int r;

	if (!config)
		return -ENOMEM;
	r = parse_definitions(config, name, text, strlen(text));
	if (r < 0)
		return r;
	r = def_set_check_devices(config);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(config);
	return 0;
}

static int cli_define_parse(const char *name, const char *text, bool written, struct def_set **ret)
{
	_cleanup_def_set_ struct def_set *config = NULL;
	int r;

	r = cli_define_load_text(name, text, &config);
	if (r < 0)
		return cli_fail(r, "cannot read the definition");
	if (!written)
		cli_define_clear_positions(config);
	r = cli_define_check(config, name);
	if (r)
		return r;
	*ret = TAKE_PTR(config);
	return 0;
}

static int cli_define_read_text(const char *name, char **ret, size_t *ret_size)
{
	int r = cli_files_read(name, CONFIG_DIRS_MAX_FILE, ret, ret_size);

	if (r == -EISDIR) {
		fprintf(stderr, "devgroupctl: %s is not a file.\n", name);
		return EXIT_FAILED;
	}
	if (r == -ENOENT) {
		fprintf(stderr,
			"devgroupctl: There is no file %s. To define a group of this name, name "
			"its devices with --device.\n",
			name);
		return EXIT_FAILED;
	}
	if (r < 0) {
		fprintf(stderr, "devgroupctl: %s: %s\n", name, strerror(-r));
		return EXIT_FAILED;
	}
	return 0;
}

static int cli_define_read_file(const char *name, struct def_set **ret, char **ret_text)
{
	_cleanup_free_ char *text = NULL;
	bool unwrapped = false;
	size_t size;
	int r = cli_define_read_text(name, &text, &size);

	if (r)
		return r;
	if (memchr(text, '\0', size)) {
		fprintf(stderr, "devgroupctl: %s: the character NUL is not allowed in JSON.\n",
			name);
		return EXIT_FAILED;
	}
	r = cli_define_unwrap_output(&text, size, &unwrapped);
	if (r)
		return r;
	r = cli_define_parse(name, text, !unwrapped, ret);
	if (r)
		return r;
	if (!unwrapped && (*ret)->groups.n == 1)
		*ret_text = TAKE_PTR(text);
	return 0;
}

int cli_define_read(const struct cli *cli, struct def_set **ret, char **ret_text)
{
	_cleanup_free_ char *text = NULL;

	*ret_text = NULL;
	if (!cli->options.definition.devices)
		return cli_define_read_file(cli->words[0], ret, ret_text);
	text = cli_define_text_from_options(cli);
	if (!text)
		return cli_fail(-ENOMEM, "cannot read the definition");
	return cli_define_parse(ON_COMMAND_LINE, text, false, ret);
}
