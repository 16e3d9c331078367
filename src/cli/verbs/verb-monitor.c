/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* devgroupctl monitor: prints the changes of all objects of the daemon until it is interrupted. */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <systemd/sd-event.h>

#include "base/str.h"
#include "cli/bus/cli-bus.h"
#include "cli/bus/cli-object.h"
#include "cli/bus/cli-sender.h"
#include "cli/print/cli-event.h"
#include "model/dbus-names.h"

#define MATCH_ALL "type='signal',sender='" DG_BUS_NAME "',path_namespace='" DG_OBJECT_PATH "'"
#define MATCH_OWNER                                                                     \
	"type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus'," \
	"member='NameOwnerChanged',arg0='" DG_BUS_NAME "'"
#define MATCH_DISCONNECTED                                   \
	"type='signal',sender='org.freedesktop.DBus.Local'," \
	"interface='org.freedesktop.DBus.Local',member='Disconnected'"

/*
 * The context of the verb. It keeps the last known properties of all objects, to show previous
 * values.
 */
struct monitor {
	struct cli *cli;
	sd_event *event;
	json_object *known; /* path → object */
};

static json_object *monitor_find_known(const struct monitor *monitor, const char *path)
{
	json_object *object = NULL;

	json_object_object_get_ex(monitor->known, path, &object);
	return object;
}

/* Prints an event as a line and flushes it, for readers of a pipe. */
static void monitor_print_event(const struct monitor *monitor, json_object *event)
{
	if (monitor->cli->options.json == CLI_JSON_OFF)
		cli_event_print(event);
	else
		cli_json_print(event, monitor->cli->options.json);
	fflush(stdout);
}

/* --- signals --- */

static int on_monitor_added(struct monitor *monitor, sd_bus_message *m)
{
	_cleanup_json_ json_object *event = NULL;
	json_object *object = NULL;
	const char *path;
	int r;

	r = sd_bus_message_read_basic(m, 'o', &path);
	if (r < 0)
		return r;
	r = cli_object_read_interfaces(m, path, &object);
	if (r < 0 || !object)
		return r;
	r = cli_json_set(monitor->known, path, object);
	if (r < 0)
		return r;
	r = cli_event_new(path, "added", &event);
	if (r < 0)
		return r;
	r = cli_json_set(event, "properties", json_object_get(object));
	if (r < 0)
		return r;
	monitor_print_event(monitor, event);
	return 0;
}

static int on_monitor_removed(struct monitor *monitor, sd_bus_message *m)
{
	_cleanup_json_ json_object *event = NULL;
	const char *path;
	int r;

	r = sd_bus_message_read_basic(m, 'o', &path);
	if (r < 0)
		return r;
	r = cli_event_new(path, "removed", &event);
	if (r < 0)
		return r;
	json_object_object_del(monitor->known, path);
	monitor_print_event(monitor, event);
	return 0;
}

/*
 * Updates the known object, which may be NULL, from @current. Values that differ go into @changes,
 * their previous values into @before. A signal may also carry unchanged values.
 */
static int monitor_update_known(json_object *known, json_object *current, json_object *changes,
				json_object *before)
{
	int r;

	json_object_object_foreach(current, key, value)
	{
		json_object *old = NULL;
		bool was_known = known && json_object_object_get_ex(known, key, &old);

		if (was_known && json_object_equal(old, value))
			continue;
		if (was_known) {
			r = cli_json_set(before, key, json_object_get(old));
			if (r < 0)
				return r;
		}
		r = cli_json_set(changes, key, json_object_get(value));
		if (r < 0)
			return r;
		if (known) {
			r = cli_json_set(known, key, json_object_get(value));
			if (r < 0)
				return r;
		}
	}
	return 0;
}

static int monitor_print_changes(struct monitor *monitor, const char *path, json_object *current)
{
	_cleanup_json_ json_object *changes = json_object_new_object();
	_cleanup_json_ json_object *before = json_object_new_object(), *event = NULL;
	int r;

	if (!changes || !before)
		return -ENOMEM;
	r = monitor_update_known(monitor_find_known(monitor, path), current, changes, before);
	if (r < 0 || json_object_object_length(changes) == 0)
		return r;
	r = cli_event_new(path, "changed", &event);
	if (r < 0)
		return r;
	r = CLI_JSON_SET(event, { "changes", TAKE_PTR(changes) }, { "before", TAKE_PTR(before) });
	if (r < 0)
		return r;
	monitor_print_event(monitor, event);
	return 0;
}

static int on_monitor_changed(struct monitor *monitor, sd_bus_message *m)
{
	_cleanup_json_ json_object *current = json_object_new_object();
	const char *iface;
	int r;

	if (!current)
		return -ENOMEM;
	r = sd_bus_message_read_basic(m, 's', &iface);
	if (r < 0)
		return r;
	r = cli_object_read_properties(m, current);
	if (r < 0)
		return r;
	return monitor_print_changes(monitor, sd_bus_message_get_path(m), current);
}

/* Makes an event of the lease that sent @m, with its "group". 0 or negative errno. */
static int monitor_new_lease_event(const struct monitor *monitor, sd_bus_message *m,
				   const char *name, json_object **ret)
{
	const char *path = sd_bus_message_get_path(m);
	_cleanup_json_ json_object *event = NULL;
	int r;

	r = cli_event_new(path, name, &event);
	if (r < 0)
		return r;
	r = cli_json_set_str(event, "group",
			     cli_json_get_str(monitor_find_known(monitor, path), "group"));
	if (r < 0)
		return r;
	*ret = TAKE_PTR(event);
	return 0;
}

static int on_monitor_step(struct monitor *monitor, sd_bus_message *m)
{
	_cleanup_json_ json_object *event = NULL;
	const char *step, *device, *state;
	uint32_t index, count;
	int r;

	r = sd_bus_message_read(m, "uusss", &index, &count, &step, &device, &state);
	if (r < 0)
		return r;
	r = monitor_new_lease_event(monitor, m, "step", &event);
	if (r < 0)
		return r;
	r = CLI_JSON_SET(event, { "index", json_object_new_int64(index) },
			 { "count", json_object_new_int64(count) },
			 { "step", json_object_new_string(step) },
			 { "device", json_object_new_string(device) },
			 { "state", json_object_new_string(state) });
	if (r < 0)
		return r;
	monitor_print_event(monitor, event);
	return 0;
}

static int on_monitor_release_request(struct monitor *monitor, sd_bus_message *m)
{
	_cleanup_json_ json_object *event = NULL;
	uint32_t uid;
	int r;

	r = sd_bus_message_read(m, "u", &uid);
	if (r < 0)
		return r;
	r = monitor_new_lease_event(monitor, m, "release-requested", &event);
	if (r < 0)
		return r;
	r = cli_json_set(event, "uid", json_object_new_int64(uid));
	if (r < 0)
		return r;
	monitor_print_event(monitor, event);
	return 0;
}

static int on_monitor_device_error(struct monitor *monitor, sd_bus_message *m)
{
	_cleanup_json_ json_object *event = NULL;
	const char *device, *state;
	int r;

	r = sd_bus_message_read(m, "ss", &device, &state);
	if (r < 0)
		return r;
	r = monitor_new_lease_event(monitor, m, "error", &event);
	if (r < 0)
		return r;
	r = CLI_JSON_SET(event, { "device", json_object_new_string(device) },
			 { "state", json_object_new_string(state) });
	if (r < 0)
		return r;
	monitor_print_event(monitor, event);
	return 0;
}

static int on_monitor_signal(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	static const struct {
		const char *iface, *member;
		int (*handle)(struct monitor *monitor, sd_bus_message *m);
	} handlers[] = {
		{ "org.freedesktop.DBus.ObjectManager", "InterfacesAdded", on_monitor_added },
		{ "org.freedesktop.DBus.ObjectManager", "InterfacesRemoved", on_monitor_removed },
		{ "org.freedesktop.DBus.Properties", "PropertiesChanged", on_monitor_changed },
		{ DG_IFACE_LEASE, "Step", on_monitor_step },
		{ DG_IFACE_LEASE, "ReleaseRequested", on_monitor_release_request },
		{ DG_IFACE_LEASE, "Error", on_monitor_device_error },
	};

	if (!cli_sender_is_daemon(((struct monitor *)userdata)->cli, m))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(handlers); i++) {
		int r;

		if (!sd_bus_message_is_signal(m, handlers[i].iface, handlers[i].member))
			continue;
		r = handlers[i].handle(userdata, m);
		if (r < 0)
			cli_fail(r, "cannot read a signal of devgroupd");
	}
	return 0;
}

/* --- the daemon starts and stops --- */

static int monitor_load(struct monitor *monitor)
{
	_cleanup_json_ json_object *all = NULL;
	int r = cli_object_get_all(monitor->cli, &all);

	if (r)
		return r;
	json_object_put(monitor->known);
	monitor->known = TAKE_PTR(all);
	return 0;
}

static int monitor_new_owner_event(sd_bus_message *m, json_object **ret)
{
	const char *name, *before, *after;
	int r;

	r = sd_bus_message_read(m, "sss", &name, &before, &after);
	if (r < 0)
		return r;
	return cli_event_new(DG_OBJECT_PATH, str_empty(after) ? "stopped" : "started", ret);
}

static int on_monitor_owner(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	_cleanup_json_ json_object *event = NULL;
	struct monitor *monitor = userdata;
	int r;

	if (!cli_sender_is_bus(m))
		return 0;
	r = monitor_new_owner_event(m, &event);
	if (r < 0) {
		cli_fail(r, "cannot read a signal of the bus");
		return 0;
	}
	monitor_print_event(monitor, event);
	/* Drop what is known: a call from a signal's callback would wait for itself. */
	json_object_put(monitor->known);
	monitor->known = json_object_new_object();
	return 0;
}

static int on_monitor_disconnected(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct monitor *monitor = userdata;

	if (!cli_sender_is_local(m))
		return 0;
	fprintf(stderr, "devgroupctl: The system bus has closed the connection.\n");
	return sd_event_exit(monitor->event, EXIT_FAILED);
}

static void monitor_clear(struct monitor *monitor)
{
	json_object_put(monitor->known);
	monitor->event = sd_event_unref(monitor->event);
}

/* Adds all event sources to a new loop. 0 or negative errno. */
static int monitor_add_sources(struct monitor *monitor)
{
	static const int signals[] = { SIGINT, SIGTERM };
	const struct {
		const char *match;
		sd_bus_message_handler_t handler;
	} matches[] = {
		{ MATCH_ALL, on_monitor_signal },
		{ MATCH_OWNER, on_monitor_owner },
		{ MATCH_DISCONNECTED, on_monitor_disconnected },
	};
	sd_bus *bus = monitor->cli->bus;
	int r;

	r = sd_event_new(&monitor->event);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		r = sd_event_add_signal(monitor->event, NULL, signals[i], NULL, NULL);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < ARRAY_SIZE(matches); i++) {
		r = sd_bus_add_match(bus, NULL, matches[i].match, matches[i].handler, monitor);
		if (r < 0)
			return r;
	}
	return sd_bus_attach_event(bus, monitor->event, SD_EVENT_PRIORITY_NORMAL);
}

int verb_monitor(struct cli *cli)
{
	_cleanup_(monitor_clear) struct monitor monitor = { .cli = cli };
	sigset_t mask;
	int r = cli_sender_follow(cli);

	if (r)
		return r;
	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	/* Listen before loading, so that no change in between is missed. */
	r = monitor_add_sources(&monitor);
	if (r < 0)
		return cli_fail(r, "cannot listen to devgroupd");
	r = monitor_load(&monitor);
	if (r)
		return r;
	r = sd_event_loop(monitor.event);
	sd_bus_detach_event(cli->bus);
	if (r < 0)
		return cli_fail(r, "cannot continue listening");
	return r;
}
