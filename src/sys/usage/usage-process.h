/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Finds which processes have devices open, and what is mounted in their namespaces. It asks no
 * filesystem that may hang. It misses descriptors in flight.
 *
 * Users take turns (process-turns.h). Where the processes of one take too long, what is known of
 * them stays, and each device that their user may open counts as perhaps in use.
 */

#include "sys/usage/process-turns.h"
#include "sys/usage/usage-set.h"

/*
 * Adds what it finds to @set, and the users that took too long to its gaps. The process @own and
 * its children do not count. 0 or -ENOMEM; what cannot be read counts as absent.
 */
int usage_process_read(struct usage_set *set, pid_t own,
		       const struct process_turns_limits *limits) _must_check_;
