/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/vfio.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>

#include "fault.h"
#include "vfioinfo.h"

#define INFO_MAX (1u << 16) /* of what the kernel says in one answer */

struct asker {
	vfioinfo_fn fn;
	void *userdata;
};

static _printf_(2, 3) void tell(const struct asker *asker, const char *format, ...)
{
	char line[200];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	asker->fn(line, asker->userdata);
}

/* --- x86, arm64 ---------------------------------------------------------------------------------- */

/*
 * The kernel puts capabilities one after the other without regard to alignment (vfio_info_cap_add()), so they are copied
 * out before they are looked at.
 */
static void tell_ranges(const struct asker *asker, const uint8_t *cap, size_t room)
{
	struct vfio_iommu_type1_info_cap_iova_range head;
	struct vfio_iova_range range;

	if (room < sizeof(head))
		return;
	memcpy(&head, cap, sizeof(head));
	for (size_t i = 0, at = sizeof(head); i < head.nr_iovas && at + sizeof(range) <= room;
	     i++, at += sizeof(range)) {
		memcpy(&range, cap + at, sizeof(range));
		tell(asker, "range 0x%" PRIx64 " 0x%" PRIx64, (uint64_t)range.start, (uint64_t)range.end);
	}
}

static void tell_available(const struct asker *asker, const uint8_t *cap, size_t room)
{
	struct vfio_iommu_type1_info_dma_avail avail;

	if (room < sizeof(avail))
		return;
	memcpy(&avail, cap, sizeof(avail));
	tell(asker, "entries %u", avail.avail);
}

/* Capabilities are a chain of offsets from the start of the answer. */
static void tell_info(const struct asker *asker, const struct vfio_iommu_type1_info *info, size_t size)
{
	const uint8_t *answer = (const uint8_t *)info;
	size_t at = info->flags & VFIO_IOMMU_INFO_CAPS ? info->cap_offset : 0;
	struct vfio_info_cap_header cap;

	if (info->flags & VFIO_IOMMU_INFO_PGSIZES)
		tell(asker, "page-sizes 0x%" PRIx64, (uint64_t)info->iova_pgsizes);
	for (; at >= sizeof(*info) && at + sizeof(cap) <= size; at = cap.next > at ? cap.next : 0) {
		memcpy(&cap, answer + at, sizeof(cap));
		if (cap.id == VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE)
			tell_ranges(asker, answer + at, size - at);
		else if (cap.id == VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL)
			tell_available(asker, answer + at, size - at);
	}
}

static int ask_type1(const struct asker *asker, int container_fd)
{
	struct vfio_iommu_type1_info probe = { .argsz = sizeof(probe) };
	_cleanup_free_ struct vfio_iommu_type1_info *info = NULL;

	int r = fault_ioctl(container_fd, VFIO_IOMMU_GET_INFO, "VFIO_IOMMU_GET_INFO", &probe);

	if (r < 0)
		return r;
	if (probe.argsz < sizeof(probe) || probe.argsz > INFO_MAX)
		return -EPROTO;
	info = calloc(1, probe.argsz);
	if (!info)
		return -ENOMEM;
	info->argsz = probe.argsz;
	r = fault_ioctl(container_fd, VFIO_IOMMU_GET_INFO, "VFIO_IOMMU_GET_INFO", info);
	if (r < 0)
		return r;
	tell_info(asker, info, probe.argsz);
	return 0;
}

/* --- POWER --------------------------------------------------------------------------------------- */

/* The window below 4 GiB is there; others are made by who maps memory. */
static int ask_spapr(const struct asker *asker, int container_fd)
{
	struct vfio_iommu_spapr_tce_info info = { .argsz = sizeof(info) };

	if (ioctl(container_fd, VFIO_IOMMU_SPAPR_TCE_GET_INFO, &info) < 0)
		return -errno;
	if (info.dma32_window_size > 0)
		tell(asker, "window32 0x%x 0x%" PRIx64, info.dma32_window_start,
		     (uint64_t)info.dma32_window_start + info.dma32_window_size - 1);
	if (info.flags & VFIO_IOMMU_SPAPR_INFO_DDW)
		tell(asker, "window64 0x%" PRIx64 " %u %u", (uint64_t)info.ddw.pgsizes,
		     info.ddw.max_dynamic_windows_supported, info.ddw.levels);
	return 0;
}

/* --- any ----------------------------------------------------------------------------------------- */

static const struct {
	unsigned long type;
	const char *name;
	int (*ask)(const struct asker *asker, int container_fd);
} types[] = {
	{ VFIO_TYPE1v2_IOMMU, "type1v2", ask_type1 },
	{ VFIO_TYPE1_IOMMU, "type1", ask_type1 },
	{ VFIO_SPAPR_TCE_v2_IOMMU, "spapr-v2", ask_spapr },
	{ VFIO_SPAPR_TCE_IOMMU, "spapr", ask_spapr },
};

static int ask_container(const struct asker *asker, int container_fd)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		int r;

		if (ioctl(container_fd, VFIO_CHECK_EXTENSION, types[i].type) <= 0)
			continue;
		r = fault_ioctl(container_fd, VFIO_SET_IOMMU, "VFIO_SET_IOMMU", (void *)types[i].type);
		if (r < 0)
			return r;
		tell(asker, "source vfio %s", types[i].name);
		return types[i].ask(asker, container_fd);
	}
	return -ENOTTY;
}

bool vfioinfo_group(const struct sysroot *root, int group_fd, vfioinfo_fn fn, void *userdata)
{
	_cleanup_close_ int fd = sysroot_node(root, "dev/vfio/vfio");
	const struct asker asker = { fn, userdata };
	int unset = 0, r = fd;

	if (r >= 0) {
		r = fault_ioctl(group_fd, VFIO_GROUP_SET_CONTAINER, "VFIO_GROUP_SET_CONTAINER", &fd);
		if (r >= 0)
			r = ask_container(&asker, fd);
		unset = fault_ioctl(group_fd, VFIO_GROUP_UNSET_CONTAINER, "VFIO_GROUP_UNSET_CONTAINER", NULL);
	}
	if (r < 0)
		tell(&asker, "refused %s", strerror(-r));
	return r >= 0 && unset >= 0;
}
