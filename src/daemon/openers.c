/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "fileio.h"
#include "openers.h"
#include "strutil.h"

static bool has_open(int proc_fd, const char *path)
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
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);

		if (n < 0)
			continue;
		target[n] = '\0';
		if (str_eq(target, path))
			return true;
	}
	return false;
}

static char *describe_process(int proc_fd, const char *pid)
{
	_cleanup_free_ char *comm = NULL;
	struct stat st;

	if (fstat(proc_fd, &st) < 0)
		return NULL;
	if (file_read_at(proc_fd, "comm", 4096, &comm, NULL) < 0)
		return str_printf("pid %s (uid %u)", pid, (unsigned)st.st_uid);
	return str_printf("pid %s (%s, uid %u)", pid, str_chomp(comm), (unsigned)st.st_uid);
}

char *openers_describe(const char *path)
{
	_cleanup_closedir_ DIR *proc = opendir("/proc");
	_cleanup_strv_ char **found = NULL;
	struct dirent *entry;
	unsigned pid;

	while (proc && (entry = readdir(proc))) {
		_cleanup_close_ int fd = -EBADF;
		_cleanup_free_ char *text = NULL;

		if (parse_uint(entry->d_name, &pid) < 0 || pid == (unsigned)getpid())
			continue;
		fd = openat(dirfd(proc), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 || !has_open(fd, path))
			continue;
		text = describe_process(fd, entry->d_name);
		if (!text || strv_add(&found, text) < 0)
			return NULL;
	}
	return found ? strv_join(found, ", ") : NULL;
}
