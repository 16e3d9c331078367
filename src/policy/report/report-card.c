/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Counts the qualities of the functions, and collects the advice of the parts, most effective
 * first.
 */

#include <string.h>

#include "base/strv.h"
#include "policy/devinfo/iommu-unit.h"
#include "policy/devinfo/small-bar.h"
#include "policy/report/report-private.h"

const char *report_card_place_to_string(enum report_place place)
{
	static const char *const names[] = {
		[REPORT_FIRMWARE] = "firmware", [REPORT_KERNEL] = "kernel", [REPORT_SLOT] = "slot",
		[REPORT_HARDWARE] = "hardware", [REPORT_VMM] = "vmm",
	};

	return names[place];
}

static DEFINE_VEC_CLEAR(report_card_clear_advice, struct report_advice, report_part_free_advice)

void report_card_clear(struct report_card *card)
{
	report_card_clear_advice(&card->advice);
}

/* --- marks --- */

static bool report_card_is_alone(const struct inventory *inv, const struct device *device)
{
	const struct iommu_group *group = inventory_find_group(inv, device->iommu_group);
	size_t n = 0;

	if (!group)
		return false;
	VEC_FOREACH(const struct device, member, &group->devices)
		n += !device_is_bridge(member);
	return n == 1;
}

static bool report_card_has_small_bar(const struct inventory *inv, const struct device *device)
{
	for (unsigned i = 0; i < DEVICE_BARS; i++)
		if (small_bar_is(inv, &device->resources[i]))
			return true;
	return false;
}

static bool report_card_knows_bars(const struct device *device)
{
	for (unsigned i = 0; i < DEVICE_BARS; i++)
		if (device->resources[i].flags)
			return true;
	return false;
}

static void report_card_mark(struct report_mark *mark, bool known, bool good)
{
	mark->of += known;
	mark->good += known && good;
}

static int report_card_mark_device(const struct report_host *host, const struct device *device,
				   struct report_mark *marks)
{
	const struct inventory *inv = host->inv;
	bool from_kernel = !inv->groups_derived;
	enum report_reset reset;
	int r = report_part_judge_reset(host, device, &reset);

	if (r < 0)
		return r;
	report_card_mark(&marks[0], from_kernel, device->iommu_group >= 0);
	report_card_mark(&marks[1], !device->group_unsure, report_card_is_alone(inv, device));
	report_card_mark(&marks[2], reset != REPORT_RESET_UNKNOWN, reset == REPORT_RESET_OWN);
	report_card_mark(&marks[3], from_kernel && device->iommu_group >= 0,
			 !report_part_has_reserved(inv, device));
	report_card_mark(&marks[4], report_card_knows_bars(device),
			 !report_card_has_small_bar(inv, device));
	return 0;
}

static int report_card_mark_all(const struct report_host *host, struct report_mark *marks)
{
	static const struct report_mark qualities[REPORT_MARKS] = {
		{ .quality = "translated", .text = "behind an IOMMU" },
		{ .quality = "alone", .text = "alone in their IOMMU group" },
		{ .quality = "own-reset", .text = "with a reset of their own (FLR, PM)" },
		{ .quality = "unreserved",
		  .text = "free of memory reserved by the firmware (RMRR)" },
		{ .quality = "page-sized", .text = "with BARs of whole pages" },
	};

	memcpy(marks, qualities, sizeof(qualities));
	if (inventory_is_dump(host->inv))
		marks[4].text = "with BARs of whole pages, if a page has 4 KiB";
	VEC_FOREACH(const struct device, device, &host->inv->devices) {
		int r;

		if (!report_part_is_endpoint(device))
			continue;
		r = report_card_mark_device(host, device, marks);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- the card --- */

static int report_card_cmp_advice(const void *a, const void *b)
{
	const struct report_advice *x = a, *y = b;
	size_t nx = strv_length(x->devices), ny = strv_length(y->devices);

	if (x->weight != y->weight)
		return x->weight < y->weight ? -1 : 1;
	if (nx != ny)
		return nx > ny ? -1 : 1;
	return strcmp(x->code, y->code);
}

int report_card_make(const struct inventory *inv, const struct vec *quirks, struct report_card *ret)
{
	const struct report_host host = { inv, quirks };
	_cleanup_report_card_ struct report_card card = { 0 };
	int r = report_card_mark_all(&host, card.marks);

	if (r < 0)
		return r;
	r = report_platform(inv, &card);
	if (r < 0)
		return r;
	r = report_isolation(inv, &card);
	if (r < 0)
		return r;
	r = report_devices(&host, &card);
	if (r < 0)
		return r;
	vec_sort(&card.advice, report_card_cmp_advice);
	*ret = TAKE_STRUCT(card);
	return 0;
}
