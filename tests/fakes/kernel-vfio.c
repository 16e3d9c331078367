/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * VFIO: the nodes of groups, containers and devices. All state is in the open files, so that it
 * follows a descriptor to another process and ends with its last copy:
 *
 *	.kernel/open/N/group	what a process has open that has opened /dev/vfio/N
 *				byte 0 is locked by it, byte 1 too while it has a container
 *				its position is the number of that container
 *	.kernel/open/N/ADDRESS	what VFIO_GROUP_GET_DEVICE_FD opens; byte 0 is locked, shared
 *	/dev/vfio/vfio		the position is the number of the container
 *	/dev/vfio/devices/vfioN	byte 0 is locked, shared, by each open file; byte 1 is locked by
 *				the one that is bound to an iommufd
 *
 * A watch of inotify on /dev/vfio/N is one on .kernel/open/N: the descriptors of devices count too.
 * So a lock is looked up in /proc/locks: an open file of one's own would make an event.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "kernel.h"

#define AT_OPEN 0
#define AT_CONTAINER 1
#define AT_BOUND 1

#define MAJOR_GROUPS 511
#define MAJOR_DEVICES 510
#define WAIT_MS 2

/* --- locks --- */

int kernel_vfio_lock(int fd, off_t at, bool shared)
{
	struct flock lock = { .l_type = shared ? F_RDLCK : F_WRLCK, .l_start = at, .l_len = 1 };

	return syscall(SYS_fcntl, fd, F_OFD_SETLK, &lock) < 0 ? -EBUSY : 0;
}

void kernel_vfio_unlock(int fd, off_t at)
{
	struct flock lock = { .l_type = F_UNLCK, .l_start = at, .l_len = 1 };

	syscall(SYS_fcntl, fd, F_OFD_SETLK, &lock);
}

static size_t kernel_vfio_read_locks(char **ret)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, "/proc/locks", O_RDONLY | O_CLOEXEC);
	size_t size = 0, room = 1 << 16;
	char *text = malloc(room);
	ssize_t n;

	while (fd >= 0 && text && (n = syscall(SYS_read, fd, text + size, room - size - 1)) > 0) {
		size += (size_t)n;
		if (room - size < 4096)
			text = realloc(text, room *= 2);
	}
	if (fd >= 0)
		syscall(SYS_close, fd);
	if (text)
		text[size] = '\0';
	*ret = text;
	return size;
}

/* Parses "3: OFDLCK  ADVISORY  WRITE -1 00:1b:1234 0 0": device, inode, first byte, last byte. */
bool kernel_vfio_locked(const char *path, off_t first, off_t last)
{
	char *text = NULL, *rest = NULL;
	bool found = false;
	struct stat st;

	if (syscall(SYS_newfstatat, AT_FDCWD, kernel_path("%s", path), &st, 0) < 0)
		return false;
	kernel_vfio_read_locks(&text);
	for (char *line = text ? strtok_r(text, "\n", &rest) : NULL; line;
	     line = strtok_r(NULL, "\n", &rest)) {
		unsigned major_number, minor_number;
		unsigned long inode;
		long start, end;
		char *type = strstr(line, "OFDLCK");

		if (!type || sscanf(type, "OFDLCK %*s %*s %*d %x:%x:%lu %ld %ld", &major_number,
				    &minor_number, &inode, &start, &end) != 5)
			continue;
		if (inode == st.st_ino && makedev(major_number, minor_number) == st.st_dev &&
		    start <= last && end >= first)
			found = true;
	}
	free(text);
	return found;
}

/* --- places --- */

static bool kernel_vfio_supports(const char *feature)
{
	char text[KERNEL_TEXT];

	return kernel_read(".kernel/config", text) && kernel_has_word(text, feature);
}

static unsigned kernel_vfio_device_number(const struct kernel_device *device)
{
	char text[KERNEL_TEXT];

	return kernel_device_note(device, "index", text) ? (unsigned)atoi(text) : 0;
}

/* Names the file that stands for the open group, or, with @device, for an open device of it. */
static void kernel_vfio_open_file(int group, const char *device, char ret[static PATH_MAX])
{
	snprintf(ret, PATH_MAX, ".kernel/open/%d/%s", group, device ? device : "group");
}

/* Makes a file that any user may open: the caller has checked the permission. */
static void kernel_vfio_make_open_file(const char *path)
{
	kernel_append(path, "");
	chmod(kernel_path("%s", path), 0666);
}

static int kernel_vfio_take_name(const char *path, const char *name, void *userdata)
{
	snprintf(userdata, NAME_MAX + 1, "%s", name);
	return 1;
}

/* Finds the node of the device itself: "dev/vfio/devices/vfio3". */
static bool kernel_vfio_device_node(const struct kernel_device *device, char ret[static PATH_MAX])
{
	char dir[PATH_MAX], name[NAME_MAX + 1];

	kernel_place(dir, "%s/vfio-dev", device->dir);
	if (!kernel_each(dir, kernel_vfio_take_name, name))
		return false;
	snprintf(ret, PATH_MAX, "dev/vfio/devices/%s", name);
	return kernel_exists(ret);
}

static void kernel_vfio_make_node(const char *path, unsigned major_number, unsigned minor_number)
{
	const struct timespec times[2] = { { .tv_sec = major_number, .tv_nsec = minor_number },
					   { .tv_sec = major_number, .tv_nsec = minor_number } };

	kernel_write(path, "%s", "");
	chmod(kernel_path("%s", path), 0600);
	utimensat(AT_FDCWD, kernel_path("%s", path), times, 0);
}

/* --- bind and unbind --- */

int kernel_vfio_check(const struct kernel_device *device)
{
	char path[PATH_MAX], config[KERNEL_TEXT];

	if (kernel_device_group(device) < 0)
		return -EINVAL;
	memset(config, 0, sizeof(config));
	kernel_place(path, "%s/config", device->dir);
	if (!kernel_read(path, config))
		return 0;
	return config[0x0e] & 0x7f ? -EINVAL : 0; /* vfio_pci_core.c: no bridges */
}

static void kernel_vfio_add_group(int group)
{
	char node[PATH_MAX], dir[PATH_MAX], path[PATH_MAX];

	kernel_place(node, "dev/vfio/%d", group);
	if (kernel_exists(node))
		return;
	kernel_place(dir, "sys/devices/virtual/vfio/%d", group);
	kernel_make_dirs(dir);
	kernel_place(path, "%s/dev", dir);
	kernel_write(path, "%d:%d\n", MAJOR_GROUPS, group);
	kernel_place(path, "sys/class/vfio/%d", group);
	kernel_link(path, dir);
	kernel_place(path, "sys/dev/char/%d:%d", MAJOR_GROUPS, group);
	kernel_link(path, dir);
	kernel_place(path, ".kernel/open/%d", group);
	kernel_make_dirs(path);
	kernel_vfio_open_file(group, NULL, path);
	kernel_vfio_make_open_file(path);
	kernel_vfio_make_node(node, MAJOR_GROUPS, (unsigned)group);
	kernel_uevent("add", dir, "vfio", NULL);
}

static void kernel_vfio_add_device(const struct kernel_device *device)
{
	unsigned number = kernel_vfio_device_number(device);
	char dir[PATH_MAX], path[PATH_MAX];

	kernel_place(dir, "%s/vfio-dev/vfio%u", device->dir, number);
	kernel_make_dirs(dir);
	if (!kernel_vfio_supports("cdev"))
		return;
	kernel_place(path, "%s/dev", dir);
	kernel_write(path, "%d:%u\n", MAJOR_DEVICES, number);
	kernel_place(path, "sys/dev/char/%d:%u", MAJOR_DEVICES, number);
	kernel_link(path, dir);
	kernel_make_dirs("dev/vfio/devices");
	kernel_place(path, "dev/vfio/devices/vfio%u", number);
	kernel_vfio_make_node(path, MAJOR_DEVICES, number);
}

void kernel_vfio_add(const struct kernel_device *device)
{
	char path[PATH_MAX];

	if (kernel_vfio_supports("group")) {
		kernel_vfio_add_group(kernel_device_group(device));
		kernel_vfio_open_file(kernel_device_group(device), device->name, path);
		kernel_vfio_make_open_file(path);
	}
	kernel_vfio_add_device(device);
}

bool kernel_vfio_is_open(const struct kernel_device *device)
{
	char path[PATH_MAX];

	kernel_vfio_open_file(kernel_device_group(device), device->name, path);
	if (kernel_vfio_locked(path, AT_OPEN, AT_OPEN))
		return true;
	return kernel_vfio_device_node(device, path) && kernel_vfio_locked(path, AT_OPEN, AT_BOUND);
}

void kernel_vfio_wait(const struct kernel_device *device)
{
	if (kernel_vfio_is_open(device))
		kernel_log("unbind of %s waits", device->name);
	while (kernel_vfio_is_open(device))
		kernel_sleep_ms(WAIT_MS);
}

static int kernel_vfio_count_member(const char *path, const char *name, void *userdata)
{
	char link[PATH_MAX], driver[NAME_MAX + 1];

	kernel_place(link, "%s/%s/driver", path, name);
	return kernel_link_name(link, driver) && kernel_driver_is_vfio(driver);
}

/* Tells whether a member of the group is on a VFIO driver. */
static bool kernel_vfio_is_used(int group)
{
	char path[PATH_MAX];

	kernel_place(path, "sys/kernel/iommu_groups/%d/devices", group);
	return kernel_each(path, kernel_vfio_count_member, NULL);
}

void kernel_vfio_delete(const struct kernel_device *device)
{
	int group = kernel_device_group(device);
	char path[PATH_MAX];

	if (kernel_vfio_device_node(device, path)) {
		unlink(kernel_path("%s", path));
		rmdir(kernel_path("dev/vfio/devices")); /* devtmpfs removes an empty directory */
	}
	kernel_place(path, "%s/vfio-dev", device->dir);
	kernel_remove_tree(path);
	kernel_vfio_open_file(group, device->name, path);
	unlink(kernel_path("%s", path));
	if (kernel_vfio_is_used(group))
		return;
	kernel_place(path, "sys/devices/virtual/vfio/%d", group);
	kernel_uevent("remove", path, "vfio", NULL);
	unlink(kernel_path("dev/vfio/%d", group));
	unlink(kernel_path("sys/class/vfio/%d", group));
	kernel_remove_tree(path);
	kernel_place(path, ".kernel/open/%d", group);
	kernel_remove_tree(path);
}

/* --- groups --- */

static bool kernel_vfio_find_member(const char *path, const char *name, struct kernel_device *ret)
{
	char bus[NAME_MAX + 1], link[PATH_MAX];

	kernel_place(link, "%s/%s/subsystem", path, name);
	return kernel_link_name(link, bus) && kernel_device_find(bus, name, ret);
}

static int kernel_vfio_is_open_file(const char *path, const char *name, void *userdata)
{
	const bool *devices_only = userdata;
	char file[PATH_MAX];

	if (*devices_only && strcmp(name, "group") == 0)
		return 0;
	kernel_place(file, "%s/%s", path, name);
	return kernel_vfio_locked(file, AT_OPEN, AT_OPEN);
}

static bool kernel_vfio_has_open_file(int group, bool devices_only)
{
	char path[PATH_MAX];

	kernel_place(path, ".kernel/open/%d", group);
	return kernel_each(path, kernel_vfio_is_open_file, &devices_only);
}

static int kernel_vfio_is_bound_member(const char *path, const char *name, void *userdata)
{
	struct kernel_device device;
	char node[PATH_MAX];

	if (!kernel_vfio_find_member(path, name, &device))
		return 0;
	return kernel_vfio_device_node(&device, node) &&
	       kernel_vfio_locked(node, AT_BOUND, AT_BOUND);
}

/* Tells whether a member is bound to an iommufd. */
static bool kernel_vfio_has_bound(int group)
{
	char path[PATH_MAX];

	kernel_place(path, "sys/kernel/iommu_groups/%d/devices", group);
	return kernel_each(path, kernel_vfio_is_bound_member, NULL);
}

bool kernel_vfio_owns(int group)
{
	char path[PATH_MAX];

	if (group < 0)
		return false;
	kernel_vfio_open_file(group, NULL, path);
	return kernel_vfio_locked(path, AT_CONTAINER, AT_CONTAINER) || kernel_vfio_has_bound(group);
}

bool kernel_vfio_may_bind(int group)
{
	char path[PATH_MAX];

	kernel_vfio_open_file(group, NULL, path);
	return !kernel_vfio_locked(path, AT_OPEN, AT_OPEN);
}

static int kernel_vfio_is_foreign(const char *path, const char *name, void *userdata)
{
	char link[PATH_MAX], driver[NAME_MAX + 1];

	kernel_place(link, "%s/%s/driver", path, name);
	return kernel_link_name(link, driver) && !kernel_driver_is_vfio(driver) &&
	       strcmp(driver, "pcieport") != 0 && strcmp(driver, "pci-stub") != 0;
}

static bool kernel_vfio_is_viable(int group)
{
	char path[PATH_MAX];

	kernel_place(path, "sys/kernel/iommu_groups/%d/devices", group);
	return !kernel_each(path, kernel_vfio_is_foreign, NULL);
}

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
	r = kernel_vfio_lock(fd, AT_OPEN, (flags & O_ACCMODE) == O_RDONLY);
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
	r = kernel_vfio_lock(fd, AT_OPEN, true);
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
	return kernel_vfio_lock(fd, AT_CONTAINER, false);
}

static int kernel_vfio_unset_container(int fd, int group)
{
	if (kernel_vfio_position(fd) == 0)
		return -EINVAL;
	if (kernel_vfio_has_open_file(group, true))
		return -EBUSY;
	syscall(SYS_lseek, fd, (off_t)0, SEEK_SET);
	kernel_vfio_unlock(fd, AT_CONTAINER);
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
	if (r < 0)
		return r;
	kernel_vfio_open_file(group, name, path);
	device_fd = kernel_vfio_open_real(path, O_RDWR | O_CLOEXEC);
	if (device_fd >= 0)
		kernel_vfio_lock(device_fd, AT_OPEN, true);
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
