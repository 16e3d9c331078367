/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a function has of what shared virtual memory needs: PASID, PRI and ATS, its
 * own or those of its PF, whether they are on, what the IOMMU makes of them; and where a VMM may
 * show them in a virtual function that has none of its own (capspace.h).
 */

#include "model/facts.h"
#include "model/inventory.h"

/*
 * Adds to @facts "pasid", "pri", "ats", each {state, offset, of, enabled, …}, and "iommu" {name,
 * kind, pasid, …}, what it enforces, "kernel" and "module", what those say. Nothing for a function
 * that has none of them. 0 or -ENOMEM.
 */
int pasid_facts_add(const struct inventory *inv, const struct device *device,
		    struct vec *facts) _must_check_;

/*
 * Adds to @facts, for a virtual function: "pasid", "pri", "ats" {state, why, offset, size, as-pf,
 * previous, previous-header, next, registers}, and "hidden", what was kept away from. 0 or -ENOMEM.
 */
int pasid_facts_add_virtual(const struct inventory *inv, const struct device *device,
			    struct vec *facts) _must_check_;
