/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * BARs of memory that are smaller than a page of the host: who is given one directly
 * gets what else is in its page too.
 */

#include "model/inventory.h"

struct small_bar {
	uint64_t page;
	unsigned number;
	const struct device *device;
};

/* Those of the whole host by page: struct small_bar, for free(). 0 or -ENOMEM. */
int small_bars_index(const struct inventory *inv, struct vec *ret) _must_check_;
void small_bars_clear(struct vec *bars);
/* The first in this page: the others follow as long as their page is the same. n if there is none.
 */
size_t small_bars_find(const struct vec *bars, uint64_t page);

/* Is this a BAR of memory that has an address, and is smaller than a page? */
bool small_bar_is(const struct inventory *inv, const struct device_resource *bar);
