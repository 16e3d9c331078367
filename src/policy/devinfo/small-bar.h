/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Memory BARs that are smaller than a page of the host. A user with direct access to one also
 * reaches the rest of its page.
 */

#include "model/inventory.h"

struct small_bar {
	uint64_t page;
	unsigned number;
	const struct device *device;
};

/*
 * Finds the small BARs of the host: struct small_bar, owned by the caller, sorted by page. 0 or
 * -ENOMEM.
 */
int small_bars_index(const struct inventory *inv, struct vec *ret) _must_check_;
void small_bars_clear(struct vec *bars);
/* Returns the index of the first BAR in @page, or bars->n. The others of the page follow. */
size_t small_bars_find(const struct vec *bars, uint64_t page);

/* Returns whether @bar is a memory BAR with an address that is smaller than a page. */
bool small_bar_is(const struct inventory *inv, const struct device_resource *bar);
