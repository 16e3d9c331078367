/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Matches quirks with devices. @quirks come from config_dirs_load_quirks(): struct quirk, in the
 * order of reading.
 */

#include "model/inventory.h"
#include "model/quirk.h"

bool quirks_match(const struct quirk *quirk, const struct device *device);
/*
 * Finds the quirks about @device: struct quirk in *ret, not owned; the caller drops it. 0 or
 * -ENOMEM.
 */
int quirks_find(const struct vec *quirks, const struct device *device,
		struct vec *ret) _must_check_;

/*
 * A setting that a VMM should use for a device. Each name of quirk_settings comes once; of several
 * quirks the last one read counts. The names are properties of vfio-pci in QEMU. Only "x-no-intx"
 * is not: it means that the device must not use INTx, or has none.
 */
struct quirk_hint {
	const char *name;	   /* "x-msix-relocation", … */
	char *value;		   /* "bar4", "on", "0", … */
	const struct quirk *quirk; /* the origin; NULL: the device itself */
};

/*
 * Finds the hints about @device, in the order of quirk_settings; the caller clears *ret. 0 or
 * -ENOMEM.
 */
int quirks_hints(const struct vec *quirks, const struct inventory *inv, const struct device *device,
		 struct vec *ret) _must_check_;
void quirks_hints_clear(struct vec *hints);
#define _cleanup_quirks_hints_ _cleanup_(quirks_hints_clear)
