/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/fileio.h"
#include "base/str.h"
#include "cli/cli-bus.h"
#include "cli/cli-files.h"
#include "cli/cli-host.h"
#include "cli/cli-snapshot.h"
#include "model/config/config-dirs.h"
#include "policy/isolation/isolation.h"
#include "policy/offline/host-file.h"

#define HOST_FILE_MAX                                                                              \
	(256u << 20) /* 4 KiB of every function of a large host, in hexadecimal with blanks */
#define UNNAMED "iommu:"

/* --- reading --------------------------------------------------------------------------------- */

static int read_file(const char *path, struct inventory **ret)
{
	_cleanup_free_ char *text = NULL, *error = NULL;
	size_t size;
	int r = str_eq(path, "-") ? files_read_stdin(HOST_FILE_MAX, &text, &size)
				  : file_read_at(AT_FDCWD, path, HOST_FILE_MAX, &text, &size);

	if (r >= 0)
		r = hostfile_parse(text, size, ret, &error);
	if (r >= 0)
		return 0;
	fprintf(stderr, "devgroupctl: --host=%s: %s\n", path, error ? error : strerror(-r));
	return EXIT_FAILED;
}

/* What is wrong with them is for "check" to say in full; here it is only said that something is. */
static int read_definitions(const struct cli *cli, struct config **ret)
{
	const char *const own[] = { cli->options.config_dir, NULL };
	int r;

	if (!own[0])
		r = files_load(cli, ret);
	else
		r = confdir_load(own, ret) < 0 ? cli_fail(-ENOMEM, "cannot read the definitions") : 0;
	if (r)
		return r;
	VEC_FOREACH (const struct problem, problem, &(*ret)->problems)
		if (!problem->warning)
			files_print_problem(stderr, problem);
	return 0;
}

int host_open(struct cli *cli, struct host *ret)
{
	const struct options *o = &cli->options;
	int r;

	*ret = (struct host){ 0 };
	if (o->config_dir && !o->host_file) {
		fprintf(stderr,
			"devgroupctl: --config-dir is for --host=FILE: elsewhere the daemon "
			"has the definitions.\n");
		return EXIT_USAGE;
	}
	r = o->host_file ? read_file(o->host_file, &ret->inv) : snapshot_load(cli, &ret->inv);
	if (!r && o->host_file)
		r = read_definitions(cli, &ret->config);
	if (!r)
		r = files_load_quirks(cli, &ret->quirks);
	if (r)
		return r;
	r = assess_new(ret->inv, NULL, &ret->assess);
	if (r >= 0 && ret->config)
		r = host_compare(ret, ret->config);
	return r < 0 ? cli_fail(r, "cannot look at the host") : 0;
}

int host_compare(struct host *host, const struct config *config)
{
	int r = 0;

	overlap_free(host->overlap);
	host->overlap = overlap_new();
	if (!host->overlap)
		return -ENOMEM;
	VEC_FOREACH (const struct groupdef, def, &config->groups) {
		_cleanup_groupview_ struct groupview view = { 0 };

		if (r >= 0)
			r = resolve_group(host->inv, def, &view);
		if (r >= 0)
			r = overlap_add(host->overlap, def, &view);
	}
	return r < 0 ? r : overlap_settle(host->overlap);
}

void host_clear(struct host *host)
{
	overlap_free(host->overlap);
	assess_free(host->assess);
	config_free(host->config);
	config_free(host->quirks);
	inventory_free(host->inv);
	*host = (struct host){ 0 };
}

/* --- finding --------------------------------------------------------------------------------- */

static bool has_interface(const struct device *device, const char *name)
{
	STRV_FOREACH(interface, device->interfaces)
	{
		const char *slash = strchr(*interface, '/');

		if (str_eq(*interface, name) || (slash && str_eq(slash + 1, name)))
			return true;
	}
	return false;
}

struct device *host_find_device(const struct host *host, const char *name)
{
	_cleanup_free_ char *key = NULL;

	if (devkey_normalize(name, &key) >= 0)
		return inventory_find(host->inv, key);
	if (str_starts(name, "/dev/"))
		name += strlen("/dev/");
	VEC_FOREACH (struct device, device, &host->inv->devices)
		if (has_interface(device, name))
			return device;
	return NULL;
}

struct iommu_group *host_find_iommu_group(const struct host *host, const char *name)
{
	unsigned id;

	if (!str_starts(name, UNNAMED) || parse_uint(name + strlen(UNNAMED), &id) < 0 ||
	    id > INT_MAX)
		return NULL;
	return inventory_find_group(host->inv, (int)id);
}

/* --- deciding -------------------------------------------------------------------------------- */

static int resolve_alone(const struct host *host, const struct groupdef *def, struct groupview *ret)
{
	int r = resolve_group(host->inv, def, ret);

	return r < 0 ? r : assess_group(host->assess, def, ret);
}

int host_resolve(const struct host *host, const struct groupdef *def, struct groupview *ret)
{
	int r = resolve_alone(host, def, ret);

	return r < 0 || !host->overlap ? r : overlap_assess(host->overlap, def, ret);
}

static int name_device(struct groupdef *def, const struct device *device)
{
	_cleanup_selector_ struct selector *selector = selector_new();
	int r;

	if (!selector || str_set(&selector->address, device->key) < 0)
		return -ENOMEM;
	r = vec_add(&def->selectors, selector);
	if (r >= 0)
		TAKE_PTR(selector);
	return r;
}

static bool only_bridges(const struct vec *devices)
{
	VEC_FOREACH (const struct device, device, devices)
		if (!device_is_bridge(device))
			return false;
	return true;
}

int host_resolve_devices(const struct host *host, const struct vec *devices, struct groupview *ret)
{
	_cleanup_groupdef_ struct groupdef *def = groupdef_new("unnamed");
	bool bridges = only_bridges(devices);
	int r = def ? 0 : -ENOMEM;

	VEC_FOREACH (const struct device, device, devices)
		if (r >= 0 && (bridges || !device_is_bridge(device)))
			r = name_device(def, device);
	return r < 0 ? r : resolve_alone(host, def, ret);
}

const char *host_state(const struct groupdef *def, const struct groupview *view)
{
	if (view->absent)
		return "absent";
	if (view->blockers.n > 0)
		return "blocked";
	return def->reserved_for ? "reserved" : "available";
}

/* --- as JSON --------------------------------------------------------------------------------- */

static int add_blocker(json_object *list, const struct blocker *blocker)
{
	_cleanup_json_ json_object *object = json_object_new_object();

	if (!object || js_set_str(object, "code", blocker->code) < 0 ||
	    js_set_str(object, "device", blocker->device) < 0 ||
	    js_set(object, "hard", json_object_new_boolean(blocker->hard)) < 0 ||
	    js_set_str(object, "text", blocker->text) < 0)
		return -ENOMEM;
	return js_append(list, TAKE_PTR(object));
}

json_object *host_blockers(const struct groupview *view)
{
	_cleanup_json_ json_object *list = json_object_new_array();

	VEC_FOREACH (const struct blocker, blocker, &view->blockers)
		if (!list || add_blocker(list, blocker) < 0)
			return NULL;
	return TAKE_PTR(list);
}

static int add_cause(json_object *list, const struct inventory *inv, const struct device *device,
		     const struct isolation_cause *cause)
{
	_cleanup_json_ json_object *object = json_object_new_object();
	_cleanup_free_ char *text = isolation_text(inv, device, cause);

	if (!object || !text ||
	    js_set_str(object, "cause", isolation_code_to_string(cause->code)) < 0 ||
	    js_set_str(object, "device", cause->peer) < 0 || js_set_str(object, "text", text) < 0)
		return -ENOMEM;
	return js_append(list, TAKE_PTR(object));
}

json_object *host_causes(const struct inventory *inv, const struct device *device)
{
	_cleanup_json_ json_object *list = json_object_new_array();
	_cleanup_isolation_ struct vec causes = { 0 };

	if (!list || isolation_find(inv, device, &causes) < 0)
		return NULL;
	VEC_FOREACH (const struct isolation_cause, cause, &causes)
		if (add_cause(list, inv, device, cause) < 0)
			return NULL;
	return TAKE_PTR(list);
}
