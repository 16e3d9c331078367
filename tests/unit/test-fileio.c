/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fileio.h"

/* The directory of the test, and a descriptor of it. */
static char directory[] = "/tmp/test-fileio-XXXXXX";
static int dir_fd;

static void set_up(void)
{
	strcpy(directory + strlen(directory) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	dir_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(dir_fd, 0);
}

static void remove_all(int fd)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;

	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (unlinkat(fd, entry->d_name, 0) == 0)
			continue;
		remove_all(openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
		ck_assert_int_eq(unlinkat(fd, entry->d_name, AT_REMOVEDIR), 0);
	}
	closedir(dir);
}

static void tear_down(void)
{
	remove_all(dir_fd);
	ck_assert_int_eq(rmdir(directory), 0);
}

static size_t count_entries(void)
{
	_cleanup_closedir_ DIR *dir = opendir(directory);
	size_t n = 0;

	while (readdir(dir))
		n++;
	return n - 2;
}

START_TEST(test_write_and_read)
{
	static const char text[] = "{\"a\":\0 1}";
	_cleanup_free_ char *data = NULL;
	struct stat st;
	size_t size;

	umask(077);
	ck_assert_int_eq(fileio_write_atomic_at(dir_fd, "a.json", text, sizeof(text) - 1, 0644), 0);
	ck_assert_int_eq(fstatat(dir_fd, "a.json", &st, 0), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0644);
	ck_assert_int_eq(fileio_read_at(dir_fd, "a.json", 4096, &data, &size), 0);
	ck_assert_uint_eq(size, sizeof(text) - 1);
	ck_assert_mem_eq(data, text, sizeof(text)); /* with the NUL that the reader adds */
	ck_assert_uint_eq(count_entries(), 1);
}
END_TEST

START_TEST(test_write_replaces_the_file)
{
	_cleanup_free_ char *data = NULL;
	_cleanup_close_ int old = -EBADF;
	char byte;

	ck_assert_int_eq(fileio_write_atomic_at(dir_fd, "a", "old", 3, 0600), 0);
	old = openat(dir_fd, "a", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(fileio_write_atomic_at(dir_fd, "a", "newer", 5, 0600), 0);
	ck_assert_int_eq(fileio_read_at(dir_fd, "a", 4096, &data, NULL), 0);
	ck_assert_str_eq(data, "newer");
	/* the name belongs to a new file; the open old one is still whole */
	ck_assert_int_eq(read(old, &byte, 1), 1);
	ck_assert_int_eq(byte, 'o');
}
END_TEST

START_TEST(test_failed_write_changes_nothing)
{
	ck_assert_int_eq(mkdirat(dir_fd, "a", 0700), 0);
	ck_assert_int_eq(fileio_write_atomic_at(dir_fd, "a", "x", 1, 0600), -EISDIR);
	ck_assert_int_eq(fileio_write_atomic_at(dir_fd, "none/a", "x", 1, 0600), -ENOENT);
	ck_assert_uint_eq(count_entries(), 1);
}
END_TEST

START_TEST(test_leftover_temporary_file_is_replaced)
{
	char temp[64];

	snprintf(temp, sizeof(temp), "a.%d.tmp", (int)getpid());
	ck_assert_int_eq(symlinkat("/etc/passwd", dir_fd, temp), 0);
	ck_assert_int_eq(fileio_write_atomic_at(dir_fd, "a", "x", 1, 0600), 0);
	ck_assert_uint_eq(count_entries(), 1);
}
END_TEST

START_TEST(test_read_beyond_the_limit_is_refused)
{
	_cleanup_free_ char *data = NULL;
	char big[2000];
	size_t size;

	memset(big, 'x', sizeof(big));
	ck_assert_int_eq(fileio_write_atomic_at(dir_fd, "big", big, sizeof(big), 0600), 0);
	ck_assert_int_eq(fileio_read_at(dir_fd, "big", sizeof(big) - 1, &data, &size), -EFBIG);
	ck_assert_ptr_null(data);
	ck_assert_int_eq(fileio_read_at(dir_fd, "big", sizeof(big), &data, &size), 0);
	ck_assert_uint_eq(size, sizeof(big));
}
END_TEST

START_TEST(test_empty_file_is_read)
{
	_cleanup_free_ char *data = NULL;
	size_t size;

	ck_assert_int_eq(fileio_write_atomic_at(dir_fd, "empty", NULL, 0, 0600), 0);
	ck_assert_int_eq(fileio_read_at(dir_fd, "empty", 0, &data, &size), 0);
	ck_assert_uint_eq(size, 0);
	ck_assert_str_eq(data, "");
}
END_TEST

/* The st_size of sysfs and procfs files is not their real size. */
START_TEST(test_file_of_unknown_size_is_read)
{
	_cleanup_free_ char *data = NULL;
	size_t size;

	ck_assert_int_eq(fileio_read_at(AT_FDCWD, "/proc/self/stat", 1 << 20, &data, &size), 0);
	ck_assert_uint_gt(size, 0);
	ck_assert_int_eq(fileio_read_at(AT_FDCWD, "/proc/self/stat", 1, &(char *){ NULL }, NULL),
			 -EFBIG);
}
END_TEST

/* A blocking open of a FIFO would hang. The time limit of check, 4 s, would end the test. */
START_TEST(test_read_refuses_fifos_and_devices)
{
	_cleanup_free_ char *data = NULL;

	ck_assert_int_eq(mkfifoat(dir_fd, "fifo", 0600), 0);
	ck_assert_int_eq(fileio_read_at(dir_fd, "fifo", 4096, &data, NULL), -EINVAL);
	ck_assert_int_eq(fileio_read_at(dir_fd, ".", 4096, &data, NULL), -EISDIR);
	ck_assert_int_eq(fileio_read_at(dir_fd, "none", 4096, &data, NULL), -ENOENT);
	ck_assert_int_eq(fileio_read_at(AT_FDCWD, "/dev/zero", 4096, &data, NULL), -EINVAL);
	ck_assert_ptr_null(data);
}
END_TEST

START_TEST(test_mkdir_parents_makes_all_directories)
{
	_cleanup_free_ char *path = NULL, *below_file = NULL;
	struct stat st;

	ck_assert_int_ge(asprintf(&path, "%s/a/b/c", directory), 0);
	ck_assert_int_ge(asprintf(&below_file, "%s/a/file/d", directory), 0);
	ck_assert_int_eq(fileio_mkdir_parents(path, 0755), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert(S_ISDIR(st.st_mode));
	ck_assert_int_eq(fileio_mkdir_parents(path, 0755), 0);
	ck_assert_int_eq(fileio_write_atomic_at(dir_fd, "a/file", "x", 1, 0600), 0);
	ck_assert_int_eq(fileio_mkdir_parents(below_file, 0755), -ENOTDIR);
}
END_TEST

START_TEST(test_close_keeps_errno)
{
	errno = ENODEV;
	ck_assert_int_eq(fd_close(123456), -EBADF);
	ck_assert_int_eq(fd_close(-EBADF), -EBADF);
	ck_assert_int_eq(errno, ENODEV);
}
END_TEST

SUITE_WITH_FIXTURE("fileio", set_up, tear_down, test_write_and_read, test_write_replaces_the_file,
		   test_failed_write_changes_nothing, test_leftover_temporary_file_is_replaced,
		   test_read_beyond_the_limit_is_refused, test_empty_file_is_read,
		   test_file_of_unknown_size_is_read, test_read_refuses_fifos_and_devices,
		   test_mkdir_parents_makes_all_directories, test_close_keeps_errno)
