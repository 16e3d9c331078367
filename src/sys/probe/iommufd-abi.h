/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The part of the kernel's include/uapi/linux/iommufd.h that the daemon uses, and what vfio.h has
 * for it. The headers of Debian 12 lack both.
 */

#include <linux/vfio.h>
#include <stdint.h>

struct iommufd_abi_bind {
	uint32_t argsz, flags;
	int32_t iommufd;
	uint32_t out_devid;
};
struct iommufd_abi_attach_pt {
	uint32_t argsz, flags, pt_id;
};
#define IOMMUFD_ABI_BIND _IO(VFIO_TYPE, VFIO_BASE + 18)
#define IOMMUFD_ABI_ATTACH_PT _IO(VFIO_TYPE, VFIO_BASE + 19)

struct iommufd_abi_ioas_alloc {
	uint32_t size, flags, out_ioas_id;
};
struct iommufd_abi_iova_range {
	uint64_t start, last;
};
struct iommufd_abi_iova_ranges {
	uint32_t size, ioas_id, num_iovas, reserved;
	uint64_t allowed_iovas, out_iova_alignment;
};
struct iommufd_abi_ioas_map {
	uint32_t size, flags, ioas_id, reserved;
	uint64_t user_va, length, iova;
};
struct iommufd_abi_hw_info {
	uint32_t size, flags, dev_id, data_len;
	uint64_t data_uptr;
	uint32_t out_data_type;
	uint8_t out_max_pasid_log2; /* 0 before Linux 6.15 */
	uint8_t reserved[3];
	uint64_t out_capabilities;
};
#define IOMMUFD_ABI_IOAS_ALLOC _IO(';', 0x81)
#define IOMMUFD_ABI_IOVA_RANGES _IO(';', 0x84)
#define IOMMUFD_ABI_IOAS_MAP _IO(';', 0x85)
#define IOMMUFD_ABI_MAP_FIXED_IOVA (1u << 0)
#define IOMMUFD_ABI_MAP_WRITEABLE (1u << 1)
#define IOMMUFD_ABI_MAP_READABLE (1u << 2)
#define IOMMUFD_ABI_GET_HW_INFO _IO(';', 0x8a)
