/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/vfio.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>

#include "sys/fault.h"
#include "sys/probe/vfio-info.h"

#define INFO_MAX (1u << 16) /* for one answer of the kernel */

void vfio_info_report(const struct vfio_info_sink *sink, const char *format, ...)
{
	char line[200];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	sink->send(line, sink->userdata);
}

int vfio_info_query(int fd, const struct vfio_info_question *question, void **ret, size_t *ret_size)
{
	_cleanup_free_ void *answer = malloc(question->head_size);
	uint32_t size;
	int r;

	if (!answer)
		return -ENOMEM;
	memcpy(answer, question->head, question->head_size);
	r = fault_ioctl(fd, question->request, question->name, answer);
	if (r < 0)
		return r;
	memcpy(&size, answer, sizeof(size)); /* argsz is the first field of every answer */
	if (size < question->head_size || size > INFO_MAX)
		return -EPROTO;
	if (size > question->head_size) {
		free(answer);
		answer = calloc(1, size);
		if (!answer)
			return -ENOMEM;
		memcpy(answer, question->head, question->head_size);
		memcpy(answer, &size, sizeof(size));
		r = fault_ioctl(fd, question->request, question->name, answer);
		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(answer);
	*ret_size = size;
	return 0;
}

const uint8_t *vfio_info_next_cap(const void *answer, size_t head_size, size_t size, size_t *at,
				  uint16_t *ret_id)
{
	struct vfio_info_cap_header cap;
	const uint8_t *place;

	if (*at < head_size || *at + sizeof(cap) > size)
		return NULL;
	place = (const uint8_t *)answer + *at;
	memcpy(&cap, place, sizeof(cap));
	*ret_id = cap.id;
	*at = cap.next > *at ? cap.next : 0;
	return place;
}

/* --- x86, arm64 --- */

static void vfio_info_report_ranges(const struct vfio_info_sink *sink, const uint8_t *cap,
				    size_t room)
{
	struct vfio_iommu_type1_info_cap_iova_range head;
	struct vfio_iova_range range;

	if (room < sizeof(head))
		return;
	memcpy(&head, cap, sizeof(head));
	for (size_t i = 0, at = sizeof(head); i < head.nr_iovas && at + sizeof(range) <= room;
	     i++, at += sizeof(range)) {
		memcpy(&range, cap + at, sizeof(range));
		vfio_info_report(sink, "range 0x%" PRIx64 " 0x%" PRIx64, (uint64_t)range.start,
				 (uint64_t)range.end);
	}
}

static void vfio_info_report_entries(const struct vfio_info_sink *sink, const uint8_t *cap,
				     size_t room)
{
	struct vfio_iommu_type1_info_dma_avail avail;

	if (room < sizeof(avail))
		return;
	memcpy(&avail, cap, sizeof(avail));
	vfio_info_report(sink, "entries %u", avail.avail);
}

static void vfio_info_report_type1(const struct vfio_info_sink *sink,
				   const struct vfio_iommu_type1_info *info, size_t size)
{
	const uint8_t *cap, *end = (const uint8_t *)info + size;
	size_t at = info->flags & VFIO_IOMMU_INFO_CAPS ? info->cap_offset : 0;
	uint16_t id;

	if (info->flags & VFIO_IOMMU_INFO_PGSIZES)
		vfio_info_report(sink, "page-sizes 0x%" PRIx64, (uint64_t)info->iova_pgsizes);
	while ((cap = vfio_info_next_cap(info, sizeof(*info), size, &at, &id))) {
		if (id == VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE)
			vfio_info_report_ranges(sink, cap, (size_t)(end - cap));
		else if (id == VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL)
			vfio_info_report_entries(sink, cap, (size_t)(end - cap));
	}
}

static int vfio_info_query_type1(const struct vfio_info_sink *sink, int container_fd)
{
	const struct vfio_iommu_type1_info head = { .argsz = sizeof(head) };
	const struct vfio_info_question question = { VFIO_IOMMU_GET_INFO, "VFIO_IOMMU_GET_INFO",
						     &head, sizeof(head) };
	_cleanup_free_ void *info = NULL;
	size_t size;
	int r;

	r = vfio_info_query(container_fd, &question, &info, &size);
	if (r < 0)
		return r;
	vfio_info_report_type1(sink, info, size);
	return 0;
}

/* --- POWER --- */

/* Reports the window below 4 GiB, which always exists, and how many others a VMM may make. */
static int vfio_info_query_spapr(const struct vfio_info_sink *sink, int container_fd)
{
	struct vfio_iommu_spapr_tce_info info = { .argsz = sizeof(info) };

	if (ioctl(container_fd, VFIO_IOMMU_SPAPR_TCE_GET_INFO, &info) < 0)
		return -errno;
	if (info.dma32_window_size > 0)
		vfio_info_report(sink, "window32 0x%x 0x%" PRIx64, info.dma32_window_start,
				 (uint64_t)info.dma32_window_start + info.dma32_window_size - 1);
	if (info.flags & VFIO_IOMMU_SPAPR_INFO_DDW)
		vfio_info_report(sink, "window64 0x%" PRIx64 " %u %u", (uint64_t)info.ddw.pgsizes,
				 info.ddw.max_dynamic_windows_supported, info.ddw.levels);
	return 0;
}

/* --- any --- */

static const struct {
	unsigned long type;
	const char *name;
	int (*query)(const struct vfio_info_sink *sink, int container_fd);
} types[] = {
	{ VFIO_TYPE1v2_IOMMU, "type1v2", vfio_info_query_type1 },
	{ VFIO_TYPE1_IOMMU, "type1", vfio_info_query_type1 },
	{ VFIO_SPAPR_TCE_v2_IOMMU, "spapr-v2", vfio_info_query_spapr },
	{ VFIO_SPAPR_TCE_IOMMU, "spapr", vfio_info_query_spapr },
};

static int vfio_info_query_container(const struct vfio_info_sink *sink, int container_fd)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		int r;

		if (ioctl(container_fd, VFIO_CHECK_EXTENSION, types[i].type) <= 0)
			continue;
		r = fault_ioctl(container_fd, VFIO_SET_IOMMU, "VFIO_SET_IOMMU",
				(void *)types[i].type);
		if (r < 0)
			return r;
		vfio_info_report(sink, "source vfio %s", types[i].name);
		return types[i].query(sink, container_fd);
	}
	return -ENOTTY;
}

/*
 * vfio_iommu_type1_attach_group() has one reason to answer EPERM for a viable group. Platform
 * devices without MSIs meet it on arm64 (6.12).
 */
static const char *vfio_info_describe_error(int error)
{
	if (error != -EPERM)
		return strerror(-error);
	return "Operation not permitted: nothing isolates the interrupts of its devices, and "
	       "allow_unsafe_interrupts of vfio_iommu_type1 is not set";
}

static bool vfio_info_read_container(const struct vfio_info_sink *sink, int group_fd,
				     int container_fd, int *ret_error)
{
	int r;

	r = fault_ioctl(group_fd, VFIO_GROUP_SET_CONTAINER, "VFIO_GROUP_SET_CONTAINER",
			&container_fd);
	if (r >= 0)
		r = vfio_info_query_container(sink, container_fd);
	*ret_error = r < 0 ? r : 0;
	/* Unset the container in any case: the failure may have come after it was set. */
	return fault_ioctl(group_fd, VFIO_GROUP_UNSET_CONTAINER, "VFIO_GROUP_UNSET_CONTAINER",
			   NULL) >= 0;
}

bool vfio_info_read_group(const struct sysfs_root *root, int group_fd,
			  const struct vfio_info_sink *sink)
{
	_cleanup_close_ int fd = sysfs_root_open_node(root, "dev/vfio/vfio");
	int error = fd;
	bool is_unset = true;

	if (fd >= 0)
		is_unset = vfio_info_read_container(sink, group_fd, fd, &error);
	if (error < 0)
		vfio_info_report(sink, "refused %s", vfio_info_describe_error(error));
	return error >= 0 && is_unset;
}
