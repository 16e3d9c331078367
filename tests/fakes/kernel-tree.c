/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Files of the tree. All calls here go to the real kernel. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernel.h"

const char *kernel_root;
static size_t root_length;
static dev_t root_device;
static bool on_host; /* the paths of the host are those of this process */

/* Puts this process into /proc of the host, where the daemon finds who has a device open. */
static void kernel_tree_show_process(bool show)
{
	char target[32];

	if (!on_host)
		return;
	snprintf(target, sizeof(target), "/proc/%d", (int)getpid());
	if (show)
		(void)!symlink(target, kernel_path("proc/%d", (int)getpid()));
	else
		unlink(kernel_path("proc/%d", (int)getpid()));
}

__attribute__((constructor(101))) static void kernel_tree_init(void)
{
	struct stat st;

	kernel_root = getenv("DEVGROUPS_FAKE_ROOT");
	if (!kernel_root || syscall(SYS_newfstatat, AT_FDCWD, kernel_root, &st, 0) < 0) {
		kernel_root = NULL;
		return;
	}
	kernel_root = strdup(kernel_root);
	root_length = strlen(kernel_root);
	root_device = st.st_dev;
	on_host = getenv("DEVGROUPS_FAKE_PATHS");
	kernel_tree_show_process(true);
}

__attribute__((destructor)) static void kernel_tree_fini(void)
{
	if (kernel_root)
		kernel_tree_show_process(false);
}

const char *kernel_path(const char *format, ...)
{
	static __thread char buffers[8][PATH_MAX];
	static __thread unsigned next;
	char *buffer = buffers[next++ % 8];
	int n = snprintf(buffer, PATH_MAX, "%s/", kernel_root);
	va_list ap;

	va_start(ap, format);
	vsnprintf(buffer + n, (size_t)(PATH_MAX - n), format, ap);
	va_end(ap);
	return buffer;
}

void kernel_place(char ret[static PATH_MAX], const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(ret, PATH_MAX, format, ap);
	va_end(ap);
}

/* Cuts the root off an absolute path. The root itself becomes an empty path. */
static bool kernel_tree_strip(const char *path, char ret[static PATH_MAX])
{
	const char *rest = path + root_length;

	if (strncmp(path, kernel_root, root_length) != 0 || (rest[0] && rest[0] != '/'))
		return false;
	rest += rest[0] == '/';
	memmove(ret, rest, strlen(rest) + 1);
	return true;
}

bool kernel_tree_of_fd(int fd, char ret[static PATH_MAX])
{
	char link[32], target[PATH_MAX];
	struct stat st;
	ssize_t n;

	if (!kernel_root || syscall(SYS_fstat, fd, &st) < 0 || st.st_dev != root_device)
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = syscall(SYS_readlinkat, AT_FDCWD, link, target, sizeof(target) - 1);
	if (n < 0)
		return false;
	target[n] = '\0';
	return kernel_tree_strip(target, ret);
}

/* Paths of a host, for a program that was started on it and knows of no tree. */
static bool kernel_tree_is_host_path(const char *path)
{
	static const char *const places[] = { "/sys/",		"/dev/vfio",
					      "/dev/iommu",	"/etc/devgr",
					      "/run/devgroups", "/usr/lib/devgroups",
					      "/proc/modules" };

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (strncmp(path, places[i], strlen(places[i])) == 0)
			return true;
	return strcmp(path, "/sys") == 0;
}

bool kernel_tree_of_path(int dir_fd, const char *path, char ret[static PATH_MAX])
{
	char dir[PATH_MAX];

	if (!kernel_root || !path)
		return false;
	if (path[0] == '/') {
		if (kernel_tree_strip(path, ret))
			return true;
		if (!on_host || !kernel_tree_is_host_path(path))
			return false;
		snprintf(ret, PATH_MAX, "%s", path + 1);
		return true;
	}
	if (dir_fd == AT_FDCWD || !kernel_tree_of_fd(dir_fd, dir))
		return false;
	return snprintf(ret, PATH_MAX, "%s%s%s", dir, dir[0] ? "/" : "", path) < PATH_MAX;
}

bool kernel_exists(const char *path)
{
	return syscall(SYS_faccessat, AT_FDCWD, kernel_path("%s", path), F_OK) == 0;
}

bool kernel_read(const char *path, char ret[static KERNEL_TEXT])
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, kernel_path("%s", path), O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : syscall(SYS_read, fd, ret, KERNEL_TEXT - 1);

	if (fd >= 0)
		syscall(SYS_close, fd);
	ret[n < 0 ? 0 : n] = '\0';
	if (n > 0 && ret[n - 1] == '\n')
		ret[n - 1] = '\0';
	return n >= 0;
}

static void kernel_put(const char *path, int flags, const char *text)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, kernel_path("%s", path),
			      O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644);

	if (fd < 0)
		return;
	if (syscall(SYS_write, fd, text, strlen(text)) < 0)
		abort();
	syscall(SYS_close, fd);
}

void kernel_write(const char *path, const char *format, ...)
{
	char text[KERNEL_TEXT];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	kernel_put(path, O_TRUNC, text);
}

void kernel_append(const char *path, const char *text)
{
	kernel_put(path, O_APPEND, text);
}

static int kernel_tree_remove_entry(const char *path, const struct stat *st, int type,
				    struct FTW *ftw)
{
	return remove(path) < 0 && errno != ENOENT;
}

void kernel_remove_tree(const char *path)
{
	nftw(kernel_path("%s", path), kernel_tree_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

void kernel_make_dirs(const char *path)
{
	char full[PATH_MAX];

	snprintf(full, sizeof(full), "%s", kernel_path("%s", path));
	for (char *slash = full + root_length + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(full, 0755);
		*slash = '/';
	}
	mkdir(full, 0755);
}

void kernel_link(const char *path, const char *target)
{
	char up[PATH_MAX] = "", dir[PATH_MAX];

	for (const char *slash = path; (slash = strchr(slash, '/')); slash++)
		strcat(up, "../");
	kernel_place(dir, "%.*s", (int)(strrchr(path, '/') - path), path);
	kernel_make_dirs(dir);
	strncat(up, target, sizeof(up) - strlen(up) - 1);
	unlink(kernel_path("%s", path));
	(void)!symlink(up, kernel_path("%s", path));
}

bool kernel_link_name(const char *path, char ret[static NAME_MAX + 1])
{
	char target[PATH_MAX];
	const char *slash;
	ssize_t n = syscall(SYS_readlinkat, AT_FDCWD, kernel_path("%s", path), target,
			    sizeof(target) - 1);

	if (n < 0)
		return false;
	target[n] = '\0';
	slash = strrchr(target, '/');
	snprintf(ret, NAME_MAX + 1, "%.*s", NAME_MAX, slash ? slash + 1 : target);
	return true;
}

static int kernel_tree_skip_dots(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

int kernel_each(const char *path, int (*fn)(const char *path, const char *name, void *userdata),
		void *userdata)
{
	struct dirent **entries = NULL;
	int n = scandir(kernel_path("%s", path), &entries, kernel_tree_skip_dots, alphasort), r = 0;

	for (int i = 0; i < n; i++) {
		if (r == 0)
			r = fn(path, entries[i]->d_name, userdata);
		free(entries[i]);
	}
	free(entries);
	return r;
}

bool kernel_has_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at += n)
		if ((at == text || strchr(" \n", at[-1])) && (!at[n] || strchr(" \n", at[n])))
			return true;
	return false;
}

void kernel_log(const char *format, ...)
{
	char line[KERNEL_TEXT];
	va_list ap;

	va_start(ap, format);
	vsnprintf(line, sizeof(line) - 1, format, ap);
	va_end(ap);
	strcat(line, "\n");
	kernel_append(".kernel/log", line);
}

void kernel_sleep_ms(unsigned ms)
{
	const struct timespec time = { .tv_sec = ms / 1000,
				       .tv_nsec = (long)(ms % 1000) * 1000000 };

	syscall(SYS_nanosleep, &time, NULL);
}
