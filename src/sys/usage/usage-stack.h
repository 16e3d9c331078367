/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Finds what is built on disks: LVM, RAID, encryption, bcache, loops on disks, ZFS pools. */

#include "sys/usage/usage-set.h"

/* Adds what it finds to @set. 0 or -ENOMEM; a file that cannot be read counts as absent. */
int usage_stack_read(struct usage_set *set) _must_check_;
