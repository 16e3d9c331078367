/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One writer for each VMM. Each returns 0, -ENOMEM, or -EOPNOTSUPP with build->error set. Only
 * vmm-args*.c includes this.
 */

#include "policy/devinfo/vmm-args-text.h"

int vmm_args_qemu(struct vmm_args_build *build) _must_check_;
int vmm_args_others_cloud_hypervisor(struct vmm_args_build *build) _must_check_;
int vmm_args_others_crosvm(struct vmm_args_build *build) _must_check_;
int vmm_args_libvirt(struct vmm_args_build *build) _must_check_;
