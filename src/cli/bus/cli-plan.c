/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "cli/bus/cli-agent.h"
#include "cli/bus/cli-bus.h"
#include "cli/bus/cli-plan.h"
#include "model/dbus-names.h"

static int cli_plan_append_options(sd_bus_message *call, const struct cli_options *o)
{
	int r;

	r = cli_bus_append_option(call, "label", "s", o->label);
	if (r < 0)
		return r;
	r = cli_bus_append_option(call, "interface", "s", o->interface);
	if (r < 0)
		return r;
	return cli_bus_append_flag(call, "force", o->force);
}

/* Appends the arguments of Plan up to the options that all plans have; the a{sv} stays open. */
static int cli_plan_append_start(sd_bus_message *call, const struct cli_options *o,
				 const char *group, const char *verb)
{
	int r;

	r = sd_bus_message_append(call, "ss", group, verb);
	if (r < 0)
		return r;
	r = sd_bus_message_open_container(call, 'a', "{sv}");
	if (r < 0)
		return r;
	return cli_plan_append_options(call, o);
}

static int cli_plan_append_arguments(sd_bus_message *call, const struct cli_options *o,
				     const char *group, const char *verb)
{
	int r;

	r = cli_plan_append_start(call, o, group, verb);
	if (r < 0)
		return r;
	r = cli_bus_append_option(call, "access", "s", o->dry_run ? "node" : NULL);
	if (r < 0)
		return r;
	return sd_bus_message_close_container(call);
}

int cli_plan_add_step(json_object *steps, const char *step, const char *device, const char *detail)
{
	return cli_json_append(steps, CLI_JSON_NEW({ "step", json_object_new_string(step) },
						   { "device", json_object_new_string(device) },
						   { "detail", json_object_new_string(detail) }));
}

static int cli_plan_read_steps(sd_bus_message *reply, json_object **ret)
{
	_cleanup_json_ json_object *steps = json_object_new_array();
	const char *step, *device, *detail;
	int r;

	if (!steps)
		return -ENOMEM;
	r = sd_bus_message_enter_container(reply, 'a', "(sss)");
	if (r < 0)
		return r;
	while ((r = sd_bus_message_read(reply, "(sss)", &step, &device, &detail)) > 0) {
		r = cli_plan_add_step(steps, step, device, detail);
		if (r < 0)
			return r;
	}
	if (r < 0)
		return r;
	*ret = TAKE_PTR(steps);
	return 0;
}

/* Appends {"with", as}. cli_bus_append_option() appends single values only. */
static int cli_plan_append_with(sd_bus_message *call, char *const *with, size_t n)
{
	int r;

	r = sd_bus_message_open_container(call, 'e', "sv");
	if (r < 0)
		return r;
	r = sd_bus_message_append_basic(call, 's', "with");
	if (r < 0)
		return r;
	r = sd_bus_message_open_container(call, 'v', "as");
	if (r < 0)
		return r;
	r = sd_bus_message_open_container(call, 'a', "s");
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		r = sd_bus_message_append_basic(call, 's', with[i]);
		if (r < 0)
			return r;
	}
	for (int i = 0; i < 3; i++) {
		r = sd_bus_message_close_container(call);
		if (r < 0)
			return r;
	}
	return 0;
}

int cli_plan_get(struct cli *cli, const char *verb, const char *group, json_object **ret)
{
	_cleanup_message_ sd_bus_message *call = NULL, *reply = NULL;
	int r;

	r = cli_bus_new_call(cli, DG_OBJECT_PATH, DG_IFACE_MANAGER, "Plan", &call);
	if (r)
		return r;
	r = cli_plan_append_arguments(call, &cli->options, group, verb);
	if (r < 0)
		return cli_fail(r, "cannot build a method call");
	r = cli_bus_call(cli, call, &reply);
	if (r)
		return r;
	r = cli_plan_read_steps(reply, ret);
	if (r < 0)
		return cli_fail(r, "cannot read the plan");
	return 0;
}

static int cli_plan_append_check(sd_bus_message *call, const struct cli_options *o,
				 const char *group, char *const *with, size_t n)
{
	int r;

	r = cli_plan_append_start(call, o, group, "claim");
	if (r < 0)
		return r;
	r = cli_bus_append_option(call, "wait", "t", cli_options_wait(o));
	if (r < 0)
		return r;
	r = cli_bus_append_flag(call, "authorize", true);
	if (r < 0)
		return r;
	r = cli_plan_append_with(call, with, n);
	if (r < 0)
		return r;
	return sd_bus_message_close_container(call);
}

int cli_plan_check(struct cli *cli, const char *group, char *const *with, size_t n)
{
	_cleanup_message_ sd_bus_message *call = NULL, *reply = NULL;
	int r = cli_bus_new_call(cli, DG_OBJECT_PATH, DG_IFACE_MANAGER, "Plan", &call);

	if (r)
		return r;
	r = cli_plan_append_check(call, &cli->options, group, with, n);
	if (r < 0)
		return cli_fail(r, "cannot build a method call");
	cli_agent_open(cli);
	r = cli_bus_call(cli, call, &reply);
	cli_agent_close(cli);
	return r;
}
