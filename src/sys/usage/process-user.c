/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/fileio.h"
#include "sys/usage/process-user.h"

#define MOST_NESTED 32 /* the kernel allows 33 levels of user namespaces (user_namespaces(7)) */

/* --- user namespaces --- */

static bool process_user_same_file(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_ino == y.st_ino &&
	       x.st_dev == y.st_dev;
}

/* Finds the owner of the outermost namespace between @space and @own. */
static bool process_user_find_owner(int space, int own, uid_t *ret)
{
	_cleanup_close_ int outer = fcntl(space, F_DUPFD_CLOEXEC, 0);

	for (unsigned i = 0; i <= MOST_NESTED; i++) {
		int parent = ioctl(outer, NS_GET_PARENT);

		if (parent < 0)
			return false;
		if (process_user_same_file(parent, own)) {
			fd_close(parent);
			return ioctl(outer, NS_GET_OWNER_UID, ret) == 0;
		}
		fd_close(outer);
		outer = parent;
	}
	return false;
}

/* Tells whether a process is in the user namespace of this one: nearly all are. */
static bool process_user_is_inside(int proc_fd)
{
	static struct stat own;
	struct stat space;

	if (own.st_ino == 0 && stat("/proc/self/ns/user", &own) < 0)
		return true;
	return fstatat(proc_fd, "ns/user", &space, 0) < 0 ||
	       (space.st_ino == own.st_ino && space.st_dev == own.st_dev);
}

static bool process_user_read_owner(int proc_fd, uid_t *ret)
{
	_cleanup_close_ int own = -EBADF, space = -EBADF;

	if (process_user_is_inside(proc_fd))
		return false;
	space = openat(proc_fd, "ns/user", O_RDONLY | O_CLOEXEC);
	own = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	return space >= 0 && own >= 0 && process_user_find_owner(space, own, ret);
}

/* --- ids --- */

/* Returns the first number in the line of "status" that begins with @key; -1: there is none. */
static long process_user_find_number(const char *status, const char *key)
{
	const char *line = strstr(status, key);

	return line ? strtol(line + strlen(key), NULL, 10) : -1;
}

/* The name of the process is in the first line, where newlines are escaped (proc_pid_status(5)). */
static void process_user_read_status(int proc_fd, struct process_user *ret)
{
	_cleanup_free_ char *status = NULL;
	long uid, fd_size;

	if (fileio_read_at(proc_fd, "status", 65536, &status, NULL) < 0)
		return;
	uid = process_user_find_number(status, "\nUid:");
	fd_size = process_user_find_number(status, "\nFDSize:");
	if (uid >= 0)
		ret->uid = (uid_t)uid;
	if (fd_size > 0)
		ret->fd_size = (unsigned)fd_size;
}

struct process_user process_user_read(int proc_fd)
{
	struct process_user user = { 0 };
	struct stat st;

	if (fstat(proc_fd, &st) == 0)
		user.uid = st.st_uid;
	process_user_read_status(proc_fd, &user);
	(void)process_user_read_owner(proc_fd, &user.uid);
	return user;
}
