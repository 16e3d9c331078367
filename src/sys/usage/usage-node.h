/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Numbers of device nodes, and whether a device of the inventory is behind each. */

#include <stdbool.h>
#include <sys/types.h>

#include "sys/usage/usage-set.h"

/* Answers so far: users have the same few nodes open any number of times. */
struct usage_nodes {
	const struct usage_set *set; /* borrowed */
	struct vec list;	     /* struct usage_node, owned, sorted */
};

void usage_node_clear(struct usage_nodes *nodes);

/* Tells whether a use of the node is a use of a device. True when out of memory. */
bool usage_node_is_wanted(struct usage_nodes *nodes, dev_t number, bool block) _must_check_;
