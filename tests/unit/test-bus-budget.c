/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include "bus/bus-budget.h"

#define SECOND 1000000ULL

static struct bus_budget *budget;
static uint64_t now;

static void make_budget(void)
{
	now = 5 * SECOND;
	budget = bus_budget_new(now);
	ck_assert_ptr_nonnull(budget);
}

static void free_budget(void)
{
	budget = bus_budget_free(budget);
}

/* Makes calls of @cost until one is refused, at most @n. Returns how many were made. */
static unsigned call_until_refused(uid_t uid, uint64_t cost, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (bus_budget_wait(budget, uid, now) > 0)
			return i;
		bus_budget_charge(budget, uid, cost, now);
	}
	return n;
}

START_TEST(test_a_full_bucket_takes_a_burst)
{
	ck_assert_uint_eq(call_until_refused(1000, 10000, 1000), BUS_BUDGET_USER_USEC / 10000);
	/* another user has a bucket of its own */
	ck_assert_uint_eq(bus_budget_wait(budget, 1001, now), 0);
}
END_TEST

START_TEST(test_the_wait_is_long_enough_and_not_longer)
{
	uint64_t wait;

	call_until_refused(1000, 10000, 1000);
	wait = bus_budget_wait(budget, 1000, now);
	ck_assert_uint_gt(wait, 0);
	now += wait - 1;
	ck_assert_uint_gt(bus_budget_wait(budget, 1000, now), 0);
	now += 1;
	ck_assert_uint_eq(bus_budget_wait(budget, 1000, now), 0);
}
END_TEST

/* Whatever a user does, it gets no more than its share over a long time. */
START_TEST(test_a_flood_gets_its_share)
{
	uint64_t used = 0;

	for (unsigned ms = 0; ms < 100000; ms++, now += 1000)
		used += 3000 * call_until_refused(1000, 3000, 50);
	ck_assert_uint_le(used, BUS_BUDGET_USER_USEC + 100 * BUS_BUDGET_USER_SHARE_USEC + 6000);
	ck_assert_uint_ge(used, BUS_BUDGET_USER_USEC + 99 * BUS_BUDGET_USER_SHARE_USEC);
}
END_TEST

/* Questions in between take no tokens, even where they come faster than tokens are added. */
START_TEST(test_a_question_costs_nothing)
{
	uint64_t wait;

	call_until_refused(1000, 10000, 1000);
	bus_budget_charge(budget, 1000, 1000, now);
	wait = bus_budget_wait(budget, 1000, now);
	for (; wait > 0; wait--, now++)
		ck_assert_uint_gt(bus_budget_wait(budget, 1000, now), 0);
	ck_assert_uint_eq(bus_budget_wait(budget, 1000, now), 0);
}
END_TEST

START_TEST(test_one_long_call_is_paid_for_in_bounded_time)
{
	uint64_t wait;

	bus_budget_charge(budget, 1000, 3600 * SECOND, now);
	wait = bus_budget_wait(budget, 1000, now);
	ck_assert_uint_le(wait, SECOND * BUS_BUDGET_USER_USEC / BUS_BUDGET_USER_SHARE_USEC + 6);
	bus_budget_charge(budget, 1000, UINT64_MAX, now);
	ck_assert_uint_eq(bus_budget_wait(budget, 1000, now), wait);
	now += UINT64_MAX / 2;
	ck_assert_uint_eq(bus_budget_wait(budget, 1000, now), 0);
}
END_TEST

START_TEST(test_root_has_no_bucket)
{
	bus_budget_charge(budget, 0, UINT64_MAX, now);
	ck_assert_uint_eq(bus_budget_wait(budget, 0, now), 0);
	ck_assert_uint_eq(bus_budget_wait(budget, 1000, now), 0);
}
END_TEST

/* Many users together use up the time of all. One that was quiet still gets through. */
START_TEST(test_a_quiet_user_passes_a_crowd)
{
	for (uid_t uid = 2000; uid < 2600; uid++)
		call_until_refused(uid, 10000, 1000);
	ck_assert_uint_gt(bus_budget_wait(budget, 2000, now), 0);
	for (unsigned i = 0; i < 10; i++) {
		ck_assert_uint_eq(bus_budget_wait(budget, 1000, now), 0);
		bus_budget_charge(budget, 1000, 10000, now);
	}
	bus_budget_charge(budget, 1000, BUS_BUDGET_USER_USEC / 2, now);
	ck_assert_uint_gt(bus_budget_wait(budget, 1000, now), 0);
}
END_TEST

SUITE_WITH_FIXTURE("bus-budget", make_budget, free_budget, test_a_full_bucket_takes_a_burst,
		   test_the_wait_is_long_enough_and_not_longer, test_a_flood_gets_its_share,
		   test_a_question_costs_nothing, test_one_long_call_is_paid_for_in_bounded_time,
		   test_root_has_no_bucket, test_a_quiet_user_passes_a_crowd)
