/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Placeholders in the arguments of `run`'s command. Pure.
 *
 *	{fd:KIND:NAME}	   the number of that descriptor; NAME as on the bus, or the group's name
 *	{fd:KIND}	   the same where there is but one of that kind
 *	{qemu}		   QEMU's options for all devices; alone in an argument it becomes several
 *	{cloud-hypervisor} the same for Cloud Hypervisor
 *	{crosvm}	   the same for crosvm
 *	{vf-token:NAME}	   the VF token itself; NAME as above, and left out where there is but one
 *
 * Any other text in braces is left alone.
 */

#include "base/macro.h"
#include "base/vec.h"

enum {
	SUBST_GROUP = 1,   /* needs descriptors that only interface=group gives */
	SUBST_IOMMUFD = 2, /* needs descriptors that only interface=iommufd gives */
	SUBST_VMM = 4, /* the options of a VMM, which takes descriptors of iommufd or opens paths */
	SUBST_PATH = 8, /* one that only opens paths */
};

/*
 * What the placeholders in @argv need, before anything is claimed. -EINVAL with *ret_error for
 * one that can never be. Caller frees the error.
 */
int cli_subst_needs(char *const *argv, unsigned *ret, char **ret_error) _must_check_;

/*
 * @argv with all placeholders filled in from @fds (struct claim_fd), the first being descriptor
 * @first, and from @paths: devices without a descriptor, that the VMM opens itself (NULL: none).
 * What of QEMU's options is secret becomes the text of the CLI_CLAIM_FD_CONFIG among @fds, if there
 * is one.
 */
int cli_subst_apply(char *const *argv, const struct vec *fds, const struct vec *paths, int first,
		    char ***ret, char **ret_error) _must_check_;
