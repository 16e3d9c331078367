/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <string.h>

#include "base/macro.h"
#include "base/str.h"
#include "daemon/lease/lease-fsm.h"

/* The words of org.devgroups1.Group.State. */
static const char *const state_words[] = { "available", "blocked",   "reserved", "claiming",
					   "claimed",	"releasing", "draining", "dirty",
					   "stuck",	"absent" };

/*
 * Returns true for the events that only report the progress of a worker. No action belongs to them.
 */
static bool is_progress(enum lease_event event)
{
	return event == LEASE_STEP_HANGS || event == LEASE_STEP_RETURNED ||
	       event == LEASE_STEP_PROGRESS;
}

static bool is_release(enum lease_state state)
{
	return state == LEASE_RELEASING || state == LEASE_DRAIN_RETRY || state == LEASE_STUCK_RETRY;
}

/* Returns true for the states that have a worker. The end of a worker makes an event. */
static bool has_worker(enum lease_state state)
{
	return lease_fsm_is_claim(state) || lease_fsm_is_hung(state) || is_release(state);
}

START_TEST(test_event_without_an_arc_changes_nothing)
{
	struct lease_transition transition = lease_fsm(LEASE_CLAIMED, LEASE_CLOSED);

	ck_assert_int_eq(transition.next, LEASE_CLAIMED);
	ck_assert_int_eq(transition.action, LEASE_DO_NOTHING);
}
END_TEST

START_TEST(test_no_state_returns_to_claiming)
{
	for (enum lease_state state = 0; state < LEASE_STATE_COUNT; state++)
		for (enum lease_event event = 0; event < LEASE_EVENT_COUNT; event++)
			if (state != LEASE_CLAIMING)
				ck_assert_int_ne(lease_fsm(state, event).next, LEASE_CLAIMING);
}
END_TEST

START_TEST(test_actions_belong_to_the_state_they_lead_to)
{
	for (enum lease_state state = 0; state < LEASE_STATE_COUNT; state++)
		for (enum lease_event event = 0; event < LEASE_EVENT_COUNT; event++) {
			struct lease_transition transition = lease_fsm(state, event);

			ck_assert_int_lt(transition.next, LEASE_STATE_COUNT);
			if (transition.action == LEASE_HAND_OVER)
				ck_assert_int_eq(transition.next, LEASE_CLAIMED);
			if (transition.action == LEASE_GIVE_BACK)
				ck_assert(is_release(transition.next));
			if (transition.action == LEASE_WAIT)
				ck_assert_int_eq(transition.next, LEASE_DRAINING);
			if (transition.action == LEASE_TRY_LATER)
				ck_assert_int_eq(transition.next, LEASE_STUCK);
			if (transition.action == LEASE_QUARANTINE)
				ck_assert_int_eq(transition.next, LEASE_DIRTY);
			if (transition.action == LEASE_END)
				ck_assert_int_eq(transition.next, LEASE_ENDED);
			if (is_progress(event))
				ck_assert_int_eq(transition.action, LEASE_DO_NOTHING);
			/* without an action, only a running worker changes the state */
			if (transition.action == LEASE_DO_NOTHING && transition.next != state)
				ck_assert(has_worker(state) && has_worker(transition.next));
		}
}
END_TEST

START_TEST(test_each_end_of_a_worker_has_an_arc)
{
	for (enum lease_state state = 0; state < LEASE_STATE_COUNT; state++) {
		enum lease_state ready = lease_fsm(state, LEASE_STEP_RETURNED).next;

		if (!has_worker(state))
			continue;
		ck_assert(!lease_fsm_is_hung(ready));
		for (enum lease_event event = LEASE_STEPS_DONE; event <= LEASE_STEPS_DIRTY; event++)
			ck_assert_int_ne(lease_fsm(ready, event).action, LEASE_DO_NOTHING);
	}
}
END_TEST

START_TEST(test_hanging_step_is_shown_until_it_returns)
{
	for (enum lease_state state = 0; state < LEASE_STATE_COUNT; state++) {
		enum lease_state hung = lease_fsm(state, LEASE_STEP_HANGS).next;

		if (!has_worker(state))
			continue;
		ck_assert(lease_fsm_is_hung(hung));
		ck_assert_str_eq(lease_fsm_state_to_string(hung), "stuck");
		ck_assert(lease_fsm_is_claim(hung) == lease_fsm_is_claim(state));
		ck_assert(lease_fsm_is_delayed(hung) == lease_fsm_is_delayed(state));
		/* a claim that hangs has been refused */
		if (state == LEASE_CLAIMING)
			state = LEASE_CANCELLED;
		if (!lease_fsm_is_hung(state))
			ck_assert_int_eq(lease_fsm(hung, LEASE_STEP_RETURNED).next, state);
	}
}
END_TEST

START_TEST(test_retry_shows_its_state_until_progress)
{
	static const enum lease_state waiting[] = { LEASE_DRAINING, LEASE_STUCK };
	static const enum lease_event causes[] = { LEASE_CLOSED, LEASE_RETRY_DUE,
						   LEASE_END_REQUESTED };

	for (size_t i = 0; i < ARRAY_SIZE(waiting); i++)
		for (size_t j = 0; j < ARRAY_SIZE(causes); j++) {
			struct lease_transition transition = lease_fsm(waiting[i], causes[j]);

			ck_assert_int_eq(transition.action, LEASE_GIVE_BACK);
			ck_assert(lease_fsm_is_delayed(transition.next));
			ck_assert_str_eq(lease_fsm_state_to_string(transition.next),
					 lease_fsm_state_to_string(waiting[i]));
			ck_assert_int_eq(lease_fsm(transition.next, LEASE_STEP_PROGRESS).next,
					 LEASE_RELEASING);
		}
}
END_TEST

START_TEST(test_ended_lease_stays_ended)
{
	for (enum lease_event event = 0; event < LEASE_EVENT_COUNT; event++) {
		struct lease_transition transition = lease_fsm(LEASE_ENDED, event);

		ck_assert_int_eq(transition.next, LEASE_ENDED);
		ck_assert_int_eq(transition.action, LEASE_DO_NOTHING);
	}
}
END_TEST

/* A request and successful steps end a lease from any state. A dirty lease also needs a reset. */
START_TEST(test_every_lease_can_end)
{
	for (enum lease_state start = 0; start < LEASE_STATE_COUNT; start++) {
		enum lease_state state = lease_fsm(start, LEASE_END_REQUESTED).next;

		ck_assert((start == LEASE_DIRTY) == (state == LEASE_DIRTY));
		state = lease_fsm(state, LEASE_RESET_REQUESTED).next;
		for (unsigned i = 0; i < 3; i++) {
			state = lease_fsm(state, LEASE_STEP_RETURNED).next;
			state = lease_fsm(state, LEASE_STEPS_DONE).next;
		}
		ck_assert_int_eq(state, LEASE_ENDED);
	}
}
END_TEST

START_TEST(test_busy_claim_ends_without_undo)
{
	ck_assert_int_eq(lease_fsm(LEASE_CLAIMING, LEASE_STEPS_BUSY).action, LEASE_END);
	ck_assert_int_eq(lease_fsm(LEASE_CLAIMING, LEASE_STEPS_FAILED).action, LEASE_GIVE_BACK);
	ck_assert_int_eq(lease_fsm(LEASE_RELEASING, LEASE_STEPS_BUSY).action, LEASE_WAIT);
	ck_assert_int_eq(lease_fsm(LEASE_CANCELLED, LEASE_STEPS_DONE).action, LEASE_GIVE_BACK);
}
END_TEST

START_TEST(test_states_have_the_names_of_the_interface)
{
	for (enum lease_state state = 0; state < LEASE_STATE_COUNT; state++)
		ck_assert_int_ge(str_index(state_words, ARRAY_SIZE(state_words),
					   lease_fsm_state_to_string(state)),
				 0);
	ck_assert_str_eq(lease_fsm_state_to_string(LEASE_CANCELLED), "claiming");
	ck_assert_str_eq(lease_fsm_state_to_string(LEASE_DRAINING), "draining");
}
END_TEST

SUITE("lease-fsm", test_event_without_an_arc_changes_nothing, test_no_state_returns_to_claiming,
      test_actions_belong_to_the_state_they_lead_to, test_each_end_of_a_worker_has_an_arc,
      test_hanging_step_is_shown_until_it_returns, test_retry_shows_its_state_until_progress,
      test_ended_lease_stays_ended, test_every_lease_can_end, test_busy_claim_ends_without_undo,
      test_states_have_the_names_of_the_interface)
