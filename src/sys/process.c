/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <systemd/sd-login.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/str.h"
#include "sys/process.h"

bool process_is_gone(int proc_fd)
{
	/* the kernel finds nothing in there any more */
	return faccessat(proc_fd, "fd", F_OK, 0) < 0;
}

static int process_read_file(pid_t pid, const char *name, char **ret)
{
	_cleanup_free_ char *path = str_printf("/proc/%d/%s", (int)pid, name);
	int r;

	if (!path)
		return -ENOMEM;
	r = fileio_read_at(AT_FDCWD, path, 65536, ret, NULL);
	return r == -ENOENT ? -ESRCH : r;
}

/* A number of /proc/PID/stat, by its field as in proc(5). */
static int process_read_stat(pid_t pid, int wanted, uint64_t *ret)
{
	_cleanup_free_ char *stat = NULL;
	char *at, *rest = NULL;
	int r = process_read_file(pid, "stat", &stat);

	if (r < 0)
		return r;
	/* the name may hold anything, so count the fields from the last parenthesis: the 3rd
	 * follows it */
	at = strrchr(stat, ')');
	at = at ? strtok_r(at + 1, " ", &rest) : NULL;
	for (int field = 3; at && field < wanted; field++)
		at = strtok_r(NULL, " ", &rest);
	return at ? str_parse_u64(at, 10, UINT64_MAX, ret) : -EINVAL;
}

int process_start_time(pid_t pid, uint64_t *ret)
{
	return process_read_stat(pid, 22, ret);
}

int process_parent(pid_t pid, pid_t *ret)
{
	uint64_t parent;
	int r = process_read_stat(pid, 4, &parent);

	if (r >= 0)
		*ret = (pid_t)parent;
	return r;
}

int process_name(pid_t pid, char **ret)
{
	char *name;
	int r = process_read_file(pid, "comm", &name);

	if (r < 0)
		return r;
	*ret = str_chomp(name);
	return 0;
}

int process_unit(pid_t pid, char **ret)
{
	int r = sd_pid_get_unit(pid, ret);

	return r < 0 ? r : 0;
}

char *process_wchan(pid_t pid)
{
	char *wchan;

	if (process_read_file(pid, "wchan", &wchan) < 0)
		return strdup("?");
	return str_chomp(wchan);
}

/* The value of a line of fdinfo; NULL where there is none. */
static char *process_read_fdinfo(int dir_fd, const char *name, const char *key)
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

bool process_fd_target(int dir_fd, const char *name, char ret[static PATH_MAX])
{
	ssize_t n = readlinkat(dir_fd, name, ret, PATH_MAX - 1);

	if (n >= 0)
		ret[n] = '\0';
	return n >= 0;
}

bool process_fd_is_open(int dir_fd, const char *name, const char *target)
{
	_cleanup_free_ char *flags = process_read_fdinfo(dir_fd, name, "flags:");
	char now[PATH_MAX];

	if (flags && strtoul(flags, NULL, 8) & O_PATH)
		return false;
	/* closed meanwhile, and its number perhaps given to another file: these are not the flags
	 * of that one */
	return process_fd_target(dir_fd, name, now) && str_eq(now, target);
}

bool process_fd_is_vfio_device(const char *target)
{
	return str_eq(target, "anon_inode:[vfio-device]");
}

char *process_fd_vfio_devpath(int dir_fd, const char *name)
{
	_cleanup_free_ char *path = process_read_fdinfo(dir_fd, name, "vfio-device-syspath:");

	return path && str_starts(path, "/sys/devices/") ? strdup(path + strlen("/sys/")) : NULL;
}
