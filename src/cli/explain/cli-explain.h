/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The JSON of `explain`:
 *
 * - "source" of the causes: kernel-module or configuration-space
 * - "groups-derived", "iommu-groups", "advice"
 * - "devices" [{"device", "description", "driver", "iommu-group", "bridge", "vf-of", "causes"}]
 * - of each device also "resets" (cli-explain-reset.h), "other-slots" (cli-explain-slots.h),
 *   "vmm-hints" {…}, "facts" {…} (cli-facts.h)
 * - and "quirks" [{"quirk", "topic", "confidence" (known or reported), "text", "source", "file",
 *   "line"}]
 */

#include "cli/host/cli-host.h"

/*
 * Adds all of that for @devices, which move together. @methods are the reset methods of the
 * definition, NULL for all. 0 or -ENOMEM.
 */
int cli_explain_fill(json_object *object, const struct cli_host *host, const struct vec *devices,
		     char *const *methods) _must_check_;

/*
 * Prints it for people. @object also has "name", "kind" (group, device, iommu-group), "state" and
 * "blockers".
 */
void cli_explain_print(json_object *object);
