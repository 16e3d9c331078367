/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* devgroupctl status: the state of the daemon, a group or a device. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/bus/cli-bus.h"
#include "cli/bus/cli-name.h"
#include "cli/bus/cli-object.h"
#include "cli/print/cli-pager.h"
#include "cli/print/cli-status.h"
#include "model/dbus-names.h"

/* --- the daemon --- */

/* Counts the groups in each state: {"available": 3}. */
static int verb_status_count_states(json_object *objects, json_object *counts)
{
	int r;

	json_object_object_foreach(objects, path, object)
	{
		const char *state = cli_json_get_str(object, "state");
		int64_t n = cli_json_get_int(counts, state, 0);

		if (cli_object_type_of_path(path) != OBJECT_GROUP)
			continue;
		r = cli_json_set(counts, state, json_object_new_int64(n + 1));
		if (r < 0)
			return r;
	}
	return 0;
}

static int verb_status_daemon(struct cli *cli)
{
	_cleanup_json_ json_object *manager = NULL, *objects = NULL, *counts = NULL;
	int r = cli_object_get(cli, OBJECT_MANAGER, DG_OBJECT_PATH, &manager);

	if (r)
		return r;
	r = cli_object_get_all(cli, &objects);
	if (r)
		return r;
	counts = json_object_new_object();
	if (!counts || verb_status_count_states(objects, counts) < 0)
		return cli_fail(-ENOMEM, "cannot show the state");
	if (cli_json_set(manager, "groups", TAKE_PTR(counts)) < 0)
		return cli_fail(-ENOMEM, "cannot show the state");
	if (cli->options.json != CLI_JSON_OFF) {
		cli_json_print(manager, cli->options.json);
		return 0;
	}
	cli_pager_open(cli);
	cli_status_print_manager(manager);
	return 0;
}

/* --- a group --- */

static int verb_status_expand_devices(struct cli *cli, json_object *group)
{
	json_object *paths = cli_json_get_list(group, "devices");
	_cleanup_json_ json_object *devices = json_object_new_array();
	int r;

	for (size_t i = 0; i < cli_json_list_length(paths); i++) {
		json_object *device = NULL;

		r = cli_object_find(cli, OBJECT_DEVICE, cli_json_list_str(paths, i), &device);
		if (r)
			return r;
		if (device && cli_json_append(devices, device) < 0)
			return cli_fail(-ENOMEM, "cannot show the group");
	}
	if (cli_json_set(group, "devices", TAKE_PTR(devices)) < 0)
		return cli_fail(-ENOMEM, "cannot show the group");
	return 0;
}

static int verb_status_expand_lease(struct cli *cli, json_object *group)
{
	_cleanup_json_ json_object *lease = NULL;
	const char *path = cli_json_get_str(group, "lease");
	int r;

	if (strlen(path) <= 1)
		return 0;
	r = cli_object_find(cli, OBJECT_LEASE, path, &lease);
	if (r || !lease)
		return r;
	if (cli_json_set(group, "lease", TAKE_PTR(lease)) < 0)
		return cli_fail(-ENOMEM, "cannot show the group");
	return 0;
}

/* Notes the error that the file of @group has now, if it has one. 0 or an exit status. */
static int verb_status_add_error(struct cli *cli, json_object *group)
{
	_cleanup_json_ json_object *manager = NULL;
	json_object *problems, *place = NULL;
	const char *file;
	int r = cli_object_get(cli, OBJECT_MANAGER, DG_OBJECT_PATH, &manager);

	if (r)
		return r;
	json_object_object_get_ex(group, "defined-at", &place);
	file = cli_json_get_str(place, "file");
	problems = cli_json_get_list(manager, "problem-details");
	for (size_t i = 0; i < cli_json_list_length(problems); i++) {
		json_object *problem = json_object_array_get_idx(problems, i);

		if (str_eq(cli_json_get_str(problem, "severity"), "error") &&
		    str_eq(cli_json_get_str(problem, "file"), file) &&
		    cli_json_set_str(group, "definition-error", cli_json_get_str(problem, "text")) <
			    0)
			return cli_fail(-ENOMEM, "cannot show the group");
	}
	return 0;
}

static int verb_status_group(struct cli *cli, const char *path)
{
	_cleanup_json_ json_object *group = NULL;
	bool claimed;
	int r = cli_object_get(cli, OBJECT_GROUP, path, &group);

	if (r)
		return r;
	claimed = strlen(cli_json_get_str(group, "lease")) > 1;
	r = verb_status_expand_devices(cli, group);
	if (r)
		return r;
	r = verb_status_expand_lease(cli, group);
	if (r)
		return r;
	r = verb_status_add_error(cli, group);
	if (r)
		return r;
	if (cli->options.json != CLI_JSON_OFF) {
		cli_json_print(group, cli->options.json);
	} else {
		cli_pager_open(cli);
		cli_status_print_group(group);
	}
	return claimed ? 0 : EXIT_NOT_CLAIMED;
}

/* --- a device --- */

/* Adds the name of the device's group, if it belongs to one. 0 or an exit status. */
static int verb_status_add_group(struct cli *cli, json_object *device)
{
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_free_ char *key = cli_object_id(cli_json_get_str(device, "path")), *path = NULL,
			    *name = NULL;
	int r;

	if (!key)
		return cli_fail(-ENOMEM, "cannot show the device");
	r = cli_bus_try_lookup(cli, "GetGroupByDevice", key, &error, &path);
	if (r < 0 && cli_bus_exit_code(error.name) == EXIT_NO_SUCH)
		return 0;
	if (r < 0)
		return cli_bus_fail(cli, &error, r);
	name = cli_object_id(path);
	if (!name || cli_json_set_str(device, "group", name) < 0)
		return cli_fail(-ENOMEM, "cannot show the device");
	return 0;
}

static int verb_status_device(struct cli *cli, const char *path)
{
	_cleanup_json_ json_object *device = NULL;
	int r = cli_object_get(cli, OBJECT_DEVICE, path, &device);

	if (r)
		return r;
	r = verb_status_add_group(cli, device);
	if (r)
		return r;
	if (cli->options.json != CLI_JSON_OFF) {
		cli_json_print(device, cli->options.json);
		return 0;
	}
	cli_pager_open(cli);
	cli_status_print_device(device);
	return 0;
}

/*
 * Shows what @name means: a group if it is its own name, else a device, else the group that has the
 * IOMMU group of that name.
 */
int verb_status(struct cli *cli)
{
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_free_ char *path = NULL, *device = NULL;
	bool exact = false;
	int r = cli_bus_open(cli), found;

	if (r)
		return r;
	if (cli->n_words == 0)
		return verb_status_daemon(cli);
	found = cli_name_try_group(cli, cli->words[0], &error, &path, &exact);
	if (found >= 0 && exact)
		return verb_status_group(cli, path);
	if (found < 0 && !sd_bus_error_has_name(&error, DG_ERROR_NO_SUCH_GROUP))
		return cli_bus_fail(cli, &error, found);
	r = cli_name_find_device(cli, cli->words[0], &device);
	if (r)
		return r;
	if (device)
		return verb_status_device(cli, device);
	if (found >= 0)
		return verb_status_group(cli, path);
	return cli_bus_fail(cli, &error, found);
}
