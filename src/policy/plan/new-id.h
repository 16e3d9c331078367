/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * How a PCI function comes to a VFIO driver where the kernel has no driver_override (before 3.16):
 * the driver is told the ids of the function, and takes whatever is free and has them; what it took
 * of others is given back. The id goes from the driver as soon as the function is bound.
 */

#include "model/group-def.h"
#include "model/inventory.h"
#include "model/record.h"
#include "model/step.h"

static inline bool new_id_needed(const struct device *device)
{
	return device_is_pci(device) && !device->has_override;
}

/* The steps that bind @devices (struct device, all of which new_id_needed()). 0 or -ENOMEM. */
int new_id_plan_bind(const struct vec *devices, const struct group_def *def,
		     struct vec *steps) _must_check_;

/*
 * Notes in @record, when @steps have any such, that ids may be left behind and which devices the
 * VFIO drivers had before. 0 or -ENOMEM.
 */
int new_id_record(const struct inventory *inv, const struct vec *steps,
		  struct record *record) _must_check_;

/* What is left of the above if it was cut off: ids, and devices of others. Nothing once the claim
 * was handed over. */
int new_id_plan_undo(const struct inventory *inv, const struct record *record,
		     struct vec *steps) _must_check_;
