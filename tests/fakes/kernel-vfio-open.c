/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Opens the nodes of VFIO, and answers ioctls on groups and containers. */

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

static int kernel_vfio_open_real(const char *path, int flags)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, kernel_path("%s", path),
			      flags & ~(O_CREAT | O_TRUNC | O_EXCL));

	return fd < 0 ? -errno : fd;
}

/* Checks whether the caller may open the node, by its mode and ACL. */
static bool kernel_vfio_may_open(const char *path, int flags)
{
	int mode = (flags & O_ACCMODE) == O_RDONLY ? R_OK :
		   (flags & O_ACCMODE) == O_WRONLY ? W_OK :
						     R_OK | W_OK;

	return faccessat(AT_FDCWD, kernel_path("%s", path), mode, AT_EACCESS) == 0;
}

static int kernel_vfio_open_group(const char *path, int group, int flags)
{
	char file[PATH_MAX];
	int fd, r;

	if (!kernel_exists(path))
		return -ENOENT;
	if (!kernel_vfio_may_open(path, flags))
		return -EACCES;
	/* Look first: a failed attempt of one's own would be an event of inotify. */
	if (kernel_vfio_has_open_file(group, false) || kernel_vfio_has_bound(group))
		return -EBUSY;
	kernel_vfio_open_file(group, NULL, file);
	fd = kernel_vfio_open_real(file, flags);
	if (fd < 0)
		return fd;
	r = kernel_lock_take(fd, KERNEL_AT_OPEN, (flags & O_ACCMODE) == O_RDONLY);
	if (r < 0)
		syscall(SYS_close, fd);
	return r < 0 ? r : fd;
}

static int kernel_vfio_open_container(const char *path, int flags)
{
	int fd = kernel_vfio_open_real(path, flags);
	uint32_t id = 0;

	if (fd < 0)
		return fd;
	if (syscall(SYS_getrandom, &id, sizeof(id), 0) < 0 || id == 0)
		id = (uint32_t)getpid();
	syscall(SYS_lseek, fd, (off_t)id, SEEK_SET);
	return fd;
}

static int kernel_vfio_open_device(const char *path, int flags)
{
	int fd = kernel_vfio_open_real(path, flags), r;

	if (fd < 0)
		return fd;
	r = kernel_lock_take(fd, KERNEL_AT_OPEN, true);
	if (r < 0)
		syscall(SYS_close, fd);
	return r < 0 ? r : fd;
}

int kernel_vfio_open(const char *path, int flags)
{
	int group, n = 0, r;

	if (strncmp(path, "dev/", 4) != 0 || flags & O_PATH)
		return INT_MIN;
	r = kernel_fault("open", path + strlen("dev/"));
	if (r != 0)
		return r < 0 ? r : -EIO;
	if (sscanf(path, "dev/vfio/%d%n", &group, &n) == 1 && !path[n])
		return kernel_vfio_open_group(path, group, flags);
	if (strcmp(path, "dev/vfio/vfio") == 0)
		return kernel_vfio_open_container(path, flags);
	if (strncmp(path, "dev/vfio/devices/", 17) == 0)
		return kernel_vfio_open_device(path, flags);
	return INT_MIN;
}

/* --- ioctls --- */

static off_t kernel_vfio_position(int fd)
{
	return syscall(SYS_lseek, fd, (off_t)0, SEEK_CUR);
}

static bool kernel_vfio_container_type(off_t container, char ret[static KERNEL_TEXT])
{
	char path[PATH_MAX];

	kernel_place(path, ".kernel/containers/%ld", (long)container);
	return kernel_read(path, ret);
}

static int kernel_vfio_set_container(int fd, int group, const int *container)
{
	char path[PATH_MAX];

	if (!kernel_vfio_is_viable(group))
		return -EPERM;
	if (kernel_vfio_position(fd) != 0)
		return -EINVAL;
	if (!kernel_tree_of_fd(*container, path) || strcmp(path, "dev/vfio/vfio") != 0)
		return -EINVAL;
	syscall(SYS_lseek, fd, kernel_vfio_position(*container), SEEK_SET);
	return kernel_lock_take(fd, KERNEL_AT_CONTAINER, false);
}

static int kernel_vfio_unset_container(int fd, int group)
{
	if (kernel_vfio_position(fd) == 0)
		return -EINVAL;
	if (kernel_vfio_has_open_file(group, true))
		return -EBUSY;
	syscall(SYS_lseek, fd, (off_t)0, SEEK_SET);
	kernel_lock_drop(fd, KERNEL_AT_CONTAINER);
	return 0;
}

/* Opens a device by its name, which may be followed by " vf_token=UUID". */
static int kernel_vfio_get_device(int fd, int group, const char *text)
{
	char name[NAME_MAX + 1], text_of_type[KERNEL_TEXT], driver[NAME_MAX + 1], path[PATH_MAX];
	struct kernel_device device;
	int device_fd, r;

	if (kernel_vfio_position(fd) == 0 ||
	    !kernel_vfio_container_type(kernel_vfio_position(fd), text_of_type))
		return -EINVAL;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(text, " "), text);
	kernel_place(path, "sys/kernel/iommu_groups/%d/devices", group);
	if (!kernel_vfio_find_member(path, name, &device) ||
	    !kernel_device_driver(&device, driver) || !kernel_driver_is_vfio(driver))
		return -ENODEV;
	r = kernel_fault("get_device", name);
	if (r == 0)
		r = kernel_vfio_token_check(&device, strstr(text, " vf_token="));
	if (r < 0)
		return r;
	kernel_vfio_open_file(group, name, path);
	device_fd = kernel_vfio_open_real(path, O_RDWR | O_CLOEXEC);
	if (device_fd >= 0)
		kernel_lock_take(device_fd, KERNEL_AT_OPEN, true);
	return device_fd;
}

static int kernel_vfio_group_ioctl(int fd, int group, unsigned long request, void *argument)
{
	struct vfio_group_status *status = argument;

	switch (request) {
	case VFIO_GROUP_GET_STATUS:
		status->flags = kernel_vfio_is_viable(group) ? VFIO_GROUP_FLAGS_VIABLE : 0;
		if (kernel_vfio_position(fd) != 0)
			status->flags |= VFIO_GROUP_FLAGS_CONTAINER_SET;
		return 0;
	case VFIO_GROUP_SET_CONTAINER:
		return kernel_vfio_set_container(fd, group, argument);
	case VFIO_GROUP_UNSET_CONTAINER:
		return kernel_vfio_unset_container(fd, group);
	case VFIO_GROUP_GET_DEVICE_FD:
		return kernel_vfio_get_device(fd, group, argument);
	default:
		return -ENOTTY;
	}
}

static int kernel_vfio_get_iommu_info(struct vfio_iommu_type1_info *info)
{
	struct {
		struct vfio_iommu_type1_info info;
		struct vfio_iommu_type1_info_cap_iova_range head;
		struct vfio_iova_range ranges[2];
		struct vfio_iommu_type1_info_dma_avail avail;
	} answer = {
		.info = { .argsz = sizeof(answer),
			  .flags = VFIO_IOMMU_INFO_PGSIZES | VFIO_IOMMU_INFO_CAPS,
			  .iova_pgsizes = 0x1000 },
		.head = { .header = { .id = VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, .version = 1 },
			  .nr_iovas = 2 },
		.ranges = { { 0, 0xfedfffff }, { 0xfef00000, 0x7fffffffffffULL } },
		.avail = { .header = { .id = VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, .version = 1 },
			   .avail = 65535 },
	};

	if (info->argsz < sizeof(*info))
		return -EINVAL;
	answer.info.cap_offset = (uint32_t)offsetof(__typeof__(answer), head);
	answer.head.header.next = (uint32_t)offsetof(__typeof__(answer), avail);
	if (info->argsz >= sizeof(answer)) {
		memcpy(info, &answer, sizeof(answer));
		return 0;
	}
	answer.info.cap_offset = 0;
	memcpy(info, &answer, sizeof(*info));
	return 0;
}

static int kernel_vfio_container_ioctl(int fd, unsigned long request, void *argument)
{
	unsigned long type = (unsigned long)argument;
	char path[PATH_MAX], text[KERNEL_TEXT];

	switch (request) {
	case VFIO_GET_API_VERSION:
		return VFIO_API_VERSION;
	case VFIO_CHECK_EXTENSION:
		return type == VFIO_TYPE1v2_IOMMU || type == VFIO_TYPE1_IOMMU;
	case VFIO_SET_IOMMU:
		if (kernel_vfio_container_type(kernel_vfio_position(fd), text))
			return -EINVAL;
		kernel_make_dirs(".kernel/containers");
		kernel_place(path, ".kernel/containers/%ld", (long)kernel_vfio_position(fd));
		kernel_write(path, "%lu\n", type);
		return 0;
	case VFIO_IOMMU_GET_INFO:
		return kernel_vfio_get_iommu_info(argument);
	case VFIO_IOMMU_MAP_DMA:
	case VFIO_IOMMU_UNMAP_DMA:
		return 0;
	default:
		return -ENOTTY;
	}
}

static int kernel_vfio_find_node_owner(const char *path, const char *name, void *userdata)
{
	struct kernel_device *device = ((void **)userdata)[0];
	const char *node = ((void **)userdata)[1];
	char own[PATH_MAX], bus[32];

	return sscanf(path, "sys/bus/%31[^/]", bus) == 1 && kernel_device_find(bus, name, device) &&
	       kernel_vfio_device_node(device, own) && strcmp(own, node) == 0;
}

int kernel_vfio_ioctl(int fd, const char *path, unsigned long request, void *argument)
{
	char name[NAME_MAX + 1], members[PATH_MAX];
	struct kernel_device device;
	int group;

	if (strcmp(path, "dev/vfio/vfio") == 0)
		return kernel_vfio_container_ioctl(fd, request, argument);
	if (strcmp(path, "dev/iommu") == 0)
		return kernel_iommufd_ioctl(fd, request, argument);
	if (sscanf(path, ".kernel/open/%d/%255[^\n]", &group, name) == 2) {
		if (strcmp(name, "group") == 0)
			return kernel_vfio_group_ioctl(fd, group, request, argument);
		/* " (deleted)" follows the name of a dead one */
		kernel_place(members, "sys/kernel/iommu_groups/%d/devices", group);
		if (!kernel_vfio_find_member(members, name, &device))
			return -ENODEV;
		return kernel_vfio_device_ioctl(&device, request, argument);
	}
	if (strncmp(path, "dev/vfio/devices/", 17) == 0) {
		void *query[] = { &device, (void *)path };

		if (!kernel_each("sys/bus/pci/devices", kernel_vfio_find_node_owner, query) &&
		    !kernel_each("sys/bus/mdev/devices", kernel_vfio_find_node_owner, query))
			return -ENODEV;
		return kernel_iommufd_device_ioctl(fd, &device, request, argument);
	}
	return INT_MIN;
}
