/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Facts on regions, from the resources of the device and from VFIO once it was asked. */

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "model/vfio-facts.h"
#include "policy/devinfo/mmio-facts.h"
#include "policy/devinfo/msix-table.h"
#include "policy/devinfo/small-bar.h"

/* include/linux/ioport.h */
#define IORESOURCE_UNSET 0x20000000u

#define ROM 6
#define REGION_MMAP 0x4u /* VFIO_REGION_INFO_FLAG_MMAP */

/* The input for the facts of one region. */
struct region {
	const struct inventory *inv;
	const struct vec *small_bars;
	const struct device *device;
	unsigned number;
	const struct device_resource *res;
	const struct msix_table *msix; /* NULL: no table in this region */
};

static bool mmio_facts_is_present(const struct device_resource *res)
{
	return res->flags & (IORESOURCE_IO | IORESOURCE_MEM) && res->end >= res->start &&
	       (res->start || res->end);
}

static bool mmio_facts_is_assigned(const struct device_resource *res)
{
	return res->start && !(res->flags & IORESOURCE_UNSET);
}

/* --- pages --- */

/*
 * Sets *ret to "BAR 2 of 0000:00:1d.0", another BAR in the page of a small BAR, or to NULL. The
 * caller frees it. 0 or -ENOMEM.
 */
static int mmio_facts_find_neighbour(const struct region *region, char **ret)
{
	uint64_t page = region->res->start / region->inv->page_size;
	const struct vec *bars = region->small_bars;

	*ret = NULL;
	for (size_t i = small_bars_find(bars, page); i < bars->n; i++) {
		const struct small_bar *bar = bars->items[i];

		if (bar->page != page)
			break;
		if (bar->device == region->device && bar->number == region->number)
			continue;
		*ret = str_printf("BAR %u of %s", bar->number, bar->device->key);
		return *ret ? 0 : -ENOMEM;
	}
	return 0;
}

/* Returns whether a guest may have the whole page of the region. */
static bool mmio_facts_is_page_safe(const struct region *region, const char *neighbour)
{
	return !small_bar_is(region->inv, region->res) ||
	       (region->res->start % region->inv->page_size == 0 && !neighbour);
}

/* --- mapping --- */

/*
 * Returns why a guest cannot map the region, or NULL. Static. The rules are those of
 * vfio_pci_probe_mmaps() in drivers/vfio/pci/vfio_pci_core.c.
 */
static const char *mmio_facts_why_no_map(const struct region *region, const char *neighbour)
{
	if (region->number == ROM)
		return "a ROM is read through VFIO";
	if (region->res->flags & IORESOURCE_IO)
		return "ports are read and written through VFIO";
	if (!mmio_facts_is_assigned(region->res))
		return "it has no address";
	if (neighbour)
		return "it is smaller than a page and shares its page";
	if (!mmio_facts_is_page_safe(region, neighbour))
		return "it is smaller than a page and does not begin at a page";
	return NULL;
}

/* Finds the line @name of VFIO about the region. False if there is none, or VFIO was not asked. */
static bool mmio_facts_find_vfio_info(const struct region *region, const char *name,
				      struct vfio_facts_line *ret)
{
	char *const *at = region->device->vfio_info_lines;

	while (vfio_facts_next(&at, name, ret))
		if (ret->n > 0 && ret->numbers[0] == region->number)
			return true;
	return false;
}

static int mmio_facts_add_sparse(const struct region *region, struct vec *facts)
{
	struct vec *list = facts_add_list(facts, "sparse", FACT_DICT);
	char *const *at = region->device->vfio_info_lines;
	struct vfio_facts_line line;

	while (vfio_facts_next(&at, "sparse", &line)) {
		struct vec *item;

		if (line.n != 3 || line.numbers[0] != region->number)
			continue;
		item = facts_add_dict(list, "");
		if (facts_add_address(item, "offset", line.numbers[1]) < 0 ||
		    facts_add_address(item, "size", line.numbers[2]) < 0)
			return -ENOMEM;
	}
	return list ? 0 : -ENOMEM;
}

static int mmio_facts_add_vfio_info(const struct region *region, bool can, const char *why,
				    struct vec *facts)
{
	struct vfio_facts_line line;
	bool sparse = mmio_facts_find_vfio_info(region, "sparse", &line);
	const char *map = sparse ? "partial" : "yes";
	int r;

	r = facts_add_text(facts, "map", can ? map : "no");
	if (r < 0)
		return r;
	r = facts_add_text(facts, "source", "vfio");
	if (r < 0)
		return r;
	if (sparse) {
		r = mmio_facts_add_sparse(region, facts);
		if (r < 0)
			return r;
	}
	if (can)
		return 0;
	return facts_add_text(facts, "why",
			      str_or(why, "its VFIO driver does not allow a mapping"));
}

static int mmio_facts_add_derived_map(const struct region *region, const char *why,
				      struct vec *facts)
{
	const char *map = region->msix ? "partial" : "yes";
	int r = facts_add_text(facts, "map", why ? "no" : map);

	if (r < 0)
		return r;
	r = facts_add_text(facts, "source", "derived");
	if (r < 0)
		return r;
	if (!why && region->msix)
		why = "the VMM hides the pages of the MSI-X table in it from the guest";
	if (!why)
		return 0;
	return facts_add_text(facts, "why", why);
}

static int mmio_facts_add_map(const struct region *region, const char *neighbour, struct vec *facts)
{
	const char *why = mmio_facts_why_no_map(region, neighbour);
	struct vfio_facts_line line;

	if (mmio_facts_find_vfio_info(region, "region", &line) && line.n == 3)
		return mmio_facts_add_vfio_info(region, line.numbers[1] & REGION_MMAP, why, facts);
	return mmio_facts_add_derived_map(region, why, facts);
}

/* --- one region --- */

static int mmio_facts_add_small_bar(const struct region *region, const char *neighbour,
				    struct vec *facts)
{
	int r = facts_add_bool(facts, "small-bar-safe", mmio_facts_is_page_safe(region, neighbour));

	if (r < 0)
		return r;
	r = facts_add_number(facts, "page-offset", region->res->start % region->inv->page_size);
	if (r < 0 || !neighbour)
		return r;
	return facts_add_text(facts, "shares-page-with", neighbour);
}

static int mmio_facts_add_memory(const struct region *region, const char *neighbour,
				 struct vec *facts)
{
	const struct device_resource *res = region->res;
	int r = facts_add_bool(facts, "64bit", res->flags & IORESOURCE_MEM_64);

	if (r < 0)
		return r;
	r = facts_add_bool(facts, "prefetchable", res->flags & IORESOURCE_PREFETCH);
	if (r < 0 || !small_bar_is(region->inv, res))
		return r;
	return mmio_facts_add_small_bar(region, neighbour, facts);
}

static int mmio_facts_add_head(const struct region *region, struct vec *facts)
{
	const struct device_resource *res = region->res;
	uint64_t size = res->end - res->start + 1;
	char name[8];

	snprintf(name, sizeof(name), region->number == ROM ? "rom" : "bar%u", region->number);
	if (facts_add_text(facts, "name", name) < 0 ||
	    facts_add_text(facts, "kind", res->flags & IORESOURCE_IO ? "io" : "memory") < 0 ||
	    facts_add_address(facts, "size", size) < 0 ||
	    facts_add_address(facts, "alignment", size) < 0 || /* a BAR is aligned to its size */
	    facts_add_bool(facts, "assigned", mmio_facts_is_assigned(res)) < 0)
		return -ENOMEM;
	return 0;
}

static int mmio_facts_add_region(const struct region *region, struct vec *list, bool *safe)
{
	_cleanup_free_ char *neighbour = NULL;
	struct vec *facts = facts_add_dict(list, "");
	int r;

	if (small_bar_is(region->inv, region->res)) {
		r = mmio_facts_find_neighbour(region, &neighbour);
		if (r < 0)
			return r;
	}
	r = mmio_facts_add_head(region, facts);
	if (r < 0)
		return r;
	if (region->res->flags & IORESOURCE_MEM) {
		r = mmio_facts_add_memory(region, neighbour, facts);
		if (r < 0)
			return r;
	}
	*safe = *safe && mmio_facts_is_page_safe(region, neighbour);
	return mmio_facts_add_map(region, neighbour, facts);
}

/* --- all regions --- */

static int mmio_facts_add_msix_part(struct vec *facts, const char *name,
				    const struct msix_part *part)
{
	struct vec *dict = facts_add_dict(facts, name);

	if (facts_add_number(dict, "bar", part->bar) < 0 ||
	    facts_add_address(dict, "offset", part->offset) < 0 ||
	    facts_add_address(dict, "size", part->size) < 0)
		return -ENOMEM;
	return 0;
}

/*
 * Adds the state of the MSI-X table. "maskable": the guest loses nothing if the VMM hides its
 * pages; otherwise the table should be moved.
 */
static int mmio_facts_add_msix(const struct inventory *inv, const struct device *device,
			       const struct msix_table *msix, struct vec *facts)
{
	bool known = msix && mmio_facts_is_present(&device->resources[msix->table.bar]);
	bool shares = known && msix_table_shares_page(device, msix, inv->page_size);
	struct vec *dict;

	if (facts_add_bool(facts, "msix-table-maskable", known && !shares) < 0 ||
	    facts_add_bool(facts, "needs-relocation", shares) < 0)
		return -ENOMEM;
	if (!msix)
		return 0;
	dict = facts_add_dict(facts, "msix");
	if (facts_add_number(dict, "vectors", msix->vectors) < 0 ||
	    mmio_facts_add_msix_part(dict, "table", &msix->table) < 0 ||
	    mmio_facts_add_msix_part(dict, "pending", &msix->pending) < 0)
		return -ENOMEM;
	return 0;
}

static const char *mmio_facts_rom_state(const struct device *device)
{
	const struct device_resource *rom = &device->resources[ROM];

	if (!mmio_facts_is_present(rom))
		return device->physfn ? "none: virtual functions have no ROM" : "none";
	if (rom->flags & IORESOURCE_ROM_SHADOW)
		return "shadowed";
	if (!mmio_facts_is_assigned(rom))
		return "no-address";
	return rom->flags & IORESOURCE_ROM_ENABLE ? "enabled" : "disabled";
}

/* Facts that all regions share. */
struct region_summary {
	bool ports;
	bool safe;
};

static int mmio_facts_add_regions(const struct inventory *inv, const struct vec *small_bars,
				  const struct device *device, const struct msix_table *msix,
				  struct vec *facts, struct region_summary *ret)
{
	struct vec *list = facts_add_list(facts, "regions", FACT_DICT);

	*ret = (struct region_summary){ .safe = true };
	if (!list)
		return -ENOMEM;
	for (unsigned i = 0; i < DEVICE_RESOURCES; i++) {
		const struct region region = {
			.inv = inv,
			.small_bars = small_bars,
			.device = device,
			.number = i,
			.res = &device->resources[i],
			.msix = msix && msix->table.bar == i ? msix : NULL,
		};
		int r;

		if (!mmio_facts_is_present(region.res))
			continue;
		ret->ports |= (region.res->flags & IORESOURCE_IO) != 0;
		r = mmio_facts_add_region(&region, list, &ret->safe);
		if (r < 0)
			return r;
	}
	return 0;
}

int mmio_facts_add(const struct inventory *inv, const struct vec *small_bars,
		   const struct device *device, struct vec *facts)
{
	struct msix_table table, *msix = msix_table_find(device, &table) ? &table : NULL;
	struct region_summary summary;
	int r = mmio_facts_add_regions(inv, small_bars, device, msix, facts, &summary);

	if (r < 0)
		return r;
	r = facts_add_bool(facts, "port-io", summary.ports);
	if (r < 0)
		return r;
	r = facts_add_text(facts, "rom", mmio_facts_rom_state(device));
	if (r < 0)
		return r;
	r = facts_add_bool(facts, "small-bar-safe", summary.safe);
	if (r < 0)
		return r;
	return mmio_facts_add_msix(inv, device, msix, facts);
}
