/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which of VFIO's interfaces a claim gets. */

#include "model/inventory.h"
#include "model/record.h"

/* Why this host has no iommufd to give, a sentence; NULL if it has. */
const char *interface_why_no_iommufd(const struct inventory *inv);

/*
 * What a claim gets that asked for @wanted: INTERFACE_AUTO is iommufd where the host has it, else
 * the group; by path it is the nodes of both. Anything else is what was asked for, whether the host
 * has it or not.
 */
enum vfio_interface interface_choose(const struct inventory *inv, enum vfio_interface wanted,
				     enum access_mode access);
