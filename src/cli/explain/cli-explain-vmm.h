/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What `explain` has to tell to who writes a VMM's command line: "interfaces", "no-iommufd" (why
 * not), "memlock" of the definition; with the memory of a VM "memory", "locked-least",
 * "locked-usual" and "memlock-is-enough".
 */

#include "cli/host/cli-host.h"

/* Adds it as "vmm". @memlock: of the definition, NULL if it has none. @ram: 0 if it was not asked
 * for. 0 or -ENOMEM. */
int cli_explain_vmm_fill(json_object *object, const struct cli_host *host, const char *memlock,
			 uint64_t ram) _must_check_;
void cli_explain_vmm_print(json_object *object);
