/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The group that a caller means: by its own name, or by that of a device in it. */

#include "daemon/refusal.h"
#include "daemon/registry.h"

/*
 * Finds the group with the name @name, or else the one with the IOMMU group or device of that name
 * (device-name.h). False: refused, with the name that was probably meant, or the definition file
 * with an error. A name of a device that is in several groups is refused, too.
 */
bool group_name_find(struct registry *registry, const char *name, struct devgroup **ret,
		     struct refusal *ret_refusal) _must_check_;

/* Finds the group of the device @name. False: refused. Prefers a claimed group, then by name. */
bool group_name_find_by_device(struct registry *registry, const char *name, struct devgroup **ret,
			       struct refusal *ret_refusal) _must_check_;

/* Finds the device that @name means, also by an interface or disk that only sysfs knows. */
struct device *group_name_find_device(const struct registry *registry, const char *name);
