/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One way to reset one device, and its form in steps and records. */

#include <stdbool.h>

#include "base/macro.h"

/* Values of a reset step besides the words of group_def_reset_methods. */
#define RESET_ATTEMPT_HOT "hot" /* VFIO's reset of a bus or slot that the claim has all of */
#define RESET_ATTEMPT_KERNEL \
	"kernel" /* the kernel chooses without naming the method: before Linux 5.15 */

/* One way to reset one device. */
struct reset_attempt {
	const char *method; /* static */
	bool nvme_shutdown; /* disable the NVMe controller first */
	unsigned delay_ms;  /* to wait after the reset */
};

/*
 * Returns "flr nvme-shutdown delay-ms=250", the value of STEP_RESET; the caller frees it. NULL when
 * out of memory.
 */
char *reset_attempt_format(const struct reset_attempt *attempt) _must_check_;
/* Parses the value of STEP_RESET. 0, -ENOMEM, or -EINVAL for other text. */
int reset_attempt_parse(const char *text, struct reset_attempt *ret) _must_check_;

/*
 * Returns the static copy of @word: one of group_def_reset_methods, RESET_ATTEMPT_HOT or
 * RESET_ATTEMPT_KERNEL. NULL for another word.
 */
const char *reset_attempt_find_method(const char *word);
