/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>

#include "cli/bus/cli-object.h"
#include "cli/cli.h"
#include "cli/host/cli-group-devices.h"

static int group_devices_add_endpoint(struct vec *devices, struct device *device)
{
	if (device_is_bridge(device))
		return 0;
	return vec_add(devices, device);
}

/* Resolves @def and appends its endpoints. 0 or negative errno. */
static int group_devices_resolve(const struct cli_host *host, const struct group_def *def,
				 struct vec *ret)
{
	_cleanup_resolved_group_ struct resolved_group resolved = { 0 };
	int r;

	r = resolve_group(host->inv, def, &resolved);
	if (r < 0)
		return r;
	VEC_FOREACH(struct device, device, &resolved.devices) {
		r = group_devices_add_endpoint(ret, device);
		if (r < 0)
			return r;
	}
	return 0;
}

static int group_devices_of_definition(const struct cli_host *host, const char *name,
				       const char **ret_name, struct vec *ret)
{
	const struct group_def *def;
	int r = cli_host_find_group(host, name, &def);

	if (r)
		return r;
	*ret_name = def->name;
	r = group_devices_resolve(host, def, ret);
	if (r < 0)
		return cli_fail(r, "cannot find the devices");
	return 0;
}

/* Appends the endpoint at the object @path, if the host still has it. 0 or negative errno. */
static int group_devices_add_path(const struct cli_host *host, const char *path, struct vec *ret)
{
	_cleanup_free_ char *id = cli_object_id(path);
	struct device *device;

	if (!id)
		return -ENOMEM;
	device = cli_host_find_device(host, id);
	if (!device)
		return 0;
	return group_devices_add_endpoint(ret, device);
}

static int group_devices_of_daemon(struct cli *cli, const struct cli_host *host, const char *name,
				   struct vec *ret)
{
	_cleanup_json_ json_object *group = NULL;
	json_object *paths;
	int r = cli_object_get_group(cli, name, &group);

	if (r)
		return r;
	paths = cli_json_get_list(group, "devices");
	for (size_t i = 0; i < cli_json_list_length(paths); i++) {
		r = group_devices_add_path(host, cli_json_list_str(paths, i), ret);
		if (r < 0)
			return cli_fail(r, "cannot find the devices");
	}
	return 0;
}

int cli_group_devices(struct cli *cli, const struct cli_host *host, const char *name,
		      const char **ret_name, struct vec *ret)
{
	int r;

	*ret_name = name;
	r = host->config ? group_devices_of_definition(host, name, ret_name, ret) :
			   group_devices_of_daemon(cli, host, name, ret);
	if (r || ret->n > 0)
		return r;
	fprintf(stderr, "devgroupctl: Group %s has no device on this host.\n", *ret_name);
	return EXIT_BLOCKED;
}
