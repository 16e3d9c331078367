/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the files about single VMMs share; only vmm-args*.c include this. */

#include "policy/devinfo/vmm-args.h"

/* Where a function goes in the guest: companions of one slot stay in one. */
struct vmm_args_place {
	int slot; /* negative: wherever the VMM puts it */
	unsigned function;
	bool first; /* function 0 of several */
};

struct vmm_args_build {
	const struct vmm_args *args;
	struct vmm_args_place *places; /* one for each device */
	struct vmm_args_result *result;
	char **error;
};

/* Append a formatted word or note to the result. 0 or -ENOMEM. */
int vmm_args_text_add_word(struct vmm_args_build *build, const char *format, ...)
	_printf_(2, 3) _must_check_;
int vmm_args_text_add_note(struct vmm_args_build *build, const char *format, ...)
	_printf_(2, 3) _must_check_;
/* Sets the formatted text as the reason of a refusal. -EOPNOTSUPP or -ENOMEM. */
int vmm_args_text_refuse(struct vmm_args_build *build, const char *format, ...)
	_printf_(2, 3) _must_check_;

/* The newer interface is asked for, and this VMM has the older one alone: who claims only the newer
 * has no node that it could open. */
int vmm_args_text_note_group(struct vmm_args_build *build, const char *vmm) _must_check_;

/* The value of a hint of this device, or NULL. */
const char *vmm_args_text_hint(const struct vmm_args_device *device, const char *name);
