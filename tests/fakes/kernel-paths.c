/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The calls that name a file of the host and need no kernel: they are led to the tree, so that the
 * programs of a test may use the paths of a host.
 */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <time.h>

#include "kernel.h"

/* Returns the path to use in place of @path: in the tree, or itself. */
static const char *kernel_paths_map(int dir_fd, const char *path, char place[static PATH_MAX])
{
	return kernel_tree_of_path(dir_fd, path, place) ? kernel_path("%s", place) : path;
}

KERNEL_EXPORT int mkdir(const char *path, mode_t mode)
{
	char place[PATH_MAX];

	return (int)syscall(SYS_mkdirat, AT_FDCWD, kernel_paths_map(AT_FDCWD, path, place), mode);
}

KERNEL_EXPORT int mkdirat(int dir_fd, const char *path, mode_t mode)
{
	char place[PATH_MAX];

	return (int)syscall(SYS_mkdirat, dir_fd, kernel_paths_map(dir_fd, path, place), mode);
}

KERNEL_EXPORT int unlink(const char *path)
{
	char place[PATH_MAX];

	return (int)syscall(SYS_unlinkat, AT_FDCWD, kernel_paths_map(AT_FDCWD, path, place), 0);
}

KERNEL_EXPORT int unlinkat(int dir_fd, const char *path, int flags)
{
	char place[PATH_MAX];

	return (int)syscall(SYS_unlinkat, dir_fd, kernel_paths_map(dir_fd, path, place), flags);
}

KERNEL_EXPORT int rename(const char *from, const char *to)
{
	char a[PATH_MAX], b[PATH_MAX];

	return (int)syscall(SYS_renameat2, AT_FDCWD, kernel_paths_map(AT_FDCWD, from, a), AT_FDCWD,
			    kernel_paths_map(AT_FDCWD, to, b), 0);
}

KERNEL_EXPORT int renameat2(int from_fd, const char *from, int to_fd, const char *to,
			    unsigned flags)
{
	char a[PATH_MAX], b[PATH_MAX];

	return (int)syscall(SYS_renameat2, from_fd, kernel_paths_map(from_fd, from, a), to_fd,
			    kernel_paths_map(to_fd, to, b), flags);
}

KERNEL_EXPORT int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	return renameat2(from_fd, from, to_fd, to, 0);
}

KERNEL_EXPORT int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
	char a[PATH_MAX], b[PATH_MAX];

	return (int)syscall(SYS_linkat, from_fd, kernel_paths_map(from_fd, from, a), to_fd,
			    kernel_paths_map(to_fd, to, b), flags);
}

KERNEL_EXPORT int rmdir(const char *path)
{
	char place[PATH_MAX];

	return (int)syscall(SYS_unlinkat, AT_FDCWD, kernel_paths_map(AT_FDCWD, path, place),
			    AT_REMOVEDIR);
}

KERNEL_EXPORT int remove(const char *path)
{
	return unlink(path) == 0 || (errno == EISDIR && rmdir(path) == 0) ? 0 : -1;
}

KERNEL_EXPORT int mkfifo(const char *path, mode_t mode)
{
	char place[PATH_MAX];

	return (int)syscall(SYS_mknodat, AT_FDCWD, kernel_paths_map(AT_FDCWD, path, place),
			    mode | S_IFIFO, 0);
}

KERNEL_EXPORT int mkfifoat(int dir_fd, const char *path, mode_t mode)
{
	char place[PATH_MAX];

	return (int)syscall(SYS_mknodat, dir_fd, kernel_paths_map(dir_fd, path, place),
			    mode | S_IFIFO, 0);
}

KERNEL_EXPORT int utimensat(int dir_fd, const char *path, const struct timespec times[2], int flags)
{
	char place[PATH_MAX];

	return (int)syscall(SYS_utimensat, dir_fd, kernel_paths_map(dir_fd, path, place), times,
			    flags);
}

/* Makes a temporary file at the template's place, as sed -i does beside the file that it edits. */
KERNEL_EXPORT int mkostemp(char *template, int flags)
{
	__typeof__(mkostemp) *real = (__typeof__(mkostemp) *)dlsym(RTLD_NEXT, "mkostemp");
	char place[PATH_MAX], full[PATH_MAX];
	int fd;

	if (!kernel_tree_of_path(AT_FDCWD, template, place))
		return real(template, flags);
	snprintf(full, sizeof(full), "%s", kernel_path("%s", place));
	fd = real(full, flags);
	if (fd >= 0)
		memcpy(template + strlen(template) - 6, full + strlen(full) - 6, 6);
	return fd;
}

KERNEL_EXPORT int mkostemp64(char *template, int flags) __attribute__((alias("mkostemp")));

KERNEL_EXPORT int symlink(const char *target, const char *path)
{
	char place[PATH_MAX];

	return (int)syscall(SYS_symlinkat, target, AT_FDCWD,
			    kernel_paths_map(AT_FDCWD, path, place));
}

KERNEL_EXPORT int symlinkat(const char *target, int dir_fd, const char *path)
{
	char place[PATH_MAX];

	return (int)syscall(SYS_symlinkat, target, dir_fd, kernel_paths_map(dir_fd, path, place));
}

KERNEL_EXPORT int chmod(const char *path, mode_t mode)
{
	char place[PATH_MAX];

	return (int)syscall(SYS_fchmodat, AT_FDCWD, kernel_paths_map(AT_FDCWD, path, place), mode);
}

KERNEL_EXPORT int fchmodat(int dir_fd, const char *path, mode_t mode, int flags)
{
	char place[PATH_MAX];

	return (int)syscall(SYS_fchmodat, dir_fd, kernel_paths_map(dir_fd, path, place), mode);
}

KERNEL_EXPORT int chdir(const char *path)
{
	char place[PATH_MAX];

	return (int)syscall(SYS_chdir, kernel_paths_map(AT_FDCWD, path, place));
}

KERNEL_EXPORT int access(const char *path, int mode)
{
	char place[PATH_MAX];

	return (int)syscall(SYS_faccessat, AT_FDCWD, kernel_paths_map(AT_FDCWD, path, place), mode);
}

KERNEL_EXPORT int faccessat(int dir_fd, const char *path, int mode, int flags)
{
	char place[PATH_MAX];

	return (int)syscall(SYS_faccessat2, dir_fd, kernel_paths_map(dir_fd, path, place), mode,
			    flags);
}

KERNEL_EXPORT int euidaccess(const char *path, int mode)
{
	return faccessat(AT_FDCWD, path, mode, AT_EACCESS);
}

KERNEL_EXPORT ssize_t getxattr(const char *path, const char *name, void *value, size_t size)
{
	char place[PATH_MAX];

	return syscall(SYS_getxattr, kernel_paths_map(AT_FDCWD, path, place), name, value, size);
}

KERNEL_EXPORT ssize_t lgetxattr(const char *path, const char *name, void *value, size_t size)
{
	char place[PATH_MAX];

	return syscall(SYS_lgetxattr, kernel_paths_map(AT_FDCWD, path, place), name, value, size);
}
