/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Texts of processes and attributes may be any bytes. A reader returns them clean. */

#include "test-main.h"

#include <sys/prctl.h>

#include "base/macro.h"
#include "fake-tree.h"
#include "sys/process.h"

/* A process names itself. The kernel cuts the name after 15 bytes, here within a character. */
START_TEST(test_name_is_clean)
{
	_cleanup_free_ char *name = NULL;

	ck_assert_int_eq(prctl(PR_SET_NAME, "\xff\xfe"
					    "A\033[2Jxyz....\xc3\xa9"),
			 0);
	ck_assert_int_eq(process_name(getpid(), &name), 0);
	ck_assert_str_eq(name, "??A?[2Jxyz....?");
}
END_TEST

START_TEST(test_identity_is_clean)
{
	_cleanup_close_ int own = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_(process_identity_clear) struct process_identity identity = { 0 };

	ck_assert_int_eq(prctl(PR_SET_NAME, "\xff)\n1 R 1"), 0);
	ck_assert_int_eq(process_identify(own, getpid(), &identity), 0);
	ck_assert_str_eq(identity.name, "?)?1 R 1");
	ck_assert_int_eq(identity.parent, getppid());
}
END_TEST

START_TEST(test_attribute_is_clean)
{
	_cleanup_free_ char *value = NULL;

	fake_tree_make();
	make_link("sys/link", "x");
	make_file("sys/x", "vpd\xff\x1b\nline\ttwo \n");
	ck_assert_int_eq(sysfs_read(root.fd, "sys/link", &value), 0);
	ck_assert_str_eq(value, "vpd??\nline\ttwo");
	fake_tree_remove();
}
END_TEST

SUITE("process", test_name_is_clean, test_identity_is_clean, test_attribute_is_clean)
