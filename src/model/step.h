/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A step: one operation on the kernel, with all that it needs to run. A plan is a vector of steps
 * in the order in which they run. src/sys/step/step-run.c runs a step and verifies its result.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/macro.h"
#include "base/vec.h"

enum step_kind {
	STEP_LOAD_MODULE,  /* value: the module; loaded unless its driver is there */
	STEP_PROVE_CLOSED, /* iommu_group: opens its VFIO node, which proves that no process has it;
			      holds it until the plan ends. uid: its holder until now, or 0 */
	STEP_SET_OVERRIDE, /* device, value: driver_override; NULL value clears it */
	STEP_UNBIND,	   /* device, value: from this driver */
	STEP_ADD_ID,	   /* device without driver_override, value: adds its ids to this driver */
	STEP_BIND,	   /* device, value: to this driver, through its override or id */
	STEP_REMOVE_ID,	   /* device, value: removes the ids from this driver */
	STEP_UNBIND_COLLATERAL, /* value: unbinds the devices that only the ids have bound to it */
	STEP_REBIND,		/* device, value: to its host driver, without an override */
	STEP_OPEN_GROUP,	/* iommu_group: opened, checked viable, handed over */
	STEP_OPEN_CONTAINER,	/* handed over */
	STEP_OPEN_IOMMUFD,	/* handed over */
	STEP_OPEN_DEVICE, /* device: opens and hands over its node; value "ask": reads VFIO info
			     first */
	STEP_GRANT,  /* uid: may open the node of the device or iommu_group, or the path in value */
	STEP_REVOKE, /* the same */
	STEP_SET_AUTOPROBE, /* device, value: "0" or "1": host drivers may take its new VFs */
	STEP_SET_VFS,	    /* device, value: the number of its VFs */
	STEP_CREATE_MDEV,   /* device, value: "PARENT/TYPE" */
	STEP_SET_ATTRIBUTE, /* device, value: "name=value" */
	STEP_REMOVE_MDEV,   /* device */
	STEP_SET_VF_TOKEN,  /* device, value: its VF token, which is never shown */
	STEP_RESET,	    /* device, value: a method (reset-plan.h); skipped if one has worked */
	STEP_VERIFY_RESET,  /* device: it answers; value "required": and a reset has worked */
	STEP_REPLUG, /* device, value: "always" or "if-lost": removed from the kernel and found
			again */
	STEP_SET_RESET_METHODS, /* device, value: reset_method as it was */
	STEP_KIND_COUNT,
};

struct step {
	enum step_kind kind;
	char *bus;	 /* of the device, below /sys/bus */
	char *device;	 /* key, or NULL if the step is for a group or a module */
	char *address;	 /* of the device on its bus */
	int iommu_group; /* or IOMMU_GROUP_NONE */
	char *value;
	uid_t uid;
	bool may_fail; /* a later step handles a failure */
};

const char *step_kind_to_string(enum step_kind kind);
/* Returns the object of the step for people: a key, "IOMMU group 11", a module. Caller frees. */
char *step_subject(const struct step *step) _must_check_;
/* Returns the detail for people: "from e1000e", "/dev/vfio/11", or "". Caller frees. */
char *step_detail(const struct step *step) _must_check_;

/* Frees a vector of struct step. */
void steps_clear(struct vec *steps);
#define _cleanup_steps_ _cleanup_(steps_clear)

struct device;
/* Append to a plan. 0 or -ENOMEM. */
int steps_add_device(struct vec *steps, enum step_kind kind, const struct device *device,
		     const char *value) _must_check_;
int steps_add_group(struct vec *steps, enum step_kind kind, int iommu_group,
		    uid_t uid) _must_check_;
int steps_add_plain(struct vec *steps, enum step_kind kind, const char *value) _must_check_;
/* Appends STEP_GRANT or STEP_REVOKE of the node of @device, or of the node at @path without it. */
int steps_add_node(struct vec *steps, enum step_kind kind, const struct device *device,
		   const char *path, uid_t uid) _must_check_;
