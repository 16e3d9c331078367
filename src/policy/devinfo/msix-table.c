/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Pages of the MSI-X table, and BARs to move it to. */

#include "policy/devinfo/msix-table.h"
#include "policy/devinfo/pcicap.h"

#define MSIX_FLAGS 2
#define MSIX_TABLE 4
#define MSIX_PENDING 8
#define ENTRY_SIZE 16u
#define PCI_PAGE 4096u /* PCI recommends that tables have pages of this size to themselves */

static void msix_part_read(const struct device *device, size_t at, struct msix_part *part)
{
	uint32_t where = pcicap_u32(device, at);

	part->bar = where & 7;
	part->offset = where & ~7u;
}

bool msix_table_find(const struct device *device, struct msix_table *ret)
{
	int found = pcicap_find(device, PCICAP_MSIX);
	size_t at = (size_t)found;

	if (found <= 0 || at + 12 > device->config_size)
		return false;
	ret->vectors = (pcicap_u16(device, at + MSIX_FLAGS) & 0x7ffu) + 1;
	msix_part_read(device, at + MSIX_TABLE, &ret->table);
	msix_part_read(device, at + MSIX_PENDING, &ret->pending);
	ret->table.size = ret->vectors * ENTRY_SIZE;
	ret->pending.size = (ret->vectors + 63) / 64 * 8;
	return ret->table.bar < DEVICE_BARS && ret->pending.bar < DEVICE_BARS;
}

static uint64_t msix_table_round_down(uint64_t value, uint64_t page)
{
	return value / page * page;
}

static uint64_t msix_table_round_up(uint64_t value, uint64_t page)
{
	return msix_table_round_down(value + page - 1, page);
}

static uint64_t msix_table_min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

struct range {
	uint64_t start, end;
};

/* Returns the range up to the end of its PCI page, within the BAR. */
static struct range msix_part_range(const struct msix_part *part, uint64_t bar_size)
{
	uint64_t start = msix_table_min(part->offset, bar_size);

	return (struct range){
		start, msix_table_min(msix_table_round_up(start + part->size, PCI_PAGE), bar_size)
	};
}

static uint64_t msix_table_range_size(struct range range)
{
	return range.end > range.start ? range.end - range.start : 0;
}

static struct range msix_table_intersect(struct range a, struct range b)
{
	return (struct range){ a.start > b.start ? a.start : b.start,
			       msix_table_min(a.end, b.end) };
}

static bool msix_part_overlaps(const struct msix_part *a, const struct msix_part *b)
{
	return a->offset < b->offset + b->size && b->offset < a->offset + a->size;
}

bool msix_table_shares_page(const struct device *device, const struct msix_table *msix,
			    uint64_t page_size)
{
	const struct device_resource *bar = &device->resources[msix->table.bar];
	uint64_t bar_size = bar->end > bar->start ? bar->end - bar->start + 1 : 0;
	uint64_t page = page_size > PCI_PAGE ? page_size : PCI_PAGE, own;
	struct range table = msix_part_range(&msix->table, bar_size), pages, pending;

	if (msix_table_range_size(table) == 0)
		return false;
	pages = (struct range){ msix_table_round_down(table.start, page),
				msix_table_min(msix_table_round_up(table.end, page), bar_size) };
	own = msix_table_range_size(table);
	if (msix->pending.bar == msix->table.bar) {
		if (msix_part_overlaps(&msix->pending, &msix->table))
			return true;
		pending = msix_table_intersect(msix_part_range(&msix->pending, bar_size), pages);
		own += msix_table_range_size(pending) -
		       msix_table_range_size(msix_table_intersect(pending, table));
	}
	return msix_table_range_size(pages) > own;
}

/* --- another BAR --- */

#define EXTENDED_MAX (1ull << 30) /* of a 32-bit BAR that a VMM can still double */

static bool msix_table_bar_exists(const struct device_resource *bar)
{
	return bar->flags & (IORESOURCE_IO | IORESOURCE_MEM);
}

/* Returns whether @bar is the upper half of a 64-bit BAR. */
static bool msix_table_bar_is_upper(const struct device *device, unsigned bar)
{
	return bar > 0 && device->resources[bar - 1].flags & IORESOURCE_MEM_64;
}

static bool msix_table_bar_may_grow(const struct device_resource *bar)
{
	return bar->flags & IORESOURCE_MEM && bar->end > bar->start &&
	       (bar->flags & IORESOURCE_MEM_64 || bar->end - bar->start < EXTENDED_MAX);
}

unsigned msix_table_new_bar(const struct device *device)
{
	const struct device_resource *bars = device->resources;
	unsigned best = DEVICE_BARS;

	for (unsigned i = 0; i < DEVICE_BARS; i++)
		if (!msix_table_bar_exists(&bars[i]) && !msix_table_bar_is_upper(device, i))
			return i;
	for (unsigned i = 0; i < DEVICE_BARS; i++)
		if (msix_table_bar_may_grow(&bars[i]) &&
		    (best == DEVICE_BARS ||
		     bars[i].end - bars[i].start < bars[best].end - bars[best].start))
			best = i;
	return best;
}
