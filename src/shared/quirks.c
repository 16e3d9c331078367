/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "pcicap.h"
#include "quirks.h"
#include "strutil.h"

/* PCI asks that MSI-X tables have a page of their own, and means pages of this size. */
#define MSIX_PAGE  4096u
#define MSIX_ENTRY 16u

static bool has_id(const struct quirk *quirk, const struct device *device)
{
	if (quirk->ids.n == 0)
		return true;
	VEC_FOREACH(const struct quirk_ids, ids, &quirk->ids)
		if ((ids->vendor < 0 || ids->vendor == device->vendor) &&
		    device->device >= ids->first && device->device <= ids->last)
			return true;
	return false;
}

bool quirk_fits(const struct quirk *quirk, const struct device *device)
{
	unsigned shift = (6 - quirk->class_digits) * 4;

	if (!device_is_pci(device) || !has_id(quirk, device))
		return false;
	if (quirk->class_code >= 0 && device->class_code >> shift != (uint32_t)quirk->class_code)
		return false;
	if (quirk->root_bus && device->parent)
		return false;
	return quirk->function == QUIRK_ANY_FUNCTION ||
	       (quirk->function == QUIRK_VF) == (device->physfn != NULL);
}

int quirks_find(const struct vec *quirks, const struct device *device, struct vec *ret)
{
	_cleanup_vec_ struct vec found = { 0 };

	VEC_FOREACH(struct quirk, quirk, quirks)
		if (quirk_fits(quirk, device) && vec_add(&found, quirk) < 0)
			return -ENOMEM;
	*ret = found;
	found = (struct vec){ 0 };
	return 0;
}

/* --- hints ------------------------------------------------------------------------------------ */

static void *hint_free(void *data)
{
	struct quirk_hint *hint = data;

	free(hint->value);
	free(hint);
	return NULL;
}

void quirk_hints_clear(struct vec *hints)
{
	vec_clear(hints, hint_free);
}

static int add_hint(struct vec *hints, const char *name, const char *value,
		    const struct quirk *quirk)
{
	struct quirk_hint *hint = calloc(1, sizeof(*hint));

	if (!hint)
		return -ENOMEM;
	hint->name = name;
	hint->quirk = quirk;
	hint->value = strdup(value);
	if (hint->value && vec_add(hints, hint) >= 0)
		return 0;
	hint_free(hint);
	return -ENOMEM;
}

static uint64_t round_down(uint64_t value, uint64_t page)
{
	return value / page * page;
}

static uint64_t round_up(uint64_t value, uint64_t page)
{
	return round_down(value + page - 1, page);
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

struct range {
	uint64_t start, end;
};

/* In the BAR that @at names, and of @size bytes: as far as the BAR goes, and to the end of the page that PCI means. */
static struct range msix_range(const struct device *device, uint32_t place, uint64_t size)
{
	const struct resource *bar = &device->resources[(place & 7) % DEVICE_BARS];
	uint64_t bar_size = bar->end > bar->start ? bar->end - bar->start + 1 : 0;
	uint64_t start = least(place & ~7u, bar_size);

	return (struct range){ start, least(round_up(start + size, MSIX_PAGE), bar_size) };
}

/*
 * VMMs trap the pages of the table. Registers in the same page, be it that it is larger than PCI thinks or that the device does not
 * keep to its advice, become as slow as an exit to the VMM. The pending bits do not count.
 */
static bool table_shares_page(const struct inventory *inv, const struct device *device)
{
	int at = pcicap_find(device, PCICAP_MSIX);
	uint64_t page = inv->page_size > MSIX_PAGE ? inv->page_size : MSIX_PAGE, vectors, pages, own;
	struct range table, pending;
	uint32_t place, other;

	if (at <= 0)
		return false;
	vectors = (pcicap_u16(device, (size_t)at + 2) & 0x7ffu) + 1;
	place = pcicap_u32(device, (size_t)at + 4);
	other = pcicap_u32(device, (size_t)at + 8);
	table = msix_range(device, place, vectors * MSIX_ENTRY);
	pending = msix_range(device, other, round_up(vectors, 64) / 8);
	pages = least(round_up(table.end, page), msix_range(device, place & 7, UINT32_MAX).end) -
		round_down(table.start, page);
	own = table.end - table.start;
	if ((place & 7) == (other & 7) && pending.start < table.start)
		own += table.start - least(table.start, pending.start);
	else if ((place & 7) == (other & 7) && pending.start >= table.end)
		own += pending.end - pending.start;
	return table.end > table.start && pages > own;
}

static const struct quirk *last_to_set(const struct vec *found, const char *name,
				       const struct quirk_setting **ret)
{
	const struct quirk *last = NULL;

	VEC_FOREACH(const struct quirk, quirk, found)
		VEC_FOREACH(const struct quirk_setting, setting, &quirk->settings)
			if (str_eq(setting->name, name)) {
				last = quirk;
				*ret = setting;
			}
	return last;
}

int quirks_hints(const struct vec *quirks, const struct inventory *inv, const struct device *device,
		 struct vec *ret)
{
	_cleanup_quirk_hints_ struct vec hints = { 0 };
	_cleanup_vec_ struct vec found = { 0 };
	int r = quirks_find(quirks, device, &found);

	for (const char *const *name = quirk_settings; *name && r >= 0; name++) {
		const struct quirk_setting *setting;
		const struct quirk *quirk = last_to_set(&found, *name, &setting);

		if (quirk)
			r = add_hint(&hints, *name, setting->value, quirk);
		else if (str_eq(*name, "x-msix-relocation") && table_shares_page(inv, device))
			r = add_hint(&hints, *name, "auto", NULL);
	}
	if (r < 0)
		return r;
	*ret = hints;
	hints = (struct vec){ 0 };
	return 0;
}
