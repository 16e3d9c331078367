/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kcmp.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/fileio.h"
#include "base/str.h"
#include "sys/usage/process-walk.h"

/* A table with room for more descriptors than this is compared with those seen before. */
#define BIG_TABLE 1024
#define MOST_BIG 64

/* --- files --- */

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
		.filesystem = makedev(st.stx_dev_major, st.stx_dev_minor),
		.device = makedev(st.stx_rdev_major, st.stx_rdev_minor),
	};
	return 0;
}

static bool process_file_is_node(const struct process_file *file)
{
	return S_ISBLK(file->mode) || S_ISCHR(file->mode);
}

/* --- descriptors --- */

/* A walk over the descriptors of one process. */
struct process_walk {
	const struct process_turn *turn;
	const struct process_tables *tables;
	const struct process_fd_visitor *visitor;
	void *userdata;
};

/*
 * Looks at the link of a file that is no node. Most have no interesting one, by their type:
 * sockets, pipes, directories, files of other filesystems. An anonymous file has no type.
 */
static enum process_fd_kind process_walk_filter(const struct process_walk *walk,
						const struct process_file *file, const char *target)
{
	enum process_fd_kind kind = walk->visitor->filter(target, walk->userdata);

	return kind == PROCESS_FD_FILE && (!file || !S_ISREG(file->mode)) ? PROCESS_FD_IGNORED :
									    kind;
}

static bool process_walk_may_want(const struct process_walk *walk, const struct process_file *file)
{
	if (process_file_is_node(file))
		return walk->visitor->wants && walk->visitor->wants(file, walk->userdata);
	if (S_ISREG(file->mode))
		return file->filesystem == walk->tables->sysfs;
	return (file->mode & S_IFMT) == 0;
}

static int process_walk_visit(const struct process_walk *walk, int dir_fd, const char *name)
{
	_cleanup_free_ char *devpath = NULL;
	char target[PATH_MAX];
	struct process_fd fd = { .target = target };
	int r = process_walk_stat(dir_fd, name, &fd.file);
	long flags;

	if (r >= 0 && !process_walk_may_want(walk, &fd.file))
		return 0;
	if (!process_walk_read_target(dir_fd, name, target))
		return 0;
	if (r >= 0 && process_file_is_node(&fd.file))
		fd.kind = PROCESS_FD_NODE;
	else
		fd.kind = process_walk_filter(walk, r >= 0 ? &fd.file : NULL, target);
	if (fd.kind == PROCESS_FD_IGNORED)
		return 0;
	if (fd.kind == PROCESS_FD_VFIO)
		fd.devpath = devpath = process_walk_vfio_devpath(dir_fd, name);
	flags = process_walk_read_flags(dir_fd, name);
	fd.read_only = flags >= 0 && (flags & O_ACCMODE) == O_RDONLY;
	/* Check this last: the number then named this file during all reads above. */
	if (!process_walk_is_still_open(dir_fd, name, target, flags))
		return 0;
	return walk->visitor->visit(&fd, walk->userdata);
}

/* @path: "fd", or "task/TID/fd". */
static int process_walk_table(const struct process_walk *walk, const char *path)
{
	_cleanup_closedir_ DIR *dir = NULL;

	if (dir_open_at(walk->turn->proc_fd, path, &dir) < 0)
		return 0; /* the process has ended */
	DIR_FOREACH(name, dir) {
		int r = slice_is_over(walk->turn->slice) ?
				-ETIME :
				process_walk_visit(walk, dirfd(dir), name);

		if (r != 0)
			return r;
	}
	return 0;
}

/* --- tables --- */

struct process_tables process_walk_begin_tables(const struct sysfs_root *root)
{
	struct process_tables tables = { 0 };
	struct process_file sys;

	if (process_walk_stat(root->fd, "sys", &sys) >= 0)
		tables.sysfs = sys.filesystem;
	return tables;
}

void process_walk_clear_tables(struct process_tables *tables)
{
	vec_drop(&tables->big);
}

/* Tells whether two processes or threads share their table. False if the kernel does not tell. */
static bool process_tables_are_same(pid_t a, pid_t b)
{
	return syscall(SYS_kcmp, a, b, KCMP_FILES, 0UL, 0UL) == 0;
}

static bool process_tables_know(const struct process_tables *tables, pid_t pid)
{
	for (size_t i = 0; i < tables->big.n; i++)
		if (process_tables_are_same((pid_t)(uintptr_t)tables->big.items[i], pid))
			return true;
	return false;
}

static int process_walk_own_table(const struct process_walk *walk, struct process_tables *tables)
{
	bool big = walk->turn->fd_size >= BIG_TABLE;
	int r;

	if (big && process_tables_know(tables, walk->turn->pid))
		return 0;
	r = process_walk_table(walk, "fd");
	if (r == 0 && big && tables->big.n < MOST_BIG)
		return vec_add(&tables->big, (void *)(uintptr_t)walk->turn->pid);
	return r;
}

static int process_walk_thread(const struct process_walk *walk, pid_t thread, pid_t *last)
{
	char path[64];

	if (process_tables_are_same(walk->turn->pid, thread) ||
	    (*last > 0 && process_tables_are_same(*last, thread)))
		return 0;
	*last = thread;
	snprintf(path, sizeof(path), "task/%d/fd", (int)thread);
	return process_walk_table(walk, path);
}

/*
 * Visits threads with a table of their own. A process whose first thread has ended shows no
 * descriptors in its own directory: the other threads do.
 */
static int process_walk_threads(const struct process_walk *walk)
{
	_cleanup_closedir_ DIR *dir = NULL;
	pid_t last = 0;

	if (dir_open_at(walk->turn->proc_fd, "task", &dir) < 0)
		return 0;
	DIR_FOREACH(name, dir) {
		unsigned thread;
		int r;

		if (str_parse_uint(name, &thread) < 0 || (pid_t)thread == walk->turn->pid)
			continue;
		if (slice_is_over(walk->turn->slice))
			return -ETIME;
		r = process_walk_thread(walk, (pid_t)thread, &last);
		if (r != 0)
			return r;
	}
	return 0;
}

int process_walk_fds(const struct process_turn *turn, struct process_tables *tables,
		     const struct process_fd_visitor *visitor, void *userdata)
{
	const struct process_walk walk = { turn, tables, visitor, userdata };
	int r = process_walk_own_table(&walk, tables);

	return r != 0 ? r : process_walk_threads(&walk);
}
