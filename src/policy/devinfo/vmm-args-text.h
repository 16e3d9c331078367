/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The context and the helpers that the writers of VMM arguments share. Only vmm-args*.c includes
 * this. This file stands below the writers: it calls none of them.
 */

#include "policy/devinfo/vmm-args.h"

/* The place of a function in the guest. Companions of one slot stay in one. */
struct vmm_args_place {
	int slot; /* negative: the VMM chooses */
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

/*
 * Notes that this VMM has only the older interface, while the newer one was requested: a claim with
 * only the newer one leaves no node that it could open.
 */
int vmm_args_text_note_group(struct vmm_args_build *build, const char *vmm) _must_check_;

/* Returns the value of a hint of this device, or NULL. */
const char *vmm_args_text_hint(const struct vmm_args_device *device, const char *name);
