/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The calls that name a file of the host and need no kernel: they are led to the tree, so that the
 * programs of a test may use the paths of a host.
 */

#include <fcntl.h>
#include <sys/xattr.h>

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
