/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Steps: their words, and how they are appended to a plan. */

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "model/device.h"
#include "model/step.h"

static const char *const step_kind_names[STEP_KIND_COUNT] = {
	[STEP_LOAD_MODULE] = "load-module",
	[STEP_PROVE_CLOSED] = "prove-closed",
	[STEP_SET_OVERRIDE] = "set-override",
	[STEP_UNBIND] = "unbind",
	[STEP_ADD_ID] = "add-id",
	[STEP_BIND] = "bind",
	[STEP_REMOVE_ID] = "remove-id",
	[STEP_UNBIND_COLLATERAL] = "spare-others",
	[STEP_REBIND] = "rebind",
	[STEP_OPEN_GROUP] = "open-group",
	[STEP_OPEN_CONTAINER] = "open-container",
	[STEP_OPEN_IOMMUFD] = "open-iommufd",
	[STEP_OPEN_DEVICE] = "open-device",
	[STEP_GRANT] = "grant",
	[STEP_REVOKE] = "revoke",
	[STEP_SET_AUTOPROBE] = "set-autoprobe",
	[STEP_SET_VFS] = "set-vfs",
	[STEP_CREATE_MDEV] = "create-mdev",
	[STEP_SET_ATTRIBUTE] = "set-attribute",
	[STEP_REMOVE_MDEV] = "remove-mdev",
	[STEP_SET_VF_TOKEN] = "set-vf-token",
	[STEP_RESET] = "reset",
	[STEP_VERIFY_RESET] = "verify-reset",
	[STEP_REPLUG] = "replug",
	[STEP_SET_RESET_METHODS] = "set-reset-methods",
};

const char *step_kind_to_string(enum step_kind kind)
{
	return step_kind_names[kind];
}

char *step_subject(const struct step *step)
{
	if (step->device)
		return strdup(step->device);
	if (step->iommu_group >= 0)
		return str_printf("IOMMU group %d", step->iommu_group);
	return strdup(str_or(step->value, ""));
}

char *step_detail(const struct step *step)
{
	switch (step->kind) {
	case STEP_SET_OVERRIDE:
	case STEP_SET_AUTOPROBE:
	case STEP_SET_VFS:
	case STEP_SET_RESET_METHODS:
		return strdup(str_or(step->value, "(none)"));
	case STEP_RESET:
		return str_printf("by %s", str_or(step->value, "?"));
	case STEP_REPLUG:
		return strdup(str_eq(step->value, "always") ? "" :
							      "unless its configuration is intact");
	case STEP_VERIFY_RESET:
		return strdup(str_or(step->value, ""));
	case STEP_CREATE_MDEV:
		return str_printf("of %s", str_or(step->value, "?"));
	case STEP_SET_ATTRIBUTE:
		return strdup(str_or(step->value, ""));
	case STEP_UNBIND:
	case STEP_REMOVE_ID:
		return str_printf("from %s", str_or(step->value, "?"));
	case STEP_ADD_ID:
	case STEP_BIND:
	case STEP_REBIND:
		return str_printf("to %s", str_or(step->value, "?"));
	case STEP_PROVE_CLOSED:
	case STEP_OPEN_GROUP:
		return str_printf("/dev/vfio/%d", step->iommu_group);
	case STEP_GRANT:
	case STEP_REVOKE:
		if (step->device || step->value)
			return str_printf("%s, uid %u", str_or(step->value, "its own node"),
					  (unsigned)step->uid);
		return str_printf("/dev/vfio/%d, uid %u", step->iommu_group, (unsigned)step->uid);
	case STEP_OPEN_IOMMUFD:
		return strdup("/dev/iommu");
	case STEP_OPEN_DEVICE:
		return strdup("its own node");
	case STEP_OPEN_CONTAINER:
		return strdup("/dev/vfio/vfio");
	default:
		return strdup("");
	}
}

static struct step *step_free(struct step *step)
{
	if (!step)
		return NULL;
	free(step->bus);
	free(step->device);
	free(step->address);
	free(step->value);
	free(step);
	return NULL;
}

DEFINE_CLEANUP(struct step *, step_freep, step_free)
DEFINE_VEC_CLEAR(steps_clear, struct step, step_free)

static int step_add(struct vec *steps, const struct step *init)
{
	_cleanup_(step_freep) struct step *step = calloc(1, sizeof(*step));
	int r;

	if (!step)
		return -ENOMEM;
	step->kind = init->kind;
	step->iommu_group = init->iommu_group;
	step->uid = init->uid;
	if (str_set(&step->bus, init->bus) < 0 || str_set(&step->device, init->device) < 0 ||
	    str_set(&step->address, init->address) < 0 || str_set(&step->value, init->value) < 0)
		return -ENOMEM;
	r = vec_add(steps, step);
	if (r < 0)
		return r;
	TAKE_PTR(step);
	return 0;
}

int steps_add_device(struct vec *steps, enum step_kind kind, const struct device *device,
		     const char *value)
{
	return step_add(steps, &(struct step){
				       .kind = kind,
				       .bus = device->bus,
				       .device = device->key,
				       .address = device->address,
				       .iommu_group = device->iommu_group,
				       .value = (char *)value,
			       });
}

int steps_add_group(struct vec *steps, enum step_kind kind, int iommu_group, uid_t uid)
{
	return step_add(steps,
			&(struct step){ .kind = kind, .iommu_group = iommu_group, .uid = uid });
}

int steps_add_plain(struct vec *steps, enum step_kind kind, const char *value)
{
	return step_add(steps, &(struct step){ .kind = kind,
					       .iommu_group = IOMMU_GROUP_NONE,
					       .value = (char *)value });
}

int steps_add_node(struct vec *steps, enum step_kind kind, const struct device *device,
		   const char *path, uid_t uid)
{
	struct step step = {
		.kind = kind,
		.iommu_group = IOMMU_GROUP_NONE,
		.value = (char *)path,
		.uid = uid,
	};

	if (device) {
		step.bus = device->bus;
		step.device = device->key;
		step.address = device->address;
		step.iommu_group = device->iommu_group;
	}
	return step_add(steps, &step);
}
