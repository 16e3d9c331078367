/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * How a VMM is told of the devices of a claim: its command line, or libvirt's XML. Each VMM has its
 * own words for the same: which devices, by path or by descriptor, in which slots, and with which
 * hints (quirks.h).
 */

#include <stdbool.h>

#include "base/macro.h"
#include "base/vec.h"
#include "model/device.h"

/* Of the metadata in a libvirt domain that names its groups. */
#define VMM_ARGS_LIBVIRT_NAMESPACE "https://devgroups.org/libvirt/1"

enum vmm { VMM_QEMU, VMM_CLOUD_HYPERVISOR, VMM_CROSVM, VMM_LIBVIRT, VMM_COUNT };

/* One function that the VMM gets. */
struct vmm_args_device {
	const char *group; /* of whose claim it is */
	const char *key;
	const char *api; /* of a mediated device: mdev_type.api; NULL: as of a PCI function */
	const struct vec *hints; /* struct quirk_hint; may be NULL */
	int fd;			 /* the VMM's descriptor of it; negative: it opens the path */
	int iommufd;		 /* the same of its group's iommufd */
	const char *vf_token;	 /* without which the kernel does not open it; NULL: it does */
};

struct vmm_args {
	enum vmm vmm;
	unsigned version;   /* major * 1000 + minor; 0: the latest that is known here */
	bool iommufd;	    /* by path too, the newer interface is used */
	struct vec devices; /* struct vmm_args_device, not owned */
};

struct vmm_args_result {
	char **words; /* of the command line; of libvirt the lines of XML */
	char **notes; /* for people: what no argument says */
};

/* "qemu", "cloud-hypervisor:41.0": name and, if given, version. -EINVAL for what is none. */
int vmm_args_parse(const char *s, enum vmm *ret_vmm, unsigned *ret_version) _must_check_;
const char *vmm_args_vmm_name(enum vmm vmm);

/* 0; -EOPNOTSUPP if this VMM cannot have them so, and *ret_error says why; -ENOMEM. */
int vmm_args_build(const struct vmm_args *args, struct vmm_args_result *ret,
		   char **ret_error) _must_check_;
void vmm_args_result_clear(struct vmm_args_result *result);
#define _cleanup_vmm_args_result_ _cleanup_(vmm_args_result_clear)
