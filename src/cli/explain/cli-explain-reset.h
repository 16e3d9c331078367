/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The part of `explain` on resets: "resets" [{"method", "reach", "below", "devices", "used",
 * "delay-ms", "nvme-shutdown", "why-not"}] of a device. Those in use come first, in the order in
 * which a claim and a release try them. "why-not" is the reason against the others.
 * "resets-not-offered" [{"method", "known", "why"}] are those that the device does not have, as far
 * as that is known.
 */

#include "cli/host/cli-host.h"

/*
 * Adds "resets" of @device to @object, for a claim of @devices. @methods are those of the
 * definition; NULL: all. On buses where VFIO resets, it adds the keys of a snapshot instead. 0 or
 * -ENOMEM.
 */
int cli_explain_reset_fill(json_object *object, const struct cli_host *host,
			   const struct vec *devices, char *const *methods,
			   const struct device *device) _must_check_;
/* Prints the resets of all devices that a VMM can be given. Bridges stay with the host. */
void cli_explain_reset_print(json_object *devices);
