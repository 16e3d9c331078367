/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "cli/bus/cli-snapshot.h"
#include "cli/cli.h"
#include "cli/host/cli-files.h"
#include "cli/host/cli-host.h"
#include "model/config/config-dirs.h"
#include "model/config/name-miss.h"
#include "model/device-name.h"
#include "policy/isolation/isolation.h"
#include "policy/offline/host-file.h"
#include "policy/offline/host-quirks.h"

/* Room for 4 KiB of each function of a large host, as hexadecimal with blanks. */
#define HOST_FILE_MAX (256u << 20)

/* --- reading --- */

/* Prints what the reader could not use, on standard error: the output stays for programs. */
static void cli_host_print_notes(const char *path, const struct inventory *inv)
{
	STRV_FOREACH(note, inv->notes)
		fprintf(stderr, "devgroupctl: --host=%s: warning: %s\n", path, *note);
}

static int cli_host_read_file(const char *path, struct inventory **ret)
{
	_cleanup_free_ char *text = NULL, *error = NULL;
	size_t size;
	int r = cli_files_read(path, HOST_FILE_MAX, &text, &size);

	if (r < 0) {
		fprintf(stderr, "devgroupctl: --host=%s: %s\n", path, strerror(-r));
		return EXIT_FAILED;
	}
	r = host_file_parse(text, size, ret, &error);
	if (r < 0) {
		fprintf(stderr, "devgroupctl: --host=%s: %s\n", path, error ? error : strerror(-r));
		return EXIT_FAILED;
	}
	cli_host_print_notes(path, *ret);
	return 0;
}

static int cli_host_load_definitions(const struct cli *cli, struct def_set **ret)
{
	const char *const own[] = { cli->options.config_dir, NULL };

	if (!own[0])
		return cli_files_load(cli, ret);
	if (config_dirs_load(own, ret) < 0)
		return cli_fail(-ENOMEM, "cannot read the definitions");
	return 0;
}

/* Reads the definitions and prints their errors. Warnings are left to `check`. */
static int cli_host_read_definitions(const struct cli *cli, struct def_set **ret)
{
	int r = cli_host_load_definitions(cli, ret);

	if (r)
		return r;
	VEC_FOREACH(const struct problem, problem, &(*ret)->problems)
		if (!problem->warning)
			cli_files_print_problem(stderr, problem);
	return 0;
}

/* Reads the inventory, and for a recorded host the definitions. 0 or an exit status. */
static int cli_host_read(struct cli *cli, struct cli_host *host)
{
	const char *file = cli->options.host_file;
	int r;

	if (!file)
		return cli_snapshot_load(cli, &host->inv);
	r = cli_host_read_file(file, &host->inv);
	if (r)
		return r;
	return cli_host_read_definitions(cli, &host->config);
}

/* Prepares the assessment of groups. 0 or negative errno. */
static int cli_host_prepare(struct cli_host *host)
{
	int r = host_quirks_apply(host->inv, &host->quirks->quirks);

	if (r < 0)
		return r;
	r = assess_new(host->inv, &host->quirks->quirks, NULL, &host->assess);
	if (r < 0)
		return r;
	if (!host->config)
		return 0;
	return cli_host_find_overlaps(host, host->config);
}

int cli_host_open(struct cli *cli, struct cli_host *ret)
{
	const struct cli_options *o = &cli->options;
	int r;

	*ret = (struct cli_host){ 0 };
	if (o->config_dir && !o->host_file) {
		fprintf(stderr, "devgroupctl: --config-dir needs --host=FILE: otherwise the daemon "
				"has the definitions.\n");
		return EXIT_USAGE;
	}
	r = cli_host_read(cli, ret);
	if (r)
		return r;
	r = cli_files_load_quirks(cli, &ret->quirks);
	if (r)
		return r;
	r = cli_host_prepare(ret);
	if (r < 0)
		return cli_fail(r, "cannot inspect the host");
	return 0;
}

static int cli_host_add_overlap(struct cli_host *host, const struct group_def *def)
{
	_cleanup_resolved_group_ struct resolved_group resolved = { 0 };
	int r;

	r = resolve_group(host->inv, def, &resolved);
	if (r < 0)
		return r;
	return overlap_add(host->overlap, def, &resolved);
}

int cli_host_find_overlaps(struct cli_host *host, const struct def_set *config)
{
	int r;

	overlap_free(host->overlap);
	host->overlap = overlap_new();
	if (!host->overlap)
		return -ENOMEM;
	VEC_FOREACH(const struct group_def, def, &config->groups) {
		r = cli_host_add_overlap(host, def);
		if (r < 0)
			return r;
	}
	return overlap_decide(host->overlap);
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

struct device *cli_host_find_device(const struct cli_host *host, const char *name)
{
	return device_name_find(host->inv, name);
}

struct iommu_group *cli_host_find_iommu_group(const struct cli_host *host, const char *name)
{
	return device_name_find_iommu_group(host->inv, name);
}

/* Tells whether @def takes @device, or a device of @iommu_group. 1, 0 or -ENOMEM. */
static int cli_host_has_device(const struct cli_host *host, const struct group_def *def,
			       const struct device *device, const struct iommu_group *iommu_group)
{
	_cleanup_resolved_group_ struct resolved_group resolved = { 0 };
	int r;

	r = resolve_group(host->inv, def, &resolved);
	if (r < 0)
		return r;
	VEC_FOREACH(const struct device, member, &resolved.devices)
		if (member == device ||
		    (iommu_group && member->iommu_group == (int)iommu_group->id))
			return 1;
	return 0;
}

int cli_host_find_owner(const struct cli_host *host, const struct device *device,
			const struct iommu_group *iommu_group, const struct group_def **ret)
{
	*ret = NULL;
	VEC_FOREACH(const struct group_def, def, &host->config->groups) {
		int r = cli_host_has_device(host, def, device, iommu_group);

		if (r < 0)
			return r;
		if (r == 0)
			continue;
		*ret = def;
		return 0;
	}
	return 0;
}

char *cli_host_hint(const struct def_set *config, const char *name)
{
	_cleanup_strv_ char **names = NULL;

	VEC_FOREACH(const struct group_def, def, &config->groups)
		if (strv_add(&names, def->name) < 0)
			return NULL;
	return name_miss_hint(name, names, &config->problems);
}

int cli_host_refuse_name(const struct def_set *config, const char *name)
{
	_cleanup_free_ char *hint = cli_host_hint(config, name);

	if (!hint)
		return cli_fail(-ENOMEM, "cannot find the group");
	fprintf(stderr, "devgroupctl: There is no group %s.%s\n", name, hint);
	return EXIT_NO_SUCH;
}

int cli_host_find_group(const struct cli_host *host, const char *name, const struct group_def **ret)
{
	const struct iommu_group *iommu_group;
	const struct device *device;

	*ret = def_set_find_group(host->config, name);
	if (*ret)
		return 0;
	iommu_group = cli_host_find_iommu_group(host, name);
	device = cli_host_find_device(host, name);
	if ((device || iommu_group) && cli_host_find_owner(host, device, iommu_group, ret) < 0)
		return cli_fail(-ENOMEM, "cannot find the group");
	if (*ret)
		return 0;
	if (!device && !iommu_group)
		return cli_host_refuse_name(host->config, name);
	fprintf(stderr, "devgroupctl: %s is in no group.\n", device ? device->key : name);
	return EXIT_NO_SUCH;
}

/* --- deciding --- */

static int cli_host_resolve_alone(const struct cli_host *host, const struct group_def *def,
				  struct resolved_group *ret)
{
	int r;

	r = resolve_group(host->inv, def, ret);
	if (r < 0)
		return r;
	return assess_group(host->assess, def, ret);
}

int cli_host_resolve(const struct cli_host *host, const struct group_def *def,
		     struct resolved_group *ret)
{
	int r;

	r = cli_host_resolve_alone(host, def, ret);
	if (r < 0)
		return r;
	if (!host->overlap)
		return 0;
	return overlap_assess(host->overlap, def, ret);
}

static int cli_host_add_selector(struct group_def *def, const struct device *device)
{
	_cleanup_selector_ struct selector *selector = group_def_selector_new();
	int r;

	if (!selector)
		return -ENOMEM;
	r = str_set(&selector->address, device->key);
	if (r < 0)
		return r;
	r = vec_add(&def->selectors, selector);
	if (r < 0)
		return r;
	TAKE_PTR(selector);
	return 0;
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
	int r;

	if (!def)
		return -ENOMEM;
	VEC_FOREACH(const struct device, device, devices) {
		if (!bridges && device_is_bridge(device))
			continue;
		r = cli_host_add_selector(def, device);
		if (r < 0)
			return r;
	}
	return cli_host_resolve_alone(host, def, ret);
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

static json_object *cli_host_blocker_to_json(const struct blocker *blocker)
{
	return CLI_JSON_NEW({ "code", json_object_new_string(blocker->code) },
			    { "device", json_object_new_string(blocker->device) },
			    { "hard", json_object_new_boolean(blocker->hard) },
			    { "text", json_object_new_string(blocker->text) });
}

json_object *cli_host_blockers_to_json(const struct resolved_group *resolved)
{
	_cleanup_json_ json_object *list = json_object_new_array();

	VEC_FOREACH(const struct blocker, blocker, &resolved->blockers)
		if (cli_json_append(list, cli_host_blocker_to_json(blocker)) < 0)
			return NULL;
	return TAKE_PTR(list);
}

static json_object *cli_host_cause_to_json(const struct inventory *inv, const struct device *device,
					   const struct isolation_cause *cause)
{
	_cleanup_free_ char *text = isolation_text(inv, device, cause);

	if (!text)
		return NULL;
	return CLI_JSON_NEW({ "cause",
			      json_object_new_string(isolation_code_to_string(cause->code)) },
			    { "device", json_object_new_string(cause->peer) },
			    { "text", json_object_new_string(text) });
}

json_object *cli_host_causes_to_json(const struct inventory *inv, const struct device *device)
{
	_cleanup_json_ json_object *list = json_object_new_array();
	_cleanup_isolation_ struct vec causes = { 0 };

	if (isolation_find(inv, device, &causes) < 0)
		return NULL;
	VEC_FOREACH(const struct isolation_cause, cause, &causes)
		if (cli_json_append(list, cli_host_cause_to_json(inv, device, cause)) < 0)
			return NULL;
	return TAKE_PTR(list);
}
