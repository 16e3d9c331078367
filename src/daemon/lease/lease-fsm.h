/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The state machine of a lease. It is pure: it holds no lease and carries out no action, lease.c
 * does. docs/lease.md has the picture.
 */

#include <stdbool.h>

enum lease_state {
	LEASE_CLAIMING,
	LEASE_CANCELLED, /* the claimer has gone or was refused; the worker has to end first */
	LEASE_CANCELLED_HUNG,
	LEASE_CLAIMED,
	LEASE_RELEASING,
	LEASE_RELEASING_HUNG,
	LEASE_DRAINING,	   /* a process has the devices open: waits for the last close */
	LEASE_DRAIN_RETRY, /* releases again; so far it has only checked for open devices */
	LEASE_DRAIN_RETRY_HUNG,
	LEASE_STUCK,	   /* a release has failed: waits for the time of its next try */
	LEASE_STUCK_RETRY, /* releases again; so far it has only checked for open devices */
	LEASE_STUCK_RETRY_HUNG,
	LEASE_DIRTY, /* a device was not reset: no user gets it until it is */
	LEASE_ENDED,
	LEASE_STATE_COUNT,
};

enum lease_event {
	LEASE_STEP_HANGS,    /* a step has passed its deadline and has not returned */
	LEASE_STEP_RETURNED, /* the step that hung has ended, or its worker has */
	LEASE_STEP_PROGRESS, /* a step other than a check has been done */
	LEASE_STEPS_DONE,
	LEASE_STEPS_FAILED,
	LEASE_STEPS_BUSY,  /* a process holds the descriptors */
	LEASE_STEPS_DIRTY, /* a device does not answer after its reset, or was not reset */
	LEASE_RESET_REQUESTED,
	LEASE_END_REQUESTED, /* the holder is gone or releases, or an administrator does */
	LEASE_CLOSED,	     /* a device may be closed by now */
	LEASE_RETRY_DUE,     /* the timer of the next try has fired */
	LEASE_EVENT_COUNT,
};

enum lease_action {
	LEASE_DO_NOTHING,
	LEASE_HAND_OVER,
	LEASE_GIVE_BACK, /* run the steps of a release */
	LEASE_WAIT,	 /* for the last close */
	LEASE_TRY_LATER,
	LEASE_QUARANTINE,
	LEASE_END,
};

struct lease_transition {
	enum lease_state next;
	enum lease_action action;
};

/* Returns what @event makes of a lease in @state. An event without an arc changes nothing. */
struct lease_transition lease_fsm(enum lease_state state, enum lease_event event);

/* Returns the word that users see, one of org.devgroups1.Group.State. */
const char *lease_fsm_state_to_string(enum lease_state state);
/* Tells whether the steps of a claim run. */
bool lease_fsm_is_claim(enum lease_state state);
/* Tells whether a step of the lease's worker hangs. */
bool lease_fsm_is_hung(enum lease_state state);
/* Tells whether a release has been tried without success, and nothing was done since. */
bool lease_fsm_is_delayed(enum lease_state state);
