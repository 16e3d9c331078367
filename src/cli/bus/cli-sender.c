/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "base/str.h"
#include "cli/bus/cli-bus.h"
#include "cli/bus/cli-sender.h"
#include "model/dbus-names.h"

#define BUS_NAME "org.freedesktop.DBus"
#define LOCAL_NAME "org.freedesktop.DBus.Local"
#define MATCH_OWNER                                                                             \
	"type='signal',sender='" BUS_NAME "',path='/org/freedesktop/DBus',interface='" BUS_NAME \
	"',member='NameOwnerChanged',arg0='" DG_BUS_NAME "'"

bool cli_sender_is_daemon(const struct cli *cli, sd_bus_message *m)
{
	return cli->daemon && str_eq(sd_bus_message_get_sender(m), cli->daemon);
}

bool cli_sender_is_bus(sd_bus_message *m)
{
	return str_eq(sd_bus_message_get_sender(m), BUS_NAME);
}

bool cli_sender_is_local(sd_bus_message *m)
{
	return str_eq(sd_bus_message_get_sender(m), LOCAL_NAME);
}

/* Sets the owner; "" and NULL are none. Without memory no signal is believed. */
static void cli_sender_set_daemon(struct cli *cli, const char *owner)
{
	if (str_set(&cli->daemon, str_empty(owner) ? NULL : owner) < 0)
		free(TAKE_PTR(cli->daemon));
}

static int on_sender_owner_changed(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const char *name, *before, *after;

	if (!cli_sender_is_bus(m) || sd_bus_message_read(m, "sss", &name, &before, &after) < 0)
		return 0;
	if (str_eq(name, DG_BUS_NAME))
		cli_sender_set_daemon(userdata, after);
	return 0;
}

/* Asks who owns the name now. No owner is no failure: the daemon may start later. */
static int cli_sender_ask_owner(struct cli *cli)
{
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_message_ sd_bus_message *reply = NULL;
	const char *owner;
	int r;

	r = sd_bus_call_method(cli->bus, BUS_NAME, "/org/freedesktop/DBus", BUS_NAME,
			       "GetNameOwner", &error, &reply, "s", DG_BUS_NAME);
	if (sd_bus_error_has_name(&error, SD_BUS_ERROR_NAME_HAS_NO_OWNER))
		return 0;
	if (r < 0)
		return r;
	r = sd_bus_message_read(reply, "s", &owner);
	if (r < 0)
		return r;
	cli_sender_set_daemon(cli, owner);
	return 0;
}

int cli_sender_follow(struct cli *cli)
{
	int r = cli_bus_open(cli);

	if (r || cli->owner_slot)
		return r;
	/* Listen before asking: a change in between is handled after the answer. */
	r = sd_bus_add_match(cli->bus, &cli->owner_slot, MATCH_OWNER, on_sender_owner_changed, cli);
	if (r < 0)
		return cli_fail(r, "cannot listen to the bus");
	r = cli_sender_ask_owner(cli);
	if (r < 0)
		return cli_fail(r, "cannot ask the bus for devgroupd");
	return 0;
}

void cli_sender_forget(struct cli *cli)
{
	cli->owner_slot = sd_bus_slot_unref(cli->owner_slot);
	free(TAKE_PTR(cli->daemon));
}
