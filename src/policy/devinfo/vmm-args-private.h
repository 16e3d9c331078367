/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the files about single VMMs share. */

#include "policy/devinfo/vmm-args.h"

/* Where a function goes in the guest: companions of one slot stay in one. */
struct vmmargs_place {
	int slot;      /* negative: wherever the VMM puts it */
	unsigned function;
	bool first;    /* function 0 of several */
};

struct vmmargs_make {
	const struct vmmargs *args;
	struct vmmargs_place *places; /* one for each device */
	struct vmmargs_result *result;
	char **error;
};

/* @text taken over; NULL: out of memory. */
int vmmargs_word(struct vmmargs_make *make, char *text) _must_check_;
int vmmargs_note(struct vmmargs_make *make, char *text) _must_check_;
int vmmargs_refuse(struct vmmargs_make *make, char *text) _must_check_;

/* The newer interface is asked for, and this VMM has the older one alone: who claims only the newer has no node that it could open. */
int vmmargs_note_group(struct vmmargs_make *make, const char *vmm) _must_check_;

/* The value of a hint of this device, or NULL. */
const char *vmmargs_hint(const struct vmmargs_device *device, const char *name);

int vmmargs_qemu(struct vmmargs_make *make) _must_check_;
int vmmargs_cloud_hypervisor(struct vmmargs_make *make) _must_check_;
int vmmargs_crosvm(struct vmmargs_make *make) _must_check_;
int vmmargs_libvirt(struct vmmargs_make *make) _must_check_;
