/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/bus/cli-agent.h"
#include "cli/bus/cli-bus.h"
#include "cli/bus/cli-reload.h"
#include "model/dbus-names.h"

int cli_reload(struct cli *cli)
{
	_cleanup_message_ sd_bus_message *call = NULL, *reply = NULL;
	int r = cli_bus_new_call(cli, DG_OBJECT_PATH, DG_IFACE_MANAGER, "Reload", &call);

	if (r)
		return r;
	cli_agent_open(cli);
	r = cli_bus_call(cli, call, &reply);
	cli_agent_close(cli);
	return r;
}

static bool cli_reload_is_absent(const sd_bus_error *error)
{
	return sd_bus_error_has_name(error, SD_BUS_ERROR_SERVICE_UNKNOWN) ||
	       sd_bus_error_has_name(error, SD_BUS_ERROR_NAME_HAS_NO_OWNER);
}

int cli_reload_if_running(struct cli *cli, bool *ret_running)
{
	_cleanup_message_ sd_bus_message *call = NULL, *reply = NULL;
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	int r;

	*ret_running = false;
	/* No daemon reads the files below --root, and without a bus there is no daemon. */
	if (cli->options.root || cli_bus_try_open(cli) < 0)
		return 0;
	r = cli_bus_new_call(cli, DG_OBJECT_PATH, DG_IFACE_MANAGER, "Reload", &call);
	if (r)
		return r;
	r = sd_bus_message_set_auto_start(call, false);
	if (r < 0)
		return cli_fail(r, "cannot build a method call");
	cli_agent_open(cli);
	r = cli_bus_try_call(cli, call, &error, &reply);
	cli_agent_close(cli);
	*ret_running = !cli_reload_is_absent(&error);
	if (r < 0 && *ret_running)
		return cli_bus_fail(cli, &error, r);
	return 0;
}
