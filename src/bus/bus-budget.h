/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The daemon's time, shared between users: a token bucket for each user, and one for all together.
 * Tokens are microseconds of work, because calls differ by factors of thousands, and hosts too.
 * Root has no bucket. All times are of CLOCK_MONOTONIC, in microseconds.
 */

#include <stdint.h>
#include <sys/types.h>

#include "base/macro.h"

/* How full a bucket may be, and how many tokens it gets each second. */
#define BUS_BUDGET_USER_USEC 1000000
#define BUS_BUDGET_USER_SHARE_USEC 200000
#define BUS_BUDGET_ALL_USEC 2000000
#define BUS_BUDGET_ALL_SHARE_USEC 500000

struct bus_budget;

struct bus_budget *bus_budget_new(uint64_t now); /* NULL when out of memory */
struct bus_budget *bus_budget_free(struct bus_budget *budget);
DEFINE_CLEANUP(struct bus_budget *, bus_budget_freep, bus_budget_free)

/*
 * Returns 0 if @uid may make a call now, or the time to wait for that. While all users together
 * have used up their time, a user passes whose own bucket is at least half full.
 */
uint64_t bus_budget_wait(struct bus_budget *budget, uid_t uid, uint64_t now) _must_check_;

/* Takes @usec of work for @uid out of the buckets. They may go below zero, by as much as is full.
 */
void bus_budget_charge(struct bus_budget *budget, uid_t uid, uint64_t usec, uint64_t now);
