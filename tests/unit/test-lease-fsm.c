/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <string.h>

#include "daemon/lease/lease-fsm.h"

START_TEST(test_every_pair_has_an_answer)
{
	for (enum lease_state state = 0; state < LEASE_STATE_COUNT; state++)
		for (enum lease_event event = 0; event < LEASE_EVENT_COUNT; event++) {
			struct lease_transition transition = lease_fsm(state, event);

			ck_assert_int_lt(transition.next, LEASE_STATE_COUNT);
			/* an omitted entry would read as CLAIMING, which nothing leads back to */
			if (state != LEASE_CLAIMING)
				ck_assert_int_ne(transition.next, LEASE_CLAIMING);
		}
}
END_TEST

START_TEST(test_actions_belong_to_the_state_they_lead_to)
{
	for (enum lease_state state = 0; state < LEASE_STATE_COUNT; state++)
		for (enum lease_event event = 0; event < LEASE_EVENT_COUNT; event++) {
			struct lease_transition transition = lease_fsm(state, event);

			if (transition.action == LEASE_HAND_OVER)
				ck_assert_int_eq(transition.next, LEASE_CLAIMED);
			if (transition.action == LEASE_GIVE_BACK)
				ck_assert_int_eq(transition.next, LEASE_RELEASING);
			if (transition.action == LEASE_WAIT)
				ck_assert_int_eq(transition.next, LEASE_DRAINING);
			if (transition.action == LEASE_TRY_LATER)
				ck_assert_int_eq(transition.next, LEASE_STUCK);
			if (transition.action == LEASE_END)
				ck_assert_int_eq(transition.next, LEASE_ENDED);
			/* a change of state that nothing is done for would be waited for for ever
			 */
			if (transition.action == LEASE_DO_NOTHING && transition.next != state)
				ck_assert_int_eq(transition.next, LEASE_CANCELLED);
		}
}
END_TEST

START_TEST(test_an_ended_lease_stays_so)
{
	for (enum lease_event event = 0; event < LEASE_EVENT_COUNT; event++) {
		struct lease_transition transition = lease_fsm(LEASE_ENDED, event);

		ck_assert_int_eq(transition.next, LEASE_ENDED);
		ck_assert_int_eq(transition.action, LEASE_DO_NOTHING);
	}
}
END_TEST

/* Whatever state a lease is in, letting go and then nothing but good news ends it; a dirty one only
 * after its reset. */
START_TEST(test_every_lease_can_end)
{
	for (enum lease_state start = 0; start < LEASE_STATE_COUNT; start++) {
		enum lease_state state = lease_fsm(start, LEASE_END_REQUESTED).next;

		ck_assert((start == LEASE_DIRTY) == (state == LEASE_DIRTY));
		state = lease_fsm(state, LEASE_RESET_REQUESTED).next;
		for (unsigned i = 0; i < 3; i++)
			state = lease_fsm(state, LEASE_STEPS_DONE).next;
		ck_assert_int_eq(state, LEASE_ENDED);
	}
}
END_TEST

START_TEST(test_busy_before_the_first_touch_needs_no_undoing)
{
	ck_assert_int_eq(lease_fsm(LEASE_CLAIMING, LEASE_STEPS_BUSY).action, LEASE_END);
	ck_assert_int_eq(lease_fsm(LEASE_CLAIMING, LEASE_STEPS_FAILED).action, LEASE_GIVE_BACK);
	ck_assert_int_eq(lease_fsm(LEASE_RELEASING, LEASE_STEPS_BUSY).action, LEASE_WAIT);
	ck_assert_int_eq(lease_fsm(LEASE_CANCELLED, LEASE_STEPS_DONE).action, LEASE_GIVE_BACK);
}
END_TEST

START_TEST(test_states_have_the_names_of_the_interface)
{
	ck_assert_str_eq(lease_fsm_state_to_string(LEASE_CANCELLED), "claiming");
	ck_assert_str_eq(lease_fsm_state_to_string(LEASE_DRAINING), "draining");
	for (enum lease_state state = 0; state < LEASE_STATE_COUNT; state++)
		ck_assert_uint_gt(strlen(lease_fsm_state_to_string(state)), 0);
}
END_TEST

SUITE("lease-fsm", test_every_pair_has_an_answer, test_actions_belong_to_the_state_they_lead_to,
      test_an_ended_lease_stays_so, test_every_lease_can_end,
      test_busy_before_the_first_touch_needs_no_undoing,
      test_states_have_the_names_of_the_interface)
