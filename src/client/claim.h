/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The connection of a claim, its errors, and the values of devices. Private to libdevgroups. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#include "base/macro.h"
#include "client/devgroups.h"

enum claim_state {
	CLAIM_NEW,
	CLAIM_RUNS,
	CLAIM_HELD,
	CLAIM_RELEASED,
	CLAIM_FAILED,
};

struct claim_option {
	char *name;
	char type;	 /* of D-Bus: s, b or t */
	char *text;	 /* of an s */
	uint64_t number; /* of the others */
};

struct devgroups {
	char *group;
	struct claim_option *options;
	size_t n_options;
	enum claim_state state;
	int result; /* of a claim that failed */
	sd_bus *bus;
	sd_bus_slot *call;
	int poll_fd;	/* an epoll of the connection, whose events change */
	char *lease;	/* the object */
	char *daemon;	/* the unique name of devgroupd: signals of others are forged */
	bool requested; /* the release */
	struct devgroups_fd *fds;
	size_t n_fds;
	sd_bus_error error;
};

DEFINE_CLEANUP(struct devgroups *, devgroups_freep, devgroups_free)

/* Connects to the system bus and listens for requests of the release. */
int claim_connect(struct devgroups *claim);

/* Makes the descriptor to poll wait for what the connection waits for. */
int claim_update_poll(struct devgroups *claim);

/* Returns the errno of the refusal in claim->error, or @r if there is none. */
int claim_error(const struct devgroups *claim, int r);

void claim_forget_error(struct devgroups *claim);

/* Calls Release of the lease and waits for the reply, without a deadline of its own. */
int claim_call_release(struct devgroups *claim);
