/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "cli/bus/cli-bus.h"
#include "cli/bus/cli-object.h"
#include "cli/bus/cli-progress.h"
#include "cli/bus/cli-sender.h"
#include "cli/print/cli-term.h"
#include "model/dbus-names.h"

#define MATCH_ALL "type='signal',sender='" DG_BUS_NAME "',path_namespace='" DG_OBJECT_PATH "'"

void cli_progress_end_line(struct progress *progress)
{
	if (!progress->pending)
		return;
	fputc('\n', stderr);
	free(TAKE_PTR(progress->pending));
}

/*
 * Prints a line for each step. On a terminal the line appears when the step starts and is completed
 * when it ends. Elsewhere only complete lines are printed.
 */
static void cli_progress_print_step(struct progress *progress, const char *line, const char *state)
{
	bool running = str_eq(state, "running");

	if (running && !progress->on_terminal)
		return;
	if (!running && str_eq(progress->pending, line)) {
		fprintf(stderr, "%s\n", state);
		free(TAKE_PTR(progress->pending));
		return;
	}
	cli_progress_end_line(progress);
	fprintf(stderr, "%s %s", line, running ? "" : state);
	if (running)
		progress->pending = strdup(line);
	if (!progress->pending)
		fputc('\n', stderr);
}

static int on_progress_step(struct progress *progress, sd_bus_message *m)
{
	_cleanup_free_ char *line = NULL, *clean = NULL, *clean_state = NULL;
	const char *step, *device, *state;
	uint32_t index, count;
	int r;

	r = sd_bus_message_read(m, "uusss", &index, &count, &step, &device, &state);
	if (r < 0)
		return r;
	/* The bus counts steps from 0. */
	line = str_printf("  [%*u/%u] %-14s %-16s", count > 9 ? 2 : 1, index + 1, count, step,
			  device);
	clean = line ? cli_term_clean(line) : NULL;
	clean_state = cli_term_clean(state);
	if (!clean || !clean_state)
		return -ENOMEM;
	cli_progress_print_step(progress, clean, clean_state);
	return 0;
}

/* Stops following a lease of another process, and awaits the next one. */
static void cli_progress_unfollow(struct progress *progress, const char *lease)
{
	char **to = progress->leases;

	for (char **from = progress->leases; from && *from; from++) {
		if (str_eq(*from, lease))
			free(*from);
		else
			*to++ = *from;
	}
	if (to)
		*to = NULL;
	progress->awaited = progress->last_awaited;
}

/* Receives the pid of the followed lease. Only its user and root are told. */
static int on_progress_lease_pid(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	struct progress *progress = userdata;
	uint32_t pid;

	progress->question = sd_bus_slot_unref(progress->question);
	if (sd_bus_message_is_method_error(reply, NULL) ||
	    sd_bus_message_read(reply, "v", "u", &pid) < 0)
		return 0;
	if (pid > 0 && pid != (uint32_t)getpid() && !progress->cli->options.host &&
	    !progress->cli->options.machine)
		cli_progress_unfollow(progress, progress->asked);
	return 0;
}

/* Asks for the process that holds the lease. Without an answer the lease stays followed. */
static void cli_progress_ask_pid(struct progress *progress, const char *lease)
{
	progress->question = sd_bus_slot_unref(progress->question);
	if (str_set(&progress->asked, lease) < 0)
		return;
	(void)sd_bus_call_method_async(progress->cli->bus, &progress->question, DG_BUS_NAME, lease,
				       "org.freedesktop.DBus.Properties", "Get",
				       on_progress_lease_pid, progress, "ss", DG_IFACE_LEASE,
				       "Pid");
}

/*
 * Follows the awaited lease. The daemon announces a lease before its first step. Leases of other
 * claimers may come and go while this claim waits for the group: those of other users are ignored,
 * and one of another process of this user until its pid is known.
 */
static int on_progress_lease_added(struct progress *progress, sd_bus_message *m)
{
	_cleanup_json_ json_object *object = NULL;
	const char *path;
	int r;

	if (!progress->awaited)
		return 0;
	r = sd_bus_message_read_basic(m, 'o', &path);
	if (r < 0)
		return r;
	if (cli_object_type_of_path(path) != OBJECT_LEASE)
		return 0;
	r = cli_object_read_interfaces(m, path, &object);
	if (r < 0)
		return r;
	if (!str_eq(cli_json_get_str(object, "group"), progress->awaited))
		return 0;
	if (progress->uid != 0 && cli_json_get_int(object, "uid", -1) != (int64_t)progress->uid)
		return 0;
	progress->last_awaited = TAKE_PTR(progress->awaited);
	cli_progress_ask_pid(progress, path);
	return strv_add(&progress->leases, path);
}

static int on_progress_lease_removed(struct progress *progress, sd_bus_message *m)
{
	const char *path;
	int r = sd_bus_message_read_basic(m, 'o', &path);

	if (r < 0)
		return r;
	if (cli_object_type_of_path(path) != OBJECT_LEASE)
		return 0;
	return strv_add(&progress->ended_leases, path);
}

/* Reports the request. The user decides whether to end the command. */
static int on_progress_release_request(struct progress *progress, sd_bus_message *m)
{
	uint32_t uid;
	int r = sd_bus_message_read(m, "u", &uid);

	if (r < 0)
		return r;
	cli_progress_end_line(progress);
	fprintf(stderr,
		"devgroupctl: uid %u asks for the devices of this command. They are released when "
		"the command ends.\n",
		uid);
	return 0;
}

static int on_progress_signal(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct progress *progress = userdata;
	int r = 0;

	if (!cli_sender_is_daemon(progress->cli, m))
		return 0;
	if (sd_bus_message_is_signal(m, DG_IFACE_LEASE, "Step")) {
		if (progress->show && strv_contains(progress->leases, sd_bus_message_get_path(m)))
			r = on_progress_step(progress, m);
	} else if (sd_bus_message_is_signal(m, DG_IFACE_LEASE, "ReleaseRequested")) {
		if (progress->holds && strv_contains(progress->leases, sd_bus_message_get_path(m)))
			r = on_progress_release_request(progress, m);
	} else if (sd_bus_message_is_signal(m, "org.freedesktop.DBus.ObjectManager",
					    "InterfacesAdded")) {
		r = on_progress_lease_added(progress, m);
	} else if (sd_bus_message_is_signal(m, "org.freedesktop.DBus.ObjectManager",
					    "InterfacesRemoved")) {
		r = on_progress_lease_removed(progress, m);
	}
	/* An unreadable signal costs a line of progress, not the claim. */
	(void)r;
	return 0;
}

int cli_progress_start(struct progress *progress, struct cli *cli)
{
	const struct cli_options *o = &cli->options;
	int r = cli_sender_follow(cli);

	if (r)
		return r;
	progress->cli = cli;
	r = cli_bus_own_uid(cli, &progress->uid);
	if (r)
		return r;
	progress->on_terminal = isatty(STDERR_FILENO);
	progress->show = !o->quiet && (progress->on_terminal || o->verbose);
	r = sd_bus_add_match(cli->bus, &progress->slot, MATCH_ALL, on_progress_signal, progress);
	if (r < 0)
		return cli_fail(r, "cannot listen to devgroupd");
	return 0;
}

void cli_progress_stop(struct progress *progress)
{
	cli_progress_end_line(progress);
	sd_bus_slot_unref(progress->slot);
	sd_bus_slot_unref(progress->question);
	free(progress->asked);
	strv_free(progress->leases);
	strv_free(progress->ended_leases);
	*progress = (struct progress){ 0 };
}

int cli_progress_follow(struct progress *progress, const char *lease)
{
	if (strv_contains(progress->leases, lease))
		return 0;
	if (strv_add(&progress->leases, lease) < 0)
		return cli_fail(-ENOMEM, "cannot follow the lease");
	return 0;
}

void cli_progress_await(struct progress *progress, const char *group)
{
	progress->awaited = group;
}

bool cli_progress_lease_ended(const struct progress *progress, const char *lease)
{
	return strv_contains(progress->ended_leases, lease);
}
