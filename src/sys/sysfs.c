/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/dir.h"
#include "base/fileio.h"
#include "base/str.h"
#include "base/utf8.h"
#include "model/device-bus.h"
#include "sys/fault.h"
#include "sys/sysfs.h"

/* No attribute is larger than a page, binary ones (config, VPD) are read elsewhere. */
#define SYSFS_MAX 65536

/* Resolves links, so that the path stays right after a change of the working directory. */
static int sysfs_root_resolve(const char *path, char **ret)
{
	char *resolved = path ? realpath(path, NULL) : NULL;

	if (path && !resolved)
		return -errno;
	if (str_eq(resolved, "/")) {
		free(resolved);
		resolved = NULL;
	}
	*ret = resolved;
	return 0;
}

int sysfs_root_open(const char *path, struct sysfs_root *ret)
{
	_cleanup_free_ char *resolved = NULL;
	int fd, r;

	r = sysfs_root_resolve(path, &resolved);
	if (r < 0)
		return r;
	fd = open(str_or(resolved, "/"), O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret->fd = fd;
	ret->path = TAKE_PTR(resolved);
	return 0;
}

void sysfs_root_close(struct sysfs_root *root)
{
	root->fd = fd_close(root->fd);
	free(root->path);
	root->path = NULL;
}

char *sysfs_root_path(const struct sysfs_root *root, const char *path)
{
	return str_printf("%s%s", str_or(root->path, ""), path);
}

int sysfs_root_open_dir(const struct sysfs_root *root, const char *path)
{
	int fd = fault_point("open", path);

	if (fd < 0)
		return fd;
	fd = openat(root->fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int sysfs_root_list(const struct sysfs_root *root, const char *path, DIR **ret)
{
	int r = fault_point("open", path);

	if (r < 0)
		return r;
	return dir_open_at(root->fd, path, ret);
}

int sysfs_root_open_node(const struct sysfs_root *root, const char *path)
{
	int fd = fault_point("open", path);

	if (fd < 0)
		return fd;
	fd = openat(root->fd, path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int sysfs_open_device(const struct sysfs_root *root, const char *bus, const char *address)
{
	_cleanup_free_ char *path = device_bus_sysfs_path(bus, address);

	if (!path)
		return -ENOMEM;
	return sysfs_root_open_dir(root, path);
}

int sysfs_read(int dir_fd, const char *name, char **ret)
{
	char *value;
	int r;

	r = fault_point("read", name);
	if (r < 0)
		return r;
	r = fileio_read_at(dir_fd, name, SYSFS_MAX, &value, NULL);
	if (r < 0)
		return r;
	*ret = utf8_clean_lines(str_chomp(value));
	return 0;
}

int sysfs_read_optional(int dir_fd, const char *name, char **ret)
{
	int r = sysfs_read(dir_fd, name, ret);

	if (r == -ENOMEM)
		return r;
	if (r < 0)
		*ret = NULL;
	return 0;
}

int sysfs_read_number(int dir_fd, const char *name, unsigned base, unsigned long long *ret)
{
	_cleanup_free_ char *text = NULL;
	unsigned long long value;
	char *end;
	int r = sysfs_read(dir_fd, name, &text);

	if (r < 0)
		return r;
	errno = 0;
	value = strtoull(text, &end, (int)base);
	if (errno || end == text || *end)
		return -EINVAL;
	*ret = value;
	return 0;
}

int sysfs_read_link(int dir_fd, const char *name, char **ret)
{
	char target[PATH_MAX], *slash, *copy;
	ssize_t n = fault_point("readlink", name);

	if (n < 0)
		return (int)n;
	n = readlinkat(dir_fd, name, target, sizeof(target) - 1);
	if (n < 0)
		return errno == EINVAL ? -ENOENT : -errno;
	target[n] = '\0';
	slash = strrchr(target, '/');
	copy = strdup(slash ? slash + 1 : target);
	if (!copy)
		return -ENOMEM;
	*ret = copy;
	return 0;
}

int sysfs_write(int dir_fd, const char *name, const char *value)
{
	_cleanup_close_ int fd = -EBADF;
	int r = fault_point("write", name);

	if (r < 0)
		return r;
	fd = openat(dir_fd, name, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return fault_after(write(fd, value, strlen(value)) < 0 ? -errno : 0);
}
