/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fileio.h"
#include "base/str.h"
#include "sys/process.h"
#include "sys/usage/open-files.h"

/* Of what is looked for. */
struct open_file_query {
	char *const *paths; /* nodes, */
	int members; /* or devices that are open without one: a directory of them, or negative */
	bool named;  /* the kernel tells which are open */
};

/*
 * The last component first: nothing else is looked at more closely than its link, so no file system
 * that hangs is asked. Then the number of the device, since the node may lie elsewhere in the
 * process's own /dev.
 */
static bool open_files_match_node(int dir_fd, const char *fd_name, const char *target,
				  char *const *paths)
{
	const char *slash = strrchr(target, '/');
	struct stat open_file, node;

	STRV_FOREACH(path, paths)
		if (slash && str_eq(slash, strrchr(*path, '/')) &&
		    fstatat(dir_fd, fd_name, &open_file, 0) == 0 && S_ISCHR(open_file.st_mode) &&
		    stat(*path, &node) == 0 && node.st_rdev == open_file.st_rdev)
			return true;
	return false;
}

static bool open_files_match_vfio_device(int dir_fd, const char *fd_name, const char *target,
					 struct open_file_query *open_file_query)
{
	_cleanup_free_ char *place = NULL;

	if (open_file_query->members < 0 || !process_fd_is_vfio_device(target))
		return false;
	place = process_fd_vfio_devpath(dir_fd, fd_name);
	if (!place)
		return true;
	open_file_query->named = true;
	return faccessat(open_file_query->members, strrchr(place, '/') + 1, F_OK,
			 AT_SYMLINK_NOFOLLOW) == 0;
}

static bool open_files_match_process(int proc_fd, struct open_file_query *open_file_query)
{
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *entry;
	int fd = openat(proc_fd, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		fd_close(fd);
		return false;
	}
	while ((entry = readdir(dir))) {
		char target[PATH_MAX];

		if (!process_fd_target(dirfd(dir), entry->d_name, target))
			continue;
		if ((open_files_match_node(dirfd(dir), entry->d_name, target,
					   open_file_query->paths) ||
		     open_files_match_vfio_device(dirfd(dir), entry->d_name, target,
						  open_file_query)) &&
		    process_fd_is_open(dirfd(dir), entry->d_name, target))
			return true;
	}
	return false;
}

static char *open_files_describe_process(int proc_fd, const char *pid)
{
	_cleanup_free_ char *comm = NULL, *unit = NULL;
	struct stat st;

	if (fstat(proc_fd, &st) < 0)
		return NULL;
	if (process_unit((pid_t)strtol(pid, NULL, 10), &unit) < 0)
		unit = NULL;
	if (fileio_read_at(proc_fd, "comm", 4096, &comm, NULL) < 0)
		comm = NULL;
	return str_printf("pid %s (%s%suid %u%s%s)", pid, comm ? str_chomp(comm) : "",
			  comm ? ", " : "", (unsigned)st.st_uid, unit ? ", " : "",
			  str_or(unit, ""));
}

static char *open_files_find(struct open_file_query *open_file_query)
{
	_cleanup_closedir_ DIR *proc = opendir("/proc");
	_cleanup_strv_ char **found = NULL;
	struct dirent *entry;
	unsigned pid;

	while (proc && (entry = readdir(proc))) {
		_cleanup_close_ int fd = -EBADF;
		_cleanup_free_ char *text = NULL;

		if (str_parse_uint(entry->d_name, &pid) < 0 || pid == (unsigned)getpid())
			continue;
		fd = openat(dirfd(proc), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 || !open_files_match_process(fd, open_file_query))
			continue;
		text = open_files_describe_process(fd, entry->d_name);
		/* the last question: what has ended since has nothing open, and what was told of it
		 * may be another's */
		if (process_is_gone(fd))
			continue;
		if (!text || strv_add(&found, text) < 0)
			return NULL;
	}
	return found ? strv_join(found, ", ") : NULL;
}

char *open_files_describe(char *const *paths)
{
	struct open_file_query open_file_query = { .paths = paths, .members = -EBADF };

	return open_files_find(&open_file_query);
}

char *open_files_describe_members(int members)
{
	struct open_file_query open_file_query = { .members = members };
	_cleanup_free_ char *who = open_files_find(&open_file_query);

	if (!who || open_file_query.named)
		return TAKE_PTR(who);
	return str_printf("one of those that have VFIO devices open: %s", who);
}
