/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include "base/str.h"
#include "base/strv.h"
#include "cli/cli-options.h"

/* A parsed command line, "devgroupctl" included. Its words have no blanks. */
struct line {
	char **argv;
	struct cli_options options;
};

static int parse_line(struct line *line, const char *words)
{
	_cleanup_free_ char *text = str_printf("devgroupctl %s", words);

	ck_assert_ptr_nonnull(text);
	ck_assert_int_eq(strv_split(text, " ", &line->argv), 0);
	return cli_options_parse((int)strv_length(line->argv), line->argv, &line->options);
}

static void line_clear(struct line *line)
{
	cli_options_clear(&line->options);
	strv_free(line->argv);
}
#define _cleanup_line_ _cleanup_(line_clear)

static void check_words(const struct line *line, const char *expected)
{
	_cleanup_free_ char *joined = strv_join(line->options.words, " ");

	ck_assert_str_eq(joined, expected);
}

START_TEST(test_empty_command_line)
{
	_cleanup_line_ struct line line = { 0 };

	ck_assert_int_eq(parse_line(&line, ""), 0);
	check_words(&line, "");
	ck_assert_ptr_null(line.options.command);
	ck_assert_uint_eq(line.options.given, 0);
}
END_TEST

START_TEST(test_options_before_and_after_the_verb)
{
	_cleanup_line_ struct line line = { 0 };

	ck_assert_int_eq(parse_line(&line, "-q --json=pretty claim --label vm1 nic0 --wait=2.5 -f"),
			 0);
	check_words(&line, "claim nic0");
	ck_assert(line.options.quiet);
	ck_assert(line.options.force);
	ck_assert_int_eq(line.options.json, CLI_JSON_PRETTY);
	ck_assert_str_eq(line.options.label, "vm1");
	ck_assert_uint_eq(line.options.wait, 2500000);
}
END_TEST

START_TEST(test_command_follows_dashes)
{
	_cleanup_line_ struct line line = { 0 };
	_cleanup_free_ char *command = NULL;

	ck_assert_int_eq(parse_line(&line, "run nic0 -q nic1 -- cmd -x --json=bad -- nic2"), 0);
	check_words(&line, "run nic0 nic1");
	ck_assert(line.options.quiet);
	command = strv_join(line.options.command, " ");
	ck_assert_str_eq(command, "cmd -x --json=bad -- nic2");
}
END_TEST

/* Only a "--" at which getopt stopped starts the command. It may also be the argument of an option.
 */
START_TEST(test_dashes_as_an_argument)
{
	_cleanup_line_ struct line line = { 0 }, last = { 0 }, first = { 0 };

	ck_assert_int_eq(parse_line(&line, "run nic0 --label -- true"), 0);
	ck_assert_str_eq(line.options.label, "--");
	ck_assert_ptr_null(line.options.command);
	check_words(&line, "run nic0 true");

	ck_assert_int_eq(parse_line(&last, "run nic0 --"), 0);
	ck_assert_ptr_nonnull(last.options.command);
	ck_assert_ptr_null(last.options.command[0]);

	ck_assert_int_eq(parse_line(&first, "-- status"), 0);
	ck_assert_str_eq(first.options.command[0], "status");
	check_words(&first, "");
}
END_TEST

START_TEST(test_invalid_arguments_are_refused)
{
	static const char *const bad[] = {
		"--nonsense",	  "-Z",		 "claim x --wait", "claim x --wait=x",
		"--wait=-1",	  "--wait=nan",	 "--wait=inf",	   "--wait=1e30",
		"--wait=",	  "--json=yaml", "--json",	   "--interface=cdev",
		"--no-pager=yes",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_line_ struct line line = { 0 };

		ck_assert_msg(parse_line(&line, bad[i]) == -EINVAL, "%s was accepted", bad[i]);
	}
}
END_TEST

START_TEST(test_option_of_another_verb_is_found)
{
	_cleanup_line_ struct line line = { 0 };

	ck_assert_int_eq(parse_line(&line, "list -q --all --label=x"), 0);
	ck_assert_str_eq(cli_options_find_unfit(&line.options, CLI_OPTIONS_BIT(OPTION_ALL)),
			 "label");
	ck_assert_ptr_null(cli_options_find_unfit(
		&line.options, CLI_OPTIONS_BIT(OPTION_ALL) | CLI_OPTIONS_BIT(OPTION_LABEL)));
}
END_TEST

static void check_list(char *const *list, const char *expected)
{
	_cleanup_free_ char *joined = strv_join(list, " ");

	ck_assert_str_eq(joined, expected);
}

/*
 * Options of a definition: users, groups and devices accumulate. The last one of any other counts.
 */
START_TEST(test_definition_options)
{
	_cleanup_line_ struct line line = { 0 };

	ck_assert_int_eq(parse_line(&line, "define nic0 --device=01:00.0 --user alice --device {} "
					   "--group=kvm --user=bob --driver=auto --driver=vfio-pci "
					   "--description=x --reserved-for=vm --bind=boot "
					   "--on-release=keep --replace --runtime"),
			 0);
	check_words(&line, "define nic0");
	check_list(line.options.definition.devices, "01:00.0 {}");
	check_list(line.options.definition.users, "alice bob");
	check_list(line.options.definition.groups, "kvm");
	ck_assert_str_eq(line.options.definition.driver, "vfio-pci");
	ck_assert_str_eq(line.options.definition.description, "x");
	ck_assert_str_eq(line.options.definition.reserved_for, "vm");
	ck_assert_str_eq(line.options.definition.bind, "boot");
	ck_assert_str_eq(line.options.definition.on_release, "keep");
	ck_assert(line.options.replace && line.options.runtime && !line.options.mask);
}
END_TEST

/* -H names the daemon of another host, --host a recorded host. */
START_TEST(test_host_options)
{
	_cleanup_line_ struct line line = { 0 }, recorded = { 0 }, bare = { 0 }, between = { 0 },
				   command = { 0 };

	ck_assert_int_eq(parse_line(&line, "-H root@far list -M box"), 0);
	ck_assert_str_eq(line.options.host, "root@far");
	ck_assert_str_eq(line.options.machine, "box");
	ck_assert_ptr_null(line.options.host_file);
	ck_assert_int_eq(parse_line(&recorded, "graph --tree --host - --config-dir=/x --root /y"),
			 0);
	ck_assert_str_eq(recorded.options.host_file, "-");
	ck_assert_str_eq(recorded.options.config_dir, "/x");
	ck_assert_str_eq(recorded.options.root, "/y");
	ck_assert(recorded.options.tree);
	ck_assert_ptr_null(recorded.options.host);
	ck_assert_int_eq(parse_line(&bare, "explain --host"), 0);
	ck_assert_ptr_null(bare.options.host_file);
	ck_assert_str_eq(bare.options.words[0], "explain");
	ck_assert_int_eq(parse_line(&between, "graph --host --tree"), 0);
	ck_assert_ptr_null(between.options.host_file);
	ck_assert(between.options.tree);
	ck_assert_int_eq(parse_line(&command, "run nic0 -- prog --host"), 0);
	ck_assert_str_eq(command.options.command[1], "--host");
}
END_TEST

START_TEST(test_short_options_of_list)
{
	_cleanup_line_ struct line line = { 0 };

	ck_assert_int_eq(parse_line(&line, "-a --assignable -d nic0"), 0);
	check_words(&line, "nic0");
	ck_assert(line.options.all && line.options.devices && line.options.assignable);
	ck_assert(!line.options.blocked);
	ck_assert_uint_eq(line.options.given, CLI_OPTIONS_BIT(OPTION_ALL) |
						      CLI_OPTIONS_BIT(OPTION_DEVICES) |
						      CLI_OPTIONS_BIT(OPTION_ASSIGNABLE));
}
END_TEST

START_TEST(test_zero_wait_counts_as_given)
{
	_cleanup_line_ struct line line = { 0 };

	ck_assert_int_eq(parse_line(&line, "claim nic0 --wait=0"), 0);
	ck_assert_uint_eq(line.options.wait, 0);
	ck_assert(line.options.given & CLI_OPTIONS_BIT(OPTION_WAIT));
}
END_TEST

/* Every option with an argument fails without one, except for --host (test_host_options). */
START_TEST(test_missing_argument_is_refused)
{
	static const char *const options[] = {
		"-H",	    "--machine",    "--json",	     "--label",
		"--wait",   "--interface",  "--root",	     "--device",
		"--driver", "--user",	    "--group",	     "--config-dir",
		"--bind",   "--on-release", "--description", "--reserved-for",
	};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		_cleanup_line_ struct line line = { 0 };

		ck_assert_msg(parse_line(&line, options[i]) == -EINVAL, "%s was accepted",
			      options[i]);
	}
}
END_TEST

SUITE("cli-options", test_empty_command_line, test_options_before_and_after_the_verb,
      test_command_follows_dashes, test_dashes_as_an_argument, test_invalid_arguments_are_refused,
      test_option_of_another_verb_is_found, test_definition_options, test_host_options,
      test_short_options_of_list, test_zero_wait_counts_as_given, test_missing_argument_is_refused)
