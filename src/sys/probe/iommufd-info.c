/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "sys/fault.h"
#include "sys/probe/iommufd-abi.h"
#include "sys/probe/iommufd-info.h"

#define RANGES_MAX 1024
#define REGIONS 7      /* BARs and ROM */
#define PASID_BITS 0x6 /* bits of out_capabilities: execute, privileged (vfio-facts.h) */

/* --- the IOMMU group --- */

/* Attaches the device: without it an address space has no limits yet. */
static int iommufd_info_attach(int device, int iommufd, uint32_t *ret_devid, uint32_t *ret_ioas)
{
	struct iommufd_abi_bind bind = { .argsz = sizeof(bind), .iommufd = iommufd };
	struct iommufd_abi_ioas_alloc alloc = { .size = sizeof(alloc) };
	struct iommufd_abi_attach_pt pt = { .argsz = sizeof(pt) };
	int r;

	r = fault_ioctl(device, IOMMUFD_ABI_BIND, "VFIO_DEVICE_BIND_IOMMUFD", &bind);
	if (r < 0)
		return r;
	r = fault_ioctl(iommufd, IOMMUFD_ABI_IOAS_ALLOC, "IOMMU_IOAS_ALLOC", &alloc);
	if (r < 0)
		return r;
	pt.pt_id = alloc.out_ioas_id;
	r = fault_ioctl(device, IOMMUFD_ABI_ATTACH_PT, "VFIO_DEVICE_ATTACH_IOMMUFD_PT", &pt);
	if (r < 0)
		return r;
	*ret_devid = bind.out_devid;
	*ret_ioas = alloc.out_ioas_id;
	return 0;
}

static int iommufd_info_report_ranges(int iommufd, uint32_t ioas, const struct vfio_info_sink *sink)
{
	struct iommufd_abi_iova_ranges ask = { .size = sizeof(ask), .ioas_id = ioas };
	_cleanup_free_ struct iommufd_abi_iova_range *ranges = NULL;
	int r = fault_ioctl(iommufd, IOMMUFD_ABI_IOVA_RANGES, "IOMMU_IOAS_IOVA_RANGES", &ask);

	/*
	 * The answer holds the number of ranges, and the error says that there was no room for
	 * them.
	 */
	if (r < 0 && r != -EMSGSIZE)
		return r;
	if (ask.num_iovas > RANGES_MAX)
		return -EPROTO;
	ranges = calloc(ask.num_iovas + 1, sizeof(*ranges));
	if (!ranges)
		return -ENOMEM;
	ask.allowed_iovas = (uintptr_t)ranges;
	r = fault_ioctl(iommufd, IOMMUFD_ABI_IOVA_RANGES, "IOMMU_IOAS_IOVA_RANGES", &ask);
	if (r < 0)
		return r;
	vfio_info_report(sink, "source iommufd");
	for (uint32_t i = 0; i < ask.num_iovas; i++)
		vfio_info_report(sink, "range 0x%" PRIx64 " 0x%" PRIx64, ranges[i].start,
				 ranges[i].last);
	vfio_info_report(sink, "alignment 0x%" PRIx64, ask.out_iova_alignment);
	return 0;
}

/* --- the device --- */

static void iommufd_info_report_sparse(uint32_t index, const uint8_t *cap, size_t room,
				       const struct vfio_info_sink *sink)
{
	struct vfio_region_info_cap_sparse_mmap sparse;
	struct vfio_region_sparse_mmap_area area;

	if (room < sizeof(sparse))
		return;
	memcpy(&sparse, cap, sizeof(sparse));
	for (size_t i = 0, at = sizeof(sparse); i < sparse.nr_areas && at + sizeof(area) <= room;
	     i++, at += sizeof(area)) {
		memcpy(&area, cap + at, sizeof(area));
		vfio_info_report(sink, "sparse %u 0x%" PRIx64 " 0x%" PRIx64, index,
				 (uint64_t)area.offset, (uint64_t)area.size);
	}
}

static void iommufd_info_report_region(int device, uint32_t index,
				       const struct vfio_info_sink *sink)
{
	const struct vfio_region_info head = { .argsz = sizeof(head), .index = index };
	const struct vfio_info_question question = { VFIO_DEVICE_GET_REGION_INFO,
						     "VFIO_DEVICE_GET_REGION_INFO", &head,
						     sizeof(head) };
	_cleanup_free_ void *answer = NULL;
	const struct vfio_region_info *info;
	const uint8_t *cap;
	size_t size, at;
	uint16_t id;

	if (vfio_info_query(device, &question, &answer, &size) < 0)
		return;
	info = answer;
	if (info->size == 0)
		return;
	vfio_info_report(sink, "region %u 0x%x 0x%" PRIx64, index, info->flags,
			 (uint64_t)info->size);
	at = info->flags & VFIO_REGION_INFO_FLAG_CAPS ? info->cap_offset : 0;
	while ((cap = vfio_info_next_cap(answer, sizeof(*info), size, &at, &id))) {
		if (id == VFIO_REGION_INFO_CAP_MSIX_MAPPABLE)
			vfio_info_report(sink, "msix-mappable %u", index);
		else if (id == VFIO_REGION_INFO_CAP_SPARSE_MMAP)
			iommufd_info_report_sparse(index, cap,
						   size - (size_t)(cap - (const uint8_t *)answer),
						   sink);
	}
}

/* Tells whether the kernel fills in the field: an older one leaves it at zero. */
static bool iommufd_info_kernel_has_pasid(void)
{
	struct utsname name;
	unsigned major, minor;

	return uname(&name) >= 0 && sscanf(name.release, "%u.%u", &major, &minor) == 2 &&
	       (major > 6 || (major == 6 && minor >= 15));
}

/* Reports PASIDs. The kernel has them here, not as a feature of the VFIO device. */
static void iommufd_info_report_pasid(int iommufd, uint32_t devid,
				      const struct vfio_info_sink *sink)
{
	struct iommufd_abi_hw_info info = { .size = sizeof(info), .dev_id = devid };

	if (fault_ioctl(iommufd, IOMMUFD_ABI_GET_HW_INFO, "IOMMU_GET_HW_INFO", &info) < 0 ||
	    (!info.out_max_pasid_log2 && !iommufd_info_kernel_has_pasid()))
		return;
	vfio_info_report(sink, "pasid %u 0x%" PRIx64, info.out_max_pasid_log2,
			 info.out_capabilities & PASID_BITS);
}

int iommufd_info_read(const struct sysfs_root *root, const char *path,
		      const struct vfio_info_sink *group, const struct vfio_info_sink *device)
{
	_cleanup_close_ int iommufd = -EBADF, fd = -EBADF;
	uint32_t devid, ioas;
	int r;

	iommufd = sysfs_root_open_node(root, "dev/iommu");
	if (iommufd < 0)
		return iommufd;
	fd = sysfs_root_open_node(root, path + 1);
	if (fd < 0)
		return fd;
	r = iommufd_info_attach(fd, iommufd, &devid, &ioas);
	if (r < 0)
		return r;
	r = iommufd_info_report_ranges(iommufd, ioas, group);
	if (r < 0)
		return r;
	vfio_info_report(device, "source iommufd");
	for (uint32_t i = 0; i < REGIONS; i++)
		iommufd_info_report_region(fd, i, device);
	iommufd_info_report_pasid(iommufd, devid, device);
	return 0;
}
