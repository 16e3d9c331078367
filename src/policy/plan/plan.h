/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The steps of a claim (plan.c) and of a release (plan-release.c). Both are computed from how the
 * host is now, so a release also undoes a claim that failed or was killed half-way, and doing it
 * twice does nothing.
 */

#include "model/group-def.h"
#include "model/inventory.h"
#include "model/record.h"
#include "model/step.h"
#include "policy/assess/resolve.h"

/* What a holder by path needs beside the devices' own nodes. */
#define PLAN_IOMMUFD_NODE "/dev/iommu"

/* What a bridge's driver_override is set to, so that no driver matches it: the name of none. */
#define PLAN_NO_DRIVER "none"

/*
 * Fills record->devices with every member as it is now, and *ret_steps with the steps of a claim.
 * The record's uid, access and interface must be set. @resets: struct resetplan of the members;
 * NULL: they are not reset. 0 or -ENOMEM.
 */
int plan_claim(const struct group_def *def, const struct resolved_group *resolved,
	       const struct vec *resets, struct record *record, struct vec *ret_steps) _must_check_;

/*
 * The steps that bring a group of "bind": "boot" to where it belongs when nobody has it: those of a
 * claim, but for what is handed over. None if it is there. 0 or -ENOMEM.
 */
int plan_boot(const struct group_def *def, const struct resolved_group *resolved,
	      struct vec *ret_steps) _must_check_;

/*
 * The first part of "devgroupctl reset" of what nobody has claimed: as a claim, but nothing is
 * reset or handed over. The rest of it is plan_release(). 0 or -ENOMEM.
 */
int plan_recovery(const struct group_def *def, const struct resolved_group *resolved,
		  struct record *record, struct vec *ret_steps) _must_check_;

/*
 * A device that its holder had, and whose state an error has cost (error_state_is_lost()): then a
 * release proves that all is closed and goes no further, until an administrator has it reset
 * (record->recovery). NULL: none.
 */
const struct device *plan_release_find_lost(const struct inventory *inv,
					    const struct record *record);

/*
 * The steps that bring the devices of @record from where they are now back to where they were. A
 * device that is gone needs none; one that somebody else has meanwhile given another driver is left
 * there. 0 or -ENOMEM.
 */
int plan_release(const struct inventory *inv, const struct record *record,
		 struct vec *ret_steps) _must_check_;

/* Are the devices of @record as far back as the steps of plan_release() would bring them? */
bool plan_release_is_complete(const struct inventory *inv,
			      const struct record *record) _must_check_;
