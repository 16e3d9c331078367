/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake-tree.h"
#include "sys/state/run-dir.h"

/* Any user may open the directory to read it, and lock what is open. */
START_TEST(test_lock_on_the_directory_keeps_no_daemon_out)
{
	int foreign = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC), lock, dir;

	ck_assert_int_ge(foreign, 0);
	ck_assert_int_eq(flock(foreign, LOCK_EX | LOCK_NB), 0);
	dir = run_dir_open(top, &lock);
	ck_assert_int_ge(dir, 0);
	close(lock);
	close(dir);
	close(foreign);
}
END_TEST

START_TEST(test_second_daemon_is_refused)
{
	int lock, other = -EBADF, dir = run_dir_open(top, &lock);

	ck_assert_int_ge(dir, 0);
	ck_assert_int_eq(run_dir_open(top, &other), -EBUSY);
	ck_assert_int_eq(other, -EBADF);
	close(lock);
	close(dir);
	dir = run_dir_open(top, &lock);
	ck_assert_int_ge(dir, 0);
	close(lock);
	close(dir);
}
END_TEST

/* A mode that was left by another program is corrected before the lock counts. */
START_TEST(test_lock_is_root_only)
{
	struct stat st;
	int lock, dir;

	make_file(".lock", "");
	umask(0);
	dir = run_dir_open(top, &lock);
	ck_assert_int_ge(dir, 0);
	ck_assert_int_eq(fstatat(dir, ".lock", &st, AT_SYMLINK_NOFOLLOW), 0);
	ck_assert_uint_eq(st.st_mode, S_IFREG | 0600);
	ck_assert_int_eq(fcntl(lock, F_GETFD), FD_CLOEXEC);
	close(lock);
	close(dir);
}
END_TEST

START_TEST(test_lock_is_no_link_and_no_pipe)
{
	_cleanup_free_ char *path = path_in_tree(".lock");
	int lock = -EBADF;

	make_file("elsewhere", "");
	make_link(".lock", "elsewhere");
	ck_assert_int_eq(run_dir_open(top, &lock), -ELOOP);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(run_dir_open(top, &lock), -EBADF);
	ck_assert_int_eq(lock, -EBADF);
}
END_TEST

/* After a restart the daemon reads what was saved, or nothing was saved. */
START_TEST(test_record_that_would_not_be_read_is_not_saved)
{
	_cleanup_record_ struct record *record = record_new("nic0", "0123456789abcdef");
	char *label = malloc((1 << 20) + 1);
	int lock, dir = run_dir_open(top, &lock);

	ck_assert_int_eq(run_dir_save(dir, record), 0);
	memset(label, 'x', 1 << 20);
	label[1 << 20] = '\0';
	record->label = label;
	ck_assert_int_eq(run_dir_save(dir, record), -EFBIG);
	label[255] = '\0';
	free(record->lease);
	record->lease = strdup("../nic0");
	ck_assert_int_eq(run_dir_save(dir, record), -EBADMSG);
	free(record->lease);
	record->lease = strdup("fedcba9876543210");
	ck_assert_int_eq(run_dir_save(dir, record), 0);
	close(lock);
	close(dir);
}
END_TEST

SUITE_WITH_FIXTURE("run-dir", fake_tree_make, fake_tree_remove,
		   test_lock_on_the_directory_keeps_no_daemon_out, test_second_daemon_is_refused,
		   test_lock_is_root_only, test_lock_is_no_link_and_no_pipe,
		   test_record_that_would_not_be_read_is_not_saved)
