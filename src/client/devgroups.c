/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The claim of libdevgroups: options, the calls of a claim in their order, and descriptors. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/macro.h"
#include "client/claim.h"
#include "client/devgroups.h"
#include "model/dbus-names.h"

/* The reply to a claim comes when the devices are bound: the daemon has deadlines of its own. */
#define NO_TIMEOUT UINT64_MAX

static int on_devgroups_fds(sd_bus_message *reply, void *userdata, sd_bus_error *error);

int devgroups_new(struct devgroups **ret, const char *group)
{
	_cleanup_(devgroups_freep) struct devgroups *claim = NULL;

	if (!ret || !group || !*group)
		return -EINVAL;
	claim = calloc(1, sizeof(*claim));
	if (!claim)
		return -ENOMEM;
	claim->poll_fd = -EBADF;
	claim->group = strdup(group);
	if (!claim->group)
		return -ENOMEM;
	*ret = TAKE_PTR(claim);
	return 0;
}

static void devgroups_close_fd(struct devgroups_fd *item)
{
	item->fd = fd_close(item->fd);
}

static void devgroups_close_fds(struct devgroups *claim)
{
	for (size_t i = 0; i < claim->n_fds; i++)
		devgroups_close_fd(&claim->fds[i]);
}

void devgroups_free(struct devgroups *claim)
{
	if (!claim)
		return;
	devgroups_close_fds(claim);
	for (size_t i = 0; i < claim->n_fds; i++) {
		free((char *)claim->fds[i].kind);
		free((char *)claim->fds[i].name);
	}
	free(claim->fds);
	for (size_t i = 0; i < claim->n_options; i++) {
		free(claim->options[i].name);
		free(claim->options[i].text);
	}
	free(claim->options);
	sd_bus_slot_unref(claim->call);
	sd_bus_error_free(&claim->error);
	/* The last: other processes may have inherited the socket, so it is closed, not only freed.
	 */
	sd_bus_close_unref(claim->bus);
	fd_close(claim->poll_fd);
	free(claim->group);
	free(claim->lease);
	free(claim->daemon);
	free(claim);
}

/* --- options --- */

static int devgroups_add_option(struct devgroups *claim, const char *name, char type,
				struct claim_option **ret)
{
	struct claim_option *options;

	if (!claim || !name || claim->state != CLAIM_NEW)
		return -EINVAL;
	options = reallocarray(claim->options, claim->n_options + 1, sizeof(*options));
	if (!options)
		return -ENOMEM;
	claim->options = options;
	options += claim->n_options;
	*options = (struct claim_option){ .name = strdup(name), .type = type };
	if (!options->name)
		return -ENOMEM;
	claim->n_options++;
	*ret = options;
	return 0;
}

int devgroups_set_string(struct devgroups *claim, const char *option, const char *value)
{
	_cleanup_free_ char *text = value ? strdup(value) : NULL;
	struct claim_option *added;
	int r;

	if (!text)
		return value ? -ENOMEM : -EINVAL;
	r = devgroups_add_option(claim, option, 's', &added);
	if (r < 0)
		return r;
	added->text = TAKE_PTR(text);
	return 0;
}

static int devgroups_set_number(struct devgroups *claim, const char *option, char type,
				uint64_t number)
{
	struct claim_option *added;
	int r = devgroups_add_option(claim, option, type, &added);

	if (r < 0)
		return r;
	added->number = number;
	return 0;
}

int devgroups_set_bool(struct devgroups *claim, const char *option, bool value)
{
	return devgroups_set_number(claim, option, 'b', value);
}

int devgroups_set_usec(struct devgroups *claim, const char *option, uint64_t usec)
{
	return devgroups_set_number(claim, option, 't', usec);
}

static int claim_option_append(const struct claim_option *option, sd_bus_message *call)
{
	switch (option->type) {
	case 's':
		return sd_bus_message_append(call, "{sv}", option->name, "s", option->text);
	case 'b':
		return sd_bus_message_append(call, "{sv}", option->name, "b", (int)option->number);
	default:
		return sd_bus_message_append(call, "{sv}", option->name, "t", option->number);
	}
}

/* --- descriptors --- */

static int devgroups_add_fd(struct devgroups *claim, const char *kind, const char *name, int fd)
{
	_cleanup_free_ char *own_kind = strdup(kind), *own_name = strdup(name);
	_cleanup_(fd_closep) int own_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	struct devgroups_fd *fds;

	if (own_fd < 0)
		return -errno;
	fds = reallocarray(claim->fds, claim->n_fds + 1, sizeof(*fds));
	if (!fds)
		return -ENOMEM;
	claim->fds = fds;
	if (!own_kind || !own_name)
		return -ENOMEM;
	fds[claim->n_fds++] = (struct devgroups_fd){ .kind = TAKE_PTR(own_kind),
						     .name = TAKE_PTR(own_name),
						     .fd = TAKE_FD(own_fd) };
	return 0;
}

/* Adds the a(ssh) that @reply is at. Returns the number of descriptors. */
static int devgroups_read_fds(struct devgroups *claim, sd_bus_message *reply)
{
	const char *kind, *name;
	int r, fd, n = 0;

	r = sd_bus_message_enter_container(reply, 'a', "(ssh)");
	if (r < 0)
		return r;
	while ((r = sd_bus_message_read(reply, "(ssh)", &kind, &name, &fd)) > 0) {
		r = devgroups_add_fd(claim, kind, name, fd);
		if (r < 0)
			return r;
		n++;
	}
	return r < 0 ? r : n;
}

int devgroups_get_fds(const struct devgroups *claim, const struct devgroups_fd **ret, size_t *ret_n)
{
	if (!claim || !ret || !ret_n)
		return -EINVAL;
	*ret = claim->fds;
	*ret_n = claim->n_fds;
	return 0;
}

static struct devgroups_fd *devgroups_search_fd(const struct devgroups *claim, const char *kind,
						const char *name)
{
	for (size_t i = 0; claim && kind && i < claim->n_fds; i++) {
		struct devgroups_fd *item = &claim->fds[i];

		if (item->fd >= 0 && strcmp(item->kind, kind) == 0 &&
		    (!name || strcmp(item->name, name) == 0))
			return item;
	}
	return NULL;
}

int devgroups_find_fd(const struct devgroups *claim, const char *kind, const char *name)
{
	const struct devgroups_fd *item = devgroups_search_fd(claim, kind, name);

	return item ? item->fd : -ENOENT;
}

int devgroups_take_fd(struct devgroups *claim, const char *kind, const char *name)
{
	struct devgroups_fd *item = devgroups_search_fd(claim, kind, name);

	return item ? TAKE_FD(item->fd) : -ENOENT;
}

int devgroups_take_more(struct devgroups *claim)
{
	size_t before;
	int r;

	if (!claim || claim->state != CLAIM_HELD)
		return -EINVAL;
	before = claim->n_fds;
	do {
		_cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;

		claim_forget_error(claim);
		r = sd_bus_call_method(claim->bus, DG_BUS_NAME, claim->lease, DG_IFACE_LEASE,
				       "TakeFds", &claim->error, &reply, "u",
				       (uint32_t)claim->n_fds);
		if (r < 0)
			return claim_error(claim, r);
		r = devgroups_read_fds(claim, reply);
	} while (r > 0);
	return r < 0 ? r : (int)(claim->n_fds - before);
}

/* --- the claim --- */

/* Ends a claim that failed. The daemon sees it when the lease's descriptor is closed. */
static int devgroups_fail(struct devgroups *claim, int r)
{
	claim->state = CLAIM_FAILED;
	claim->result = r;
	devgroups_close_fds(claim);
	return 1;
}

static int devgroups_call_take_fds(struct devgroups *claim)
{
	claim->call = sd_bus_slot_unref(claim->call);
	return sd_bus_call_method_async(claim->bus, &claim->call, DG_BUS_NAME, claim->lease,
					DG_IFACE_LEASE, "TakeFds", on_devgroups_fds, claim, "u",
					(uint32_t)claim->n_fds);
}

/* Takes the lease and the first descriptors from the reply to Claim. */
static int devgroups_read_claim(struct devgroups *claim, sd_bus_message *reply)
{
	const char *lease, *sender = sd_bus_message_get_sender(reply);
	int r = sd_bus_message_read(reply, "o", &lease);

	if (r < 0)
		return r;
	claim->lease = strdup(lease);
	free(claim->daemon);
	claim->daemon = strdup(sender ? sender : "");
	if (!claim->lease || !claim->daemon)
		return -ENOMEM;
	return devgroups_read_fds(claim, reply);
}

/* Receives the replies to Claim and to TakeFds, and asks until a reply has no more descriptors. */
static int on_devgroups_fds(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	struct devgroups *claim = userdata;
	int r;

	if (sd_bus_message_is_method_error(reply, NULL)) {
		r = sd_bus_error_copy(&claim->error, sd_bus_message_get_error(reply));
		return devgroups_fail(claim, claim_error(claim, r));
	}
	if (!claim->lease) {
		r = devgroups_read_claim(claim, reply);
	} else {
		r = devgroups_read_fds(claim, reply);
		if (r == 0) {
			claim->state = CLAIM_HELD;
			return 1;
		}
	}
	if (r >= 0)
		r = devgroups_call_take_fds(claim);
	return r < 0 ? devgroups_fail(claim, r) : 1;
}

static int devgroups_call_claim(struct devgroups *claim)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
	int r;

	r = sd_bus_message_new_method_call(claim->bus, &call, DG_BUS_NAME, DG_OBJECT_PATH,
					   DG_IFACE_MANAGER, "Claim");
	if (r < 0)
		return r;
	r = sd_bus_message_append(call, "s", claim->group);
	if (r < 0)
		return r;
	r = sd_bus_message_open_container(call, 'a', "{sv}");
	for (size_t i = 0; r >= 0 && i < claim->n_options; i++)
		r = claim_option_append(&claim->options[i], call);
	if (r < 0)
		return r;
	r = sd_bus_message_close_container(call);
	if (r < 0)
		return r;
	return sd_bus_call_async(claim->bus, &claim->call, call, on_devgroups_fds, claim,
				 NO_TIMEOUT);
}

int devgroups_claim_start(struct devgroups *claim)
{
	int r;

	if (!claim || claim->state != CLAIM_NEW)
		return -EINVAL;
	r = claim_connect(claim);
	if (r < 0)
		return r;
	r = devgroups_call_claim(claim);
	if (r < 0)
		return r;
	claim->state = CLAIM_RUNS;
	return claim_update_poll(claim);
}

int devgroups_process(struct devgroups *claim)
{
	int r;

	if (!claim || claim->state == CLAIM_NEW)
		return -EINVAL;
	if (claim->state == CLAIM_FAILED)
		return claim->result;
	do
		r = sd_bus_process(claim->bus, NULL);
	while (r > 0 && claim->state != CLAIM_FAILED);
	if (claim->state == CLAIM_FAILED)
		return claim->result;
	if (r >= 0)
		r = claim_update_poll(claim);
	if (r < 0) {
		if (claim->state == CLAIM_RUNS)
			devgroups_fail(claim, -ENOTCONN);
		return -ENOTCONN;
	}
	return claim->state != CLAIM_RUNS;
}

int devgroups_release_requested(struct devgroups *claim)
{
	int r;

	if (claim && claim->requested)
		return 1;
	r = devgroups_process(claim);
	return r < 0 ? r : claim->requested;
}

int devgroups_claim(struct devgroups *claim)
{
	int r = devgroups_claim_start(claim);

	if (r < 0)
		return r;
	while ((r = devgroups_process(claim)) == 0) {
		r = sd_bus_wait(claim->bus, NO_TIMEOUT);
		if (r < 0 && r != -EINTR)
			return r;
	}
	return r < 0 ? r : 0;
}

int devgroups_release(struct devgroups *claim)
{
	int r;

	if (!claim || claim->state != CLAIM_HELD)
		return -EINVAL;
	/* The daemon waits until the devices are closed. It ends the lease itself. */
	for (size_t i = 0; i < claim->n_fds; i++) {
		if (strcmp(claim->fds[i].kind, "lease") != 0)
			devgroups_close_fd(&claim->fds[i]);
	}
	claim_forget_error(claim);
	r = claim_call_release(claim);
	if (r < 0)
		return claim_error(claim, r);
	devgroups_close_fds(claim);
	claim->state = CLAIM_RELEASED;
	return 0;
}
