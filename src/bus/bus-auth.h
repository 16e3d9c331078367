/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Who may do what: what the file of a group allows, then root, then what polkit allows; else
 * nobody. */

#include "bus/bus.h"

struct bus_caller {
	uid_t uid;
	gid_t gid;
	pid_t pid; /* 0: not known */
};
int bus_auth_get_caller(sd_bus_message *message, struct bus_caller *ret) _must_check_;
/* Whom the caller claims for; another user's process is not the one that calls. */
struct bus_caller bus_auth_holder(const struct bus_caller *caller, uid_t uid);
/* What the group's file allows, and root. */
bool bus_auth_may_claim(const struct bus_caller *caller, const struct group_def *def) _must_check_;

enum bus_verdict {
	BUS_REFUSED, /* *ret_refusal says why */
	BUS_GRANTED,
	BUS_PENDING, /* polkit is asked: the handler returns 1, and is called again with the same
			message */
};
/* @beforehand: the claim itself comes later, and is not to ask for a password again. */
enum bus_verdict bus_auth_claim(struct bus *bus, sd_bus_message *call,
				const struct bus_caller *caller, const struct devgroup *group,
				const char *label, bool beforehand,
				struct refusal *ret_refusal) _must_check_;
enum bus_verdict bus_auth_release(struct bus *bus, sd_bus_message *call,
				  const struct bus_caller *caller, const struct devgroup *group,
				  struct refusal *ret_refusal) _must_check_;
/* @what completes "may not". */
enum bus_verdict bus_auth_manage(struct bus *bus, sd_bus_message *call, const char *what,
				 struct refusal *ret_refusal) _must_check_;
/* The keys of its devices, as polkit's rules see them. Caller frees; NULL when out of memory. */
char *bus_auth_devices(const struct devgroup *group) _must_check_;
