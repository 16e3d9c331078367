/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Authorization. The group's file names users and groups that may claim it, root may do everything,
 * and polkit decides on the rest.
 */

#include "bus/bus.h"

struct bus_caller {
	uid_t uid;
	gid_t gid; /* (gid_t)-1: not known */
	pid_t pid; /* 0: not known */
};

/* Finds the caller of @message. 0, or -ENODATA if the bus does not know its user. */
int bus_auth_get_caller(const struct bus *bus, sd_bus_message *message,
			struct bus_caller *ret) _must_check_;

/*
 * Returns the holder of a lease that @caller claims for user @uid. The calling process is the
 * holder only if it belongs to that user.
 */
struct bus_caller bus_auth_holder(const struct bus_caller *caller, uid_t uid);

/* Tells whether @caller may claim without polkit: root, and the users and groups in the file. */
bool bus_auth_may_claim(const struct bus_caller *caller, const struct group_def *def) _must_check_;

/*
 * Each of these returns 1 if the caller is authorized, or negative errno with @error set if not.
 * 0: polkit is being asked. The handler then returns 1, and sd-bus calls it again with the same
 * message when polkit has answered.
 */
int bus_auth_claim(struct bus *bus, sd_bus_message *call, const struct bus_caller *caller,
		   const struct devgroup *group, const char *label,
		   sd_bus_error *error) _must_check_;
/* Authorizes a claim that follows on the same connection: polkit is not asked again for that. */
int bus_auth_claim_in_advance(struct bus *bus, sd_bus_message *call,
			      const struct bus_caller *caller, const struct devgroup *group,
			      const char *label, sd_bus_error *error) _must_check_;
int bus_auth_release(struct bus *bus, sd_bus_message *call, const struct bus_caller *caller,
		     const struct devgroup *group, sd_bus_error *error) _must_check_;
/* @action completes the sentence "USER may not ...". */
int bus_auth_manage(struct bus *bus, sd_bus_message *call, const char *action,
		    sd_bus_error *error) _must_check_;

/*
 * Lists the keys of the group's devices with blanks between them, as the rules of polkit see them.
 * The caller frees the list; NULL when out of memory.
 */
char *bus_auth_devices(const struct devgroup *group) _must_check_;
