/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* No user's processes keep the walk from those of others, however much they have open. */

#include "test-main.h"

#include "base/strv.h"
#include "fake-tree.h"
#include "sys/usage/process-turns.h"

static struct process_turns *turns;
static char **visited; /* "PID" for each process that was looked at to its end, in that order */

static void make_process(int pid, const char *ids)
{
	_cleanup_free_ char *path = str_printf("proc/%d/status", pid);
	_cleanup_free_ char *text = str_printf("Name:\tx\nFDSize:\t64\nUid:\t%s\nGid:\t0\n", ids);

	make_file(path, text);
}

static void free_turns(void)
{
	turns = process_turns_free(turns);
	visited = strv_free(visited);
	fake_tree_remove();
}

/* Processes from 9000 on have more open than any time is enough for. */
static int look_at(const struct process_turn *turn, void *userdata)
{
	char name[16];

	if (turn->pid >= 9000) {
		while (!slice_is_over(turn->slice))
			;
		return -ETIME;
	}
	snprintf(name, sizeof(name), "%d", (int)turn->pid);
	return strv_add(&visited, name);
}

static void run(void)
{
	const struct process_turns_limits limits = { 40000, 200000, 80000, 1003 };

	ck_assert_int_eq(process_turns_new(&root, &turns), 0);
	ck_assert_int_eq(process_turns_run(turns, &limits, look_at, NULL), 0);
}

START_TEST(test_all_processes_are_visited_once)
{
	make_process(1, "0\t0\t0\t0");
	make_process(12, "1000\t1000\t1000\t1000");
	make_process(700, "1001\t1001\t1001\t1001");
	make_link("proc/self", "12");
	run();
	ck_assert_uint_eq(strv_length(visited), 3);
	ck_assert_str_eq(visited[0], "1");
	ck_assert_uint_eq(process_turns_gaps(turns)->n, 0);
}
END_TEST

START_TEST(test_a_huge_process_delays_no_other)
{
	const struct process_turns_gap *gap;

	make_process(1, "0\t0\t0\t0");
	make_process(9000, "1001\t1001\t1001\t1001");
	make_process(9001, "1001\t1001\t1001\t1001");
	make_process(20, "1001\t1001\t1001\t1001");
	make_process(30, "1002\t1002\t1002\t1002");
	run();
	ck_assert_uint_eq(strv_length(visited), 3);
	ck_assert(strv_contains(visited, "1"));
	ck_assert(strv_contains(visited, "20")); /* of the same user */
	ck_assert(strv_contains(visited, "30"));
	ck_assert_uint_eq(process_turns_gaps(turns)->n, 1);
	gap = process_turns_find_gap(turns, 1001);
	ck_assert_ptr_nonnull(gap);
	ck_assert_uint_eq(gap->pids.n, 2);
}
END_TEST

START_TEST(test_each_user_of_a_crowd_has_a_turn)
{
	for (int i = 0; i < 30; i++) {
		_cleanup_free_ char *ids = str_printf("%d\t0\t0\t0", 2000 + i);

		make_process(9000 + i, ids);
		make_process(100 + i, ids);
	}
	run();
	ck_assert_uint_eq(strv_length(visited), 30);
	ck_assert_uint_eq(process_turns_gaps(turns)->n, 30);
}
END_TEST

/* A set-uid program has the descriptors of the user who started it. */
START_TEST(test_the_real_user_counts)
{
	make_process(9000, "1001\t0\t0\t0");
	make_process(1, "0\t0\t0\t0");
	run();
	ck_assert_ptr_nonnull(process_turns_find_gap(turns, 1001));
	ck_assert_ptr_null(process_turns_find_gap(turns, 0));
}
END_TEST

/* Root's and those of a needed user have more time, and are named as well when it is over. */
START_TEST(test_needed_users_end_too)
{
	make_process(9000, "0\t0\t0\t0");
	make_process(9001, "1003\t1003\t1003\t1003");
	make_process(30, "1002\t1002\t1002\t1002");
	run();
	ck_assert(strv_contains(visited, "30"));
	ck_assert_ptr_nonnull(process_turns_find_gap(turns, 0));
	ck_assert_ptr_nonnull(process_turns_find_gap(turns, 1003));
}
END_TEST

SUITE_WITH_FIXTURE("process-turns", fake_tree_make, free_turns, test_all_processes_are_visited_once,
		   test_a_huge_process_delays_no_other, test_each_user_of_a_crowd_has_a_turn,
		   test_the_real_user_counts, test_needed_users_end_too)
