/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The steps of a claim (plan.c) and of a release (plan-release.c). Both start from the present
 * state of the host. A release therefore also undoes a claim that failed or was killed half-way,
 * and a second release does nothing.
 */

#include "model/group-def.h"
#include "model/inventory.h"
#include "model/record.h"
#include "model/step.h"
#include "policy/assess/resolve.h"

/* The node that a holder by path needs besides the nodes of its devices. */
#define PLAN_IOMMUFD_NODE "/dev/iommu"

/* The driver_override of a bridge while it is claimed: no driver has this name. */
#define PLAN_NO_DRIVER "none"

/*
 * Fills record->devices with the present state of every member, and *ret_steps with the steps of a
 * claim. The uid, access and interface of the record must be set. @resets: struct reset_plan of the
 * members; NULL: no resets. 0 or -ENOMEM.
 */
int plan_claim(const struct group_def *def, const struct resolved_group *resolved,
	       const struct vec *resets, struct record *record, struct vec *ret_steps) _must_check_;

/*
 * Plans the steps that move a free group with "bind": "boot" to its VFIO drivers: those of a claim
 * without the handover. No steps if it is there already. 0 or -ENOMEM.
 */
int plan_boot(const struct group_def *def, const struct resolved_group *resolved,
	      struct vec *ret_steps) _must_check_;

/*
 * Plans the first part of "devgroupctl reset" for a group without a claim: a claim without resets
 * and without the handover. plan_release() is the rest. 0 or -ENOMEM.
 */
int plan_recovery(const struct group_def *def, const struct resolved_group *resolved,
		  struct record *record, struct vec *ret_steps) _must_check_;

/*
 * Returns a device of @record that was in use and lost its state in an error
 * (error_state_is_lost()), or NULL. Such a release proves that all devices are closed and then
 * stops. It goes on when an administrator has requested a reset (record->recovery).
 */
const struct device *plan_release_find_lost(const struct inventory *inv,
					    const struct record *record);

/*
 * Plans the steps that return the devices of @record from their present state to the state before
 * the claim. A device that is gone needs none. A device that another program has bound to another
 * driver stays there. 0 or -ENOMEM.
 */
int plan_release(const struct inventory *inv, const struct record *record,
		 struct vec *ret_steps) _must_check_;

/* Returns whether plan_release() would find nothing to restore for the devices of @record. */
bool plan_release_is_complete(const struct inventory *inv,
			      const struct record *record) _must_check_;
