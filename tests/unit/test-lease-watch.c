/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <unistd.h>

#include "daemon/lease/lease-watch.h"
#include "model/device.h"

#define IOMMU_GROUP 4711 /* has no node: a watch that fails is the same to the caller */

DEFINE_CLEANUP(sd_event *, event_unrefp, sd_event_unref)

static const struct sysfs_root root = { .fd = -EBADF };
static enum lease_event last_event = LEASE_EVENT_COUNT;

static void on_event(enum lease_event event, void *userdata)
{
	last_event = event;
}

START_TEST(test_nodes_are_watched_once_for_each_group)
{
	_cleanup_(event_unrefp) sd_event *event = NULL;
	struct lease_watch watch;

	ck_assert_int_ge(sd_event_new(&event), 0);
	lease_watch_init(&watch, event, &root, on_event, NULL);
	ck_assert_int_eq(watch.iommu_group, IOMMU_GROUP_NONE);
	ck_assert(lease_watch_nodes(&watch, IOMMU_GROUP, false));
	ck_assert(!lease_watch_nodes(&watch, IOMMU_GROUP, false));
	ck_assert(lease_watch_nodes(&watch, IOMMU_GROUP + 1, false));
	lease_watch_stop(&watch);
}
END_TEST

/* A dirty lease stops its watch, and the release after the reset may wait for the same node. */
START_TEST(test_a_stopped_watch_begins_again)
{
	_cleanup_(event_unrefp) sd_event *event = NULL;
	struct lease_watch watch;

	ck_assert_int_ge(sd_event_new(&event), 0);
	lease_watch_init(&watch, event, &root, on_event, NULL);
	ck_assert(lease_watch_nodes(&watch, IOMMU_GROUP, false));
	lease_watch_pause(&watch);
	ck_assert(!lease_watch_nodes(&watch, IOMMU_GROUP, false));
	lease_watch_stop(&watch);
	ck_assert(lease_watch_nodes(&watch, IOMMU_GROUP, false));
	lease_watch_stop(&watch);
}
END_TEST

START_TEST(test_a_pipe_without_writers_requests_the_end)
{
	_cleanup_(event_unrefp) sd_event *event = NULL;
	struct lease_watch watch;
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_ge(sd_event_new(&event), 0);
	lease_watch_init(&watch, event, &root, on_event, NULL);
	ck_assert_int_ge(lease_watch_pipe(&watch, ends[0]), 0);
	/* data is no hang-up */
	ck_assert_int_eq(write(ends[1], "x", 1), 1);
	ck_assert_int_eq(sd_event_run(event, 0), 0);
	ck_assert_int_eq(last_event, LEASE_EVENT_COUNT);
	close(ends[1]);
	ck_assert_int_gt(sd_event_run(event, 0), 0);
	ck_assert_int_eq(last_event, LEASE_END_REQUESTED);
	lease_watch_stop(&watch);
	close(ends[0]);
}
END_TEST

SUITE("lease-watch", test_nodes_are_watched_once_for_each_group, test_a_stopped_watch_begins_again,
      test_a_pipe_without_writers_requests_the_end)
