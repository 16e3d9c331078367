/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A step: one operation on the kernel, with what it needs to run. A plan is a vector of steps in
 * the order in which they run. What a step does, and how it proves that it did, stands in
 * src/sys/step/step-run.c.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/macro.h"
#include "base/vec.h"

enum step_kind {
	STEP_LOAD_MODULE,  /* value: the module. Loads it if the driver is not there yet */
	STEP_PROVE_CLOSED, /* iommu_group: nobody holds its VFIO descriptor; kept until the plan is
			      over */
	STEP_SET_OVERRIDE, /* device, value: driver_override; NULL value clears it */
	STEP_UNBIND,	   /* device, value: from this driver */
	STEP_ADD_ID,	/* device, value: this driver is told its ids, where there is no override */
	STEP_BIND,	/* device, value: to this driver, through its override or id */
	STEP_REMOVE_ID, /* device, value: the driver forgets its ids */
	STEP_UNBIND_COLLATERAL, /* value: the driver lets go of what only the ids have brought it */
	STEP_REBIND,		/* device, value: to its host driver, without an override */
	STEP_OPEN_GROUP,	/* iommu_group: opened, checked viable, handed over */
	STEP_OPEN_CONTAINER,	/* handed over */
	STEP_OPEN_IOMMUFD,	/* handed over */
	STEP_OPEN_DEVICE, /* device: its own node, opened and handed over; value "ask": what it
			     knows is asked before */
	STEP_GRANT,  /* uid: may open a node by path: that of the device, of the iommu_group, or
			value */
	STEP_REVOKE, /* the same */
	STEP_SET_AUTOPROBE, /* device, value: "0" or "1", whether host drivers may take its new VFs
			     */
	STEP_SET_VFS,	    /* device, value: how many VFs it has */
	STEP_CREATE_MDEV,   /* device, value: "PARENT/TYPE", of what it is made */
	STEP_SET_ATTRIBUTE, /* device, value: "name=value" */
	STEP_REMOVE_MDEV,   /* device */
	STEP_SET_VF_TOKEN,  /* device, value: its VF token, which is shown to nobody */
	STEP_RESET, /* device, value: a way to reset it (resetplan.h); none once one has worked */
	STEP_VERIFY_RESET, /* device, value: "required" or NULL: it answers, and has been reset if
			      it must be */
	STEP_REPLUG, /* device, value: "always" or "if-lost": the kernel forgets it and finds it
			anew */
	STEP_SET_RESET_METHODS, /* device, value: reset_method as it was */
	STEP_KIND_COUNT,
};

struct step {
	enum step_kind kind;
	char *bus;	 /* of the device: which /sys/bus it is under */
	char *device;	 /* key, or NULL where the step is about a group or a module */
	char *address;	 /* of the device on its bus */
	int iommu_group; /* IOMMU_GROUP_NONE where it does not matter */
	char *value;
	uid_t uid;
	bool may_fail; /* a later step sees to it */
};

const char *step_kind_to_string(enum step_kind kind);
/* What the step acts on, for people: the device's key, "IOMMU group 11", or the module. Caller
 * frees. */
char *step_subject(const struct step *step) _must_check_;
/* One line for people: "e1000e", "vfio-pci", "/dev/vfio/11". Caller frees; "" if there is nothing
 * to say. */
char *step_detail(const struct step *step) _must_check_;

void steps_clear(struct vec *steps);
#define _cleanup_steps_ _cleanup_(steps_clear)

struct device;
/* Append to a plan. 0 or -ENOMEM. */
int steps_add_device(struct vec *steps, enum step_kind kind, const struct device *device,
		     const char *value) _must_check_;
int steps_add_group(struct vec *steps, enum step_kind kind, int iommu_group,
		    uid_t uid) _must_check_;
int steps_add_plain(struct vec *steps, enum step_kind kind, const char *value) _must_check_;
/* STEP_GRANT and STEP_REVOKE of a device's own node; @device NULL: of the node at @path. */
int steps_add_node(struct vec *steps, enum step_kind kind, const struct device *device,
		   const char *path, uid_t uid) _must_check_;
