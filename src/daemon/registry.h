/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The table of groups on this host, and what all of the daemon layer shares: the host, the
 * problems, the quirks, the receiver of events. Knows nothing of claims, releases and provisioning.
 */

#include "daemon/events.h"
#include "daemon/group.h"
#include "daemon/host/host.h"
#include "daemon/problems.h"
#include "model/config/def-set.h"

struct registry;

/* 0 or -ENOMEM. */
int registry_new(struct host *host, struct registry **ret) _must_check_;
/* Frees the groups with their leases, which stay on the host: a later daemon adopts them. */
struct registry *registry_free(struct registry *registry);
DEFINE_CLEANUP(struct registry *, registry_freep, registry_free)

/* @observer NULL: none. */
void registry_set_observer(struct registry *registry, const struct events_observer *observer,
			   void *userdata);
const struct events *registry_events(const struct registry *registry);

struct host *registry_host(const struct registry *registry);
struct problems *registry_problems(struct registry *registry);
const struct vec *registry_quirks(const struct registry *registry); /* struct quirk: quirks.h */
/* Takes @quirks over. */
void registry_set_quirks(struct registry *registry, struct def_set *quirks);

/* --- groups --- */

const struct vec *registry_groups(const struct registry *registry); /* struct devgroup, by name */
struct devgroup *registry_find(const struct registry *registry, const char *name);
/* Returns the group of this device: claimed ones first, then by name. NULL if there is none. */
struct devgroup *registry_find_by_device(const struct registry *registry, const char *key);
struct devgroup *registry_find_lease(const struct registry *registry, const char *lease);

/* Takes @def over. NULL when out of memory. */
struct devgroup *registry_add_group(struct registry *registry, struct group_def *def);
/* Adds a group for a record whose definition is gone. NULL when out of memory. */
struct devgroup *registry_add_orphan(struct registry *registry, const struct record *record);
/* Frees @group, which no claim waits for, and reports that. */
void registry_remove_group(struct registry *registry, struct devgroup *group);

/* --- what is derived from the host --- */

/* Resolves all groups on the current inventory, and reports those that show a difference. */
void registry_refresh(struct registry *registry);

/* Appends the keys of all devices in leases, except that of @except (may be NULL). 0 or -ENOMEM. */
int registry_claimed_keys(const struct registry *registry, const struct devgroup *except,
			  char ***ret) _must_check_;

/* Returns device->host_names, those of before the claim if it is claimed. */
char *const *registry_host_names(const struct registry *registry, const struct device *device);
/* Returns the driver that @device had before its claim; its present one if it is not claimed. */
const char *registry_host_driver(const struct registry *registry, const struct device *device);
