/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "base/utf8.h"
#include "model/config/def-set.h"
#include "model/json/jsontext.h"
#include "mutate.h"
#include "source-tree.h"

/* Reads the files of tests/config. Their problems must be those of tests/config/expected. */

static void parse_into(struct def_set *config, const char *file, const char *text)
{
	ck_assert_int_eq(parse_definitions(config, file, text, strlen(text)), 0);
}

static struct def_set *parse_source(const char *name)
{
	struct def_set *config = def_set_new();
	_cleanup_free_ char *text = NULL;
	size_t size;

	ck_assert_ptr_nonnull(config);
	text = source_tree_read(name, &size);
	ck_assert_int_eq(parse_definitions(config, name, text, size), 0);
	ck_assert_int_eq(def_set_check_devices(config), 0);
	return config;
}

static const struct problem *problem_at(const struct def_set *config, size_t i)
{
	ck_assert_uint_lt(i, config->problems.n);
	return config->problems.items[i];
}

static void assert_clean(const struct def_set *config)
{
	if (config->problems.n > 0)
		ck_abort_msg("%s:%u:%u: %s", problem_at(config, 0)->file,
			     problem_at(config, 0)->line, problem_at(config, 0)->column,
			     problem_at(config, 0)->text);
}

/* Prints a line for each problem of the file @name: file, line:column, kind and text. */
static void print_problems(FILE *out, const char *name)
{
	_cleanup_free_ char *path = str_printf("tests/config/%s", name);
	_cleanup_def_set_ struct def_set *config = parse_source(path);

	VEC_FOREACH(const struct problem, problem, &config->problems)
		fprintf(out, "%s\t%u:%u\t%s\t%s\n", name, problem->line, problem->column,
			problem->warning ? "warning" : "error", problem->text);
	ck_assert_int_eq(def_set_has_errors(config), str_starts(name, "bad/"));
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void list_files(const char *directory, struct vec *names)
{
	_cleanup_free_ char *within = str_printf("tests/config/%s", directory);
	_cleanup_free_ char *path = source_tree_path(within);
	_cleanup_closedir_ DIR *dir = opendir(path);
	const struct dirent *item;

	ck_assert_ptr_nonnull(dir);
	while ((item = readdir(dir)))
		if (strstr(item->d_name, ".json"))
			ck_assert_int_eq(
				vec_add(names, str_printf("%s/%s", directory, item->d_name)), 0);
	vec_sort(names, compare_names);
}

static DEFINE_VEC_CLEAR(names_clear, char, free)

static char *report_all_files(void)
{
	_cleanup_(names_clear) struct vec good = { 0 }, bad = { 0 };
	size_t size;
	char *report = NULL;
	FILE *out = open_memstream(&report, &size);

	ck_assert_ptr_nonnull(out);
	list_files("bad", &bad);
	list_files("good", &good);
	ck_assert_uint_ge(bad.n, 30);
	VEC_FOREACH(const char, name, &bad)
		print_problems(out, name);
	VEC_FOREACH(const char, name, &good)
		print_problems(out, name);
	fclose(out);
	return report;
}

/* Each line of the table starts the same line of the report. Both have as many lines. */
START_TEST(test_files_have_their_expected_problems)
{
	_cleanup_free_ char *expected = source_tree_read("tests/config/expected", NULL);
	_cleanup_free_ char *report = report_all_files();
	char *table_at, *report_at, *line, *found;

	line = strtok_r(expected, "\n", &table_at);
	found = strtok_r(report, "\n", &report_at);
	while (line && line[0] == '#')
		line = strtok_r(NULL, "\n", &table_at);
	while (line && found) {
		ck_assert_msg(str_starts(found, line), "expected %s\nfound    %s", line, found);
		line = strtok_r(NULL, "\n", &table_at);
		found = strtok_r(NULL, "\n", &report_at);
	}
	ck_assert_msg(!line && !found, "expected %s\nfound    %s", str_or(line, "nothing more"),
		      str_or(found, "nothing more"));
}
END_TEST

START_TEST(test_every_key_is_read)
{
	_cleanup_def_set_ struct def_set *config = parse_source("tests/config/good/all-keys.json");
	const struct group_def *nic, *gpu;

	assert_clean(config);
	ck_assert_uint_eq(config->groups.n, 2);
	nic = def_set_find_group(config, "nic0");
	gpu = def_set_find_group(config, "gpu");
	ck_assert_ptr_nonnull(nic);
	ck_assert_ptr_nonnull(gpu);
	ck_assert_str_eq(nic->description, "");
	ck_assert_str_eq(nic->driver, "vfio-pci");
	ck_assert_int_eq(nic->bind, BIND_BOOT);
	ck_assert_int_eq(nic->on_release, ON_RELEASE_KEEP);
	ck_assert_int_eq(nic->reset_before, RESET_REQUIRE);
	ck_assert_int_eq(nic->reset_after, RESET_NONE);
	ck_assert_uint_eq(strv_length(nic->reset_methods), 8);
	ck_assert_str_eq(nic->reset_methods[3], "af_flr");
	ck_assert_uint_eq(strv_length(nic->users), 4);
	ck_assert_str_eq(nic->users[2], "DOMAIN\\user");
	ck_assert_str_eq(nic->groups[0], "kvm");
	ck_assert_str_eq(nic->reserved_for, "the router");
	ck_assert_uint_eq(nic->memlock, UINT64_C(16) << 30);
	ck_assert_str_eq(nic->file, "tests/config/good/all-keys.json");
	ck_assert_uint_eq(nic->line, 4);
	ck_assert_uint_eq(nic->column, 5);
	ck_assert_int_eq(gpu->on_release, ON_RELEASE_NONE);
	ck_assert_uint_eq(gpu->memlock, UINT64_MAX);
	ck_assert_ptr_null(gpu->users);
}
END_TEST

START_TEST(test_missing_keys_have_defaults)
{
	_cleanup_def_set_ struct def_set *config = parse_source("tests/config/good/minimal.json");
	const struct group_def *def = def_set_find_group(config, "a");

	assert_clean(config);
	ck_assert_ptr_nonnull(def);
	ck_assert_ptr_null(def->description);
	ck_assert_str_eq(def->driver, "auto");
	ck_assert_int_eq(def->bind, BIND_CLAIM);
	ck_assert_int_eq(def->on_release, ON_RELEASE_RESTORE);
	ck_assert_int_eq(def->reset_before, RESET_AUTO);
	ck_assert_int_eq(def->reset_after, RESET_AUTO);
	ck_assert_ptr_null(def->reset_methods);
	ck_assert_ptr_null(def->reserved_for);
	ck_assert_uint_eq(def->memlock, 0);
}
END_TEST

START_TEST(test_virtual_functions_are_read)
{
	_cleanup_def_set_ struct def_set *config = parse_source("tests/config/good/all-keys.json");
	const struct vf_def *sriov = def_set_find_vfs(config, "0000:02:00.0");

	ck_assert_uint_eq(config->sriov.n, 2);
	ck_assert_ptr_nonnull(sriov);
	ck_assert_uint_eq(sriov->count, 3);
	ck_assert(!sriov->autoprobe);
	ck_assert_uint_eq(sriov->line, 20);
	sriov = def_set_find_vfs(config, "0000:02:00.1");
	ck_assert_ptr_nonnull(sriov);
	ck_assert_uint_eq(sriov->count, 0);
	ck_assert(sriov->autoprobe);
}
END_TEST

START_TEST(test_addresses_are_normalised)
{
	static const char *const expected[] = {
		"0000:01:00.0",		 "0000:02:00.1",
		"0000:03:1f.7",		 "10000:e1:00.0",
		"platform:fe200000.dma", "mdev:83b8f4f2-509f-382f-3c1e-e6bfe0fa1001",
		"platform:fe300000.dma",
	};
	_cleanup_def_set_ struct def_set *config = parse_source("tests/config/good/addresses.json");
	const struct group_def *def = def_set_find_group(config, "mixed.1_a-b");

	assert_clean(config);
	ck_assert_ptr_nonnull(def);
	ck_assert_uint_eq(def->selectors.n, ARRAY_SIZE(expected));
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		const struct selector *selector = def->selectors.items[i];

		ck_assert_str_eq(selector->address, expected[i]);
	}
}
END_TEST

START_TEST(test_selectors_are_read)
{
	_cleanup_def_set_ struct def_set *config = parse_source("tests/config/good/selectors.json");
	const struct group_def *def = def_set_find_group(config, "all");
	const struct selector *const *s;

	assert_clean(config);
	ck_assert_ptr_nonnull(def);
	ck_assert_uint_eq(def->selectors.n, 8);
	s = (const struct selector *const *)def->selectors.items;
	ck_assert_int_eq(s[0]->vendor, 0x8086);
	ck_assert_int_eq(s[0]->device, 0x10d3);
	ck_assert_int_eq(s[0]->subsystem_vendor, 0x8086);
	ck_assert_int_eq(s[0]->subsystem_device, 0xa01f);
	ck_assert_uint_eq(s[0]->line, 2);
	ck_assert_uint_eq(s[0]->column, 3);
	ck_assert_str_eq(s[1]->path, "0000:00:1c.4/00.0/08.1");
	ck_assert_str_eq(s[1]->bus, "pci");
	ck_assert_int_eq(s[1]->class_code, 2);
	ck_assert_uint_eq(s[1]->class_digits, 2);
	ck_assert_str_eq(s[2]->path, "0000:00:1f.2");
	ck_assert_int_eq(s[2]->vendor, -1);
	ck_assert_int_eq(s[3]->class_code, 0x0108);
	ck_assert_str_eq(s[3]->serial, "00-1b-21-ff-ff-12-34-56");
	ck_assert_int_eq(s[3]->nth, -1);
	ck_assert_int_eq(s[4]->nth, 0);
	ck_assert_int_eq(s[5]->nth, 1);
	ck_assert_str_eq(s[6]->vf_of, "0000:02:00.0");
	ck_assert_int_eq(s[6]->index, 0);
	ck_assert_str_eq(s[7]->bus, "mdev");
}
END_TEST

START_TEST(test_later_definition_replaces_earlier)
{
	_cleanup_def_set_ struct def_set *config = def_set_new();

	parse_into(config, "10.json",
		   "{\"groups\":{\"a\":{\"devices\":[\"01:00.0\"]},"
		   "\"b\":{\"devices\":[\"02:00.0\"]}},"
		   "\"virtual-functions\":{\"03:00.0\":{\"count\":1}}}");
	parse_into(config, "20.json",
		   "{\"groups\":{\"a\":{\"devices\":[\"04:00.0\"]}},"
		   "\"virtual-functions\":{\"0000:03:00.0\":{\"count\":2}}}");
	assert_clean(config);
	ck_assert_uint_eq(config->groups.n, 2);
	ck_assert_uint_eq(config->in_order.n, 2);
	ck_assert_str_eq(def_set_find_group(config, "a")->file, "20.json");
	ck_assert_str_eq(def_set_find_group(config, "b")->file, "10.json");
	ck_assert_uint_eq(config->sriov.n, 1);
	ck_assert_uint_eq(def_set_find_vfs(config, "0000:03:00.0")->count, 2);
}
END_TEST

START_TEST(test_bad_file_changes_nothing)
{
	_cleanup_def_set_ struct def_set *config = def_set_new();

	parse_into(config, "10.json", "{\"groups\":{\"a\":{\"devices\":[\"01:00.0\"]}}}");
	parse_into(config, "20.json",
		   "{\"groups\":{\"a\":{\"devices\":[\"02:00.0\"]},"
		   "\"b\":{\"devices\":[\"03:00.0\"],\"bind\":\"never\"}},"
		   "\"virtual-functions\":{\"03:00.0\":{\"count\":1}}}");
	ck_assert_uint_eq(config->problems.n, 1);
	ck_assert_str_eq(problem_at(config, 0)->file, "20.json");
	ck_assert_uint_eq(config->groups.n, 1);
	ck_assert_uint_eq(config->sriov.n, 0);
	ck_assert_str_eq(def_set_find_group(config, "a")->file, "10.json");
}
END_TEST

/*
 * Only definitions in force at the end count. A group that is left out takes no device from others.
 */
START_TEST(test_device_in_two_groups_is_a_problem)
{
	_cleanup_def_set_ struct def_set *config = def_set_new();

	parse_into(config, "10.json",
		   "{\"groups\":{\"a\":{\"devices\":[\"01:00.0\"]},"
		   "\"z\":{\"devices\":[\"05:00.0\"]}}}");
	parse_into(config, "20.json",
		   "{\"groups\":{\"b\":{\"devices\":[\"01:00.0\",\"02:00.0\"]}}}");
	parse_into(config, "30.json",
		   "{\"groups\":{\"c\":{\"devices\":[\"02:00.0\",\"03:00.0\"]},"
		   "\"d\":{\"devices\":[\"03:00.0\"]}}}");
	parse_into(config, "40.json",
		   "{\"groups\":{\"a\":{\"devices\":[\"04:00.0\"]},"
		   "\"e\":{\"devices\":[\"05:00.0\"]}}}");
	assert_clean(config);
	ck_assert_int_eq(def_set_check_devices(config), 0);
	ck_assert_uint_eq(config->problems.n, 2);
	ck_assert_str_eq(problem_at(config, 0)->file, "30.json");
	ck_assert_ptr_nonnull(strstr(problem_at(config, 0)->text, "\"b\" already (20.json:1:38)"));
	ck_assert_str_eq(problem_at(config, 1)->file, "40.json");
	ck_assert_ptr_nonnull(def_set_find_group(config, "a"));
	ck_assert_ptr_nonnull(def_set_find_group(config, "b"));
	ck_assert_ptr_null(def_set_find_group(config, "c"));
	ck_assert_ptr_nonnull(def_set_find_group(config, "d"));
	ck_assert_ptr_null(def_set_find_group(config, "e"));
	ck_assert_ptr_nonnull(def_set_find_group(config, "z"));
}
END_TEST

/* A report goes to a terminal and over D-Bus, so it must be clean whatever the file holds. */
START_TEST(test_messages_are_clean)
{
	_cleanup_def_set_ struct def_set *config = def_set_new();
	_cleanup_free_ char *text = NULL;
	char filler[80];

	/* the cut after 80 bytes splits the two bytes of the umlaut */
	memset(filler, 'x', sizeof(filler) - 1);
	filler[sizeof(filler) - 1] = '\0';
	text = str_printf("{\"groups\":{\"a\":{\"devices\":[\"01:00.0\"],\"driver\":\"%s\xc3\xbc\","
			  "\"\\u001b[31m\":1}}}",
			  filler);
	parse_into(config, "\x1b\xff.json", text);
	ck_assert_uint_eq(config->problems.n, 2);
	ck_assert_str_eq(problem_at(config, 0)->file, "??.json");
	VEC_FOREACH(const struct problem, problem, &config->problems) {
		_cleanup_free_ char *copy = strdup(problem->text);

		ck_assert_str_eq(utf8_clean(copy), problem->text);
	}
}
END_TEST

static char *repeat_text(const char *head, const char *part, size_t n, const char *tail)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(out);
	fputs(head, out);
	while (n--)
		fputs(part, out);
	fputs(tail, out);
	fclose(out);
	return text;
}

START_TEST(test_deep_nesting_is_refused)
{
	_cleanup_def_set_ struct def_set *config = def_set_new();
	_cleanup_free_ char *arrays = repeat_text("", "[", 1000000, "");
	_cleanup_free_ char *objects = repeat_text("", "{\"a\":", 500000, "");

	parse_into(config, "arrays", arrays);
	parse_into(config, "objects", objects);
	ck_assert_uint_eq(config->problems.n, 2);
	ck_assert_uint_eq(problem_at(config, 0)->column, 33);
	ck_assert_uint_eq(problem_at(config, 1)->column, 32 * strlen("{\"a\":") + 1);
}
END_TEST

/* A file full of errors gives a bounded report, in bounded time. */
START_TEST(test_number_of_problems_is_limited)
{
	_cleanup_def_set_ struct def_set *config = def_set_new();
	_cleanup_free_ char *rubbish =
		repeat_text("{\"groups\":{\"a\":{\"devices\":[", "7,", 150000, "7]}}}");
	_cleanup_free_ char *same = repeat_text("{", "\"x\":1,", 60000, "\"groups\":{}}");

	parse_into(config, "rubbish", rubbish);
	ck_assert_uint_eq(config->problems.n, 101);
	ck_assert_ptr_nonnull(strstr(problem_at(config, 100)->text, "not listed"));
	parse_into(config, "same", same);
	ck_assert_uint_eq(config->problems.n, 202);
}
END_TEST

/* --- mutated text --- */

static void assert_survives(const char *name, uint32_t seed)
{
	_cleanup_free_ char *original = NULL;
	uint32_t state = seed;
	size_t original_size;

	original = source_tree_read(name, &original_size);
	for (unsigned round = 0; round < 250; round++) {
		_cleanup_def_set_ struct def_set *config = def_set_new();
		size_t size;
		_cleanup_free_ char *mutant = mutate(original, original_size, &state, &size);

		ck_assert_int_eq(parse_definitions(config, name, mutant, size), 0);
		ck_assert_int_eq(def_set_check_devices(config), 0);
	}
}

START_TEST(test_mutated_file_is_parsed_safely)
{
	assert_survives("tests/config/good/all-keys.json", 1);
	assert_survives("tests/config/good/selectors.json", 2);
	assert_survives("tests/config/good/comments.json", 3);
	assert_survives("tests/config/good/escapes.json", 4);
	assert_survives("tests/config/bad/many-errors.json", 5);
}
END_TEST

START_TEST(test_truncated_file_is_a_problem)
{
	_cleanup_free_ char *text = NULL;
	size_t size;

	text = source_tree_read("tests/config/good/all-keys.json", &size);
	for (size_t n = 0; n + 2 < size; n++) {
		_cleanup_def_set_ struct def_set *config = def_set_new();
		_cleanup_free_ char *part = memcpy(malloc(n + 1), text, n);

		ck_assert_int_eq(parse_definitions(config, "part", part, n), 0);
		ck_assert_uint_eq(config->problems.n, 1);
		ck_assert_uint_eq(config->groups.n, 0);
	}
}
END_TEST

START_TEST(test_examples_have_no_problems)
{
	static const char *const names[] = {
		"etc/devgroups.d/10-network-card.json.sample",
		"etc/devgroups.d/20-graphics-card.json.sample",
		"etc/devgroups.d/30-virtual-functions.json.sample",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_def_set_ struct def_set *config = parse_source(names[i]);

		assert_clean(config);
		ck_assert_uint_gt(config->groups.n, 0);
	}
}
END_TEST

START_TEST(test_an_error_names_the_groups_that_it_keeps_out_of_force)
{
	_cleanup_def_set_ struct def_set *config = def_set_new();
	const struct vec *problems = &config->problems;

	parse_into(config, "good", "{\"groups\": {\"a\": {\"devices\": [\"01:00.0\"]}}}");
	ck_assert_ptr_null(def_set_find_problem(problems, "a"));
	parse_into(config, "broken",
		   "{\"groups\": {\"b\" : {\"devices\": [,]},\n \"c\": {}, d\": {}");
	parse_into(config, "wrong", "{\"groups\": {\"e\": {\"devices\": 7}}}");
	parse_into(config, "twice", "{\"groups\": {\"f\": {\"devices\": [\"01:00.0\"]}}}");
	ck_assert_int_eq(def_set_check_devices(config), 0);
	ck_assert_str_eq(def_set_find_problem(problems, "b")->file, "broken");
	ck_assert_str_eq(def_set_find_problem(problems, "c")->file, "broken");
	ck_assert_str_eq(def_set_find_problem(problems, "e")->file, "wrong");
	ck_assert_str_eq(def_set_find_problem(problems, "f")->file, "twice");
	ck_assert_ptr_null(def_set_find_problem(problems, "devices"));
	ck_assert_ptr_null(def_set_find_problem(problems, "z"));
	/* the groups of a file that was not read are not known */
	ck_assert_int_eq(def_set_add_problem(config, "unread", 0, 0, false, "not read"), 0);
	ck_assert_str_eq(def_set_find_problem(problems, "z")->file, "unread");
	ck_assert_str_eq(def_set_find_problem(problems, "e")->file, "wrong");
}
END_TEST

SUITE("def-set", test_files_have_their_expected_problems, test_every_key_is_read,
      test_missing_keys_have_defaults, test_virtual_functions_are_read,
      test_addresses_are_normalised, test_selectors_are_read,
      test_later_definition_replaces_earlier, test_bad_file_changes_nothing,
      test_device_in_two_groups_is_a_problem,
      test_an_error_names_the_groups_that_it_keeps_out_of_force, test_messages_are_clean,
      test_deep_nesting_is_refused, test_number_of_problems_is_limited,
      test_mutated_file_is_parsed_safely, test_truncated_file_is_a_problem,
      test_examples_have_no_problems)
