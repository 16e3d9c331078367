/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Devices in other slots that share a DMA address: by the fault of a model, or behind a controller
 * of VMD. Only isolation.c includes this.
 */

#include "model/inventory.h"

/* Returns whether @device and @other, of another slot, share a DMA address. */
bool isolation_alias_ties(const struct device *device, const struct device *other);

/*
 * Appends each device of another slot that shares a DMA address with @device: struct device, not
 * owned. 0 or -ENOMEM.
 */
int isolation_alias_find(const struct inventory *inv, const struct device *device,
			 struct vec *ret) _must_check_;
