/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* VF tokens of the claims of physical functions, and of their virtual functions. */

#include "daemon/provision/provision.h"
#include "daemon/registry.h"

/*
 * Completes the plan of a claim of @group. Adds to @steps the virtual functions that come with it.
 * Puts tokens into @record: new ones for its physical functions, and those that exist for the
 * physical functions of its virtual ones. 0 or negative errno.
 */
int vf_tokens_complete(const struct registry *registry, const struct provision *provision,
		       const struct devgroup *group, struct record *record,
		       struct vec *steps) _must_check_;

/*
 * Returns false with *ret_refusal if @group has a virtual function whose physical function is being
 * claimed or released.
 */
bool vf_tokens_check(const struct registry *registry, const struct devgroup *group,
		     struct refusal *ret_refusal) _must_check_;

/* Retries releases of physical functions, which wait for the leases of their virtual ones. */
void vf_tokens_lease_ended(const struct registry *registry);
