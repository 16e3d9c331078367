/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The driver_override that the host has set on a member of a claim, and what a release does to it.
 */

#include <stdbool.h>

#include "model/device.h"
#include "model/record.h"

/* Returns the override that a claim sets on @member. */
const char *host_override_claimed(const struct record_device *member);
/*
 * Returns the present override of @current. While a bind hangs it cannot be read: this assumes the
 * one of the claim.
 */
const char *host_override_present(const struct device *current, const struct record_device *member);
/*
 * Tells whether the override of the host refuses the driver that the member had there. The host has
 * written it after that driver was bound. The driver binds again only with another override.
 */
bool host_override_refuses(const struct record_device *member);
/*
 * Tells whether the present override is one that the claim, the host or an interrupted release has
 * left. Any other one is of another program, and stays.
 */
bool host_override_is_known(const struct device *current, const struct record_device *member);
