/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One lease, from the first step of its claim to the last of its release. It knows nothing of
 * groups or of the bus: whoever owns it is told through the observer.
 */

#include <stdbool.h>

#include "daemon/host/host.h"
#include "daemon/lease/lease-watch.h"
#include "daemon/lease/worker.h"
#include "daemon/refusal.h"
#include "model/record.h"

/* A descriptor that waits to be taken by the claimer. */
struct lease_fd {
	char *kind, *name;
	int fd; /* negative once it is taken */
};

struct lease;

struct lease_observer {
	void (*changed)(struct lease *lease, void *userdata);
	/* @state: "running", "done" or "failed: TEXT". */
	void (*step)(struct lease *lease, unsigned index, const struct step *step,
		     const char *state, void *userdata);
	/* The steps of the claim are done and lease->fds filled. */
	void (*claimed)(struct lease *lease, void *userdata);
	/* A claim is not met: lease->failure says why. What was done is being undone, or will be.
	 */
	void (*refused)(struct lease *lease, void *userdata);
	/* A release cannot go on: lease->trouble says why. */
	void (*release_delayed)(struct lease *lease, void *userdata);
	/* Appends the keys of the devices in all other leases. 0 or -ENOMEM. */
	int (*list_others)(struct lease *lease, char ***ret, void *userdata);
	/* All is back as it was. The observer frees the lease. */
	void (*ended)(struct lease *lease, void *userdata);
};

struct lease {
	struct host *host;
	const struct lease_observer *observer;
	void *userdata;
	struct record *record; /* owned */
	enum lease_state state;
	bool keeps_dirty; /* a device has lost its state, so its release ends in LEASE_DIRTY */
	char *holder;	  /* who has it, for people; filled by the registry when first asked */
	char *trouble;	  /* why it drains or is stuck; NULL: all is well */
	struct refusal failure; /* why the claim was not met */
	struct vec fds;		/* struct lease_fd, owned */
	struct vec steps;	/* of the plan that runs */
	struct worker *worker;
	int pipe_read;	/* its writers are the holder and whoever has a copy */
	int busy_group; /* the IOMMU group that somebody held at the last try, or none */
	struct lease_watch watch;
};

/* Takes @record over on success. 0 or -ENOMEM. */
int lease_new(struct host *host, struct record *record, const struct lease_observer *observer,
	      void *userdata, struct lease **ret) _must_check_;
/* Stops watching; the record stays, and with it the claim: a later daemon finds it. */
struct lease *lease_free(struct lease *lease);

/*
 * Writes the record and starts the steps, which are taken over. Negative errno if the record cannot
 * be written or no worker started: then nothing was done.
 */
int lease_claim(struct lease *lease, struct vec *steps) _must_check_;

/*
 * A lease found at start. @pipe_read: the read end of its pipe that the service manager kept, or
 * negative. It goes on while somebody has the write end, or else is given back at once.
 */
void lease_adopt(struct lease *lease, int pipe_read);

/* The holder is gone or wants no more, or an administrator ends it. Done twice is done. */
void lease_end(struct lease *lease);

/* What it waited for may be over: another lease, which no node tells. */
void lease_try_again(struct lease *lease);

/* Of one that is dirty: its devices are reset in the ways that the record says now, and given back,
 * by order. 0 or negative errno. */
int lease_reset(struct lease *lease) _must_check_;

const char *lease_visible_state(const struct lease *lease);
/* Closes what the claimer has not taken: nobody can take it any more. */
void lease_fds_drop(struct lease *lease);
