/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The part of `explain` for authors of a VMM's command line: "interfaces", "no-iommufd" (the
 * reason), "memlock" of the definition. With the memory of a VM also "memory", "locked-least",
 * "locked-usual" and "memlock-is-enough".
 */

#include "cli/host/cli-host.h"

/*
 * Adds this part as "vmm". @memlock is that of the definition, or NULL. @ram is the memory of the
 * VM in bytes; 0: not given. 0 or -ENOMEM.
 */
int cli_explain_vmm_fill(json_object *object, const struct cli_host *host, const char *memlock,
			 uint64_t ram) _must_check_;
void cli_explain_vmm_print(json_object *object);
