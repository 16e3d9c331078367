/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Lets one more user open a device node, by an entry of its POSIX ACL. Owner, group and mode stay.
 */

#include <sys/types.h>

#include "base/macro.h"
#include "sys/sysfs.h"

/*
 * Add or remove read and write permission of the node @path, such as "/dev/vfio/11". A request that
 * is already satisfied succeeds. 0 or negative errno: -ENOENT without the node, -EOPNOTSUPP where
 * /dev has no ACLs.
 */
int node_acl_grant(const struct sysfs_root *root, const char *path, uid_t uid) _must_check_;
int node_acl_revoke(const struct sysfs_root *root, const char *path, uid_t uid) _must_check_;
