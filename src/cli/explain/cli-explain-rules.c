/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>

#include "base/str.h"
#include "base/strv.h"
#include "cli/cli.h"
#include "cli/explain/cli-explain-rules.h"
#include "cli/explain/cli-explain-text.h"
#include "cli/print/cli-term.h"
#include "policy/report/rules-diff.h"

#define KEY "other-rules"

int cli_explain_rules_parse(const char *word, unsigned *ret)
{
	_cleanup_free_ char *oldest = kernel_rules_format(KERNEL_RULES_OLDEST),
			    *newest = kernel_rules_format(KERNEL_RULES_NEWEST);
	int r = kernel_rules_parse(word, ret);

	if (r >= 0)
		return 0;
	fprintf(stderr,
		"devgroupctl: --rules=%s is %s: expected a release of Linux from kernel-%s to "
		"kernel-%s, or next, the series of patches %s.\n",
		word, r == -ERANGE ? "not known" : "invalid", str_or(oldest, ""),
		str_or(newest, ""), KERNEL_RULES_SERIES);
	return EXIT_USAGE;
}

/* --- as JSON --- */

/* Returns [[device]], the groups of @change by @numbers. Devices in no group are left out. */
static json_object *explain_rules_groups_to_json(const struct inventory *inv,
						 const struct rules_change *change,
						 const int *numbers)
{
	_cleanup_json_ json_object *groups = json_object_new_array();
	_cleanup_free_ json_object **by_number = calloc(inv->devices.n + 1, sizeof(*by_number));

	if (!by_number)
		return NULL;
	VEC_FOREACH(const struct device, device, &change->devices) {
		int number = numbers[inventory_index(inv, device)];

		if (number < 0)
			continue;
		if (!by_number[number]) {
			by_number[number] = json_object_new_array();
			if (cli_json_append(groups, by_number[number]) < 0)
				return NULL;
		}
		if (cli_json_append(by_number[number], json_object_new_string(device->key)) < 0)
			return NULL;
	}
	return TAKE_PTR(groups);
}

static json_object *explain_rules_rule_to_json(const struct kernel_rule *rule)
{
	_cleanup_free_ char *since = kernel_rules_format(rule->since);

	if (!since)
		return NULL;
	return CLI_JSON_NEW({ "rule", json_object_new_string(rule->name) },
			    { "since", json_object_new_string(since) },
			    { "text", json_object_new_string(rule->text) },
			    { "source", json_object_new_string(rule->source) });
}

static json_object *explain_rules_change_to_json(const struct inventory *inv,
						 const struct rules_diff *diff,
						 const struct rules_change *change)
{
	_cleanup_json_ json_object *rules = json_object_new_array();

	VEC_FOREACH(const struct kernel_rule, rule, &change->rules)
		if (cli_json_append(rules, explain_rules_rule_to_json(rule)) < 0)
			return NULL;
	return CLI_JSON_NEW({ "now", explain_rules_groups_to_json(inv, change, diff->now) },
			    { "then", explain_rules_groups_to_json(inv, change, diff->then) },
			    { "rules", TAKE_PTR(rules) });
}

/* Returns whether @found, which is sorted, has one of @devices. NULL: all are meant. */
static bool explain_rules_is_asked(const struct vec *found, const struct vec *devices)
{
	if (!devices)
		return true;
	VEC_FOREACH(const struct device, device, devices)
		if (vec_find_sorted(found, device, device_cmp, NULL) >= 0)
			return true;
	return false;
}

static json_object *explain_rules_changes_to_json(const struct inventory *inv,
						  const struct rules_diff *diff,
						  const struct vec *devices)
{
	_cleanup_json_ json_object *list = json_object_new_array();

	VEC_FOREACH(const struct rules_change, change, &diff->changes)
		if (explain_rules_is_asked(&change->devices, devices) &&
		    cli_json_append(list, explain_rules_change_to_json(inv, diff, change)) < 0)
			return NULL;
	return TAKE_PTR(list);
}

/* Returns the keys of those of @found, which is sorted, that are among @devices. */
static json_object *explain_rules_list_asked(const struct vec *found, const struct vec *devices)
{
	_cleanup_json_ json_object *list = json_object_new_array();

	if (!devices)
		return cli_explain_text_keys(found);
	VEC_FOREACH(const struct device, device, devices)
		if (vec_find_sorted(found, device, device_cmp, NULL) >= 0 &&
		    cli_json_append(list, json_object_new_string(device->key)) < 0)
			return NULL;
	return TAKE_PTR(list);
}

int cli_explain_rules_fill(json_object *object, const struct cli_host *host,
			   const struct vec *devices, unsigned rules)
{
	_cleanup_rules_diff_ struct rules_diff diff = { 0 };
	_cleanup_free_ char *word = NULL, *base = NULL;
	json_object *part;
	int r = rules_diff_find(host->inv, rules, &diff);

	if (r < 0)
		return r;
	word = kernel_rules_format(rules);
	base = kernel_rules_format(diff.base);
	if (!word || !base)
		return -ENOMEM;
	part = CLI_JSON_NEW(
		{ "rules", json_object_new_string(word) }, { "base", json_object_new_string(base) },
		{ "groups", json_object_new_boolean(!diff.no_groups) },
		{ "changes", explain_rules_changes_to_json(host->inv, &diff, devices) },
		{ "unknown", explain_rules_list_asked(&diff.unknown, devices) },
		{ "other-grouping", explain_rules_list_asked(&diff.puzzling, devices) });
	return cli_json_set(object, KEY, part);
}

/* --- for people --- */

static void explain_rules_print_groups(const char *word, json_object *groups)
{
	for (size_t i = 0; i < cli_json_list_length(groups); i++) {
		_cleanup_free_ char *text =
			cli_json_list_join(json_object_array_get_idx(groups, i), ", ");

		printf("  %-6s%s\n", i == 0 ? word : "", str_or(text, ""));
	}
	if (cli_json_list_length(groups) == 0)
		printf("  %-6sin no IOMMU group\n", word);
}

static void explain_rules_print_change(json_object *change)
{
	json_object *rules = cli_json_get_list(change, "rules");

	explain_rules_print_groups("now", cli_json_get_list(change, "now"));
	explain_rules_print_groups("then", cli_json_get_list(change, "then"));
	for (size_t i = 0; i < cli_json_list_length(rules); i++) {
		json_object *rule = json_object_array_get_idx(rules, i);

		printf("    %s\n    From %s.\n", cli_json_get_str(rule, "text"),
		       cli_json_get_str(rule, "source"));
	}
}

static void explain_rules_print_limits(json_object *part)
{
	json_object *unknown = cli_json_get_list(part, "unknown"),
		    *others = cli_json_get_list(part, "other-grouping");
	_cleanup_free_ char *names = cli_explain_text_join(unknown),
			    *other_names = cli_explain_text_join(others);

	if (cli_json_list_length(unknown) > 0)
		printf("  Not known for %s: the recording lacks some of what decides their "
		       "groups.\n",
		       str_or(names, ""));
	if (cli_json_list_length(others) > 0)
		printf("  Not known for %s: their groups are not those that the rules of Linux %s "
		       "make.\n",
		       str_or(other_names, ""), cli_json_get_str(part, "base"));
}

void cli_explain_rules_print(json_object *object, bool first)
{
	json_object *part = NULL, *changes;
	_cleanup_free_ char *heading = NULL;
	const char *rules;

	if (!json_object_object_get_ex(object, KEY, &part))
		return;
	rules = cli_json_get_str(part, "rules");
	changes = cli_json_get_list(part, "changes");
	heading = str_eq(rules, "next") ?
			  strdup("With the rules that may come (next), these groups change") :
			  str_printf("With the rules of Linux %s, these groups change", rules);
	if (first)
		printf("%s%s%s\n", cli_term_begin(TINT_BOLD), str_or(heading, ""),
		       cli_term_end(TINT_BOLD));
	else
		cli_explain_text_heading(str_or(heading, ""));
	if (!cli_json_get_bool(part, "groups")) {
		printf("  Not known: no IOMMU is on, so this host has no groups.\n");
		return;
	}
	for (size_t i = 0; i < cli_json_list_length(changes); i++)
		explain_rules_print_change(json_object_array_get_idx(changes, i));
	explain_rules_print_limits(part);
	if (cli_json_list_length(changes) == 0)
		printf("  None%s.\n", cli_json_list_length(cli_json_get_list(part, "unknown")) > 0 ?
					      " of the others" :
					      "");
}
