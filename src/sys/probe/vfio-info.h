/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Asks VFIO what it reports only for an open IOMMU group (vfio-facts.h). The container for that is
 * opened and closed here, before the group goes to a claimer.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/macro.h"
#include "sys/sysfs.h"

/* Receives a line for each fact. */
struct vfio_info_sink {
	void (*send)(const char *line, void *userdata);
	void *userdata;
};

/*
 * Reports what the kernel knows of the viable group @group_fd, "source …" first. If the kernel
 * refuses, reports "refused …" with the reason. Returns true if the group is as it was before.
 * False: it may still have the container, and must be closed before another one can be set.
 */
bool vfio_info_read_group(const struct sysfs_root *root, int group_fd,
			  const struct vfio_info_sink *sink);

/* --- helpers for queries of other files of VFIO --- */

void vfio_info_report(const struct vfio_info_sink *sink, const char *format, ...) _printf_(2, 3);

/* An ioctl() with an answer of variable size. */
struct vfio_info_question {
	unsigned long request;
	const char *name; /* of the request, for fault points */
	const void *head; /* how the question begins, with its argsz */
	size_t head_size;
};

/*
 * Asks @question. *ret, of *ret_size bytes, is the caller's to free. 0, -EPROTO for a size that
 * makes no sense, or negative errno.
 */
int vfio_info_query(int fd, const struct vfio_info_question *question, void **ret,
		    size_t *ret_size) _must_check_;

/*
 * Returns the capability at offset *@at of such an answer, or NULL. Sets *ret_id, and *at to the
 * offset of the next one. Capabilities are not aligned, so copy one before reading its fields.
 */
const uint8_t *vfio_info_next_cap(const void *answer, size_t head_size, size_t size, size_t *at,
				  uint16_t *ret_id);
