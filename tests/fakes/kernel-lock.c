/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Locks of open file descriptions, one byte each: they follow a descriptor to other processes, and
 * end with its last copy.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "kernel.h"

int kernel_lock_take(int fd, off_t at, bool shared)
{
	struct flock lock = { .l_type = shared ? F_RDLCK : F_WRLCK, .l_start = at, .l_len = 1 };

	return syscall(SYS_fcntl, fd, F_OFD_SETLK, &lock) < 0 ? -EBUSY : 0;
}

void kernel_lock_drop(int fd, off_t at)
{
	struct flock lock = { .l_type = F_UNLCK, .l_start = at, .l_len = 1 };

	syscall(SYS_fcntl, fd, F_OFD_SETLK, &lock);
}

int kernel_lock_device(const char *name)
{
	struct flock lock = { .l_type = F_WRLCK, .l_len = 1 };
	int fd;

	kernel_make_dirs(".kernel/locks");
	fd = (int)syscall(SYS_openat, AT_FDCWD, kernel_path(".kernel/locks/%s", name),
			  O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (fd >= 0)
		syscall(SYS_fcntl, fd, F_OFD_SETLKW, &lock);
	return fd;
}

void kernel_unlock_device(int fd)
{
	if (fd >= 0)
		syscall(SYS_close, fd);
}

static size_t kernel_lock_read_all(char **ret)
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
bool kernel_lock_is_held(const char *path, off_t first, off_t last)
{
	char *text = NULL, *rest = NULL;
	bool found = false;
	struct stat st;

	if (syscall(SYS_newfstatat, AT_FDCWD, kernel_path("%s", path), &st, 0) < 0)
		return false;
	kernel_lock_read_all(&text);
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
