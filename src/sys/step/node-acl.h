/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Lets one more user open a device node: a POSIX ACL entry, so owner, group and mode stay. */

#include <sys/types.h>

#include "base/macro.h"

/* Negative errno: -ENOENT without the node, -EOPNOTSUPP where /dev has no ACLs. Done twice is done.
 */
int node_acl_grant(const char *path, uid_t uid) _must_check_;
int node_acl_revoke(const char *path, uid_t uid) _must_check_;
