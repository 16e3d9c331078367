/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/str.h"
#include "cli/bus/cli-agent.h"
#include "cli/bus/cli-bus.h"
#include "cli/bus/cli-lease.h"
#include "cli/bus/cli-object.h"
#include "cli/run/cli-claim-fd.h"
#include "model/dbus-names.h"

/* --- descriptors --- */

/*
 * Appends a copy of @fd, because the message owns the original. The copy is 3 or higher, clear of
 * the standard descriptors.
 */
static int cli_lease_add_fd(struct vec *fds, const char *kind, const char *name, const char *group,
			    int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	if (copy < 0)
		return -errno;
	return cli_claim_fd_add(fds, kind, name, group, copy);
}

/* Reads an a(ssh) and appends its descriptors to @fds. Returns their number, or negative errno. */
static int cli_lease_read_fds(sd_bus_message *m, const char *group, struct vec *fds)
{
	const char *kind, *name;
	int r, fd, n = 0;

	r = sd_bus_message_enter_container(m, 'a', "(ssh)");
	if (r < 0)
		return r;
	while ((r = sd_bus_message_read(m, "(ssh)", &kind, &name, &fd)) > 0) {
		r = cli_lease_add_fd(fds, kind, name, group, fd);
		if (r < 0)
			return r;
		n++;
	}
	if (r < 0)
		return r;
	r = sd_bus_message_exit_container(m);
	if (r < 0)
		return r;
	return n;
}

/* Calls TakeFds for the descriptors that follow the first @n_taken. 0 or an exit status. */
static int cli_lease_take_more_fds(struct cli *cli, const char *group, const char *lease,
				   size_t n_taken, struct vec *fds)
{
	_cleanup_message_ sd_bus_message *call = NULL, *reply = NULL;
	int r = cli_bus_new_call(cli, lease, DG_IFACE_LEASE, "TakeFds", &call);

	if (r)
		return r;
	r = sd_bus_message_append(call, "u", (uint32_t)n_taken);
	if (r < 0)
		return cli_fail(r, "cannot build a method call");
	r = cli_bus_call(cli, call, &reply);
	if (r)
		return r;
	r = cli_lease_read_fds(reply, group, fds);
	if (r <= 0)
		return cli_fail(r < 0 ? r : -ENODATA, "cannot take all descriptors");
	return 0;
}

/*
 * Takes the descriptors that did not fit into the reply of Claim (DG_MAX_FDS_PER_REPLY), until
 * there are FdCount of them. 0 or an exit status.
 */
static int cli_lease_take_fds(struct cli *cli, const char *group, const char *lease, size_t first,
			      struct vec *fds)
{
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	uint32_t total;
	int r;

	r = sd_bus_get_property_trivial(cli->bus, DG_BUS_NAME, lease, DG_IFACE_LEASE, "FdCount",
					&error, 'u', &total);
	if (r < 0)
		return cli_bus_fail(cli, &error, r);
	while (fds->n - first < total) {
		r = cli_lease_take_more_fds(cli, group, lease, fds->n - first, fds);
		if (r)
			return r;
	}
	return 0;
}

/* --- calls --- */

static int on_cli_lease_reply(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	*(sd_bus_message **)userdata = sd_bus_message_ref(m);
	return 0;
}

/* Processes messages until *reply, which a callback sets, is there. 0 or negative errno. */
static int cli_lease_wait_reply(sd_bus *bus, sd_bus_message *const *reply)
{
	int r;

	while (!*reply) {
		r = sd_bus_process(bus, NULL);
		if (r == 0)
			r = sd_bus_wait(bus, UINT64_MAX);
		if (r < 0 && r != -EINTR)
			return r;
	}
	return 0;
}

/*
 * Sends @call and handles signals, such as steps, until the reply arrives. There is no timeout: the
 * daemon has the deadlines. Ctrl-C ends the process and its connection, and the daemon undoes the
 * steps that it has run. 0 or an exit status.
 */
static int cli_lease_call(struct progress *progress, sd_bus_message *call, sd_bus_message **ret)
{
	_cleanup_message_ sd_bus_message *reply = NULL;
	_cleanup_slot_ sd_bus_slot *slot = NULL;
	sd_bus *bus = progress->cli->bus;
	const sd_bus_error *error;
	int r;

	cli_agent_open(progress->cli);
	r = sd_bus_call_async(bus, &slot, call, on_cli_lease_reply, &reply, UINT64_MAX);
	if (r >= 0) /* a failure too must close the agent */
		r = cli_lease_wait_reply(bus, &reply);
	cli_agent_close(progress->cli);
	cli_progress_end_line(progress);
	if (r < 0)
		return cli_fail(r, "lost the connection to devgroupd");
	error = sd_bus_message_get_error(reply);
	if (error)
		return cli_bus_fail(progress->cli, error, -sd_bus_message_get_errno(reply));
	*ret = TAKE_PTR(reply);
	return 0;
}

/* Appends the options of the command line that only a claim has. */
static int cli_lease_append_claim_options(sd_bus_message *call, const struct cli_options *o,
					  const struct claim_options *how)
{
	int r;

	r = cli_bus_append_option(call, "label", "s", o->label);
	if (r < 0)
		return r;
	r = cli_bus_append_option(call, "access", "s", how->access);
	if (r < 0)
		return r;
	r = cli_bus_append_option(call, "interface", "s", how->interface);
	if (r < 0)
		return r;
	r = cli_bus_append_option(call, "wait", "t", cli_options_wait(o));
	if (r < 0)
		return r;
	r = cli_bus_append_flag(call, "persistent", how->persistent);
	if (r < 0)
		return r;
	r = cli_bus_append_option(call, "uid", "u", how->uid);
	if (r < 0)
		return r;
	return cli_bus_append_flag(call, "force", o->force);
}

/* Appends the arguments of Manager.Claim. */
static int cli_lease_append_claim(sd_bus_message *call, const struct cli_options *o,
				  const char *group, const struct claim_options *how)
{
	int r;

	r = sd_bus_message_append(call, "s", group);
	if (r < 0)
		return r;
	r = sd_bus_message_open_container(call, 'a', "{sv}");
	if (r < 0)
		return r;
	r = cli_lease_append_claim_options(call, o, how);
	if (r < 0)
		return r;
	return sd_bus_message_close_container(call);
}

/* Reads the reply of Manager.Claim. *ret_lease is the path of the lease; caller frees. */
static int cli_lease_read_claim(sd_bus_message *reply, const char *group, struct vec *fds,
				char **ret_lease)
{
	_cleanup_free_ char *lease = NULL;
	const char *path;
	int r;

	r = sd_bus_message_read(reply, "o", &path);
	if (r < 0)
		return r;
	r = cli_lease_read_fds(reply, group, fds);
	if (r < 0)
		return r;
	lease = strdup(path);
	if (!lease)
		return -ENOMEM;
	*ret_lease = TAKE_PTR(lease);
	return 0;
}

int cli_lease_claim(struct progress *progress, const char *group, const struct claim_options *how,
		    struct vec *fds, char **ret_lease)
{
	_cleanup_message_ sd_bus_message *call = NULL, *reply = NULL;
	_cleanup_free_ char *lease = NULL;
	struct cli *cli = progress->cli;
	size_t first = fds->n;
	int r;

	cli_progress_await(progress, group);
	r = cli_bus_new_call(cli, DG_OBJECT_PATH, DG_IFACE_MANAGER, "Claim", &call);
	if (r)
		return r;
	r = cli_lease_append_claim(call, &cli->options, group, how);
	if (r < 0)
		return cli_fail(r, "cannot build a method call");
	r = cli_lease_call(progress, call, &reply);
	if (r)
		return r;
	r = cli_lease_read_claim(reply, group, fds, &lease);
	if (r < 0)
		return cli_fail(r, "cannot read the reply to the claim");
	/* The message owns copies of the descriptors, which would hold the lease as ours do. */
	reply = sd_bus_message_unref(reply);
	if (!how->persistent) {
		r = cli_lease_take_fds(cli, group, lease, first, fds);
		if (r)
			return r;
	}
	*ret_lease = TAKE_PTR(lease);
	return 0;
}

/* Appends the arguments of Manager.Release and Manager.Reset. */
static int cli_lease_append_end(sd_bus_message *call, const struct cli_options *o,
				const char *group)
{
	int r;

	r = sd_bus_message_append(call, "s", group);
	if (r < 0)
		return r;
	r = sd_bus_message_open_container(call, 'a', "{sv}");
	if (r < 0)
		return r;
	r = cli_bus_append_option(call, "wait", "t", cli_options_wait(o));
	if (r < 0)
		return r;
	r = cli_bus_append_option(call, "method", "s", o->method);
	if (r < 0)
		return r;
	return sd_bus_message_close_container(call);
}

/* Calls Release or Reset of the manager and shows the steps of @lease. 0 or an exit status. */
static int cli_lease_end(struct progress *progress, const char *method, const char *group,
			 const char *lease)
{
	_cleanup_message_ sd_bus_message *call = NULL, *reply = NULL;
	int r;

	/* A reset of a group without a lease makes a lease of its own. */
	if (str_eq(lease, "/")) {
		cli_progress_await(progress, group);
	} else {
		r = cli_progress_follow(progress, lease);
		if (r)
			return r;
	}
	r = cli_bus_new_call(progress->cli, DG_OBJECT_PATH, DG_IFACE_MANAGER, method, &call);
	if (r)
		return r;
	r = cli_lease_append_end(call, &progress->cli->options, group);
	if (r < 0)
		return cli_fail(r, "cannot build a method call");
	return cli_lease_call(progress, call, &reply);
}

int cli_lease_release(struct progress *progress, const char *group, const char *lease)
{
	return cli_lease_end(progress, "Release", group, lease);
}

int cli_lease_reset(struct progress *progress, const char *group, const char *lease)
{
	return cli_lease_end(progress, "Reset", group, lease);
}
