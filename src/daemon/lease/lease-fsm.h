/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What becomes of a lease when something happens to it. Every pair has its answer here; lease.c
 * carries the actions out.
 *
 *             done                let-go              done
 *   CLAIMING ------> CLAIMED ------------> RELEASING ------> ENDED
 *      |  \                                 ^  |  ^ \
 *      |   \ let-go              done,      |  |  |  \ busy        closed, let-go
 *      |    `------> CANCELLED -------------'  |  |   `---> DRAINING ----.
 *      |                         failed        |  |                      |
 *      |  failed (undo)                        |  `----------------------'
 *      |----------------------------------> RELEASING
 *      |  busy (nothing was touched yet)       | failed         closed (retry), let-go
 *      `----------------------> ENDED          `------> STUCK ------> RELEASING
 *
 *   CLAIMING, CANCELLED, RELEASING -- dirty --> DIRTY -- cleanse --> RELEASING
 */

enum lease_state {
	LEASE_CLAIMING,
	LEASE_CANCELLED, /* claiming, but nobody wants it any more */
	LEASE_CLAIMED,
	LEASE_RELEASING,
	LEASE_DRAINING, /* let go, but somebody still has the devices open */
	LEASE_DIRTY,	/* a device could not be reset: kept from everybody until it is */
	LEASE_STUCK,	/* could not be given back; tried again now and then */
	LEASE_ENDED,
	LEASE_STATE_COUNT,
};

enum lease_event {
	LEASE_STEPS_DONE,
	LEASE_STEPS_FAILED,
	LEASE_STEPS_BUSY,      /* somebody holds the descriptors */
	LEASE_STEPS_DIRTY,     /* a device does not answer after its reset, or has not been reset */
	LEASE_RESET_REQUESTED, /* an administrator has it reset again, or its slot was powered off
				*/
	LEASE_END_REQUESTED, /* the holder is gone or wants no more, or an administrator ends it */
	LEASE_CLOSED,	     /* what was busy may be free, or it is time to try again */
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

struct lease_transition lease_fsm(enum lease_state state, enum lease_event event);
const char *lease_fsm_state_to_string(enum lease_state state);
