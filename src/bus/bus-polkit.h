/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Asks polkit about a call, without blocking: a user may need minutes to type a password. The call
 * is set aside, and its handler runs again from the start when polkit has answered. So everything
 * that changed in the meantime, definitions included, is read again.
 */

#include "bus/bus.h"

#define BUS_POLKIT_ACTION_CLAIM "org.devgroups1.claim"
#define BUS_POLKIT_ACTION_RELEASE_ANY "org.devgroups1.release-any"
#define BUS_POLKIT_ACTION_MANAGE "org.devgroups1.manage"

/* The rules of polkit see these; NULL: not given. An answer is valid for exactly one question. */
struct polkit_question {
	const char *action;
	const char *group, *devices, *label;
	bool in_advance; /* the same question follows on the same connection, and is not asked */
};

enum polkit_answer {
	POLKIT_NO,
	POLKIT_YES,
	POLKIT_PENDING, /* the handler returns 1, and is called again */
};

/*
 * Asks @question about @call, which user @uid makes. After POLKIT_NO *ret_reason is a sentence for
 * people, which the caller frees; NULL when out of memory.
 */
enum polkit_answer bus_polkit_ask(struct bus *bus, sd_bus_message *call, uid_t uid,
				  const struct polkit_question *question,
				  char **ret_reason) _must_check_;

/* Tells whether @call was set aside and is handled again now. */
bool bus_polkit_has_answer(const struct bus *bus, const sd_bus_message *call) _must_check_;

/* Cancels all questions without an answer, and forgets all answers. */
void bus_polkit_cancel_all(struct bus *bus);
