/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The report card on single devices: reserved memory, resets, BARs, virtual functions. */

#include <errno.h>

#include "base/str.h"
#include "base/strv.h"
#include "policy/devinfo/msix-table.h"
#include "policy/devinfo/small-bar.h"
#include "policy/report/report-private.h"

/* Returns 1 if the advice is for @device, 0 if not, or -ENOMEM. */
typedef int (*report_devices_fn)(const struct report_host *host, const struct device *device);

static int report_devices_reserved(const struct report_host *host, const struct device *device)
{
	return report_part_has_reserved(host->inv, device);
}

static int report_devices_no_reset(const struct report_host *host, const struct device *device)
{
	enum report_reset reset;
	int r;

	if (!device->config)
		return 0;
	r = report_part_judge_reset(host, device, &reset);
	return r < 0 ? r : reset == REPORT_RESET_NONE;
}

static int report_devices_wide_reset(const struct report_host *host, const struct device *device)
{
	enum report_reset reset;
	int r = report_part_judge_reset(host, device, &reset);

	return r < 0 ? r : reset == REPORT_RESET_WIDE;
}

static int report_devices_unaligned_bar(const struct report_host *host, const struct device *device)
{
	for (unsigned i = 0; i < DEVICE_BARS; i++)
		if (small_bar_is(host->inv, &device->resources[i]) &&
		    device->resources[i].start % host->inv->page_size != 0)
			return 1;
	return 0;
}

static int report_devices_shared_table(const struct report_host *host, const struct device *device)
{
	struct msix_table msix;

	return msix_table_find(device, &msix) &&
	       msix_table_shares_page(device, &msix, host->inv->page_size);
}

static int report_devices_unused_vfs(const struct report_host *host, const struct device *device)
{
	return device->total_vfs > 0 && device->num_vfs == 0;
}

struct report_devices_row {
	report_devices_fn is;
	struct report_advice kind;
	const char *text; /* follows the list of devices and a colon */
};

static const struct report_devices_row report_devices_rows[] = {
	{ report_devices_reserved,
	  { .place = REPORT_FIRMWARE, .code = "rmrr", .weight = WEIGHT_NOT_AT_ALL },
	  "the firmware reserves memory for their DMA (RMRR, IVMD), so the kernel refuses them to "
	  "every user. Turn off the feature that needs it in the firmware setup (USB legacy "
	  "emulation, management and health agents such as iLO and iDRAC, which HPE calls shared "
	  "memory features, built-in RAID), or use another slot or card." },
	{ report_devices_no_reset,
	  { .place = REPORT_HARDWARE, .code = "no-reset", .weight = WEIGHT_RESETS },
	  "only a power cycle resets these, so the next user finds the state of the previous one. "
	  "Prefer cards with FLR; a slot of its own at least allows a bus reset." },
	{ report_devices_wide_reset,
	  { .place = REPORT_SLOT, .code = "wide-reset", .weight = WEIGHT_RESETS },
	  "only a reset of the whole bus or slot reaches these. Assign all devices there to one "
	  "user, or prefer cards with FLR." },
	{ report_devices_unaligned_bar,
	  { .place = REPORT_KERNEL, .code = "unaligned-bar", .weight = WEIGHT_SPEED },
	  "BARs smaller than a page do not begin at a page, so each access of a guest goes through "
	  "the VMM. Boot with pci=resource_alignment= and their addresses." },
	{ report_devices_shared_table,
	  { .place = REPORT_VMM, .code = "msix-relocation", .weight = WEIGHT_SPEED },
	  "the MSI-X table shares a page with registers, and the VMM emulates each access to that "
	  "page. Move the table (x-msix-relocation of QEMU)." },
	{ report_devices_unused_vfs,
	  { .place = REPORT_HARDWARE, .code = "sr-iov-unused", .weight = WEIGHT_SPEED },
	  "no virtual functions are in use, but these devices offer them. Each is a device of its "
	  "own with FLR, so one card serves many users; see virtual-functions in devgroups.d(5)." },
};

static int report_devices_add(const struct report_host *host, const struct report_devices_row *row,
			      struct report_card *card)
{
	_cleanup_strv_builder_ struct strv_builder devices = { 0 };
	_cleanup_free_ char *list = NULL;

	VEC_FOREACH(const struct device, device, &host->inv->devices) {
		int r = report_part_is_endpoint(device) ? row->is(host, device) : 0;

		if (r < 0)
			return r;
		if (r == 0)
			continue;
		r = strv_builder_add(&devices, device->key);
		if (r < 0)
			return r;
	}
	if (!devices.list)
		return 0;
	list = report_part_list(devices.list);
	if (!list)
		return -ENOMEM;
	return report_part_add(card, &row->kind, &devices.list,
			       str_printf("%s: %s", list, row->text));
}

int report_devices(const struct report_host *host, struct report_card *card)
{
	for (size_t i = 0; i < ARRAY_SIZE(report_devices_rows); i++) {
		int r = report_devices_add(host, &report_devices_rows[i], card);

		if (r < 0)
			return r;
	}
	return 0;
}
