/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The groups of this host: their definitions, what stands against a claim, who holds them and who
 * waits. It decides and starts; leases carry out. News goes up through the observer.
 */

#include <stdbool.h>

#include "daemon/events.h"
#include "daemon/group.h"
#include "daemon/host/host.h"
#include "daemon/lease/lease.h"
#include "daemon/limits.h"
#include "daemon/problems.h"
#include "daemon/refusal.h"
#include "model/config/def-set.h"
#include "policy/assess/resolve.h"

struct registry;

/* @directories as for config_dirs_load(). 0 or negative errno. */
int registry_new(struct host *host, const char *const *directories,
		 struct registry **ret) _must_check_;
/* Leases stay as they are on the host: a later daemon takes them up. */
struct registry *registry_free(struct registry *registry);
DEFINE_CLEANUP(struct registry *, registry_freep, registry_free)

void registry_set_observer(struct registry *registry, const struct events_observer *observer,
			   void *userdata);

/* Reads the definitions, the host, and what an earlier daemon left. 0 or negative errno. */
int registry_start(struct registry *registry) _must_check_;
/* Reads the definitions anew; claimed groups go on. 0 or negative errno (-ENOMEM). */
int definitions_reload(struct registry *registry) _must_check_;

void registry_set_limits(struct registry *registry, const struct limits *limits);
const struct limits *registry_limits(const struct registry *registry);

struct host *registry_host(const struct registry *registry);
const struct vec *registry_groups(const struct registry *registry); /* struct devgroup, by name */
const struct vec *registry_quirks(const struct registry *registry); /* struct quirk: quirks.h */
struct problems *registry_problems(struct registry *registry);
struct devgroup *registry_find(const struct registry *registry, const char *name);
/* The group that this device is in: claimed ones first, then by name; NULL if there is none. */
struct devgroup *registry_find_by_device(const struct registry *registry, const char *key);
struct devgroup *registry_find_lease(const struct registry *registry, const char *lease);

/* The driver that @key had before its claim; the one it has now if it is not claimed. */
const char *registry_host_driver(const struct registry *registry, const struct device *device);

/* Derives every group's view anew and announces what is different now. */
void registry_refresh(struct registry *registry);
/* Appends the keys of all devices that are in leases. 0 or -ENOMEM. */
int registry_claimed_keys(const struct registry *registry, char ***ret) _must_check_;
/* --- claim and release --- */
struct claim_request {
	uid_t uid;
	gid_t gid;
	pid_t pid; /* 0: not known */
	const char *label;
	enum access_mode access;
	enum vfio_interface interface;
	bool persistent, force;
	uint64_t wait_usec; /* how long to queue for a busy group */
	/* A claim that has waited asks again before it starts, with the userdata of its claim_fn.
	 * NULL: no need. */
	bool (*still_allowed)(const struct devgroup *group, void *userdata,
			      struct refusal *ret_refusal);
};

struct claim; /* one that is under way */

/*
 * Exactly one of both is called, once, for each claim that was started: @group has its lease, or it
 * has not and @refusal says why.
 */
typedef void (*claim_fn)(struct claim *claim, struct devgroup *group, const struct refusal *refusal,
			 void *userdata);

/* False: refused at once, *ret_refusal says why, nothing has changed, @fn is not called. Else *ret
 * lives until @fn. */
bool claims_submit(struct registry *registry, const char *group,
		   const struct claim_request *request, claim_fn fn, void *userdata,
		   struct claim **ret, struct refusal *ret_refusal) _must_check_;
/* The claimer is gone: the claim is undone, and @fn is not called any more. */
void claims_cancel(struct registry *registry, struct claim *claim);

typedef void (*release_fn)(const struct refusal *refusal, void *userdata); /* NULL: all is back */

/*
 * Ends the lease of @group and calls @fn when all is back, or at once if it is not claimed; with
 * REFUSED_IN_USE if somebody still has the devices open after @wait_usec (the lease ends all the
 * same when they are closed). 0 or -ENOMEM.
 */
int releases_submit(struct registry *registry, struct devgroup *group, uint64_t wait_usec,
		    release_fn fn, void *userdata) _must_check_;

/*
 * Resets a dirty group and gives it back. @method: this one alone; "none": it is taken as it is;
 * NULL: as the definition says.
 * @fn as for a release; a group that is not claimed is not dirty. False: refused, *ret_refusal says
 * why.
 */
bool resets_submit(struct registry *registry, struct devgroup *group, const char *method,
		   uint64_t wait_usec, release_fn fn, void *userdata,
		   struct refusal *ret_refusal) _must_check_;

/*
 * The steps that a claim or release would take now; none for a claim that would have to wait, if it
 * would.
 * @with: groups that the same caller is about to claim before this one; NULL: it claims this one
 * alone, or does not say. False: refused.
 */
bool plans_make(struct registry *registry, const char *group, bool release,
		const struct claim_request *request, char *const *with, struct vec *ret_steps,
		struct refusal *ret_refusal) _must_check_;
