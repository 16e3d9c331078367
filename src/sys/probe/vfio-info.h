/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What VFIO tells only to who has an IOMMU group open (vfio-facts.h). It is asked in between,
 * by whoever opens the group for a claimer, with a container of its own that is gone afterwards.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/macro.h"
#include "sys/sysfs.h"

/* Who wants to know: @tell is told a line for each thing. */
struct vfio_info_sink {
	void (*send)(const char *line, void *userdata);
	void *userdata;
};

/*
 * Tells a line for each thing that the kernel says of the viable group @group_fd, "source …"
 * first; where it refuses, "refused …" and why. True: the group is left as it was. False: it may
 * still have the container, and must be closed before anybody else can give it one.
 */
bool vfio_info_read_group(const struct sysfs_root *root, int group_fd,
			  const struct vfio_info_sink *sink);

/* --- for those that ask other files of VFIO --- */

void vfio_info_report(const struct vfio_info_sink *sink, const char *format, ...) _printf_(2, 3);

/*
 * Asks for an answer that says itself how long it is. @head, of @head_size, is how it begins, with
 * its argsz and whatever else says what is asked for. The caller frees *ret, of *ret_size. 0,
 * -EPROTO where that is no sensible size, or negative errno.
 */
int vfio_info_query(int fd, unsigned long request, const char *name, const void *head,
		    size_t head_size, void **ret, size_t *ret_size) _must_check_;

/*
 * The capability at offset *@at of such an answer, in *ret_id what it is, and in *@at where the
 * next one is. NULL: there is none. It is not aligned, so it is to be copied out before it is
 * looked at (vfio_info_cap_add()).
 */
const uint8_t *vfio_info_next_cap(const void *answer, size_t head_size, size_t size, size_t *at,
				  uint16_t *ret_id);
