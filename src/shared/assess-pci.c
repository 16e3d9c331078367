/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Floor 2. Rules on what the PCI functions are: virtual functions, BARs, power. */

#include <errno.h>

#include "assess-private.h"
#include "strutil.h"
#include "vfiodriver.h"

/* include/linux/ioport.h */
#define IORESOURCE_MEM 0x200

/* --- virtual functions ------------------------------------------------------------------------- */

int assess_pf(const struct assessment *now)
{
	VEC_FOREACH(const struct device, device, &now->view->devices) {
		if (device->num_vfs == 0)
			continue;
		VEC_FOREACH(const struct device, vf, &now->assess->claimed) {
			int r;

			if (!str_eq(vf->physfn, device->key))
				continue;
			r = assess_blocked(now, device,
					   "%s has a virtual function that is claimed, %s, which "
					   "would end with "
					   "it. Release that first.",
					   device->key, vf->key);
			if (r < 0)
				return r;
			break;
		}
	}
	return 0;
}

int assess_vf(const struct assessment *now)
{
	VEC_FOREACH(const struct device, device, &now->view->devices) {
		const struct device *pf = NULL;
		int r;

		if (device->physfn)
			pf = inventory_find(now->assess->inv, device->physfn);
		if (!pf || !assess_claimed(now->assess, pf))
			continue;
		r = assess_blocked(
			now, device,
			"%s is a virtual function of %s, which is claimed: its holder rules over "
			"the virtual functions too. Release that first.",
			device->key, pf->key);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- BARs -------------------------------------------------------------------------------------- */

static int cmp_page(const void *a, const void *b)
{
	const struct small_bar *x = a, *y = b;

	return x->page < y->page ? -1 : x->page > y->page;
}

static int add_small_bars(struct assess *assess, const struct device *device)
{
	uint64_t page_size = assess->inv->page_size;

	for (unsigned i = 0; i < DEVICE_BARS; i++) {
		const struct resource *bar = &device->resources[i];
		struct small_bar *small;

		if (!(bar->flags & IORESOURCE_MEM) || !bar->start || bar->end < bar->start ||
		    bar->end - bar->start >= page_size - 1)
			continue;
		small = malloc(sizeof(*small));
		if (!small || vec_add(&assess->small_bars, small) < 0) {
			free(small);
			return -ENOMEM;
		}
		*small = (struct small_bar){ bar->start / page_size, i, device };
	}
	return 0;
}

int assess_index_bars(struct assess *assess)
{
	if (assess->inv->page_size < 2) /* a forged snapshot */
		return 0;
	VEC_FOREACH(const struct device, device, &assess->inv->devices)
		if (add_small_bars(assess, device) < 0)
			return -ENOMEM;
	vec_sort(&assess->small_bars, cmp_page);
	return 0;
}

/* Where those of this page begin. */
static size_t first_in_page(const struct vec *bars, uint64_t page)
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

/* Another BAR in the same page, of a device that does not go to the same user. */
static const struct small_bar *neighbour(const struct assessment *now, uint64_t page)
{
	const struct vec *bars = &now->assess->small_bars;

	for (size_t i = first_in_page(bars, page); i < bars->n; i++) {
		const struct small_bar *bar = bars->items[i];

		if (bar->page != page)
			break;
		if (!groupview_has(now->view, bar->device))
			return bar;
	}
	return NULL;
}

int assess_unaligned_bar(const struct assessment *now)
{
	uint64_t page_size = now->assess->inv->page_size;

	if (now->assess->small_bars.n == 0)
		return 0;
	VEC_FOREACH(const struct device, device, &now->view->devices) {
		for (unsigned i = 0; i < DEVICE_BARS; i++) {
			const struct resource *bar = &device->resources[i];
			const struct small_bar *other = NULL;
			int r;

			if ((bar->flags & IORESOURCE_MEM) && bar->start &&
			    bar->end - bar->start < page_size - 1)
				other = neighbour(now, bar->start / page_size);
			if (!other)
				continue;
			r = assess_blocked(
				now, device,
				"BAR %u of %s is smaller than a page and shares its page with BAR "
				"%u of %s, so a user cannot be given it directly. Boot with "
				"pci=resource_alignment=%s.",
				i, device->key, other->number, other->device->key, device->address);
			if (r < 0)
				return r;
			break;
		}
	}
	return 0;
}

/* --- power ------------------------------------------------------------------------------------- */

/* On a VFIO driver it wakes up when it is opened: that one let it sleep. */
int assess_power(const struct assessment *now)
{
	VEC_FOREACH(const struct device, device, &now->view->devices) {
		int r;

		if (!str_eq(device->power_state, "D3cold") || driver_is_vfio(device->driver) ||
		    device_is_bridge(device))
			continue;
		r = assess_blocked(
			now, device,
			"%s is switched off (D3cold) and may not come back. Wake it first: write "
			"\"on\" to power/control in its directory of sysfs.",
			device->key);
		if (r < 0)
			return r;
	}
	return 0;
}
