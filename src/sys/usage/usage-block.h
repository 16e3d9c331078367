/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Finds which disks the host lives on: mounts, swap, and what the kernel has built on them. */

#include "sys/usage/usage-set.h"

/* Adds what it finds to @set. 0 or -ENOMEM; a file that cannot be read counts as absent. */
int usage_block_read(struct usage_set *set) _must_check_;
