/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/vfio.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>

#include "iommufdinfo.h"

/* Of the kernel's include/uapi/linux/{iommufd,vfio}.h, which are not in the headers of every system that the daemon is built on. */
struct bind_iommufd {
	uint32_t argsz, flags;
	int32_t iommufd;
	uint32_t out_devid;
};
struct attach_pt {
	uint32_t argsz, flags, pt_id;
};
struct ioas_alloc {
	uint32_t size, flags, out_ioas_id;
};
struct iova_range {
	uint64_t start, last;
};
struct ioas_iova_ranges {
	uint32_t size, ioas_id, num_iovas, reserved;
	uint64_t allowed_iovas, out_iova_alignment;
};
struct hw_info {
	uint32_t size, flags, dev_id, data_len;
	uint64_t data_uptr;
	uint32_t out_data_type;
	uint8_t out_max_pasid_log2; /* from Linux 6.15 on; 0 before */
	uint8_t reserved[3];
	uint64_t out_capabilities;
};
#define IOAS_ALLOC	 _IO(';', 0x81)
#define IOAS_IOVA_RANGES _IO(';', 0x84)
#define GET_HW_INFO	 _IO(';', 0x8a)
#define BIND_IOMMUFD	 _IO(VFIO_TYPE, VFIO_BASE + 18)
#define ATTACH_PT	 _IO(VFIO_TYPE, VFIO_BASE + 19)

#define RANGES_MAX  1024
#define REGIONS	    7	      /* BARs and ROM */
#define REGION_MAX  (1u << 16) /* of what the kernel says of one region */
#define PASID_BITS  0x6	      /* of out_capabilities: execute, privileged (learnt.h) */

static _printf_(3, 4) void tell(vfioinfo_fn fn, void *userdata, const char *format, ...)
{
	char line[200];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	fn(line, userdata);
}

/* --- the IOMMU group ---------------------------------------------------------------------------- */

/* Without the device attached, an address space has no limits yet. */
static int attach(int device, int iommufd, uint32_t *ret_devid, uint32_t *ret_ioas)
{
	struct bind_iommufd bind = { .argsz = sizeof(bind), .iommufd = iommufd };
	struct ioas_alloc alloc = { .size = sizeof(alloc) };
	struct attach_pt pt = { .argsz = sizeof(pt) };

	if (ioctl(device, BIND_IOMMUFD, &bind) < 0 || ioctl(iommufd, IOAS_ALLOC, &alloc) < 0)
		return -errno;
	pt.pt_id = alloc.out_ioas_id;
	if (ioctl(device, ATTACH_PT, &pt) < 0)
		return -errno;
	*ret_devid = bind.out_devid;
	*ret_ioas = alloc.out_ioas_id;
	return 0;
}

static int tell_ranges(int iommufd, uint32_t ioas, vfioinfo_fn fn, void *userdata)
{
	struct ioas_iova_ranges ask = { .size = sizeof(ask), .ioas_id = ioas };
	_cleanup_free_ struct iova_range *ranges = NULL;

	/* it says how many there are, and that there is no room for them */
	if (ioctl(iommufd, IOAS_IOVA_RANGES, &ask) < 0 && errno != EMSGSIZE)
		return -errno;
	if (ask.num_iovas > RANGES_MAX)
		return -EPROTO;
	ranges = calloc(ask.num_iovas + 1, sizeof(*ranges));
	if (!ranges)
		return -ENOMEM;
	ask.allowed_iovas = (uintptr_t)ranges;
	if (ioctl(iommufd, IOAS_IOVA_RANGES, &ask) < 0)
		return -errno;
	tell(fn, userdata, "source iommufd");
	for (uint32_t i = 0; i < ask.num_iovas; i++)
		tell(fn, userdata, "range 0x%" PRIx64 " 0x%" PRIx64, ranges[i].start, ranges[i].last);
	tell(fn, userdata, "alignment 0x%" PRIx64, ask.out_iova_alignment);
	return 0;
}

/* --- the device --------------------------------------------------------------------------------- */

/* Capabilities are a chain of offsets from the start of the answer. */
static void tell_region_caps(uint32_t index, const uint8_t *answer, size_t at, size_t size,
			     vfioinfo_fn fn, void *userdata)
{
	struct vfio_info_cap_header cap;

	for (; at >= sizeof(struct vfio_region_info) && at + sizeof(cap) <= size;
	     at = cap.next > at ? cap.next : 0) {
		struct vfio_region_info_cap_sparse_mmap sparse;
		struct vfio_region_sparse_mmap_area area;

		memcpy(&cap, answer + at, sizeof(cap));
		if (cap.id == VFIO_REGION_INFO_CAP_MSIX_MAPPABLE)
			tell(fn, userdata, "msix-mappable %u", index);
		if (cap.id != VFIO_REGION_INFO_CAP_SPARSE_MMAP || at + sizeof(sparse) > size)
			continue;
		memcpy(&sparse, answer + at, sizeof(sparse));
		for (size_t i = 0, place = at + sizeof(sparse);
		     i < sparse.nr_areas && place + sizeof(area) <= size; i++, place += sizeof(area)) {
			memcpy(&area, answer + place, sizeof(area));
			tell(fn, userdata, "sparse %u 0x%" PRIx64 " 0x%" PRIx64, index,
			     (uint64_t)area.offset, (uint64_t)area.size);
		}
	}
}

static void tell_region(int device, uint32_t index, vfioinfo_fn fn, void *userdata)
{
	struct vfio_region_info probe = { .argsz = sizeof(probe), .index = index };
	_cleanup_free_ struct vfio_region_info *info = NULL;
	uint32_t size;

	if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &probe) < 0 || probe.size == 0 ||
	    probe.argsz < sizeof(probe) || probe.argsz > REGION_MAX)
		return;
	size = probe.argsz;
	info = calloc(1, size);
	if (!info)
		return;
	info->argsz = size;
	info->index = index;
	if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, info) < 0)
		return;
	tell(fn, userdata, "region %u 0x%x 0x%" PRIx64, index, info->flags, (uint64_t)info->size);
	if (info->flags & VFIO_REGION_INFO_FLAG_CAPS)
		tell_region_caps(index, (const uint8_t *)info, info->cap_offset, size, fn, userdata);
}

/* A kernel that knows nothing of PASIDs answers as one that knows of none. */
static bool knows_pasids(void)
{
	struct utsname name;
	unsigned major, minor;

	return uname(&name) >= 0 && sscanf(name.release, "%u.%u", &major, &minor) == 2 &&
	       (major > 6 || (major == 6 && minor >= 15));
}

/* What came of asking for PASIDs as a feature of the VFIO device: the kernel has it here. */
static void tell_pasid(int iommufd, uint32_t devid, vfioinfo_fn fn, void *userdata)
{
	struct hw_info info = { .size = sizeof(info), .dev_id = devid };

	if (ioctl(iommufd, GET_HW_INFO, &info) < 0 || (!info.out_max_pasid_log2 && !knows_pasids()))
		return;
	tell(fn, userdata, "pasid %u 0x%" PRIx64, info.out_max_pasid_log2,
	     info.out_capabilities & PASID_BITS);
}

int iommufdinfo_device(const struct sysroot *root, const char *path, vfioinfo_fn of_group,
		       vfioinfo_fn of_device, void *userdata)
{
	_cleanup_close_ int iommufd = openat(root->fd, "dev/iommu", O_RDWR | O_CLOEXEC);
	_cleanup_close_ int device = iommufd < 0 ? -1 : openat(root->fd, path + 1, O_RDWR | O_CLOEXEC);
	uint32_t devid = 0, ioas = 0;
	int r;

	if (device < 0)
		return -errno;
	r = attach(device, iommufd, &devid, &ioas);
	if (r >= 0)
		r = tell_ranges(iommufd, ioas, of_group, userdata);
	if (r < 0)
		return r;
	tell(of_device, userdata, "source iommufd");
	for (uint32_t i = 0; i < REGIONS; i++)
		tell_region(device, i, of_device, userdata);
	tell_pasid(iommufd, devid, of_device, userdata);
	return 0;
}
