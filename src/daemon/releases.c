/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Ends leases, and answers the callers that wait for the end. */

#include <errno.h>

#include "base/str.h"
#include "daemon/lease/deadline.h"
#include "daemon/releases.h"
#include "daemon/reset-ways.h"

struct release {
	struct releases *releases;
	struct devgroup *group;
	sd_event_source *deadline;
	struct release_waiter waiter;
};

static struct release *release_free(struct release *release)
{
	sd_event_source_disable_unref(release->deadline);
	free(release);
	return NULL;
}

DEFINE_CLEANUP(struct release *, release_freep, release_free)

static void releases_answer_one(struct release *release, const struct refusal *refusal)
{
	vec_remove(&release->releases->waiting, release);
	release->waiter.on_done(refusal, release->waiter.userdata);
	release_free(release);
}

void releases_answer(struct releases *releases, const struct devgroup *group,
		     const struct refusal *refusal)
{
	for (size_t i = releases->waiting.n; i-- > 0;) {
		struct release *release = releases->waiting.items[i];

		if (release->group == group)
			releases_answer_one(release, refusal);
	}
}

static int releases_on_deadline(sd_event_source *source, uint64_t usec, void *userdata)
{
	_cleanup_refusal_ struct refusal refusal = { 0 };
	struct release *release = userdata;
	const struct lease *lease = release->group->lease;

	refusal_set(&refusal, lease_fsm_is_delayed(lease->state) ? REFUSED_IN_USE : REFUSED_TIMEOUT,
		    "Group %s is not released yet: %s. The release continues when that ends.",
		    release->group->def->name, str_or(lease->trouble, "its steps still run"));
	releases_answer_one(release, &refusal);
	return 0;
}

int releases_wait(struct releases *releases, struct devgroup *group,
		  const struct release_waiter *waiter)
{
	_cleanup_(release_freep) struct release *release = NULL;
	int r;

	if (!waiter)
		return 0;
	release = calloc(1, sizeof(*release));
	if (!release)
		return -ENOMEM;
	*release = (struct release){
		.releases = releases,
		.group = group,
		.waiter = *waiter,
	};
	r = deadline_add(host_event(releases->host), waiter->wait_usec, releases_on_deadline,
			 release, &release->deadline);
	if (r < 0)
		return r;
	r = vec_add(&releases->waiting, release);
	if (r < 0)
		return r;
	release = NULL; /* owned by the list */
	return 0;
}

void releases_forget(struct releases *releases, const void *userdata)
{
	VEC_FOREACH(struct release, release, &releases->waiting)
		if (release->waiter.userdata == userdata) {
			vec_remove(&releases->waiting, release);
			release_free(release);
			return;
		}
}

void releases_answer_now(const struct release_waiter *waiter, const struct refusal *refusal)
{
	if (waiter)
		waiter->on_done(refusal, waiter->userdata);
}

int releases_submit(struct releases *releases, struct devgroup *group,
		    const struct release_waiter *waiter)
{
	_cleanup_refusal_ struct refusal refusal = { 0 };
	int r;

	if (!group->lease) {
		releases_answer_now(waiter, NULL);
		return 0;
	}
	if (group->lease->state == LEASE_DIRTY) {
		/* a dirty lease has no holder, and its end would not make the devices clean */
		reset_ways_refuse_dirty(group, &refusal);
		releases_answer_now(waiter, &refusal);
		return 0;
	}
	r = releases_wait(releases, group, waiter);
	if (r < 0)
		return r;
	lease_end(group->lease);
	return 0;
}

void releases_drop(struct releases *releases)
{
	_cleanup_refusal_ struct refusal refusal = { 0 };

	refusal_set(&refusal, REFUSED_TIMEOUT,
		    "The release is not done: the daemon stops. The next daemon continues it.");
	while (releases->waiting.n > 0)
		releases_answer_one(releases->waiting.items[0], &refusal);
	vec_drop(&releases->waiting);
}
