/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Placeholders in the arguments of `run`'s command. Pure.
 *
 *	{fd:KIND:NAME}	   the number of the descriptor; NAME as on the bus, or the group's name
 *	{fd:KIND}	   the same if there is only one of that kind
 *	{qemu}		   QEMU's options for all devices; as a whole argument it becomes several
 *	{cloud-hypervisor} the same for Cloud Hypervisor
 *	{crosvm}	   the same for crosvm
 *	{vf-token:NAME}	   the VF token itself; NAME as above; optional if there is only one
 *
 * Other text in braces stays unchanged.
 */

#include "base/macro.h"
#include "base/vec.h"

enum {
	SUBST_GROUP = 1,   /* needs descriptors of interface=group */
	SUBST_IOMMUFD = 2, /* needs descriptors of interface=iommufd */
	SUBST_VMM = 4,	   /* options of a VMM, which takes descriptors of iommufd or opens paths */
	SUBST_PATH = 8,	   /* options of a VMM that only opens paths */
};

/*
 * Finds what the placeholders in @argv need, before anything is claimed. -EINVAL with *ret_error
 * for a placeholder that no claim can fill. The caller frees the error.
 */
int cli_subst_needs(char *const *argv, unsigned *ret, char **ret_error) _must_check_;

/*
 * Fills in all placeholders of @argv from @fds (struct claim_fd), which start at descriptor @first,
 * and from @paths: devices without a descriptor, which the VMM opens itself (NULL: none). Secret
 * options of QEMU become the text of the CLI_CLAIM_FD_CONFIG in @fds, if there is one. 0 or
 * negative errno; -EINVAL with *ret_error. The caller frees *ret and the error.
 */
int cli_subst_apply(char *const *argv, const struct vec *fds, const struct vec *paths, int first,
		    char ***ret, char **ret_error) _must_check_;
