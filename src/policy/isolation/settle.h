/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Settles facts of devices that follow from other devices: the type of a port that reports a wrong
 * one, and the device that the DMA of another comes from. Call it for each inventory that was read,
 * and for each device that is read again.
 */

#include "model/inventory.h"

/* 0 or -ENOMEM. */
int settle_device(const struct inventory *inv, struct device *device) _must_check_;
int settle_inventory(struct inventory *inv) _must_check_;
