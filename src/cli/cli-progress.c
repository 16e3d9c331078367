/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "cli/cli-bus.h"
#include "cli/cli-object.h"
#include "cli/cli-progress.h"
#include "cli/cli-term.h"
#include "model/dbus-names.h"

#define MATCH_ALL "type='signal',sender='" DG_BUS_NAME "',path_namespace='" DG_OBJECT_PATH "'"

void progress_break(struct progress *progress)
{
	if (!progress->pending)
		return;
	fputc('\n', stderr);
	free(TAKE_PTR(progress->pending));
}

/*
 * On a terminal the line of a step appears when it starts and is finished when it ends;
 * elsewhere only whole lines make sense.
 */
static void print_step(struct progress *progress, const char *line, const char *state)
{
	bool running = str_eq(state, "running");

	if (running && !progress->on_terminal)
		return;
	if (!running && str_eq(progress->pending, line)) {
		fprintf(stderr, "%s\n", state);
		free(TAKE_PTR(progress->pending));
		return;
	}
	progress_break(progress);
	fprintf(stderr, "%s %s", line, running ? "" : state);
	if (running)
		progress->pending = strdup(line);
	if (!progress->pending)
		fputc('\n', stderr);
}

static int on_step(struct progress *progress, sd_bus_message *m)
{
	_cleanup_free_ char *line = NULL, *clean = NULL;
	const char *step, *device, *state;
	uint32_t index, count;
	int r;

	r = sd_bus_message_read(m, "uusss", &index, &count, &step, &device, &state);
	if (r < 0)
		return r;
	/* on the bus the first step is number 0 */
	line = str_printf("  [%*u/%u] %-14s %-16s", count > 9 ? 2 : 1, index + 1, count, step,
			  device);
	clean = term_clean(state);
	if (!line || !clean)
		return -ENOMEM;
	print_step(progress, line, clean);
	return 0;
}

/* A lease is announced before its first step. */
static int on_added(struct progress *progress, sd_bus_message *m)
{
	_cleanup_json_ json_object *object = NULL;
	const char *path;
	int64_t pid;
	int r;

	if (!progress->awaited)
		return 0;
	r = sd_bus_message_read_basic(m, 'o', &path);
	if (r < 0 || object_type_of_path(path) != OBJECT_LEASE)
		return r < 0 ? r : 0;
	r = object_read_interfaces(m, path, &object);
	if (r < 0 || !str_eq(js_str(object, "group"), progress->awaited))
		return r < 0 ? r : 0;
	/* while we wait for a busy group another claimer's lease may come and go */
	pid = js_int(object, "pid", 0);
	if (pid > 0 && pid != getpid() && !progress->cli->options.host &&
	    !progress->cli->options.machine)
		return 0;
	progress->awaited = NULL;
	return strv_add(&progress->leases, path);
}

static int on_removed(struct progress *progress, sd_bus_message *m)
{
	const char *path;
	int r = sd_bus_message_read_basic(m, 'o', &path);

	if (r < 0 || object_type_of_path(path) != OBJECT_LEASE)
		return r < 0 ? r : 0;
	return strv_add(&progress->gone, path);
}

/* Whether to end the command is not ours to decide. */
static int on_release_requested(struct progress *progress, sd_bus_message *m)
{
	uint32_t uid;
	int r = sd_bus_message_read(m, "u", &uid);

	if (r < 0)
		return r;
	progress_break(progress);
	fprintf(stderr,
		"devgroupctl: uid %u wants what this command holds. It is given back when the command "
		"ends.\n",
		uid);
	return 0;
}

static int on_signal(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct progress *progress = userdata;
	int r = 0;

	if (sd_bus_message_is_signal(m, DG_IFACE_LEASE, "Step")) {
		if (progress->show && strv_contains(progress->leases, sd_bus_message_get_path(m)))
			r = on_step(progress, m);
	} else if (sd_bus_message_is_signal(m, DG_IFACE_LEASE, "ReleaseRequested")) {
		if (progress->holds && strv_contains(progress->leases, sd_bus_message_get_path(m)))
			r = on_release_requested(progress, m);
	} else if (sd_bus_message_is_signal(m, "org.freedesktop.DBus.ObjectManager",
					    "InterfacesAdded")) {
		r = on_added(progress, m);
	} else if (sd_bus_message_is_signal(m, "org.freedesktop.DBus.ObjectManager",
					    "InterfacesRemoved")) {
		r = on_removed(progress, m);
	}
	/* a signal that cannot be read costs a line of progress, not the claim */
	(void)r;
	return 0;
}

int progress_start(struct progress *progress, struct cli *cli)
{
	const struct options *o = &cli->options;
	int r = bus_open(cli);

	if (r)
		return r;
	progress->cli = cli;
	progress->on_terminal = isatty(STDERR_FILENO);
	progress->show = !o->quiet && (progress->on_terminal || o->verbose);
	r = sd_bus_add_match(cli->bus, &progress->slot, MATCH_ALL, on_signal, progress);
	return r < 0 ? cli_fail(r, "cannot listen to devgroupd") : 0;
}

void progress_stop(struct progress *progress)
{
	progress_break(progress);
	sd_bus_slot_unref(progress->slot);
	strv_free(progress->leases);
	strv_free(progress->gone);
	*progress = (struct progress){ 0 };
}

int progress_follow(struct progress *progress, const char *lease)
{
	if (strv_contains(progress->leases, lease))
		return 0;
	return strv_add(&progress->leases, lease) < 0 ? cli_fail(-ENOMEM, "cannot go on") : 0;
}

void progress_await(struct progress *progress, const char *group)
{
	progress->awaited = group;
}

bool progress_lease_gone(const struct progress *progress, const char *lease)
{
	return strv_contains(progress->gone, lease);
}
