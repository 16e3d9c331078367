/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The calls of programs that end in the tree: each replaces a function of libc. */

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>

#include "kernel.h"

#define LAST_DEVICE_NUMBER 4096 /* of a node's major number, which is its time in seconds */
#define REGION_SHIFT 40

static long kernel_calls_result(long r)
{
	if (r >= 0)
		return r;
	errno = (int)-r;
	return -1;
}

/* --- open --- */

/* A value that the kernel works out when it is read. */
static void kernel_calls_refresh(const char *path)
{
	const char *name = strrchr(path, '/');
	struct kernel_device device;
	char dir[PATH_MAX], driver[NAME_MAX + 1];

	if (!name || strcmp(name, "/enable") != 0)
		return;
	kernel_place(dir, "%.*s", (int)(name - path), path);
	if (strncmp(dir, "sys/devices/", 12) != 0 || !kernel_device_at(dir, &device) ||
	    !kernel_device_driver(&device, driver) || !kernel_driver_is_vfio(driver))
		return;
	kernel_write(path, "%d\n", kernel_vfio_is_open(&device));
}

/* Reads of an attribute that a test makes fail or hang: "read-driver_override 0000:01:00.0". */
static int kernel_calls_read_fault(const char *path)
{
	char operation[NAME_MAX + 8], dir[PATH_MAX];
	const char *name = strrchr(path, '/'), *address;

	if (!name || strncmp(path, "sys/", 4) != 0 || !kernel_exists(".faults"))
		return 0;
	snprintf(operation, sizeof(operation), "read-%s", name + 1);
	kernel_place(dir, "%.*s", (int)(name - path), path);
	address = strrchr(dir, '/');
	return address ? kernel_fault(operation, address + 1) : 0;
}

static int kernel_calls_open(int dir_fd, const char *path, int flags, mode_t mode)
{
	char place[PATH_MAX];
	int r;

	if (!kernel_tree_of_path(dir_fd, path, place))
		return (int)syscall(SYS_openat, dir_fd, path, flags, mode);
	r = kernel_vfio_open(place, flags);
	if (r != INT_MIN)
		return (int)kernel_calls_result(r);
	if (strncmp(place, "sys/", 4) == 0)
		flags &= ~(O_CREAT | O_TRUNC | O_EXCL);
	if ((flags & O_ACCMODE) == O_RDONLY && !(flags & (O_PATH | O_DIRECTORY))) {
		kernel_calls_refresh(place);
		r = kernel_calls_read_fault(place);
		if (r < 0)
			return (int)kernel_calls_result(r);
	}
	return (int)syscall(SYS_openat, AT_FDCWD, kernel_path("%s", place), flags, mode);
}

static mode_t kernel_calls_mode(int flags, va_list ap)
{
	return flags & (O_CREAT | __O_TMPFILE) ? va_arg(ap, mode_t) : 0;
}

KERNEL_EXPORT int open(const char *path, int flags, ...)
{
	mode_t mode;
	va_list ap;

	va_start(ap, flags);
	mode = kernel_calls_mode(flags, ap);
	va_end(ap);
	return kernel_calls_open(AT_FDCWD, path, flags, mode);
}

KERNEL_EXPORT int openat(int dir_fd, const char *path, int flags, ...)
{
	mode_t mode;
	va_list ap;

	va_start(ap, flags);
	mode = kernel_calls_mode(flags, ap);
	va_end(ap);
	return kernel_calls_open(dir_fd, path, flags, mode);
}

KERNEL_EXPORT int open64(const char *path, int flags, ...) __attribute__((alias("open")));
KERNEL_EXPORT int openat64(int dir_fd, const char *path, int flags, ...)
	__attribute__((alias("openat")));

/* The same calls, as programs make them that were built with _FORTIFY_SOURCE. */
KERNEL_EXPORT int __open_2(const char *path, int flags)
{
	return kernel_calls_open(AT_FDCWD, path, flags, 0);
}

KERNEL_EXPORT int __openat_2(int dir_fd, const char *path, int flags)
{
	return kernel_calls_open(dir_fd, path, flags, 0);
}

KERNEL_EXPORT int __open64_2(const char *path, int flags) __attribute__((alias("__open_2")));
KERNEL_EXPORT int __openat64_2(int dir_fd, const char *path, int flags)
	__attribute__((alias("__openat_2")));

KERNEL_EXPORT DIR *opendir(const char *path)
{
	int fd = kernel_calls_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

	return fd < 0 ? NULL : fdopendir(fd);
}

static int kernel_calls_fopen_flags(const char *mode)
{
	int flags = strchr(mode, '+') ? O_RDWR : mode[0] == 'r' ? O_RDONLY : O_WRONLY;

	if (mode[0] == 'w')
		flags |= O_CREAT | O_TRUNC;
	if (mode[0] == 'a')
		flags |= O_CREAT | O_APPEND;
	return flags | (strchr(mode, 'e') ? O_CLOEXEC : 0);
}

KERNEL_EXPORT FILE *fopen(const char *restrict path, const char *restrict mode)
{
	int fd = kernel_calls_open(AT_FDCWD, path, kernel_calls_fopen_flags(mode), 0666);

	return fd < 0 ? NULL : fdopen(fd, mode);
}

KERNEL_EXPORT FILE *fopen64(const char *restrict path, const char *restrict mode)
	__attribute__((alias("fopen")));

/* --- read and write --- */

KERNEL_EXPORT ssize_t write(int fd, const void *data, size_t size)
{
	char path[PATH_MAX];

	if (kernel_tree_of_fd(fd, path) && strncmp(path, "sys/", 4) == 0)
		return kernel_calls_result(kernel_attr_write(path, data, size));
	return syscall(SYS_write, fd, data, size);
}

/* A region of a device's descriptor: configuration space is that of sysfs. */
static int kernel_calls_open_region(int fd, off_t offset)
{
	char path[PATH_MAX], name[NAME_MAX + 1];
	int group;

	if (offset >> REGION_SHIFT != 7 || !kernel_tree_of_fd(fd, path) ||
	    sscanf(path, ".kernel/open/%d/%255s", &group, name) != 2)
		return -EBADF;
	return (int)syscall(SYS_openat, AT_FDCWD,
			    kernel_path("sys/bus/pci/devices/%s/config", name),
			    O_RDONLY | O_CLOEXEC);
}

KERNEL_EXPORT ssize_t pread(int fd, void *data, size_t size, off_t offset)
{
	int region = offset >> REGION_SHIFT ? kernel_calls_open_region(fd, offset) : -EBADF;
	ssize_t n;

	if (region < 0)
		return syscall(SYS_pread64, fd, data, size, offset);
	n = syscall(SYS_pread64, region, data, size, offset & ((1LL << REGION_SHIFT) - 1));
	syscall(SYS_close, region);
	return n;
}

KERNEL_EXPORT ssize_t pread64(int fd, void *data, size_t size, off_t offset)
	__attribute__((alias("pread")));

KERNEL_EXPORT int ioctl(int fd, unsigned long request, ...)
{
	char path[PATH_MAX];
	void *argument;
	va_list ap;
	int r;

	va_start(ap, request);
	argument = va_arg(ap, void *);
	va_end(ap);
	if (kernel_tree_of_fd(fd, path)) {
		r = kernel_vfio_ioctl(fd, path, request, argument);
		if (r != INT_MIN)
			return (int)kernel_calls_result(r);
	}
	return (int)syscall(SYS_ioctl, fd, request, argument);
}

/* --- what a file is --- */

/* Shows a node as the device that it stands for. */
static void kernel_calls_show_node(struct stat *st, bool block)
{
	if (!kernel_root || !S_ISREG(st->st_mode) || st->st_size != 0 ||
	    st->st_mtim.tv_sec >= LAST_DEVICE_NUMBER)
		return;
	st->st_mode = (st->st_mode & 07777) | (block ? S_IFBLK : S_IFCHR);
	st->st_rdev = makedev((unsigned)st->st_mtim.tv_sec, (unsigned)st->st_mtim.tv_nsec);
}

static bool kernel_calls_is_disk(const char *path)
{
	return path && (strncmp(path, "dev/nvme", 8) == 0 || strncmp(path, "dev/sd", 6) == 0);
}

/* The file that stands for an open group has the number of its node. */
static void kernel_calls_show_group(struct stat *st, const char *path)
{
	int group;

	if (sscanf(path, ".kernel/open/%d/group", &group) == 1 && strstr(path, "/group"))
		syscall(SYS_newfstatat, AT_FDCWD, kernel_path("dev/vfio/%d", group), st, 0);
}

static int kernel_calls_stat(int dir_fd, const char *path, struct stat *st, int flags)
{
	char place[PATH_MAX];
	bool inside = kernel_tree_of_path(dir_fd, path, place);
	int r = (int)(inside ? syscall(SYS_newfstatat, AT_FDCWD, kernel_path("%s", place), st,
				       flags) :
			       syscall(SYS_newfstatat, dir_fd, path, st, flags));

	if (r == 0 && kernel_root && (inside || dir_fd != AT_FDCWD)) {
		/* A link of /proc/PID/fd to an open group leads to what stands for it. */
		char target[PATH_MAX];
		ssize_t n =
			inside ? -1 :
				 syscall(SYS_readlinkat, dir_fd, path, target, sizeof(target) - 1);

		if (n > 0) {
			target[n] = '\0';
			if (kernel_tree_of_path(AT_FDCWD, target, place))
				kernel_calls_show_group(st, place);
		}
		kernel_calls_show_node(st, kernel_calls_is_disk(inside ? place : NULL));
	}
	return r;
}

KERNEL_EXPORT int fstatat(int dir_fd, const char *restrict path, struct stat *restrict st,
			  int flags)
{
	return kernel_calls_stat(dir_fd, path, st, flags);
}

KERNEL_EXPORT int stat(const char *restrict path, struct stat *restrict st)
{
	return kernel_calls_stat(AT_FDCWD, path, st, 0);
}

KERNEL_EXPORT int lstat(const char *restrict path, struct stat *restrict st)
{
	return kernel_calls_stat(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);
}

KERNEL_EXPORT int fstat(int fd, struct stat *st)
{
	char path[PATH_MAX];
	int r = (int)syscall(SYS_fstat, fd, st);

	if (r == 0 && kernel_root && S_ISREG(st->st_mode) && kernel_tree_of_fd(fd, path)) {
		kernel_calls_show_group(st, path);
		kernel_calls_show_node(st, kernel_calls_is_disk(path));
	}
	return r;
}

/* The same calls of programs for large files: both structures are one on 64 bits. */
KERNEL_EXPORT int fstatat64(int dir_fd, const char *restrict path, struct stat64 *restrict st,
			    int flags)
{
	return kernel_calls_stat(dir_fd, path, (struct stat *)st, flags);
}

KERNEL_EXPORT int stat64(const char *restrict path, struct stat64 *restrict st)
{
	return stat(path, (struct stat *)st);
}

KERNEL_EXPORT int lstat64(const char *restrict path, struct stat64 *restrict st)
{
	return lstat(path, (struct stat *)st);
}

KERNEL_EXPORT int fstat64(int fd, struct stat64 *st)
{
	return fstat(fd, (struct stat *)st);
}

KERNEL_EXPORT int statx(int dir_fd, const char *restrict path, int flags, unsigned mask,
			struct statx *restrict ret)
{
	char place[PATH_MAX];
	struct stat st;
	bool inside = kernel_tree_of_path(dir_fd, path, place);
	int r;

	r = (int)(inside ?
			  syscall(SYS_statx, AT_FDCWD, kernel_path("%s", place), flags, mask, ret) :
			  syscall(SYS_statx, dir_fd, path, flags, mask, ret));
	if (r < 0 || !kernel_root || !path[0] || (!inside && dir_fd == AT_FDCWD) ||
	    kernel_calls_stat(dir_fd, path, &st, flags & AT_SYMLINK_NOFOLLOW) < 0)
		return r;
	ret->stx_mode = (uint16_t)st.st_mode;
	ret->stx_rdev_major = major(st.st_rdev);
	ret->stx_rdev_minor = minor(st.st_rdev);
	return r;
}

/* --- links --- */

/* Shows what /proc/PID/fd leads to as it is called on the host. */
static void kernel_calls_show_link(char target[static PATH_MAX])
{
	char place[PATH_MAX];
	size_t group;
	int end = 0;

	if (!kernel_tree_of_path(AT_FDCWD, target, place))
		return;
	if (sscanf(place, ".kernel/open/%zu/%n", &group, &end) == 1 && end > 0) {
		if (strcmp(place + end, "group") == 0)
			kernel_place(target, "/dev/vfio/%zu", group);
		else
			kernel_place(target, "anon_inode:[vfio-device]");
		return;
	}
	kernel_place(target, "/%s", place);
}

KERNEL_EXPORT ssize_t readlinkat(int dir_fd, const char *restrict path, char *restrict target,
				 size_t size)
{
	char place[PATH_MAX], full[PATH_MAX];
	ssize_t n;

	if (kernel_tree_of_path(dir_fd, path, place))
		return syscall(SYS_readlinkat, AT_FDCWD, kernel_path("%s", place), target, size);
	n = syscall(SYS_readlinkat, dir_fd, path, full, sizeof(full) - 1);
	if (n < 0)
		return n;
	full[n] = '\0';
	/* The daemon uses the links of its own descriptors as real paths. */
	if (kernel_root && strncmp(path, "/proc/self/", 11) != 0) {
		kernel_calls_show_link(full);
		n = (ssize_t)strlen(full);
	}
	n = (size_t)n < size ? n : (ssize_t)size;
	memcpy(target, full, (size_t)n);
	return n;
}

KERNEL_EXPORT ssize_t readlink(const char *restrict path, char *restrict target, size_t size)
{
	return readlinkat(AT_FDCWD, path, target, size);
}

/* Watches the open files of a group instead of its node: kernel-vfio.c says why. */
KERNEL_EXPORT int inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	char place[PATH_MAX];
	int number, group, n = 0;

	if (kernel_root && sscanf(path, "/proc/self/fd/%d", &number) == 1 &&
	    kernel_tree_of_fd(number, place) && sscanf(place, "dev/vfio/%d%n", &group, &n) == 1 &&
	    !place[n])
		return (int)syscall(SYS_inotify_add_watch, fd,
				    kernel_path(".kernel/open/%d", group), mask);
	return (int)syscall(SYS_inotify_add_watch, fd, path, mask);
}

/* --- programs and the machine --- */

/* Loads a module in place of modprobe, whose end is that of true or false. */
KERNEL_EXPORT int posix_spawn(pid_t *restrict pid, const char *restrict path,
			      const posix_spawn_file_actions_t *actions,
			      const posix_spawnattr_t *restrict attributes,
			      char *const argv[restrict], char *const envp[restrict])
{
	__typeof__(posix_spawn) *real = (__typeof__(posix_spawn) *)dlsym(RTLD_NEXT, "posix_spawn");
	const char *name = strrchr(path, '/');
	size_t n = 0;

	if (!kernel_root || !name || strcmp(name, "/modprobe") != 0)
		return real(pid, path, actions, attributes, argv, envp);
	while (argv[n])
		n++;
	return real(pid, kernel_driver_load(argv[n - 1]) == 0 ? "/bin/true" : "/bin/false", actions,
		    attributes, argv, envp);
}

KERNEL_EXPORT int uname(struct utsname *name)
{
	int r = (int)syscall(SYS_uname, name);
	char text[KERNEL_TEXT];

	if (r == 0 && kernel_root && kernel_read("proc/sys/kernel/osrelease", text))
		snprintf(name->release, sizeof(name->release), "%.64s", text);
	return r;
}

KERNEL_EXPORT int glob(const char *restrict pattern, int flags,
		       int (*on_error)(const char *path, int error), glob_t *restrict found)
{
	__typeof__(glob) *real = (__typeof__(glob) *)dlsym(RTLD_NEXT, "glob");
	char place[PATH_MAX];
	int r;

	if (!kernel_tree_of_path(AT_FDCWD, pattern, place))
		return real(pattern, flags, on_error, found);
	r = real(kernel_path("%s", place), flags, on_error, found);
	for (size_t i = 0; r == 0 && i < found->gl_pathc; i++) {
		char *path = found->gl_pathv[i];

		memmove(path, path + strlen(kernel_root), strlen(path + strlen(kernel_root)) + 1);
	}
	return r;
}
