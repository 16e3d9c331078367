/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Writes the arguments of a VMM for the devices of a claim: its command line, or the XML of
 * libvirt. Each VMM has its own words for the devices, by path or by descriptor, their slots and
 * their hints (quirks.h).
 */

#include <stdbool.h>

#include "base/macro.h"
#include "base/vec.h"
#include "model/device.h"

/* The namespace of the metadata in a libvirt domain that names its groups. */
#define VMM_ARGS_LIBVIRT_NAMESPACE "https://devgroups.org/libvirt/1"

enum vmm { VMM_QEMU, VMM_CLOUD_HYPERVISOR, VMM_CROSVM, VMM_LIBVIRT, VMM_COUNT };

/* One function for the VMM. */
struct vmm_args_device {
	const char *group; /* the group that it belongs to */
	const char *key;
	const char *api;	 /* mdev_type.api of a mediated device; NULL: PCI */
	const struct vec *hints; /* struct quirk_hint; may be NULL */
	int fd;	     /* the descriptor that the VMM inherits; negative: it opens the path */
	int iommufd; /* the same for the iommufd of its group */
	const char *vf_token; /* the kernel requires it to open the device; NULL: no token */
};

struct vmm_args {
	enum vmm vmm;
	unsigned version;   /* major * 1000 + minor; 0: the latest known here */
	bool iommufd;	    /* by path too, use the newer interface */
	struct vec devices; /* struct vmm_args_device, not owned */
};

struct vmm_args_result {
	char **words; /* the command line, or the lines of XML for libvirt */
	char **notes; /* for people: facts that no argument expresses */
};

/*
 * Parses "qemu" or "cloud-hypervisor:41.0": name and optional version. 0, -ENOMEM, or -EINVAL for
 * other text.
 */
int vmm_args_parse(const char *s, enum vmm *ret_vmm, unsigned *ret_version) _must_check_;
const char *vmm_args_vmm_name(enum vmm vmm);

/*
 * Writes the arguments; the caller clears *ret. 0, -ENOMEM, or -EOPNOTSUPP if this VMM cannot have
 * the devices so; *ret_error, owned by the caller, then says why.
 */
int vmm_args_build(const struct vmm_args *args, struct vmm_args_result *ret,
		   char **ret_error) _must_check_;
void vmm_args_result_clear(struct vmm_args_result *result);
#define _cleanup_vmm_args_result_ _cleanup_(vmm_args_result_clear)
