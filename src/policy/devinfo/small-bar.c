/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* An index of small BARs by page. */

#include "policy/devinfo/small-bar.h"

static int small_bars_cmp(const void *a, const void *b)
{
	const struct small_bar *x = a, *y = b;

	return x->page < y->page ? -1 : x->page > y->page;
}

bool small_bar_is(const struct inventory *inv, const struct device_resource *bar)
{
	/* a forged snapshot may have any page size */
	return inv->page_size >= 2 && bar->flags & IORESOURCE_MEM && bar->start &&
	       bar->end >= bar->start && bar->end - bar->start < inv->page_size - 1;
}

static int small_bars_add(const struct inventory *inv, const struct device *device,
			  struct vec *bars)
{
	for (unsigned i = 0; i < DEVICE_BARS; i++) {
		const struct device_resource *bar = &device->resources[i];
		_cleanup_free_ struct small_bar *small = NULL;
		int r;

		if (!small_bar_is(inv, bar))
			continue;
		small = malloc(sizeof(*small));
		if (!small)
			return -ENOMEM;
		*small = (struct small_bar){ bar->start / inv->page_size, i, device };
		r = vec_add(bars, small);
		if (r < 0)
			return r;
		small = NULL;
	}
	return 0;
}

int small_bars_index(const struct inventory *inv, struct vec *ret)
{
	VEC_FOREACH(const struct device, device, &inv->devices) {
		int r = small_bars_add(inv, device, ret);

		if (r < 0)
			return r;
	}
	vec_sort(ret, small_bars_cmp);
	return 0;
}

DEFINE_VEC_CLEAR(small_bars_clear, struct small_bar, free)

size_t small_bars_find(const struct vec *bars, uint64_t page)
{
	size_t low = 0, high = bars->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (((const struct small_bar *)bars->items[middle])->page < page)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
