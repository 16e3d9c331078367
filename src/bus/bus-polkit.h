/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What polkit says of a call. It may take as long as somebody needs to type a password, so the call
 * is put aside meanwhile and handled anew from its beginning when the answer is there: whatever has
 * changed by then, definitions and all, is looked at again.
 */

#include "bus/bus.h"

#define BUS_POLKIT_ACTION_CLAIM "org.devgroups1.claim"
#define BUS_POLKIT_ACTION_RELEASE_ANY "org.devgroups1.release-any"
#define BUS_POLKIT_ACTION_MANAGE "org.devgroups1.manage"

/* What the rules of polkit get to see; NULL: not said. An answer holds for exactly this question.
 */
struct polkit_question {
	const char *action;
	const char *group, *devices, *label;
	bool beforehand; /* the same comes again, on the same connection: that is not asked for once
			    more */
};

enum polkit_answer {
	POLKIT_NO, /* *ret_why says why */
	POLKIT_YES,
	POLKIT_PENDING, /* the handler returns 1, and is called again */
};

/* @uid is whose call it is. *ret_why is a sentence for people, the caller frees it; NULL when out
 * of memory. */
enum polkit_answer bus_polkit_ask(struct bus *bus, sd_bus_message *call, uid_t uid,
				  const struct polkit_question *question,
				  char **ret_why) _must_check_;

/* Takes back what was asked and is not answered yet. */
void bus_polkit_cancel_all(struct bus *bus);
