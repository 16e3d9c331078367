/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Binds a PCI function to a VFIO driver without driver_override (kernels before 3.16). The driver
 * gets the ids of the function and takes every free device with these ids. The daemon then unbinds
 * what belongs to others, and removes the id as soon as the function is bound.
 */

#include "model/group-def.h"
#include "model/inventory.h"
#include "model/record.h"
#include "model/step.h"

static inline bool new_id_needed(const struct device *device)
{
	return device_is_pci(device) && !device->has_override;
}

/*
 * Plans the steps that bind @devices (struct device; new_id_needed() holds for all). 0 or -ENOMEM.
 */
int new_id_plan_bind(const struct vec *devices, const struct group_def *def,
		     struct vec *steps) _must_check_;

/*
 * Notes in @record, if @steps add ids, that ids may be left behind, and which devices the VFIO
 * drivers had before. 0 or -ENOMEM.
 */
int new_id_record(const struct inventory *inv, const struct vec *steps,
		  struct record *record) _must_check_;

/*
 * Plans the removal of ids and of foreign devices that an interrupted claim left behind. Plans
 * nothing after the handover. 0 or -ENOMEM.
 */
int new_id_plan_undo(const struct inventory *inv, const struct record *record,
		     struct vec *steps) _must_check_;
