/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/dir.h"
#include "base/fileio.h"
#include "base/str.h"
#include "base/vec.h"
#include "sys/usage/process-walk.h"

struct process_walk {
	int proc_fd;
	struct vec pids; /* numbers, in place of pointers */
	size_t next;
};

/* --- processes --- */

static int process_walk_list(struct process_walk *walk, DIR *proc)
{
	DIR_FOREACH(name, proc) {
		unsigned pid;
		int r;

		if (str_parse_uint(name, &pid) < 0)
			continue;
		r = vec_add(&walk->pids, (void *)(uintptr_t)pid);
		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * Does not use sysfs_root_open_dir(), which is a fault point (fault.h): a walk over processes does
 * not count as an operation of a step.
 */
int process_walk_new(const struct sysfs_root *root, struct process_walk **ret)
{
	_cleanup_process_walk_ struct process_walk *walk = calloc(1, sizeof(*walk));
	_cleanup_closedir_ DIR *proc = NULL;
	int r;

	if (!walk)
		return -ENOMEM;
	walk->proc_fd = -EBADF;
	r = dir_open_at(root->fd, "proc", &proc);
	if (r < 0)
		return r;
	walk->proc_fd = fcntl(dirfd(proc), F_DUPFD_CLOEXEC, 0);
	if (walk->proc_fd < 0)
		return -errno;
	r = process_walk_list(walk, proc);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(walk);
	return 0;
}

struct process_walk *process_walk_free(struct process_walk *walk)
{
	if (!walk)
		return NULL;
	fd_close(walk->proc_fd);
	vec_drop(&walk->pids);
	free(walk);
	return NULL;
}

int process_walk_next(struct process_walk *walk, pid_t *ret_pid, int *ret_fd)
{
	while (walk->next < walk->pids.n) {
		unsigned pid = (unsigned)(uintptr_t)walk->pids.items[walk->next++];
		char name[16];
		int fd;

		snprintf(name, sizeof(name), "%u", pid);
		fd = openat(walk->proc_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			continue;
		*ret_pid = (pid_t)pid;
		*ret_fd = fd;
		return 1;
	}
	return 0;
}

/* --- descriptors --- */

static bool process_walk_read_target(int dir_fd, const char *name, char ret[static PATH_MAX])
{
	ssize_t n = readlinkat(dir_fd, name, ret, PATH_MAX - 1);

	if (n < 0)
		return false;
	ret[n] = '\0';
	return true;
}

/* Returns the value of a line of fdinfo, or NULL. The caller frees it. */
static char *process_walk_read_fdinfo(int dir_fd, const char *name, const char *key)
{
	_cleanup_free_ char *path = str_printf("../fdinfo/%s", name), *info = NULL;
	const char *value;

	if (!path || fileio_read_at(dir_fd, path, 65536, &info, NULL) < 0)
		return NULL;
	value = strstr(info, key);
	if (!value)
		return NULL;
	value += strlen(key);
	value += strspn(value, " \t");
	return strndup(value, strcspn(value, "\n"));
}

bool process_walk_is_vfio_device(const char *target)
{
	return str_eq(target, "anon_inode:[vfio-device]");
}

/* Returns the flags of open(2), or -1 if they are unknown. */
static long process_walk_read_flags(int dir_fd, const char *name)
{
	_cleanup_free_ char *flags = process_walk_read_fdinfo(dir_fd, name, "flags:");

	return flags ? strtol(flags, NULL, 8) : -1;
}

static bool process_walk_is_still_open(int dir_fd, const char *name, const char *target, long flags)
{
	char current[PATH_MAX];

	if (flags >= 0 && flags & O_PATH)
		return false;
	/*
	 * Read the link again: the descriptor may have been closed, and the flags may be those of
	 * another file that got its number.
	 */
	return process_walk_read_target(dir_fd, name, current) && str_eq(current, target);
}

bool process_walk_fd_is_open(int dir_fd, const char *name, const char *target)
{
	return process_walk_is_still_open(dir_fd, name, target,
					  process_walk_read_flags(dir_fd, name));
}

/*
 * Returns where the VFIO device of a descriptor is in sysfs: "devices/pci0000:00/…". Linux reports
 * it from 6.18 on (vfio-device-syspath in Documentation/filesystems/proc.rst). NULL where it does
 * not, or when out of memory. The caller frees it.
 */
static char *process_walk_vfio_devpath(int dir_fd, const char *name)
{
	_cleanup_free_ char *path = process_walk_read_fdinfo(dir_fd, name, "vfio-device-syspath:");

	if (!path || !str_starts(path, "/sys/devices/"))
		return NULL;
	return strdup(path + strlen("/sys/"));
}

int process_walk_stat(int dir_fd, const char *path, struct process_file *ret)
{
	struct statx st;

	if (statx(dir_fd, path, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
		  STATX_TYPE | STATX_MODE | STATX_UID | STATX_INO, &st) < 0)
		return -errno;
	*ret = (struct process_file){
		.mode = st.stx_mode,
		.owner = st.stx_uid,
		.inode = st.stx_ino,
		.device = makedev(st.stx_rdev_major, st.stx_rdev_minor),
	};
	return 0;
}

static bool process_walk_is_kind(enum process_fd_kind kind, const struct process_file *file)
{
	if (kind == PROCESS_FD_NODE)
		return S_ISBLK(file->mode) || S_ISCHR(file->mode);
	return S_ISREG(file->mode);
}

/* Returns false for a file of another kind than the filter took it for. */
static bool process_walk_read_file(int dir_fd, const char *name, struct process_fd *fd)
{
	if (fd->kind != PROCESS_FD_NODE && fd->kind != PROCESS_FD_FILE)
		return true;
	return process_walk_stat(dir_fd, name, &fd->file) >= 0 &&
	       process_walk_is_kind(fd->kind, &fd->file);
}

static int process_walk_visit(int dir_fd, const char *name,
			      const struct process_fd_visitor *visitor, void *userdata)
{
	_cleanup_free_ char *devpath = NULL;
	char target[PATH_MAX];
	struct process_fd fd = { .target = target };
	long flags;

	if (!process_walk_read_target(dir_fd, name, target))
		return 0;
	fd.kind = visitor->filter(target, userdata);
	if (fd.kind == PROCESS_FD_IGNORED || !process_walk_read_file(dir_fd, name, &fd))
		return 0;
	if (fd.kind == PROCESS_FD_VFIO)
		fd.devpath = devpath = process_walk_vfio_devpath(dir_fd, name);
	flags = process_walk_read_flags(dir_fd, name);
	fd.read_only = flags >= 0 && (flags & O_ACCMODE) == O_RDONLY;
	/* Check this last: the number then named this file during all reads above. */
	if (!process_walk_is_still_open(dir_fd, name, target, flags))
		return 0;
	return visitor->visit(&fd, userdata);
}

int process_walk_fds(int proc_fd, const struct process_fd_visitor *visitor, void *userdata)
{
	_cleanup_closedir_ DIR *dir = NULL;

	if (dir_open_at(proc_fd, "fd", &dir) < 0)
		return 0; /* the process has ended */
	DIR_FOREACH(name, dir) {
		int r = process_walk_visit(dirfd(dir), name, visitor, userdata);

		if (r != 0)
			return r;
	}
	return 0;
}
