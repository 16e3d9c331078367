/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Floor 3. What VFIO tells only to who has an IOMMU group open (learnt.h). It is asked in between,
 * by whoever opens the group for a claimer, with a container of its own that is gone afterwards.
 */

#include <stdbool.h>

#include "macro.h"
#include "sysfs.h"

typedef void (*vfioinfo_fn)(const char *line, void *userdata);

/*
 * Tells @fn a line for each thing that the kernel says of the viable group @group_fd, "source …"
 * first; where it refuses, "refused …" and why. True: the group is left as it was. False: it may still have the container, and
 * must be closed before anybody else can give it one.
 */
bool vfioinfo_group(const struct sysroot *root, int group_fd, vfioinfo_fn fn, void *userdata);
