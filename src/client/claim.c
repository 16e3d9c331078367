/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The connection of a claim, its signals, and the errors of the daemon. */

#include "client/claim.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "model/dbus-names.h"

#define DRIVER "org.freedesktop.DBus"

/* --- errors --- */

static const struct {
	const char *name;
	int error;
} errors[] = {
	{ DG_ERROR_NO_SUCH_GROUP, ENOENT }, { DG_ERROR_NO_SUCH_DEVICE, ENODEV },
	{ DG_ERROR_BLOCKED, EPERM },	    { DG_ERROR_BUSY, EBUSY },
	{ DG_ERROR_RESERVED, EBUSY },	    { DG_ERROR_IN_USE, EBUSY },
	{ DG_ERROR_BIND_FAILED, EIO },	    { DG_ERROR_RESET_FAILED, EIO },
	{ DG_ERROR_TIMEOUT, ETIMEDOUT },    { DG_ERROR_STUCK, EIO },
	{ DG_ERROR_NOT_HOLDER, EACCES },    { DG_ERROR_BAD_OPTION, EINVAL },
	{ DG_ERROR_BAD_CONFIG, EINVAL },    { DG_ERROR_UNSUPPORTED, EOPNOTSUPP },
};

int claim_error(const struct devgroups *claim, int r)
{
	if (!sd_bus_error_is_set(&claim->error))
		return r < 0 ? r : -EIO;
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		if (sd_bus_error_has_name(&claim->error, errors[i].name))
			return -errors[i].error;
	}
	r = -sd_bus_error_get_errno(&claim->error);
	return r < 0 ? r : -EIO;
}

void claim_forget_error(struct devgroups *claim)
{
	sd_bus_error_free(&claim->error);
}

const char *devgroups_get_error_code(const struct devgroups *claim)
{
	const char *dot;

	if (!claim || !claim->error.name)
		return "";
	dot = strrchr(claim->error.name, '.');
	return dot ? dot + 1 : claim->error.name;
}

const char *devgroups_get_error_text(const struct devgroups *claim)
{
	return claim && claim->error.message ? claim->error.message : "";
}

const char *devgroups_strerror(const struct devgroups *claim, int error)
{
	const char *text = devgroups_get_error_text(claim);

	return *text ? text : strerror(error < 0 ? -error : error);
}

const char *devgroups_get_lease(const struct devgroups *claim)
{
	return claim ? claim->lease : NULL;
}

/* --- the connection --- */

static int on_claim_owner_changed(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct devgroups *claim = userdata;
	const char *sender = sd_bus_message_get_sender(message), *name, *owner;
	char *copy;

	if (!sender || strcmp(sender, DRIVER) != 0 ||
	    sd_bus_message_read(message, "sss", &name, NULL, &owner) < 0 ||
	    strcmp(name, DG_BUS_NAME) != 0)
		return 0;
	copy = strdup(owner);
	if (!copy)
		return -ENOMEM;
	free(claim->daemon);
	claim->daemon = copy;
	return 0;
}

/* Any client can send a signal to this one: only that of the daemon for this lease counts. */
static int on_claim_release_requested(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct devgroups *claim = userdata;
	const char *sender = sd_bus_message_get_sender(message);
	const char *path = sd_bus_message_get_path(message);

	if (sender && path && claim->lease && claim->daemon && strcmp(sender, claim->daemon) == 0 &&
	    strcmp(path, claim->lease) == 0)
		claim->requested = true;
	return 0;
}

int claim_connect(struct devgroups *claim)
{
	const char *unique;
	int r;

	r = sd_bus_open_system(&claim->bus);
	if (r < 0)
		return r;
	r = sd_bus_get_unique_name(claim->bus, &unique); /* waits for the bus */
	if (r < 0)
		return r;
	r = sd_bus_match_signal(claim->bus, NULL, DRIVER, "/org/freedesktop/DBus", DRIVER,
				"NameOwnerChanged", on_claim_owner_changed, claim);
	if (r < 0)
		return r;
	r = sd_bus_match_signal(claim->bus, NULL, DG_BUS_NAME, NULL, DG_IFACE_LEASE,
				"ReleaseRequested", on_claim_release_requested, claim);
	if (r < 0)
		return r;
	claim->poll_fd = epoll_create1(EPOLL_CLOEXEC);
	return claim->poll_fd < 0 ? -errno : 0;
}

int claim_update_poll(struct devgroups *claim)
{
	int fd = sd_bus_get_fd(claim->bus), events = sd_bus_get_events(claim->bus);
	struct epoll_event event = { .events = EPOLLIN };

	if (fd < 0 || events < 0)
		return -ENOTCONN;
	event.events = (uint32_t)events; /* POLLIN and POLLOUT are EPOLLIN and EPOLLOUT */
	if (epoll_ctl(claim->poll_fd, EPOLL_CTL_MOD, fd, &event) == 0)
		return 0;
	return epoll_ctl(claim->poll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

int devgroups_get_poll_fd(const struct devgroups *claim)
{
	return claim && claim->poll_fd >= 0 ? claim->poll_fd : -ENOTCONN;
}

int claim_call_release(struct devgroups *claim)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
	int r;

	r = sd_bus_message_new_method_call(claim->bus, &call, DG_BUS_NAME, claim->lease,
					   DG_IFACE_LEASE, "Release");
	if (r < 0)
		return r;
	return sd_bus_call(claim->bus, call, UINT64_MAX, &claim->error, NULL);
}
