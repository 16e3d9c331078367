/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/fileio.h"
#include "base/str.h"
#include "cli/bus/cli-bus.h"
#include "cli/host/cli-files.h"
#include "cli/host/cli-host.h"
#include "cli/bus/cli-snapshot.h"
#include "model/config/config-dirs.h"
#include "policy/isolation/isolation.h"
#include "policy/offline/host-file.h"

#define HOST_FILE_MAX \
	(256u << 20) /* 4 KiB of every function of a large host, in hexadecimal with blanks */
#define UNNAMED_PREFIX "iommu:"

/* --- reading --- */

static int cli_host_read_file(const char *path, struct inventory **ret)
{
	_cleanup_free_ char *text = NULL, *error = NULL;
	size_t size;
	int r = str_eq(path, "-") ? cli_files_read_stdin(HOST_FILE_MAX, &text, &size) :
				    fileio_read_at(AT_FDCWD, path, HOST_FILE_MAX, &text, &size);

	if (r >= 0)
		r = host_file_parse(text, size, ret, &error);
	if (r >= 0)
		return 0;
	fprintf(stderr, "devgroupctl: --host=%s: %s\n", path, error ? error : strerror(-r));
	return EXIT_FAILED;
}

/* What is wrong with them is for "check" to say in full; here it is only said that something is. */
static int cli_host_read_definitions(const struct cli *cli, struct def_set **ret)
{
	const char *const own[] = { cli->options.config_dir, NULL };
	int r;

	if (!own[0])
		r = cli_files_load(cli, ret);
	else
		r = config_dirs_load(own, ret) < 0 ?
			    cli_fail(-ENOMEM, "cannot read the definitions") :
			    0;
	if (r)
		return r;
	VEC_FOREACH(const struct problem, problem, &(*ret)->problems)
		if (!problem->warning)
			cli_files_print_problem(stderr, problem);
	return 0;
}

int cli_host_open(struct cli *cli, struct cli_host *ret)
{
	const struct cli_options *o = &cli->options;
	int r;

	*ret = (struct cli_host){ 0 };
	if (o->config_dir && !o->host_file) {
		fprintf(stderr,
			"devgroupctl: --config-dir is for --host=FILE: elsewhere the daemon "
			"has the definitions.\n");
		return EXIT_USAGE;
	}
	r = o->host_file ? cli_host_read_file(o->host_file, &ret->inv) :
			   cli_snapshot_load(cli, &ret->inv);
	if (!r && o->host_file)
		r = cli_host_read_definitions(cli, &ret->config);
	if (!r)
		r = cli_files_load_quirks(cli, &ret->quirks);
	if (r)
		return r;
	r = assess_new(ret->inv, NULL, &ret->assess);
	if (r >= 0 && ret->config)
		r = cli_host_find_overlaps(ret, ret->config);
	return r < 0 ? cli_fail(r, "cannot look at the host") : 0;
}

int cli_host_find_overlaps(struct cli_host *host, const struct def_set *config)
{
	int r = 0;

	overlap_free(host->overlap);
	host->overlap = overlap_new();
	if (!host->overlap)
		return -ENOMEM;
	VEC_FOREACH(const struct group_def, def, &config->groups) {
		_cleanup_resolved_group_ struct resolved_group resolved = { 0 };

		if (r >= 0)
			r = resolve_group(host->inv, def, &resolved);
		if (r >= 0)
			r = overlap_add(host->overlap, def, &resolved);
	}
	return r < 0 ? r : overlap_decide(host->overlap);
}

void cli_host_clear(struct cli_host *host)
{
	overlap_free(host->overlap);
	assess_free(host->assess);
	def_set_free(host->config);
	def_set_free(host->quirks);
	inventory_free(host->inv);
	*host = (struct cli_host){ 0 };
}

/* --- finding --- */

static bool cli_host_device_has_interface(const struct device *device, const char *name)
{
	STRV_FOREACH(interface, device->interfaces) {
		const char *slash = strchr(*interface, '/');

		if (str_eq(*interface, name) || (slash && str_eq(slash + 1, name)))
			return true;
	}
	return false;
}

struct device *cli_host_find_device(const struct cli_host *host, const char *name)
{
	_cleanup_free_ char *key = NULL;

	if (device_bus_key_normalize(name, &key) >= 0)
		return inventory_find(host->inv, key);
	if (str_starts(name, "/dev/"))
		name += strlen("/dev/");
	VEC_FOREACH(struct device, device, &host->inv->devices)
		if (cli_host_device_has_interface(device, name))
			return device;
	return NULL;
}

struct iommu_group *cli_host_find_iommu_group(const struct cli_host *host, const char *name)
{
	unsigned id;

	if (!str_starts(name, UNNAMED_PREFIX) ||
	    str_parse_uint(name + strlen(UNNAMED_PREFIX), &id) < 0 || id > INT_MAX)
		return NULL;
	return inventory_find_group(host->inv, (int)id);
}

/* --- deciding --- */

static int cli_host_resolve_alone(const struct cli_host *host, const struct group_def *def,
				  struct resolved_group *ret)
{
	int r = resolve_group(host->inv, def, ret);

	return r < 0 ? r : assess_group(host->assess, def, ret);
}

int cli_host_resolve(const struct cli_host *host, const struct group_def *def,
		     struct resolved_group *ret)
{
	int r = cli_host_resolve_alone(host, def, ret);

	return r < 0 || !host->overlap ? r : overlap_assess(host->overlap, def, ret);
}

static int cli_host_add_selector(struct group_def *def, const struct device *device)
{
	_cleanup_selector_ struct selector *selector = group_def_selector_new();
	int r;

	if (!selector || str_set(&selector->address, device->key) < 0)
		return -ENOMEM;
	r = vec_add(&def->selectors, selector);
	if (r >= 0)
		TAKE_PTR(selector);
	return r;
}

static bool cli_host_only_bridges(const struct vec *devices)
{
	VEC_FOREACH(const struct device, device, devices)
		if (!device_is_bridge(device))
			return false;
	return true;
}

int cli_host_resolve_devices(const struct cli_host *host, const struct vec *devices,
			     struct resolved_group *ret)
{
	_cleanup_group_def_ struct group_def *def = group_def_new("unnamed");
	bool bridges = cli_host_only_bridges(devices);
	int r = def ? 0 : -ENOMEM;

	VEC_FOREACH(const struct device, device, devices)
		if (r >= 0 && (bridges || !device_is_bridge(device)))
			r = cli_host_add_selector(def, device);
	return r < 0 ? r : cli_host_resolve_alone(host, def, ret);
}

const char *cli_host_state(const struct group_def *def, const struct resolved_group *resolved)
{
	if (resolved->absent)
		return "absent";
	if (resolved->blockers.n > 0)
		return "blocked";
	return def->reserved_for ? "reserved" : "available";
}

/* --- as JSON --- */

static int cli_host_add_blocker(json_object *list, const struct blocker *blocker)
{
	_cleanup_json_ json_object *object = json_object_new_object();

	if (!object || cli_json_set_str(object, "code", blocker->code) < 0 ||
	    cli_json_set_str(object, "device", blocker->device) < 0 ||
	    cli_json_set(object, "hard", json_object_new_boolean(blocker->hard)) < 0 ||
	    cli_json_set_str(object, "text", blocker->text) < 0)
		return -ENOMEM;
	return cli_json_append(list, TAKE_PTR(object));
}

json_object *cli_host_blockers_to_json(const struct resolved_group *resolved)
{
	_cleanup_json_ json_object *list = json_object_new_array();

	VEC_FOREACH(const struct blocker, blocker, &resolved->blockers)
		if (!list || cli_host_add_blocker(list, blocker) < 0)
			return NULL;
	return TAKE_PTR(list);
}

static int cli_host_add_cause(json_object *list, const struct inventory *inv,
			      const struct device *device, const struct isolation_cause *cause)
{
	_cleanup_json_ json_object *object = json_object_new_object();
	_cleanup_free_ char *text = isolation_text(inv, device, cause);

	if (!object || !text ||
	    cli_json_set_str(object, "cause", isolation_code_to_string(cause->code)) < 0 ||
	    cli_json_set_str(object, "device", cause->peer) < 0 ||
	    cli_json_set_str(object, "text", text) < 0)
		return -ENOMEM;
	return cli_json_append(list, TAKE_PTR(object));
}

json_object *cli_host_causes_to_json(const struct inventory *inv, const struct device *device)
{
	_cleanup_json_ json_object *list = json_object_new_array();
	_cleanup_isolation_ struct vec causes = { 0 };

	if (!list || isolation_find(inv, device, &causes) < 0)
		return NULL;
	VEC_FOREACH(const struct isolation_cause, cause, &causes)
		if (cli_host_add_cause(list, inv, device, cause) < 0)
			return NULL;
	return TAKE_PTR(list);
}
