/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One lease, from the first step of its claim to the last of its release. It knows no groups and no
 * bus. It reports to its owner through the observer.
 */

#include <stdbool.h>

#include "daemon/host/host.h"
#include "daemon/lease/lease-watch.h"
#include "daemon/lease/worker.h"
#include "daemon/refusal.h"
#include "model/record.h"

/* A descriptor for the claimer. */
struct lease_fd {
	char *kind, *name;
	int fd; /* negative after the claimer took it */
};

struct lease;

struct lease_observer {
	void (*changed)(struct lease *lease, void *userdata);
	/* Reports a step. @state is "running", "done", "skipped" or "failed: TEXT". */
	void (*step)(struct lease *lease, unsigned index, const struct step *step,
		     const char *state, void *userdata);
	/* Called when the steps of the claim are done and lease->fds is filled. */
	void (*claimed)(struct lease *lease, void *userdata);
	/*
	 * Called when a claim fails, with the reason in lease->failure. Its undoing may still run.
	 */
	void (*refused)(struct lease *lease, void *userdata);
	/* Called when a release cannot continue, with the reason in lease->trouble. */
	void (*release_delayed)(struct lease *lease, void *userdata);
	/* Appends the keys of the devices in all other leases. 0 or -ENOMEM. */
	int (*list_others)(struct lease *lease, char ***ret, void *userdata);
	/* Called at the end, when all devices are back. The observer frees the lease. */
	void (*ended)(struct lease *lease, void *userdata);
};

struct lease {
	struct host *host;
	const struct lease_observer *observer;
	void *userdata;
	struct record *record; /* owned */
	enum lease_state state;
	bool keeps_dirty; /* a device has lost its state, so its release ends in LEASE_DIRTY */
	char *holder;	  /* the holder as text; filled by the registry at the first use */
	char *trouble;	  /* reason for draining, stuck or dirty; NULL: none */
	struct refusal failure; /* why the claim failed */
	struct vec fds;		/* struct lease_fd, owned */
	struct vec steps;	/* struct step, owned: the plan that runs */
	struct worker *worker;
	int pipe_read;	     /* the holder has the write end, and maybe copies of it */
	uint64_t asked_usec; /* when a user last asked its holder to release it, or 0 */
	uid_t asked_by;	     /* the user who asked; bus-release.c */
	int busy_group;	     /* the IOMMU group that was open at the last try, or none */
	struct lease_watch watch;
};

/*
 * Makes a lease in LEASE_CLAIMING, without a worker. Takes @record over on success. 0 or -ENOMEM.
 */
int lease_new(struct host *host, struct record *record, const struct lease_observer *observer,
	      void *userdata, struct lease **ret) _must_check_;
/* Frees the lease. The record stays, and the claim with it: a later daemon finds it. */
struct lease *lease_free(struct lease *lease);

/*
 * Writes the record and starts the steps of a claim, which are taken over. Negative errno if that
 * fails: then nothing was done.
 */
int lease_claim(struct lease *lease, struct vec *steps) _must_check_;

/*
 * Takes up a lease of an earlier daemon. @pipe_read is the read end from the descriptor store,
 * taken over, or negative. The lease continues if its claim was finished and its holder lives.
 * Otherwise its release starts.
 */
void lease_adopt(struct lease *lease, int pipe_read);

/* Requests the end of the lease, for its holder or an administrator. May be repeated. */
void lease_end(struct lease *lease);

/* Retries a release that waits: another lease, which has no node to watch, has ended. */
void lease_try_again(struct lease *lease);

/*
 * Resets the devices of a dirty lease with the methods in its record, then releases it. 0 or
 * negative errno.
 */
int lease_reset(struct lease *lease) _must_check_;

/* Returns the word that users see, one of org.devgroups1.Group.State. */
const char *lease_visible_state(const struct lease *lease);
/* Closes the descriptors that the claimer has not taken, when it cannot take them any more. */
void lease_fds_drop(struct lease *lease);
