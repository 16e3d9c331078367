/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * devgroupctl explain: finds the group or device and collects what cli-explain.c and cli-report.c
 * show.
 */

#include <errno.h>
#include <stdio.h>

#include "base/str.h"
#include "base/strv.h"
#include "cli/bus/cli-bus.h"
#include "cli/bus/cli-name.h"
#include "cli/bus/cli-object.h"
#include "cli/explain/cli-explain-rules.h"
#include "cli/explain/cli-explain-vmm.h"
#include "cli/explain/cli-explain.h"
#include "cli/explain/cli-report.h"
#include "cli/print/cli-describe.h"
#include "cli/print/cli-pager.h"
#include "model/dbus-names.h"
#include "policy/devinfo/mem-need.h"

/* The subject of the explanation: devices, and the JSON about them. */
struct subject {
	const struct cli_host *host;
	struct vec devices; /* struct device, borrowed from the host */
	json_object *object;
	char *memlock;	/* the memlock of the definition, or NULL */
	char **methods; /* the reset methods of the definition; NULL: all */
};

static void subject_clear(struct subject *subject)
{
	vec_drop(&subject->devices);
	json_object_put(subject->object);
	free(subject->memlock);
	strv_free(subject->methods);
}

static int subject_add_devices(struct subject *subject, const struct vec *devices)
{
	VEC_FOREACH(struct device, device, devices) {
		int r = vec_add(&subject->devices, device);

		if (r < 0)
			return r;
	}
	return 0;
}

static int subject_set_head(struct subject *subject, const char *kind, const char *name,
			    const char *state)
{
	int r;

	r = CLI_JSON_SET(subject->object, { "kind", json_object_new_string(kind) },
			 { "name", json_object_new_string(name) });
	if (r < 0 || !state)
		return r;
	return cli_json_set_str(subject->object, "state", state);
}

/* --- named groups --- */

static int subject_add_resolved(struct subject *subject, const struct resolved_group *resolved)
{
	int r = cli_json_set(subject->object, "blockers", cli_host_blockers_to_json(resolved));

	if (r < 0)
		return r;
	return subject_add_devices(subject, &resolved->devices);
}

static int subject_add_definition(struct subject *subject, const struct group_def *def)
{
	_cleanup_resolved_group_ struct resolved_group resolved = { 0 };
	int r;

	r = cli_host_resolve(subject->host, def, &resolved);
	if (r < 0)
		return r;
	r = subject_set_head(subject, "group", def->name, cli_host_state(def, &resolved));
	if (r < 0)
		return r;
	r = cli_json_set_str(subject->object, "reserved-for", str_or(def->reserved_for, ""));
	if (r < 0)
		return r;
	if (def->memlock) {
		subject->memlock = mem_need_format(def->memlock);
		if (!subject->memlock)
			return -ENOMEM;
	}
	r = strv_copy(def->reset_methods, &subject->methods);
	if (r < 0)
		return r;
	return subject_add_resolved(subject, &resolved);
}

/* Adds the devices of a daemon's group. A device that has gone is left out. */
static int subject_add_paths(struct subject *subject, json_object *paths)
{
	int r;

	for (size_t i = 0; i < cli_json_list_length(paths); i++) {
		_cleanup_free_ char *id = cli_object_id(cli_json_list_str(paths, i));
		struct device *device;

		if (!id)
			return -ENOMEM;
		device = cli_host_find_device(subject->host, id);
		if (!device)
			continue;
		r = vec_add(&subject->devices, device);
		if (r < 0)
			return r;
	}
	vec_sort(&subject->devices, device_cmp);
	return 0;
}

/* Takes over what the explanation needs of the group's definition. */
static int subject_set_definition(struct subject *subject, json_object *definition)
{
	json_object *reset = NULL, *methods;
	const char *memlock = cli_json_get_str(definition, "memlock");

	json_object_object_get_ex(definition, "reset", &reset);
	methods = cli_json_get_list(reset, "methods");
	for (size_t i = 0; i < cli_json_list_length(methods); i++) {
		int r = strv_add(&subject->methods, cli_json_list_str(methods, i));

		if (r < 0)
			return r;
	}
	return str_empty(memlock) ? 0 : str_set(&subject->memlock, memlock);
}

static int subject_add_daemon_group(struct subject *subject, json_object *group)
{
	json_object *blockers = cli_json_get_list(group, "blockers");
	const char *label = cli_json_get_str(group, "reserved-for");
	int r = subject_set_definition(subject, cli_describe_definition(group));

	if (r < 0)
		return r;
	r = subject_set_head(subject, "group", cli_json_get_str(group, "name"),
			     cli_json_get_str(group, "state"));
	if (r < 0)
		return r;
	r = CLI_JSON_SET(subject->object, { "reserved-for", json_object_new_string(label) },
			 { "blockers",
			   blockers ? json_object_get(blockers) : json_object_new_array() });
	if (r < 0)
		return r;
	return subject_add_paths(subject, cli_json_get_list(group, "devices"));
}

static int subject_add_group(struct cli *cli, struct subject *subject, const char *path)
{
	_cleanup_json_ json_object *group = NULL;
	int r = cli_object_get(cli, OBJECT_GROUP, path, &group);

	if (r)
		return r;
	r = subject_add_daemon_group(subject, group);
	if (r < 0)
		return cli_fail(r, "cannot explain the group");
	return 0;
}

static int subject_find_definition(struct subject *subject, const char *name)
{
	const struct group_def *def = def_set_find_group(subject->host->config, name);
	int r;

	if (!def)
		return 0;
	r = subject_add_definition(subject, def);
	if (r < 0)
		return cli_fail(r, "cannot explain the group");
	return 0;
}

/* Fills @subject if @name is the name of a group itself. 0, also if it is not, or an exit status.
 */
static int subject_find_group(struct cli *cli, struct subject *subject, const char *name)
{
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_free_ char *path = NULL;
	bool exact = false;
	int r;

	if (subject->host->config)
		return subject_find_definition(subject, name);
	r = cli_name_try_group(cli, name, &error, &path, &exact);
	if (r >= 0)
		return exact ? subject_add_group(cli, subject, path) : 0;
	if (sd_bus_error_has_name(&error, DG_ERROR_NO_SUCH_GROUP))
		return 0;
	return cli_bus_fail(cli, &error, r);
}

/* --- IOMMU groups and devices without a name --- */

static int subject_add_unnamed(struct subject *subject, const char *kind, const char *name,
			       const struct vec *devices)
{
	_cleanup_resolved_group_ struct resolved_group resolved = { 0 };
	int r;

	r = cli_host_resolve_devices(subject->host, devices, &resolved);
	if (r < 0)
		return r;
	r = subject_set_head(subject, kind, name, NULL);
	if (r < 0)
		return r;
	r = cli_json_set(subject->object, "blockers", cli_host_blockers_to_json(&resolved));
	if (r < 0)
		return r;
	return subject_add_devices(subject, devices);
}

/*
 * Gets the name of the group that has @device; *ret stays NULL if there is none. 0 or negative
 * errno.
 */
static int verb_explain_host_group(const struct cli_host *host, const struct device *device,
				   char **ret)
{
	const struct group_def *def;
	int r = cli_host_find_owner(host, device, NULL, &def);

	if (r < 0 || !def)
		return r;
	return str_set(ret, def->name);
}

/* Gets the name in the same way, from the daemon. */
static int verb_explain_daemon_group(struct cli *cli, const struct device *device, char **ret)
{
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_free_ char *path = NULL;
	int r = cli_bus_try_lookup(cli, "GetGroupByDevice", device->key, &error, &path);

	if (r < 0 && cli_bus_exit_code(error.name) == EXIT_NO_SUCH)
		return 0;
	if (r < 0)
		return r;
	*ret = cli_object_id(path);
	return *ret ? 0 : -ENOMEM;
}

static int subject_add_device(struct cli *cli, struct subject *subject, struct device *device)
{
	const struct cli_host *host = subject->host;
	const struct iommu_group *group = inventory_find_group(host->inv, device->iommu_group);
	void *alone[] = { device };
	const struct vec only_device = { .items = alone, .n = 1 };
	_cleanup_free_ char *name = NULL;
	int r;

	if (host->config)
		r = verb_explain_host_group(host, device, &name);
	else
		r = verb_explain_daemon_group(cli, device, &name);
	if (r < 0)
		return r;
	r = subject_add_unnamed(subject, "device", device->key,
				group ? &group->devices : &only_device);
	if (r < 0 || !name)
		return r;
	return cli_json_set_str(subject->object, "group", name);
}

/* Finds a device that the daemon knows by a name that a snapshot does not have, as "sda1". */
static int verb_explain_ask_device(struct cli *cli, const struct cli_host *host, const char *name,
				   struct device **ret)
{
	_cleanup_free_ char *path = NULL, *key = NULL;
	int r = cli_name_find_device(cli, name, &path);

	if (r || !path)
		return r;
	key = cli_object_id(path);
	if (!key)
		return cli_fail(-ENOMEM, "cannot explain the device");
	*ret = cli_host_find_device(host, key);
	return 0;
}

static int subject_find_unnamed(struct cli *cli, struct subject *subject, const char *name)
{
	const struct iommu_group *group = cli_host_find_iommu_group(subject->host, name);
	struct device *device = group ? NULL : cli_host_find_device(subject->host, name);
	int r;

	if (!group && !device && !subject->host->config) {
		r = verb_explain_ask_device(cli, subject->host, name, &device);
		if (r)
			return r;
	}
	if (group)
		r = subject_add_unnamed(subject, "iommu-group", name, &group->devices);
	else if (device)
		r = subject_add_device(cli, subject, device);
	else
		return 0;
	if (r < 0)
		return cli_fail(r, "cannot explain the device");
	return 0;
}

/* Compares the groups of the whole machine with those of another kernel. 0 or an exit status. */
static int verb_explain_machine_rules(struct cli *cli, const struct cli_host *host, unsigned rules)
{
	_cleanup_json_ json_object *object = json_object_new_object();

	if (!object || cli_explain_rules_fill(object, host, NULL, rules) < 0)
		return cli_fail(-ENOMEM, "cannot explain");
	if (cli->options.json != CLI_JSON_OFF) {
		cli_json_print(object, cli->options.json);
		return 0;
	}
	cli_pager_open(cli);
	cli_explain_rules_print(object, true);
	return 0;
}

/* Explains the whole machine, for a line without a name. 0 or an exit status. */
static int verb_explain_machine(struct cli *cli, const struct cli_host *host)
{
	_cleanup_json_ json_object *object = cli_report_to_json(host);

	if (!object)
		return cli_fail(-ENOMEM, "cannot explain");
	if (cli->options.json != CLI_JSON_OFF) {
		cli_json_print(object, cli->options.json);
		return 0;
	}
	cli_pager_open(cli);
	cli_report_print(object);
	return 0;
}

static bool subject_is_known(const struct subject *subject)
{
	return !str_empty(cli_json_get_str(subject->object, "name"));
}

static int subject_refuse_name(struct cli *cli, const struct cli_host *host, const char *name)
{
	_cleanup_free_ char *path = NULL;

	if (host->config)
		return cli_host_refuse_name(host->config, name);
	/* the daemon says why there is no such group */
	return cli_bus_lookup(cli, "GetGroup", name, &path);
}

/* Finds @name: a group, or else an IOMMU group or a device. 0 or an exit status. */
static int subject_find(struct cli *cli, struct subject *subject, const char *name)
{
	int r;

	subject->object = json_object_new_object();
	if (!subject->object)
		return cli_fail(-ENOMEM, "cannot explain");
	r = subject_find_group(cli, subject, name);
	if (r)
		return r;
	if (subject_is_known(subject))
		return 0;
	r = subject_find_unnamed(cli, subject, name);
	if (r)
		return r;
	if (subject_is_known(subject))
		return 0;
	return subject_refuse_name(cli, subject->host, name);
}

/* The values of the options of the verb. */
struct verb_explain_request {
	uint64_t ram;	/* the memory of the VM in bytes; 0: not given */
	unsigned rules; /* the version of the kernel to compare with; 0: not given */
};

static int verb_explain_subject(struct cli *cli, const struct cli_host *host, const char *name,
				const struct verb_explain_request *request)
{
	_cleanup_(subject_clear) struct subject subject = { .host = host };
	int r = subject_find(cli, &subject, name);

	if (r)
		return r;
	if (cli_explain_fill(subject.object, host, &subject.devices, subject.methods) < 0 ||
	    cli_explain_vmm_fill(subject.object, host, subject.memlock, request->ram) < 0)
		return cli_fail(-ENOMEM, "cannot explain");
	if (request->rules &&
	    cli_explain_rules_fill(subject.object, host, &subject.devices, request->rules) < 0)
		return cli_fail(-ENOMEM, "cannot explain");
	if (cli->options.json != CLI_JSON_OFF) {
		cli_json_print(subject.object, cli->options.json);
		return 0;
	}
	cli_pager_open(cli);
	cli_explain_print(subject.object);
	cli_explain_rules_print(subject.object, false);
	cli_explain_vmm_print(subject.object);
	return 0;
}

int verb_explain(struct cli *cli)
{
	_cleanup_host_ struct cli_host host = { 0 };
	const char *name = cli->words[0], *memory = cli->options.memory;
	struct verb_explain_request request = { 0 };
	int r;

	if (memory && (str_parse_size(memory, &request.ram) < 0 || request.ram == 0)) {
		fprintf(stderr,
			"devgroupctl: --memory=%s is invalid: expected a size such as 16G.\n",
			memory);
		return EXIT_USAGE;
	}
	if (cli->options.rules) {
		r = cli_explain_rules_parse(cli->options.rules, &request.rules);
		if (r)
			return r;
	}
	r = cli_host_open(cli, &host);
	if (r)
		return r;
	if (!name && request.rules)
		return verb_explain_machine_rules(cli, &host, request.rules);
	if (!name)
		return verb_explain_machine(cli, &host);
	return verb_explain_subject(cli, &host, name, &request);
}
