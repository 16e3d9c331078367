/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/str.h"
#include "model/config/config-dirs.h"

#define NOBODY 65534

/* Three directories, the highest first, below a fresh directory that is also the current one. */
static char top[] = "/tmp/test-confdir-XXXXXX";
static const char *const directories[] = { "etc", "run", "lib", NULL };

static void make_directories(void)
{
	strcpy(top, "/tmp/test-confdir-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	ck_assert_int_eq(chmod(top, 0755), 0);
	ck_assert_int_eq(chdir(top), 0);
	for (size_t i = 0; directories[i]; i++)
		ck_assert_int_eq(mkdir(directories[i], 0755), 0);
}

static int remove_item(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static void remove_directories(void)
{
	ck_assert_int_eq(chdir("/"), 0);
	nftw(top, remove_item, 8, FTW_DEPTH | FTW_PHYS);
}

static void put_file(const char *path, const char *text)
{
	ck_assert_int_eq(fileio_write_atomic_at(AT_FDCWD, path, text, strlen(text), 0644), 0);
}

static void put_group(const char *path, const char *name, const char *device)
{
	_cleanup_free_ char *text =
		str_printf("{ \"groups\": { \"%s\": { \"devices\": [ \"%s\" ] } } }", name, device);

	put_file(path, text);
}

static struct def_set *load_config(void)
{
	struct def_set *config = NULL;

	ck_assert_int_eq(config_dirs_load(directories, &config), 0);
	ck_assert_ptr_nonnull(config);
	return config;
}

static void assert_file(const struct def_set *config, const char *name, const char *file)
{
	const struct group_def *def = def_set_find_group(config, name);

	ck_assert_msg(def != NULL, "there is no group %s", name);
	ck_assert_str_eq(def->file, file);
}

/* Asserts that the only problem is an error of the whole file, with @text in its text. */
static void assert_problem(const struct def_set *config, const char *file, const char *text)
{
	const struct problem *problem;

	ck_assert_uint_eq(config->problems.n, 1);
	problem = config->problems.items[0];
	ck_assert_str_eq(problem->file, file);
	ck_assert_uint_eq(problem->line, 1);
	ck_assert_uint_eq(problem->column, 1);
	ck_assert(!problem->warning);
	ck_assert_msg(strstr(problem->text, text) != NULL, "%s", problem->text);
}

START_TEST(test_missing_directory_is_empty)
{
	static const char *const none[] = { "not-there", NULL };
	_cleanup_def_set_ struct def_set *config = NULL;

	ck_assert_int_eq(config_dirs_load(none, &config), 0);
	ck_assert_uint_eq(config->groups.n, 0);
	ck_assert_uint_eq(config->problems.n, 0);
}
END_TEST

START_TEST(test_higher_directory_replaces_file)
{
	_cleanup_def_set_ struct def_set *config = NULL;

	put_group("lib/10.json", "a", "01:00.0");
	put_group("lib/20.json", "b", "02:00.0");
	put_group("lib/30.json", "c", "03:00.0");
	put_group("run/20.json", "b", "02:00.1");
	put_group("run/30.json", "c", "03:00.1");
	put_group("etc/30.json", "c", "03:00.2");
	config = load_config();
	ck_assert_uint_eq(config->problems.n, 0);
	ck_assert_uint_eq(config->groups.n, 3);
	assert_file(config, "a", "lib/10.json");
	assert_file(config, "b", "run/20.json");
	assert_file(config, "c", "etc/30.json");
}
END_TEST

/*
 * Files of all directories are read in the order of their names. The later file wins, even from a
 * lower directory.
 */
START_TEST(test_later_file_name_wins)
{
	_cleanup_def_set_ struct def_set *config = NULL;

	put_group("etc/10.json", "a", "01:00.0");
	put_group("lib/90.json", "a", "01:00.1");
	put_group("run/50.json", "a", "01:00.2");
	config = load_config();
	ck_assert_uint_eq(config->problems.n, 0);
	assert_file(config, "a", "lib/90.json");
}
END_TEST

START_TEST(test_link_to_dev_null_masks_file)
{
	_cleanup_def_set_ struct def_set *config = NULL;

	put_group("lib/10.json", "a", "01:00.0");
	put_group("run/10.json", "a", "01:00.0");
	put_group("lib/20.json", "b", "02:00.0");
	ck_assert_int_eq(symlink("/dev/null", "etc/10.json"), 0);
	config = load_config();
	ck_assert_uint_eq(config->problems.n, 0);
	ck_assert_ptr_null(def_set_find_group(config, "a"));
	ck_assert_ptr_nonnull(def_set_find_group(config, "b"));
}
END_TEST

/* Only a link to /dev/null masks. An empty file replaces the lower one, and is invalid JSON. */
START_TEST(test_empty_file_does_not_mask)
{
	_cleanup_def_set_ struct def_set *config = NULL;
	const struct problem *problem;

	put_group("lib/10.json", "a", "01:00.0");
	put_file("etc/10.json", "");
	config = load_config();
	ck_assert_ptr_null(def_set_find_group(config, "a"));
	ck_assert_uint_eq(config->problems.n, 1);
	problem = config->problems.items[0];
	ck_assert_str_eq(problem->file, "etc/10.json");
	ck_assert_uint_eq(problem->line, 1);
}
END_TEST

START_TEST(test_other_file_names_are_ignored)
{
	_cleanup_def_set_ struct def_set *config = NULL;

	put_file("etc/.hidden.json", "rubbish");
	put_file("etc/.json", "rubbish");
	put_file("etc/10.json.sample", "rubbish");
	put_file("etc/10.json~", "rubbish");
	put_file("etc/README", "rubbish");
	put_file("etc/json", "rubbish");
	config = load_config();
	ck_assert_uint_eq(config->problems.n, 0);
	ck_assert_uint_eq(config->groups.n, 0);
}
END_TEST

START_TEST(test_bad_file_leaves_the_others)
{
	_cleanup_def_set_ struct def_set *config = NULL;

	put_group("etc/10.json", "a", "01:00.0");
	put_file("etc/20.json",
		 "{ \"groups\": { \"b\": { \"devices\": [ \"02:00.0\" ] },\n \"c\": 3 } }");
	put_group("etc/30.json", "d", "03:00.0");
	config = load_config();
	ck_assert_uint_eq(config->problems.n, 1);
	ck_assert_uint_eq(config->groups.n, 2);
	ck_assert_ptr_null(def_set_find_group(config, "b"));
	ck_assert_ptr_nonnull(def_set_find_group(config, "d"));
}
END_TEST

START_TEST(test_link_to_file_is_read)
{
	_cleanup_def_set_ struct def_set *config = NULL;

	put_group("elsewhere", "a", "01:00.0");
	ck_assert_int_eq(symlink("../elsewhere", "etc/10.json"), 0);
	config = load_config();
	ck_assert_uint_eq(config->problems.n, 0);
	assert_file(config, "a", "etc/10.json");
}
END_TEST

/* An unreadable file still hides the file of the same name in a lower directory. */
START_TEST(test_dangling_link_is_a_problem)
{
	_cleanup_def_set_ struct def_set *config = NULL;

	put_group("lib/10.json", "a", "01:00.0");
	ck_assert_int_eq(symlink("not-there", "etc/10.json"), 0);
	config = load_config();
	assert_problem(config, "etc/10.json", "a link to not-there");
	ck_assert_ptr_null(def_set_find_group(config, "a"));
}
END_TEST

START_TEST(test_link_to_itself_is_a_problem)
{
	_cleanup_def_set_ struct def_set *config = NULL;

	ck_assert_int_eq(symlink("10.json", "etc/10.json"), 0);
	config = load_config();
	assert_problem(config, "etc/10.json", "cannot be read");
}
END_TEST

START_TEST(test_fifo_is_a_problem)
{
	_cleanup_def_set_ struct def_set *config = NULL;

	ck_assert_int_eq(mkfifo("etc/10.json", 0644), 0);
	config = load_config(); /* a blocking open would wait for a writer */
	assert_problem(config, "etc/10.json", "a FIFO");
}
END_TEST

START_TEST(test_socket_is_a_problem)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = "etc/10.json" };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	_cleanup_def_set_ struct def_set *config = NULL;

	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&addr, sizeof(addr)), 0);
	config = load_config();
	assert_problem(config, "etc/10.json", "a socket");
}
END_TEST

START_TEST(test_device_node_is_a_problem)
{
	_cleanup_def_set_ struct def_set *config = NULL;

	ck_assert_int_eq(symlink("/dev/zero", "etc/10.json"), 0);
	config = load_config();
	assert_problem(config, "etc/10.json", "a device node");
}
END_TEST

START_TEST(test_directory_is_a_problem)
{
	_cleanup_def_set_ struct def_set *config = NULL;

	ck_assert_int_eq(mkdir("etc/10.json", 0755), 0);
	config = load_config();
	assert_problem(config, "etc/10.json", "a directory");
}
END_TEST

START_TEST(test_too_large_file_is_a_problem)
{
	_cleanup_free_ char *blanks = malloc(10u << 20);
	_cleanup_def_set_ struct def_set *config = NULL;

	memset(blanks, ' ', 10u << 20);
	ck_assert_int_eq(fileio_write_atomic_at(AT_FDCWD, "etc/10.json", blanks, 10u << 20, 0644),
			 0);
	config = load_config();
	assert_problem(config, "etc/10.json", "larger than 4194304 bytes");
}
END_TEST

/* The file has a size but no blocks on the disk, like the files of sysfs. */
START_TEST(test_too_large_sparse_file_is_a_problem)
{
	_cleanup_def_set_ struct def_set *config = NULL;

	put_file("etc/10.json", "");
	ck_assert_int_eq(truncate("etc/10.json", INT64_C(1) << 40), 0);
	config = load_config();
	assert_problem(config, "etc/10.json", "larger than 4194304 bytes");
}
END_TEST

/* Drops root while it loads, because root may read everything. */
static struct def_set *load_unprivileged(void)
{
	struct def_set *config;
	bool root = geteuid() == 0;

	if (root)
		ck_assert_int_eq(seteuid(NOBODY), 0);
	config = load_config();
	if (root)
		ck_assert_int_eq(seteuid(0), 0);
	return config;
}

START_TEST(test_unreadable_file_is_a_problem)
{
	_cleanup_def_set_ struct def_set *config = NULL;

	put_group("etc/10.json", "a", "01:00.0");
	ck_assert_int_eq(chmod("etc/10.json", 0), 0);
	config = load_unprivileged();
	assert_problem(config, "etc/10.json", "cannot be read: Permission denied");
}
END_TEST

START_TEST(test_unreadable_directory_is_a_problem)
{
	_cleanup_def_set_ struct def_set *config = NULL;

	put_group("lib/10.json", "a", "01:00.0");
	ck_assert_int_eq(chmod("etc", 0), 0);
	config = load_unprivileged();
	ck_assert_int_eq(chmod("etc", 0755), 0);
	assert_problem(config, "etc", "cannot be read: Permission denied");
	ck_assert_ptr_nonnull(def_set_find_group(config, "a"));
}
END_TEST

START_TEST(test_file_in_place_of_directory_is_a_problem)
{
	_cleanup_def_set_ struct def_set *config = NULL;

	ck_assert_int_eq(rmdir("run"), 0);
	put_file("run", "{}");
	config = load_config();
	assert_problem(config, "run", "Not a directory");
}
END_TEST

START_TEST(test_device_in_two_files_is_a_problem)
{
	_cleanup_def_set_ struct def_set *config = NULL;
	const struct problem *problem;

	put_group("lib/10.json", "a", "0000:01:00.0");
	put_group("etc/20.json", "b", "01:00.0");
	config = load_config();
	ck_assert_uint_eq(config->problems.n, 1);
	problem = config->problems.items[0];
	ck_assert_str_eq(problem->file, "etc/20.json");
	ck_assert_uint_eq(problem->column, 35);
	ck_assert_ptr_nonnull(strstr(problem->text, "\"a\" already (lib/10.json:1:35)"));
	ck_assert_ptr_nonnull(def_set_find_group(config, "a"));
	ck_assert_ptr_null(def_set_find_group(config, "b"));
}
END_TEST

START_TEST(test_named_file_is_read)
{
	_cleanup_def_set_ struct def_set *config = def_set_new();

	put_group("any-name", "a", "01:00.0");
	ck_assert_int_eq(config_dirs_load_file(config, "any-name"), 0);
	ck_assert_uint_eq(config->problems.n, 0);
	assert_file(config, "a", "any-name");
	ck_assert_int_eq(config_dirs_load_file(config, "not-there"), 0);
	assert_problem(config, "not-there", "No such file");
}
END_TEST

/* Users other than root can change these, so they define nothing. */
START_TEST(test_file_that_others_can_change_is_a_problem)
{
	_cleanup_def_set_ struct def_set *config = NULL;

	put_group("etc/10.json", "a", "01:00.0");
	put_group("etc/20.json", "b", "02:00.0");
	ck_assert_int_eq(chmod("etc/10.json", 0666), 0);
	config = load_config();
	assert_problem(config, "etc/10.json", "mode 0666");
	ck_assert_ptr_null(def_set_find_group(config, "a"));
	assert_file(config, "b", "etc/20.json");
}
END_TEST

START_TEST(test_directory_that_others_can_change_is_a_problem)
{
	_cleanup_def_set_ struct def_set *config = NULL;

	put_group("lib/10.json", "a", "01:00.0");
	put_group("etc/10.json", "b", "02:00.0");
	ck_assert_int_eq(chmod("etc", 0777), 0);
	config = load_config();
	assert_problem(config, "etc", "mode 0777");
	ck_assert_ptr_null(def_set_find_group(config, "b"));
	assert_file(config, "a", "lib/10.json"); /* still read: a skipped file hides none */
}
END_TEST

START_TEST(test_link_to_where_others_write_is_a_problem)
{
	_cleanup_def_set_ struct def_set *config = NULL;

	ck_assert_int_eq(mkdir("open", 0755), 0);
	put_group("open/x.json", "a", "01:00.0");
	ck_assert_int_eq(chmod("open", 0777), 0);
	ck_assert_int_eq(symlink("../open/x.json", "etc/10.json"), 0);
	config = load_config();
	assert_problem(config, "etc/10.json", "a link leads to");
	ck_assert_uint_eq(config->groups.n, 0);
}
END_TEST

START_TEST(test_named_file_that_others_can_change_is_a_warning)
{
	_cleanup_def_set_ struct def_set *config = def_set_new();
	const struct problem *problem;

	put_group("own.json", "a", "01:00.0");
	ck_assert_int_eq(chmod("own.json", 0666), 0);
	ck_assert_int_eq(config_dirs_load_file(config, "own.json"), 0);
	ck_assert_uint_eq(config->problems.n, 1);
	problem = config->problems.items[0];
	ck_assert(problem->warning);
	assert_file(config, "a", "own.json");
}
END_TEST

SUITE_WITH_FIXTURE("config-dirs", make_directories, remove_directories,
		   test_missing_directory_is_empty, test_higher_directory_replaces_file,
		   test_later_file_name_wins, test_link_to_dev_null_masks_file,
		   test_empty_file_does_not_mask, test_other_file_names_are_ignored,
		   test_bad_file_leaves_the_others, test_link_to_file_is_read,
		   test_dangling_link_is_a_problem, test_link_to_itself_is_a_problem,
		   test_fifo_is_a_problem, test_socket_is_a_problem, test_device_node_is_a_problem,
		   test_directory_is_a_problem, test_too_large_file_is_a_problem,
		   test_too_large_sparse_file_is_a_problem, test_unreadable_file_is_a_problem,
		   test_unreadable_directory_is_a_problem,
		   test_file_in_place_of_directory_is_a_problem,
		   test_device_in_two_files_is_a_problem, test_named_file_is_read,
		   test_file_that_others_can_change_is_a_problem,
		   test_directory_that_others_can_change_is_a_problem,
		   test_link_to_where_others_write_is_a_problem,
		   test_named_file_that_others_can_change_is_a_warning)
