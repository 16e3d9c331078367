/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>

#include "base/str.h"
#include "cli/cli-bus.h"
#include "cli/cli-explain-vmm.h"
#include "cli/cli-explain.h"
#include "cli/cli-object.h"
#include "cli/cli-pager.h"
#include "cli/cli-report.h"
#include "model/dbus-names.h"
#include "policy/devinfo/mem-need.h"

/* What is explained: the devices, borrowed from the host, and the JSON about them. */
struct subject {
	const struct host *host;
	struct vec devices; /* struct device, not owned */
	json_object *object;
	char *memlock; /* of the definition, or NULL */
};

static void subject_clear(struct subject *subject)
{
	vec_drop(&subject->devices);
	json_object_put(subject->object);
	free(subject->memlock);
}

static int copy_devices(struct subject *subject, const struct vec *devices)
{
	VEC_FOREACH (struct device, device, devices) {
		int r = vec_add(&subject->devices, device);

		if (r < 0)
			return r;
	}
	return 0;
}

static int set_head(struct subject *subject, const char *kind, const char *name, const char *state)
{
	if (js_set_str(subject->object, "kind", kind) < 0 ||
	    js_set_str(subject->object, "name", name) < 0)
		return -ENOMEM;
	return state ? js_set_str(subject->object, "state", state) : 0;
}

/* --- a group that has a name ----------------------------------------------------------------- */

static int take_view(struct subject *subject, const struct groupview *view)
{
	int r = js_set(subject->object, "blockers", host_blockers(view));

	return r < 0 ? r : copy_devices(subject, &view->devices);
}

static int take_definition(struct subject *subject, const struct groupdef *def)
{
	_cleanup_groupview_ struct groupview view = { 0 };
	int r = host_resolve(subject->host, def, &view);

	if (r >= 0)
		r = set_head(subject, "group", def->name, host_state(def, &view));
	if (r >= 0)
		r = js_set_str(subject->object, "reserved-for", str_or(def->reserved_for, ""));
	if (r >= 0 && def->memlock && !(subject->memlock = memneed_format(def->memlock)))
		r = -ENOMEM;
	return r < 0 ? r : take_view(subject, &view);
}

/* The devices of a group of the daemon; one that has gone since is left out. */
static int take_paths(struct subject *subject, json_object *paths)
{
	for (size_t i = 0; i < js_list_length(paths); i++) {
		_cleanup_free_ char *id =
			object_id(json_object_get_string(json_object_array_get_idx(paths, i)));
		struct device *device = id ? host_find_device(subject->host, id) : NULL;

		if (!id || (device && vec_add(&subject->devices, device) < 0))
			return -ENOMEM;
	}
	return 0;
}

/* Of its definition, which is a file of its own; "" if there is none. */
static const char *memlock_of(json_object *group)
{
	json_object *groups = NULL, *definition = NULL;

	json_object_object_get_ex(group, "definition", &groups);
	json_object_object_get_ex(groups, "groups", &groups);
	json_object_object_get_ex(groups, js_str(group, "name"), &definition);
	return js_str(definition, "memlock");
}

static int take_group(struct cli *cli, struct subject *subject, const char *path)
{
	_cleanup_json_ json_object *group = NULL;
	json_object *blockers;
	const char *memlock;
	int r = object_get(cli, OBJECT_GROUP, path, &group);

	if (r)
		return r;
	blockers = js_list(group, "blockers");
	memlock = memlock_of(group);
	if ((!str_empty(memlock) && str_set(&subject->memlock, memlock) < 0) ||
	    set_head(subject, "group", js_str(group, "name"), js_str(group, "state")) < 0 ||
	    js_set_str(subject->object, "reserved-for", js_str(group, "reserved-for")) < 0 ||
	    js_set(subject->object, "blockers",
		   blockers ? json_object_get(blockers) : json_object_new_array()) < 0 ||
	    take_paths(subject, js_list(group, "devices")) < 0)
		return cli_fail(-ENOMEM, "cannot explain the group");
	return 0;
}

/* 0 also when there is no such group, and then no devices nor a name. */
static int find_group(struct cli *cli, struct subject *subject, const char *name)
{
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_free_ char *path = NULL;
	const struct groupdef *def;
	int r;

	if (subject->host->config) {
		def = config_find(subject->host->config, name);
		r = def ? take_definition(subject, def) : 0;
		return r < 0 ? cli_fail(r, "cannot explain the group") : 0;
	}
	r = bus_try_lookup(cli, "GetGroup", name, &error, &path);
	if (r >= 0)
		return take_group(cli, subject, path);
	return sd_bus_error_has_name(&error, DG_ERROR_NO_SUCH_GROUP) ? 0 : bus_fail(cli, &error, r);
}

/* --- what has none --------------------------------------------------------------------------- */

static int take_unnamed(struct subject *subject, const char *kind, const char *name,
			const struct vec *devices)
{
	_cleanup_groupview_ struct groupview view = { 0 };
	int r = host_resolve_devices(subject->host, devices, &view);

	if (r >= 0)
		r = set_head(subject, kind, name, NULL);
	if (r >= 0)
		r = js_set(subject->object, "blockers", host_blockers(&view));
	return r < 0 ? r : copy_devices(subject, devices);
}

/* The name of the group that @device is in, if it is in one: NULL else. 0 or negative errno. */
static int find_group_here(const struct host *host, const struct device *device, char **ret)
{
	VEC_FOREACH (const struct groupdef, def, &host->config->groups) {
		_cleanup_groupview_ struct groupview view = { 0 };
		int r = resolve_group(host->inv, def, &view);

		if (r < 0)
			return r;
		if (groupview_has(&view, device))
			return str_set(ret, def->name);
	}
	return 0;
}

/* The same of the daemon. */
static int ask_for_group(struct cli *cli, const struct device *device, char **ret)
{
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_free_ char *path = NULL;
	int r = bus_try_lookup(cli, "GetGroupByDevice", device->key, &error, &path);

	if (r < 0)
		return bus_exit_code(error.name) == EXIT_NO_SUCH ? 0 : r;
	*ret = object_id(path);
	return *ret ? 0 : -ENOMEM;
}

static int take_device(struct cli *cli, struct subject *subject, struct device *device)
{
	const struct host *host = subject->host;
	const struct iommu_group *group = inventory_find_group(host->inv, device->iommu_group);
	void *alone[] = { device };
	const struct vec just_it = { .items = alone, .n = 1 };
	_cleanup_free_ char *name = NULL;
	int r = host->config ? find_group_here(host, device, &name)
			     : ask_for_group(cli, device, &name);

	if (r >= 0)
		r = take_unnamed(subject, "device", device->key,
				 group ? &group->devices : &just_it);
	return r < 0 || !name ? r : js_set_str(subject->object, "group", name);
}

static int find_unnamed(struct cli *cli, struct subject *subject, const char *name)
{
	const struct iommu_group *group = host_find_iommu_group(subject->host, name);
	struct device *device = group ? NULL : host_find_device(subject->host, name);
	int r = 0;

	if (group)
		r = take_unnamed(subject, "iommu-group", name, &group->devices);
	else if (device)
		r = take_device(cli, subject, device);
	return r < 0 ? cli_fail(r, "cannot explain the device") : 0;
}

/* No name: the whole machine. */
static int explain_machine(struct cli *cli, const struct host *host)
{
	_cleanup_json_ json_object *object = report_object(host);

	if (!object)
		return cli_fail(-ENOMEM, "cannot explain");
	if (cli->options.json != JSON_OFF) {
		js_print(object, cli->options.json);
		return 0;
	}
	pager_open(cli);
	report_print(object);
	return 0;
}

int verb_explain(struct cli *cli)
{
	_cleanup_host_ struct host host = { 0 };
	_cleanup_(subject_clear) struct subject subject = { .host = &host };
	const char *name = cli->words[0], *memory = cli->options.memory;
	uint64_t ram = 0;
	int r;

	if (memory && (parse_size(memory, &ram) < 0 || ram == 0)) {
		fprintf(stderr, "devgroupctl: --memory=%s: a size was expected, such as 16G.\n", memory);
		return EXIT_USAGE;
	}
	r = host_open(cli, &host);
	if (r)
		return r;
	if (!name)
		return explain_machine(cli, &host);
	subject.object = json_object_new_object();
	if (!subject.object)
		return cli_fail(-ENOMEM, "cannot explain");
	r = find_group(cli, &subject, name);
	if (!r && str_empty(js_str(subject.object, "name")))
		r = find_unnamed(cli, &subject, name);
	if (r)
		return r;
	if (str_empty(js_str(subject.object, "name"))) {
		fprintf(stderr, "devgroupctl: There is no group or device %s.\n", name);
		return EXIT_NO_SUCH;
	}
	if (explain_fill(subject.object, &host, &subject.devices) < 0 ||
	    explain_vmm_fill(subject.object, &host, subject.memlock, ram) < 0)
		return cli_fail(-ENOMEM, "cannot explain");
	if (cli->options.json != JSON_OFF) {
		js_print(subject.object, cli->options.json);
		return 0;
	}
	pager_open(cli);
	explain_print(subject.object);
	explain_vmm_print(subject.object);
	return 0;
}
