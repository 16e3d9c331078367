/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The capabilities of a function for shared virtual memory: PASID, PRI and ATS, its own or those of
 * its PF. The facts say whether they are on, and what the IOMMU supports. They also say where a VMM
 * may show them in a virtual function without its own (cap-space.h).
 */

#include "model/facts.h"
#include "model/inventory.h"

/*
 * Adds to @facts "pasid", "pri", "ats", each {state, offset, of, enabled, …}; "iommu" {name, kind,
 * pasid, …}, the limits of the IOMMU; "kernel" and "module", their answers. Adds nothing for a
 * function without all three. 0 or -ENOMEM.
 */
int pasid_facts_add(const struct inventory *inv, const struct device *device,
		    struct vec *facts) _must_check_;

/*
 * Adds to @facts for a virtual function: "pasid", "pri", "ats" {state, why, offset, size, as-pf,
 * previous, previous-header, next, registers}, and "hidden", the ranges that were avoided. 0 or
 * -ENOMEM.
 */
int pasid_facts_add_virtual(const struct inventory *inv, const struct device *device,
			    struct vec *facts) _must_check_;
