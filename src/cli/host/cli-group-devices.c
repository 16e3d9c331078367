/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>

#include "base/str.h"
#include "cli/bus/cli-bus.h"
#include "cli/host/cli-group-devices.h"
#include "cli/bus/cli-object.h"

static int group_devices_add_endpoint(struct vec *devices, struct device *device)
{
	return device_is_bridge(device) ? 0 : vec_add(devices, device);
}

static int group_devices_of_definition(const struct cli_host *host, const char *name,
				       struct vec *ret)
{
	const struct group_def *def = def_set_find_group(host->config, name);
	_cleanup_resolved_group_ struct resolved_group resolved = { 0 };
	int r = def ? resolve_group(host->inv, def, &resolved) : 0;

	if (!def) {
		fprintf(stderr, "devgroupctl: There is no group %s.\n", name);
		return EXIT_NO_SUCH;
	}
	VEC_FOREACH(struct device, device, &resolved.devices)
		if (r >= 0)
			r = group_devices_add_endpoint(ret, device);
	return r < 0 ? cli_fail(r, "cannot find the devices") : 0;
}

static int group_devices_of_daemon(struct cli *cli, const struct cli_host *host, const char *name,
				   struct vec *ret)
{
	_cleanup_json_ json_object *group = NULL;
	json_object *paths;
	int r = cli_object_get_group(cli, name, &group);

	paths = r ? NULL : cli_json_get_list(group, "devices");
	for (size_t i = 0; !r && i < cli_json_list_length(paths); i++) {
		_cleanup_free_ char *id =
			cli_object_id(json_object_get_string(json_object_array_get_idx(paths, i)));
		struct device *device = id ? cli_host_find_device(host, id) : NULL;

		if (!id || (device && group_devices_add_endpoint(ret, device) < 0))
			r = cli_fail(-ENOMEM, "cannot find the devices");
	}
	return r;
}

int cli_group_devices(struct cli *cli, const struct cli_host *host, const char *name,
		      struct vec *ret)
{
	int r = host->config ? group_devices_of_definition(host, name, ret) :
			       group_devices_of_daemon(cli, host, name, ret);

	if (r || ret->n > 0)
		return r;
	fprintf(stderr, "devgroupctl: Group %s has no device on this host.\n", name);
	return EXIT_BLOCKED;
}
