/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * `explain` for the whole machine: the report card as JSON {"kind": "host", "source",
 * "kernel-release", "devices", "iommu-groups", "iommu", "marks" [{"quality", "text", "good",
 * "of"}], "advice" [{"place", "code", "devices", "text"}]}, and for people.
 */

#include "cli/host/cli-host.h"
#include "cli/print/cli-json.h"

/* Returns the report card of @host; NULL when out of memory. */
json_object *cli_report_to_json(const struct cli_host *host) _must_check_;
void cli_report_print(json_object *object);
