/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Open files that count as a use of a device, and others that any user could open or imitate. */

#include "test-main.h"

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "fake-tree.h"
#include "host-builder.h"
#include "sys/usage/usage-process.h"

#define DEVICE "0000:09:00.0"
#define PLACE "sys/devices/pci0000:00/" DEVICE "/"

static struct inventory *inv;

static void make_tree(void)
{
	fake_tree_make();
	inv = inventory_new();
	host_builder_add_pci(inv, DEVICE, NULL, 1);
}

static void remove_tree(void)
{
	inv = inventory_free(inv);
	fake_tree_remove();
}

/* Returns the first use of the device that a walk finds, "" for none. The caller frees it. */
static char *walk_processes(void)
{
	const struct process_turns_limits limits = { 250000, 1000000, 5000000, (uid_t)-1 };
	_cleanup_(usage_set_clear) struct usage_set set = { .root = &root, .inv = inv };
	const struct vec *usages = &inventory_find(inv, DEVICE)->usages;

	ck_assert_int_eq(usage_process_read(&set, getpid(), &limits), 0);
	ck_assert_int_eq(usage_set_apply(&set, inv, USAGE_OF_PROCESSES, NULL, NULL), 0);
	if (usages->n == 0)
		return strdup("");
	return strdup(((const struct usage *)usages->items[0])->what);
}

static void ck_assert_use(const char *expected)
{
	_cleanup_free_ char *actual = walk_processes();

	ck_assert_str_eq(actual, expected);
}

/* --- nodes --- */

/* A node that everybody may read: who only reads it does not use the device. */
START_TEST(test_reader_of_a_public_node_is_no_user)
{
	make_link("sys/dev/char/1:7", "../../devices/pci0000:00/" DEVICE "/usb1"); /* /dev/full */
	make_link("proc/4000000/fd/7", "/dev/full");
	make_file("proc/4000000/fdinfo/7", "pos:\t0\nflags:\t02100000\n");
	ck_assert_use("");
	make_file("proc/4000000/fdinfo/7", "pos:\t0\nflags:\t02100002\n");
	ck_assert_use("/dev/full");
	make_file("proc/4000000/fdinfo/7", "pos:\t0\nflags:\t012100002\n"); /* O_PATH */
	ck_assert_use("");
}
END_TEST

START_TEST(test_node_of_a_vfio_group_is_a_use_of_its_devices)
{
	struct device *device = inventory_find(inv, DEVICE);

	make_link("sys/dev/char/1:7", "../../devices/virtual/vfio/1");
	make_link("proc/4000000/fd/7", "/dev/full");
	make_file("proc/4000000/fdinfo/7", "pos:\t0\nflags:\t02100002\n");
	ck_assert_use("");
	ck_assert_int_eq(str_set(&device->driver, "vfio-pci"), 0);
	ck_assert_use("/dev/full");
}
END_TEST

/* --- files of sysfs --- */

/* In a process of its own: has the file @path below /sys open, and tells so by its end of @ready.
 */
static void hold_file(const char *path, int ready)
{
	_cleanup_free_ char *full = str_printf("/%s", path);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (open(full, O_RDONLY | O_CLOEXEC) < 0 || write(ready, "x", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

/* Puts the tree in the place of sysfs, in a mount namespace of its own. */
static void replace_sysfs(void)
{
	_cleanup_free_ char *tree = str_printf("%s/sys", top);

	if (unshare(geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount(tree, "/sys", NULL, MS_BIND, NULL) < 0)
		_exit(77);
}

static bool write_own(const char *name, const char *text)
{
	_cleanup_free_ char *path = str_printf("/proc/self/%s", name);
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && fileio_write_all(fd, text, strlen(text)) >= 0;
}

/* Becomes root of a user namespace, as every user can who is @uid outside. */
static bool enter_user_namespace(uid_t uid)
{
	_cleanup_free_ char *users = str_printf("0 %u 1", (unsigned)uid);
	_cleanup_free_ char *groups = str_printf("0 %u 1", (unsigned)getegid());

	if (uid != geteuid() && setresuid(uid, uid, uid) < 0)
		return false;
	prctl(PR_SET_DUMPABLE, 1); /* else the files below are root's */
	return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && write_own("setgroups", "deny") &&
	       write_own("uid_map", users) && write_own("gid_map", groups);
}

/* Puts a filesystem of the user's own in the place of sysfs. */
static void imitate_sysfs(const char *path)
{
	_cleanup_free_ char *file = str_printf("/%s", path), *dir = strdup(file);

	*strrchr(dir, '/') = '\0';
	if (!enter_user_namespace(geteuid() == 0 ? 65534 : geteuid()) ||
	    mount("none", "/sys", "tmpfs", 0, NULL) < 0 || fileio_mkdir_parents(dir, 0755) < 0 ||
	    fileio_write_atomic_at(AT_FDCWD, file, "", 0, 0644) < 0)
		_exit(77);
}

static int holder = -1; /* the pid of a process that ends all others of a test with itself */

static void end_holder(void)
{
	ck_assert_int_eq(kill(-holder, SIGKILL), 0);
	ck_assert_int_eq(waitpid(holder, NULL, 0), holder);
}

/* Returns false if this kernel lets the test make no namespace. */
static bool start_holder(const char *path, bool imitate)
{
	int ready[2];
	char byte;

	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	holder = fork();
	ck_assert_int_ge(holder, 0);
	if (holder == 0) {
		/* The walk ignores its own children, so a grandchild has the file open. */
		setpgid(0, 0);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (fork() == 0) {
			if (imitate)
				imitate_sysfs(path);
			else
				replace_sysfs();
			hold_file(path, ready[1]);
		}
		close(ready[1]);
		for (;;)
			pause();
	}
	setpgid(holder, holder);
	close(ready[1]);
	if (read(ready[0], &byte, 1) == 1) {
		close(ready[0]);
		return true;
	}
	close(ready[0]);
	end_holder();
	fprintf(stderr, "no mount namespaces here: skipped\n");
	return false;
}

/* Checks the use that the walk reports while a process has the file of the tree open. */
static void ck_assert_use_of(const char *path, bool imitate, const char *expected)
{
	make_link("proc", "/proc");
	make_file(path, "");
	if (!start_holder(path, imitate))
		return;
	ck_assert_use(expected);
	end_holder();
}

START_TEST(test_bar_is_a_use)
{
	ck_assert_use_of(PLACE "resource0", false, "/" PLACE "resource0");
}
END_TEST

START_TEST(test_combining_bar_is_a_use)
{
	ck_assert_use_of(PLACE "resource12_wc", false, "/" PLACE "resource12_wc");
}
END_TEST

/* Everybody may read "resource". */
START_TEST(test_other_files_are_no_use)
{
	ck_assert_use_of(PLACE "resource", false, "");
	ck_assert_use_of(PLACE "resource0_resize", false, "");
	ck_assert_use_of(PLACE "resource0x", false, "");
	ck_assert_use_of(PLACE "config", false, "");
}
END_TEST

/* A user's own filesystem may have any names. */
START_TEST(test_imitated_bar_is_no_use)
{
	ck_assert_use_of(PLACE "resource0", true, "");
}
END_TEST

SUITE_WITH_FIXTURE("usage-process", make_tree, remove_tree, test_reader_of_a_public_node_is_no_user,
		   test_node_of_a_vfio_group_is_a_use_of_its_devices, test_bar_is_a_use,
		   test_combining_bar_is_a_use, test_other_files_are_no_use,
		   test_imitated_bar_is_no_use)
