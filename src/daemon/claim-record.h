/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The record of a claim that is about to start. */

#include "daemon/claim-check.h"

/* Makes the record of a new lease, with a random id and without devices. 0 or negative errno. */
int claim_record_new(const struct registry *registry, const struct devgroup *group,
		     const struct claim_request *request, struct record **ret) _must_check_;

/*
 * A previous claim may have left members on their VFIO drivers. Sets the host drivers of these
 * members in @record to those from before that claim. 0 or -ENOMEM.
 */
int claim_record_restore_kept(const struct registry *registry, struct record *record) _must_check_;
