/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Assumes what a user may have open whose processes were not all looked at. */

#include "sys/usage/process-turns.h"
#include "sys/usage/usage-node.h"
#include "sys/usage/usage-set.h"

/* Gets a node that the user may have open. @what says so. 0 or negative errno. */
typedef int (*usage_gap_fn)(dev_t number, bool block, const char *what, void *userdata);

/*
 * Notes the user in @set. Keeps there what the inventory has of the processes that were not looked
 * at, and calls @fn for each node of a device that they may open. 0, -ENOMEM, or what @fn returned.
 */
int usage_gap_read(struct usage_set *set, struct usage_nodes *nodes,
		   const struct process_turns_gap *processes, usage_gap_fn fn,
		   void *userdata) _must_check_;
