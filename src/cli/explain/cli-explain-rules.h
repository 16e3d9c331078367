/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The part of `explain` on other kernels, --rules: "other-rules" {"rules", "base" (the version
 * whose rules the host's groups follow), "groups" (false: no IOMMU is on), "changes" [{"now"
 * [[device]], "then" [[device]], "rules" [{"rule", "since", "text", "source"}]}], "unknown"
 * [device], "other-grouping" [device]}.
 */

#include "cli/host/cli-host.h"

/* Reads --rules. 0, or EXIT_USAGE with a message that names the known versions. */
int cli_explain_rules_parse(const char *word, unsigned *ret);
/*
 * Adds this part. @devices: those that the user asked about; NULL: all of the host. 0 or -ENOMEM.
 */
int cli_explain_rules_fill(json_object *object, const struct cli_host *host,
			   const struct vec *devices, unsigned rules) _must_check_;
/* Prints it if @object has it. @first: nothing is printed before it. */
void cli_explain_rules_print(json_object *object, bool first);
