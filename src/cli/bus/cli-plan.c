/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "base/str.h"
#include "cli/bus/cli-agent.h"
#include "cli/bus/cli-bus.h"
#include "cli/bus/cli-plan.h"
#include "model/dbus-names.h"

static int cli_plan_append_options(sd_bus_message *call, const struct cli_options *o)
{
	int r = 0, yes = true;

	if (o->label)
		r = cli_bus_append_option(call, "label", "s", o->label);
	if (r >= 0 && o->interface)
		r = cli_bus_append_option(call, "interface", "s", o->interface);
	if (r >= 0 && o->force)
		r = cli_bus_append_option(call, "force", "b", &yes);
	return r;
}

static int cli_plan_append_arguments(sd_bus_message *call, const struct cli_options *o,
				     const char *group, const char *verb)
{
	int r = sd_bus_message_append(call, "ss", group, verb);

	if (r >= 0)
		r = sd_bus_message_open_container(call, 'a', "{sv}");
	if (r >= 0)
		r = cli_plan_append_options(call, o);
	if (r >= 0 && (o->given & CLI_OPTIONS_BIT(OPTION_DRY_RUN)))
		r = cli_bus_append_option(call, "access", "s", "node");
	return r < 0 ? r : sd_bus_message_close_container(call);
}

int cli_plan_add_step(json_object *steps, const char *step, const char *device, const char *detail)
{
	_cleanup_json_ json_object *object = json_object_new_object();

	if (!object || cli_json_set_str(object, "step", step) < 0 ||
	    cli_json_set_str(object, "device", device) < 0 ||
	    cli_json_set_str(object, "detail", detail) < 0)
		return -ENOMEM;
	return cli_json_append(steps, TAKE_PTR(object));
}

static int cli_plan_read_steps(sd_bus_message *reply, json_object *steps)
{
	const char *step, *device, *detail;
	int r = sd_bus_message_enter_container(reply, 'a', "(sss)");

	while (r >= 0 && (r = sd_bus_message_read(reply, "(sss)", &step, &device, &detail)) > 0)
		r = cli_plan_add_step(steps, step, device, detail);
	return r;
}

static int cli_plan_append_with(sd_bus_message *call, char *const *with, size_t n)
{
	int r = sd_bus_message_open_container(call, 'e', "sv");

	if (r >= 0)
		r = sd_bus_message_append_basic(call, 's', "with");
	if (r >= 0)
		r = sd_bus_message_open_container(call, 'v', "as");
	if (r >= 0)
		r = sd_bus_message_open_container(call, 'a', "s");
	for (size_t i = 0; r >= 0 && i < n; i++)
		r = sd_bus_message_append_basic(call, 's', with[i]);
	for (int i = 0; r >= 0 && i < 3; i++)
		r = sd_bus_message_close_container(call);
	return r;
}

int cli_plan_get(struct cli *cli, const char *verb, const char *group, json_object **ret)
{
	_cleanup_message_ sd_bus_message *call = NULL, *reply = NULL;
	_cleanup_json_ json_object *steps = NULL;
	int r;

	r = cli_bus_new_call(cli, DG_OBJECT_PATH, DG_IFACE_MANAGER, "Plan", &call);
	if (r)
		return r;
	r = cli_plan_append_arguments(call, &cli->options, group, verb);
	if (r < 0)
		return cli_fail(r, "cannot make a call");
	r = cli_bus_call(cli, call, &reply);
	if (r)
		return r;
	steps = json_object_new_array();
	r = steps ? cli_plan_read_steps(reply, steps) : -ENOMEM;
	if (r < 0)
		return cli_fail(r, "cannot read the plan");
	*ret = TAKE_PTR(steps);
	return 0;
}

static int cli_plan_append_check(sd_bus_message *call, const struct cli_options *o,
				 const char *group, char *const *with, size_t n)
{
	int r = sd_bus_message_append(call, "ss", group, "claim"), yes = true;

	if (r >= 0)
		r = sd_bus_message_open_container(call, 'a', "{sv}");
	if (r >= 0)
		r = cli_plan_append_options(call, o);
	if (r >= 0 && (o->given & CLI_OPTIONS_BIT(OPTION_WAIT)))
		r = cli_bus_append_option(call, "wait", "t", &o->wait);
	if (r >= 0)
		r = cli_bus_append_option(call, "authorize", "b", &yes);
	if (r >= 0)
		r = cli_plan_append_with(call, with, n);
	return r < 0 ? r : sd_bus_message_close_container(call);
}

int cli_plan_check(struct cli *cli, const char *group, char *const *with, size_t n)
{
	_cleanup_message_ sd_bus_message *call = NULL, *reply = NULL;
	int r = cli_bus_new_call(cli, DG_OBJECT_PATH, DG_IFACE_MANAGER, "Plan", &call);

	if (r)
		return r;
	r = cli_plan_append_check(call, &cli->options, group, with, n);
	if (r < 0)
		return cli_fail(r, "cannot make a call");
	cli_agent_open(cli);
	r = cli_bus_call(cli, call, &reply);
	cli_agent_close(cli);
	return r;
}
