/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Descriptors of devices, however they were opened, and iommufd. */

#include <errno.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "sys/probe/iommufd-abi.h"

#define IOMMU_OPTION_REQUEST _IO(';', 0x87)

/* --- devices --- */

static int kernel_vfio_device_info(const struct kernel_device *device,
				   struct vfio_device_info *info)
{
	char path[PATH_MAX];

	kernel_place(path, "%s/reset", device->dir);
	info->flags = VFIO_DEVICE_FLAGS_PCI | (kernel_exists(path) ? VFIO_DEVICE_FLAGS_RESET : 0);
	info->num_regions = VFIO_PCI_NUM_REGIONS;
	info->num_irqs = VFIO_PCI_NUM_IRQS;
	return 0;
}

static uint64_t kernel_vfio_bar_size(const struct kernel_device *device, unsigned bar)
{
	char path[PATH_MAX], text[KERNEL_TEXT], *rest = NULL;

	kernel_place(path, "%s/resource", device->dir);
	kernel_read(path, text);
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		unsigned long long start, end, flags;

		if (bar-- == 0)
			return sscanf(line, "%llx %llx %llx", &start, &end, &flags) == 3 && end ?
				       end - start + 1 :
				       0;
	}
	return 0;
}

static uint64_t kernel_vfio_config_size(const struct kernel_device *device)
{
	struct stat st;

	if (stat(kernel_path("%s/config", device->dir), &st) < 0)
		return 0;
	return (uint64_t)st.st_size;
}

static int kernel_vfio_region_info(const struct kernel_device *device,
				   struct vfio_region_info *info)
{
	if (info->index >= VFIO_PCI_NUM_REGIONS)
		return -EINVAL;
	info->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	info->offset = (uint64_t)info->index << 40; /* VFIO_PCI_OFFSET_SHIFT */
	info->size = info->index == VFIO_PCI_CONFIG_REGION_INDEX ?
			     kernel_vfio_config_size(device) :
			     kernel_vfio_bar_size(device, info->index);
	info->cap_offset = 0;
	info->argsz = sizeof(*info);
	return 0;
}

int kernel_vfio_device_ioctl(const struct kernel_device *device, unsigned long request,
			     void *argument)
{
	int r = kernel_fault("ioctl", device->name);

	if (r < 0)
		return r;
	switch (request) {
	case VFIO_DEVICE_GET_INFO:
		return kernel_vfio_device_info(device, argument);
	case VFIO_DEVICE_GET_REGION_INFO:
		return kernel_vfio_region_info(device, argument);
	case VFIO_DEVICE_RESET:
		return kernel_reset(device);
	case VFIO_DEVICE_GET_PCI_HOT_RESET_INFO:
		return kernel_reset_hot_info(device, argument);
	case VFIO_DEVICE_PCI_HOT_RESET:
		return kernel_reset_hot(device, argument);
	default:
		return -ENOTTY;
	}
}

/* --- iommufd --- */

static int kernel_iommufd_ranges(struct iommufd_abi_iova_ranges *ask)
{
	static const struct iommufd_abi_iova_range ranges[] = {
		{ 0, 0xfedfffff },
		{ 0xfef00000, 0x7fffffffffffULL },
	};
	uint32_t room = ask->num_iovas;

	ask->num_iovas = 2;
	ask->out_iova_alignment = 0x1000;
	if (room < 2)
		return -EMSGSIZE;
	memcpy((void *)(uintptr_t)ask->allowed_iovas, ranges, sizeof(ranges));
	return 0;
}

static int kernel_iommufd_hw_info(struct iommufd_abi_hw_info *info)
{
	info->out_max_pasid_log2 = 0;
	info->out_capabilities = 0;
	return 0;
}

int kernel_iommufd_ioctl(int fd, unsigned long request, void *argument)
{
	int r = kernel_fault("ioctl", "iommu");

	if (r < 0)
		return r;
	switch (request) {
	case IOMMU_OPTION_REQUEST:
		return 0;
	case IOMMUFD_ABI_IOAS_ALLOC:
		((struct iommufd_abi_ioas_alloc *)argument)->out_ioas_id = 1;
		return 0;
	case IOMMUFD_ABI_IOVA_RANGES:
		return kernel_iommufd_ranges(argument);
	case IOMMUFD_ABI_GET_HW_INFO:
		return kernel_iommufd_hw_info(argument);
	default:
		return -ENOTTY;
	}
}

static int kernel_iommufd_bind(int fd, const struct kernel_device *device,
			       struct iommufd_abi_bind *bind)
{
	char path[PATH_MAX];

	if (!kernel_tree_of_fd(bind->iommufd, path) || strcmp(path, "dev/iommu") != 0)
		return -EBADF;
	if (!kernel_vfio_may_bind(kernel_device_group(device)))
		return -EBUSY;
	if (kernel_lock_take(fd, KERNEL_AT_BOUND, false) < 0)
		return -EBUSY;
	bind->out_devid = 1;
	return 0;
}

int kernel_iommufd_device_ioctl(int fd, const struct kernel_device *device, unsigned long request,
				void *argument)
{
	switch (request) {
	case IOMMUFD_ABI_BIND:
		return kernel_iommufd_bind(fd, device, argument);
	case IOMMUFD_ABI_ATTACH_PT:
		return 0;
	default:
		return kernel_vfio_device_ioctl(device, request, argument);
	}
}
