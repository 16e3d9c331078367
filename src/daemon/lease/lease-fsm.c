/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The arcs of the state machine, and what each state is called. A pair without an arc changes
 * nothing.
 */

#include "daemon/lease/lease-fsm.h"

#include "base/macro.h"

struct lease_arc {
	enum lease_state from;
	enum lease_event event;
	enum lease_state to;
	enum lease_action action;
};

static const struct lease_arc lease_fsm_arcs[] = {
	{ LEASE_CLAIMING, LEASE_STEPS_DONE, LEASE_CLAIMED, LEASE_HAND_OVER },
	{ LEASE_CLAIMING, LEASE_STEPS_FAILED, LEASE_RELEASING, LEASE_GIVE_BACK },
	{ LEASE_CLAIMING, LEASE_STEPS_BUSY, LEASE_ENDED, LEASE_END },
	{ LEASE_CLAIMING, LEASE_STEPS_DIRTY, LEASE_DIRTY, LEASE_QUARANTINE },
	{ LEASE_CLAIMING, LEASE_END_REQUESTED, LEASE_CANCELLED, LEASE_DO_NOTHING },
	{ LEASE_CLAIMING, LEASE_STEP_HANGS, LEASE_CANCELLED_HUNG, LEASE_DO_NOTHING },

	{ LEASE_CANCELLED, LEASE_STEPS_DONE, LEASE_RELEASING, LEASE_GIVE_BACK },
	{ LEASE_CANCELLED, LEASE_STEPS_FAILED, LEASE_RELEASING, LEASE_GIVE_BACK },
	{ LEASE_CANCELLED, LEASE_STEPS_BUSY, LEASE_ENDED, LEASE_END },
	{ LEASE_CANCELLED, LEASE_STEPS_DIRTY, LEASE_DIRTY, LEASE_QUARANTINE },
	{ LEASE_CANCELLED, LEASE_STEP_HANGS, LEASE_CANCELLED_HUNG, LEASE_DO_NOTHING },
	{ LEASE_CANCELLED_HUNG, LEASE_STEP_RETURNED, LEASE_CANCELLED, LEASE_DO_NOTHING },

	{ LEASE_CLAIMED, LEASE_STEPS_FAILED, LEASE_RELEASING, LEASE_GIVE_BACK },
	{ LEASE_CLAIMED, LEASE_END_REQUESTED, LEASE_RELEASING, LEASE_GIVE_BACK },

	{ LEASE_RELEASING, LEASE_STEPS_DONE, LEASE_ENDED, LEASE_END },
	{ LEASE_RELEASING, LEASE_STEPS_FAILED, LEASE_STUCK, LEASE_TRY_LATER },
	{ LEASE_RELEASING, LEASE_STEPS_BUSY, LEASE_DRAINING, LEASE_WAIT },
	{ LEASE_RELEASING, LEASE_STEPS_DIRTY, LEASE_DIRTY, LEASE_QUARANTINE },
	{ LEASE_RELEASING, LEASE_STEP_HANGS, LEASE_RELEASING_HUNG, LEASE_DO_NOTHING },
	{ LEASE_RELEASING_HUNG, LEASE_STEP_RETURNED, LEASE_RELEASING, LEASE_DO_NOTHING },

	{ LEASE_DRAINING, LEASE_CLOSED, LEASE_DRAIN_RETRY, LEASE_GIVE_BACK },
	{ LEASE_DRAINING, LEASE_RETRY_DUE, LEASE_DRAIN_RETRY, LEASE_GIVE_BACK },
	{ LEASE_DRAINING, LEASE_END_REQUESTED, LEASE_DRAIN_RETRY, LEASE_GIVE_BACK },
	{ LEASE_DRAIN_RETRY, LEASE_STEPS_DONE, LEASE_ENDED, LEASE_END },
	{ LEASE_DRAIN_RETRY, LEASE_STEPS_FAILED, LEASE_STUCK, LEASE_TRY_LATER },
	{ LEASE_DRAIN_RETRY, LEASE_STEPS_BUSY, LEASE_DRAINING, LEASE_WAIT },
	{ LEASE_DRAIN_RETRY, LEASE_STEPS_DIRTY, LEASE_DIRTY, LEASE_QUARANTINE },
	{ LEASE_DRAIN_RETRY, LEASE_STEP_PROGRESS, LEASE_RELEASING, LEASE_DO_NOTHING },
	{ LEASE_DRAIN_RETRY, LEASE_STEP_HANGS, LEASE_DRAIN_RETRY_HUNG, LEASE_DO_NOTHING },
	{ LEASE_DRAIN_RETRY_HUNG, LEASE_STEP_RETURNED, LEASE_DRAIN_RETRY, LEASE_DO_NOTHING },

	{ LEASE_STUCK, LEASE_CLOSED, LEASE_STUCK_RETRY, LEASE_GIVE_BACK },
	{ LEASE_STUCK, LEASE_RETRY_DUE, LEASE_STUCK_RETRY, LEASE_GIVE_BACK },
	{ LEASE_STUCK, LEASE_END_REQUESTED, LEASE_STUCK_RETRY, LEASE_GIVE_BACK },
	{ LEASE_STUCK_RETRY, LEASE_STEPS_DONE, LEASE_ENDED, LEASE_END },
	{ LEASE_STUCK_RETRY, LEASE_STEPS_FAILED, LEASE_STUCK, LEASE_TRY_LATER },
	{ LEASE_STUCK_RETRY, LEASE_STEPS_BUSY, LEASE_DRAINING, LEASE_WAIT },
	{ LEASE_STUCK_RETRY, LEASE_STEPS_DIRTY, LEASE_DIRTY, LEASE_QUARANTINE },
	{ LEASE_STUCK_RETRY, LEASE_STEP_PROGRESS, LEASE_RELEASING, LEASE_DO_NOTHING },
	{ LEASE_STUCK_RETRY, LEASE_STEP_HANGS, LEASE_STUCK_RETRY_HUNG, LEASE_DO_NOTHING },
	{ LEASE_STUCK_RETRY_HUNG, LEASE_STEP_RETURNED, LEASE_STUCK_RETRY, LEASE_DO_NOTHING },

	{ LEASE_DIRTY, LEASE_RESET_REQUESTED, LEASE_RELEASING, LEASE_GIVE_BACK },
};

static const struct {
	const char *word;
	bool claim, hung, delayed;
} lease_fsm_states[LEASE_STATE_COUNT] = {
	[LEASE_CLAIMING] = { "claiming", .claim = true },
	[LEASE_CANCELLED] = { "claiming", .claim = true },
	[LEASE_CANCELLED_HUNG] = { "stuck", .claim = true, .hung = true },
	[LEASE_CLAIMED] = { "claimed" },
	[LEASE_RELEASING] = { "releasing" },
	[LEASE_RELEASING_HUNG] = { "stuck", .hung = true },
	[LEASE_DRAINING] = { "draining", .delayed = true },
	[LEASE_DRAIN_RETRY] = { "draining", .delayed = true },
	[LEASE_DRAIN_RETRY_HUNG] = { "stuck", .hung = true, .delayed = true },
	[LEASE_STUCK] = { "stuck", .delayed = true },
	[LEASE_STUCK_RETRY] = { "stuck", .delayed = true },
	[LEASE_STUCK_RETRY_HUNG] = { "stuck", .hung = true, .delayed = true },
	[LEASE_DIRTY] = { "dirty" },
	[LEASE_ENDED] = { "available" },
};

struct lease_transition lease_fsm(enum lease_state state, enum lease_event event)
{
	for (size_t i = 0; i < ARRAY_SIZE(lease_fsm_arcs); i++) {
		const struct lease_arc *arc = &lease_fsm_arcs[i];

		if (arc->from == state && arc->event == event)
			return (struct lease_transition){ arc->to, arc->action };
	}
	return (struct lease_transition){ state, LEASE_DO_NOTHING };
}

const char *lease_fsm_state_to_string(enum lease_state state)
{
	return lease_fsm_states[state].word;
}

bool lease_fsm_is_claim(enum lease_state state)
{
	return lease_fsm_states[state].claim;
}

bool lease_fsm_is_hung(enum lease_state state)
{
	return lease_fsm_states[state].hung;
}

bool lease_fsm_is_delayed(enum lease_state state)
{
	return lease_fsm_states[state].delayed;
}
