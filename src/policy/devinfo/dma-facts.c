/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Facts on DMA from the lines of sysfs and VFIO. The inventory has them; this file reads neither.
 */

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "model/vfio-facts.h"
#include "policy/devinfo/dma-facts.h"
#include "policy/devinfo/iommu-unit.h"

/* --- reserved addresses --- */

/*
 * Returns the name of the firmware table for memory that a device must always reach. Each platform
 * has its own.
 */
static const char *dma_facts_direct_name(const struct inventory *inv)
{
	const char *kind = iommu_unit_kind(inv);

	if (str_eq(kind, "VT-d"))
		return "RMRR";
	if (str_eq(kind, "AMD-Vi"))
		return "IVMD unity map";
	if (str_eq(kind, "SMMU"))
		return "RMR";
	return "identity map of the firmware (RMRR, IVMD, RMR)";
}

bool dma_facts_parse_reserved(const struct inventory *inv, const char *line,
			      struct reserved_region *ret)
{
	static const struct {
		const char *type, *name;
	} types[] = {
		{ "direct", NULL },
		{ "direct-relaxable", NULL },
		{ "msi", "MSI window" },
		{ "reserved", "reserved by the platform" },
	};
	unsigned long long first, last;
	char word[24];

	if (sscanf(line, "%llx %llx %23s", &first, &last, word) != 3)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (!str_eq(types[i].type, word))
			continue;
		*ret = (struct reserved_region){ first, last, types[i].type, types[i].name };
		if (!ret->name)
			ret->name = dma_facts_direct_name(inv);
		return true;
	}
	*ret = (struct reserved_region){ first, last, "unknown", "of an unknown kind" };
	return true;
}

static int dma_facts_add_reserved(const struct inventory *inv, const struct iommu_group *group,
				  struct vec *facts)
{
	struct vec *list = facts_add_list(facts, "reserved", FACT_DICT);

	if (!list)
		return -ENOMEM;
	STRV_FOREACH(line, group ? group->reserved : NULL) {
		struct reserved_region region;
		struct vec *item;

		if (!dma_facts_parse_reserved(inv, *line, &region))
			continue;
		item = facts_add_dict(list, "");
		if (facts_add_address(item, "first", region.first) < 0 ||
		    facts_add_address(item, "last", region.last) < 0 ||
		    facts_add_text(item, "type", region.type) < 0 ||
		    facts_add_text(item, "name", region.name) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* --- usable addresses --- */

static int dma_facts_add_window(struct vec *list, const char *kind,
				const struct vfio_facts_line *line)
{
	struct vec *item = facts_add_dict(list, "");

	if (facts_add_address(item, "first", line->numbers[0]) < 0 ||
	    facts_add_address(item, "last", line->numbers[1]) < 0 ||
	    facts_add_text(item, "kind", kind) < 0)
		return -ENOMEM;
	return 0;
}

static int dma_facts_add_windows(const struct iommu_group *group, struct vec *facts)
{
	static const char *const kinds[][2] = { { "range", "range" }, { "window32", "32-bit" } };
	struct vec *list = facts_add_list(facts, "windows", FACT_DICT);
	struct vfio_facts_line line;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		char *const *at = group ? group->vfio_info_lines : NULL;

		while (vfio_facts_next(&at, kinds[i][0], &line))
			if (line.n == 2 && dma_facts_add_window(list, kinds[i][1], &line) < 0)
				return -ENOMEM;
	}
	return list ? 0 : -ENOMEM;
}

static int dma_facts_add_page_sizes(uint64_t bitmap, const char *name, struct vec *facts)
{
	struct vec *list = facts_add_list(facts, name, FACT_NUMBER);

	for (unsigned i = 0; i < 64; i++)
		if (bitmap >> i & 1 && facts_add_number(list, "", 1ull << i) < 0)
			return -ENOMEM;
	return list ? 0 : -ENOMEM;
}

/* On POWER the user of VFIO creates the window above 4 GiB. */
static int dma_facts_add_window64(const struct vfio_facts_line *line, struct vec *facts)
{
	struct vec *dict = facts_add_dict(facts, "window64");

	if (!dict || dma_facts_add_page_sizes(line->numbers[0], "page-sizes", dict) < 0 ||
	    facts_add_number(dict, "count", line->numbers[1]) < 0 ||
	    facts_add_number(dict, "levels", line->numbers[2]) < 0)
		return -ENOMEM;
	return 0;
}

/* Adds the single number of the line @name, if there is such a line. 0 or -ENOMEM. */
static int dma_facts_add_limit(char *const *lines, const char *name, struct vec *facts)
{
	struct vfio_facts_line line;

	if (!vfio_facts_next(&lines, name, &line) || line.n != 1)
		return 0;
	return facts_add_number(facts, name, line.numbers[0]);
}

static int dma_facts_add_limits(char *const *lines, struct vec *facts)
{
	char *const *sizes = lines, *const *window64 = lines;
	struct vfio_facts_line line;
	int r;

	if (vfio_facts_next(&sizes, "page-sizes", &line) && line.n == 1) {
		r = dma_facts_add_page_sizes(line.numbers[0], "page-sizes", facts);
		if (r < 0)
			return r;
	}
	r = dma_facts_add_limit(lines, "alignment", facts);
	if (r < 0)
		return r;
	r = dma_facts_add_limit(lines, "entries", facts);
	if (r < 0)
		return r;
	if (!vfio_facts_next(&window64, "window64", &line) || line.n != 3)
		return 0;
	return dma_facts_add_window64(&line, facts);
}

static const char *dma_facts_why_unknown(const struct inventory *inv,
					 const struct iommu_group *group)
{
	if (inv->iommu_groups.n == 0)
		return "the kernel has no IOMMU";
	if (!group)
		return "the device is in no IOMMU group";
	if (!str_eq(inv->source, "kernel") && !str_eq(inv->source, "snapshot"))
		return "only a kernel can answer, and this recording is not from one";
	if (!inv->has_vfio && !inv->has_iommufd)
		return "only VFIO can answer, and this kernel has no VFIO";
	return "VFIO answers once the IOMMU group is claimed, and it was not yet";
}

static int dma_facts_add_refusal(const char *error, struct vec *facts)
{
	_cleanup_free_ char *text =
		str_printf("VFIO refused to answer at the last claim: %s", error);

	return text ? facts_add_text(facts, "why", text) : -ENOMEM;
}

/* Adds the limits of the IOMMU hardware from its registers; the kernel may use less. */
static int dma_facts_add_unit(const struct inventory *inv, const struct device *device,
			      struct vec *facts)
{
	struct iommu_unit unit;
	struct vec *dict;

	if (!iommu_unit_find(inv, device, &unit))
		return 0;
	dict = facts_add_dict(facts, "iommu");
	if (facts_add_text(dict, "name", unit.name) < 0 ||
	    facts_add_text(dict, "kind", unit.kind) < 0)
		return -ENOMEM;
	if (!unit.address_bits)
		return 0;
	return facts_add_number(dict, "address-bits", unit.address_bits);
}

/* Adds the answers of VFIO about the IOMMU group, or why there are none. */
static int dma_facts_add_vfio_info(const struct inventory *inv, const struct iommu_group *group,
				   struct vec *facts)
{
	char *const *lines = group ? group->vfio_info_lines : NULL;
	int r;

	if (!lines)
		return facts_add_text(facts, "why", dma_facts_why_unknown(inv, group));
	if (vfio_facts_word(lines, "refused"))
		return dma_facts_add_refusal(vfio_facts_word(lines, "refused"), facts);
	r = facts_add_text(facts, "source", str_or(vfio_facts_word(lines, "source"), "vfio"));
	if (r < 0)
		return r;
	return dma_facts_add_limits(lines, facts);
}

int dma_facts_add(const struct inventory *inv, const struct device *device, struct vec *facts)
{
	const struct iommu_group *group = inventory_find_group(inv, device->iommu_group);
	int r = dma_facts_add_reserved(inv, group, facts);

	if (r < 0)
		return r;
	r = dma_facts_add_unit(inv, device, facts);
	if (r < 0)
		return r;
	r = dma_facts_add_windows(group, facts);
	if (r < 0)
		return r;
	return dma_facts_add_vfio_info(inv, group, facts);
}
