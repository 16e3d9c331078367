/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the quirks say of one device. @quirks is config->quirks of
 * config_dirs_load_quirks(): struct quirk, in the order of reading.
 */

#include "model/inventory.h"
#include "model/quirk.h"

bool quirks_match(const struct quirk *quirk, const struct device *device);
/* Those that are about @device: struct quirk, not owned. 0 or -ENOMEM. */
int quirks_find(const struct vec *quirks, const struct device *device,
		struct vec *ret) _must_check_;

/*
 * What a VMM should be told when it gets this device. @name is one of quirk_settings, each once (of
 * several quirks the last that was read counts). Those are properties of QEMU's vfio-pci, but for
 * "x-no-intx", which QEMU has no switch for: the device must not use INTx, or has none.
 */
struct quirk_hint {
	const char *name;	   /* "x-msix-relocation", … */
	char *value;		   /* "bar4", "on", "0", … */
	const struct quirk *quirk; /* what says so; NULL: read from the device itself */
};

/* In the order of quirk_settings; owned by the caller. 0 or -ENOMEM. */
int quirks_hints(const struct vec *quirks, const struct inventory *inv, const struct device *device,
		 struct vec *ret) _must_check_;
void quirks_hints_clear(struct vec *hints);
#define _cleanup_quirks_hints_ _cleanup_(quirks_hints_clear)
