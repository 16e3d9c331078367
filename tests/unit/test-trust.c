/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <fcntl.h>
#include <string.h>

#include "base/trust.h"
#include "fake-tree.h"

/* The tree is this user's, in /tmp. */
static void make_tree(void)
{
	umask(022);
	fake_tree_make();
	make_file("etc/x.json", "");
	make_file("srv/deep/y.json", "");
}

static void ck_assert_trust(const char *path, const char *expected)
{
	_cleanup_free_ char *full = str_printf("%s/%s", top, path), *why = NULL;

	ck_assert_int_eq(trust_check(full, geteuid(), &why), 0);
	if (!expected)
		ck_assert_msg(!why, "%s: %s", path, why);
	else
		ck_assert_msg(why && strstr(why, expected), "%s: %s", path, str_or(why, "trusted"));
}

static void change_mode(const char *path, mode_t mode)
{
	ck_assert_int_eq(fchmodat(root.fd, path, mode, 0), 0);
}

START_TEST(test_modes)
{
	ck_assert_trust("etc/x.json", NULL);
	ck_assert_trust("etc", NULL);
	ck_assert_trust("etc/missing", NULL);
	ck_assert_trust("", NULL);
	change_mode("etc/x.json", 0664);
	ck_assert_trust("etc/x.json", "mode 0664");
	change_mode("etc/x.json", 0646);
	ck_assert_trust("etc/x.json", "it belongs to uid");
	change_mode("etc/x.json", 0400);
	ck_assert_trust("etc/x.json", NULL);
	change_mode("etc", 01777);
	ck_assert_trust("etc", "mode 1777");
	/* the directory is asked for by itself */
	ck_assert_trust("etc/x.json", NULL);
}
END_TEST

START_TEST(test_owners)
{
	struct stat st;

	ck_assert_int_eq(fstatat(root.fd, "etc/x.json", &st, 0), 0);
	st.st_uid = 0;
	ck_assert(trust_stat(&st, TRUST_ONLY_ROOT));
	st.st_uid = 1001;
	ck_assert(trust_stat(&st, 1001));
	ck_assert(!trust_stat(&st, 1002));
	ck_assert(!trust_stat(&st, TRUST_ONLY_ROOT));
	st.st_uid = TRUST_ONLY_ROOT;
	ck_assert(!trust_stat(&st, TRUST_ONLY_ROOT));
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(fchownat(root.fd, "etc/x.json", 1001, 0, 0), 0);
	ck_assert_trust("etc/x.json", "uid 1001 and has mode 0644");
}
END_TEST

START_TEST(test_links)
{
	make_link("etc/link", "../srv/deep/y.json");
	make_link("etc/twice", "link");
	make_link("etc/circle", "circle");
	make_link("etc/dangling", "nothing");
	ck_assert_trust("etc/link", NULL);
	ck_assert_trust("etc/twice", NULL);
	ck_assert_trust("etc/circle", NULL);
	ck_assert_trust("etc/dangling", NULL);
	change_mode("srv/deep/y.json", 0666);
	ck_assert_trust("etc/twice", "a link leads to");
	change_mode("srv/deep/y.json", 0644);
	/* the directory of the target, and one above it */
	change_mode("srv/deep", 0777);
	ck_assert_trust("etc/twice", "/srv/deep, which belongs");
	change_mode("srv/deep", 0755);
	change_mode("srv", 0775);
	ck_assert_trust("etc/twice", "/srv, which belongs");
	/* in a sticky directory only the owner replaces a file */
	change_mode("srv", 01777);
	ck_assert_trust("etc/twice", NULL);
}
END_TEST

/* A link on the way of a link: its directory decides where the way leads. */
START_TEST(test_chain_of_links)
{
	_cleanup_free_ char *absolute = str_printf("%s/srv/deep/hop", top);

	make_file("usr/z.json", "");
	make_link("srv/deep/hop", "../../usr/z.json");
	make_link("etc/first", absolute);
	ck_assert_trust("etc/first", NULL);
	change_mode("srv/deep", 0777);
	ck_assert_trust("etc/first", "/srv/deep, which belongs");
}
END_TEST

/* A link of another user in a sticky directory, where he cannot replace what others own. */
START_TEST(test_links_of_users)
{
	make_link("srv/hop", "../etc/x.json");
	make_link("usr", "srv");
	make_link("etc/first", "../srv/hop");
	make_link("etc/second", "../usr/deep/y.json");
	change_mode("srv", 01777);
	ck_assert_trust("etc/first", NULL);
	ck_assert_trust("etc/second", NULL);
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(fchownat(root.fd, "srv/hop", 1001, 0, AT_SYMLINK_NOFOLLOW), 0);
	ck_assert_trust("etc/first", "/srv/hop belongs to uid 1001");
	ck_assert_int_eq(fchownat(root.fd, "usr", 1001, 0, AT_SYMLINK_NOFOLLOW), 0);
	ck_assert_trust("etc/second", "/usr belongs to uid 1001");
}
END_TEST

START_TEST(test_relative_path)
{
	_cleanup_free_ char *why = NULL;

	ck_assert_int_eq(chdir(top), 0);
	ck_assert_int_eq(trust_check("etc/x.json", geteuid(), &why), 0);
	ck_assert_ptr_null(why);
	change_mode("etc/x.json", 0666);
	ck_assert_int_eq(trust_check("etc/x.json", geteuid(), &why), 0);
	ck_assert_ptr_nonnull(why);
	ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

SUITE_WITH_FIXTURE("trust", make_tree, fake_tree_remove, test_modes, test_owners, test_links,
		   test_chain_of_links, test_links_of_users, test_relative_path)
