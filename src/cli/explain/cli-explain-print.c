/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Prints the JSON of cli-explain.c for people. Decides nothing and asks nothing. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "cli/explain/cli-explain-reset.h"
#include "cli/explain/cli-explain-slots.h"
#include "cli/explain/cli-explain-text.h"
#include "cli/explain/cli-explain.h"
#include "cli/explain/cli-facts.h"
#include "cli/print/cli-describe.h"
#include "cli/print/cli-table.h"

/* --- the group --- */

static void explain_print_iommu_group(json_object *object, const char *iommu, size_t n_devices)
{
	bool known = cli_json_get_bool(object, "groups-known");

	if (str_empty(iommu))
		printf("The kernel put it in no IOMMU group.\n");
	else if (!known && n_devices == 1)
		printf("Its IOMMU group is not known: the recording lacks some of what decides "
		       "it.\n");
	else if (!known)
		printf("%zu devices that may share an IOMMU group: the recording lacks some of "
		       "what decides it.\n",
		       n_devices);
	else if (n_devices == 1)
		printf("Alone in IOMMU group %s.\n", iommu);
	else
		printf("%zu devices in IOMMU group %s, which move together:\n", n_devices, iommu);
}

static void explain_print_title(json_object *object, size_t n_devices)
{
	_cleanup_free_ char *iommu =
		cli_describe_numbers(cli_json_get_list(object, "iommu-groups"));
	_cleanup_free_ char *name = cli_term_clean(cli_json_get_str(object, "name"));
	const char *state = cli_json_get_str(object, "state"),
		   *group = cli_json_get_str(object, "group");

	printf("%s%s%s", cli_term_begin(TINT_BOLD), str_or(name, ""), cli_term_end(TINT_BOLD));
	if (!str_empty(state))
		printf(" is %s%s%s", cli_term_begin(cli_term_state_tint(state)), state,
		       cli_term_end(TINT_NONE));
	if (!str_empty(group))
		cli_explain_text_line(" is in the group ", group);
	else
		putchar('\n');
	explain_print_iommu_group(object, iommu, n_devices);
}

static char *explain_print_describe_device(json_object *device)
{
	const char *description = cli_json_get_str(device, "description"),
		   *pf = cli_json_get_str(device, "vf-of");

	if (!str_empty(pf))
		return str_printf("%s (virtual function %lld of %s)", description,
				  (long long)cli_json_get_int(device, "vf-index", 0), pf);
	if (cli_json_get_bool(device, "bridge"))
		return str_printf("%s (a bridge: it stays with the host)", description);
	return strdup(description);
}

static int explain_print_add_row(struct table *table, json_object *device, const char *no_driver)
{
	_cleanup_free_ char *text = explain_print_describe_device(device);
	const char *driver = cli_json_get_str(device, "driver");
	const struct cell cells[] = {
		{ cli_json_get_str(device, "device"), TINT_NONE },
		{ str_empty(driver) ? no_driver : driver, TINT_NONE },
		{ text, TINT_FAINT },
	};

	if (!text)
		return -ENOMEM;
	return cli_table_add_member(table, cells, ARRAY_SIZE(cells));
}

static void explain_print_devices(json_object *object)
{
	json_object *devices = cli_json_get_list(object, "devices");
	bool known = cli_json_get_bool(object, "drivers-known");
	_cleanup_table_ struct table table = { 0 };

	for (size_t i = 0; i < cli_json_list_length(devices); i++)
		if (explain_print_add_row(&table, json_object_array_get_idx(devices, i),
					  known ? "no driver" : "driver not known") < 0)
			return;
	cli_table_print(&table, false);
}

/* --- causes --- */

/* Returns the devices of all @causes with this @code; NULL when out of memory. */
static json_object *explain_print_list_peers(json_object *causes, const char *code)
{
	_cleanup_json_ json_object *peers = json_object_new_array();

	for (size_t i = 0; i < cli_json_list_length(causes); i++) {
		json_object *cause = json_object_array_get_idx(causes, i);
		const char *device = cli_json_get_str(cause, "device");

		if (str_eq(cli_json_get_str(cause, "cause"), code) &&
		    cli_json_append(peers, json_object_new_string(device)) < 0)
			return NULL;
	}
	return TAKE_PTR(peers);
}

/*
 * Returns a sentence about @cause. Causes of some kinds share one sentence for all their devices,
 * the others have a text of their own. The caller frees it; NULL when out of memory.
 */
static char *explain_print_cause_sentence(json_object *device, json_object *cause,
					  json_object *causes)
{
	const char *code = cli_json_get_str(cause, "cause"),
		   *address = cli_json_get_str(device, "device");
	_cleanup_json_ json_object *peers = NULL;
	_cleanup_free_ char *names = NULL;

	if (str_eq(code, "multifunction"))
		return str_printf(
			"%s: functions of one device, %.*s, which does not isolate them (no ACS)",
			code, (int)(strrchr(address, '.') - address), address);
	if (!str_eq(code, "peer-to-peer"))
		return str_printf("%s: %s", code, cli_json_get_str(cause, "text"));
	peers = explain_print_list_peers(causes, code);
	if (!peers)
		return NULL;
	names = cli_explain_text_join(peers);
	if (!names)
		return NULL;
	return str_printf("%s: a switch without ACS can send its requests to %s in another group, "
			  "past the IOMMU",
			  code, names);
}

static int explain_print_add_sentence(json_object *sentences, const char *sentence,
				      const char *device)
{
	json_object *list = cli_json_get_list(sentences, sentence);
	int r;

	if (!list) {
		list = json_object_new_array();
		r = cli_json_set(sentences, sentence, list);
		if (r < 0)
			return r;
	}
	if (cli_json_list_has(list, device))
		return 0;
	return cli_json_append(list, json_object_new_string(device));
}

static int explain_print_collect_device_causes(json_object *device, json_object *sentences)
{
	json_object *causes = cli_json_get_list(device, "causes");
	int r;

	for (size_t i = 0; i < cli_json_list_length(causes); i++) {
		json_object *cause = json_object_array_get_idx(causes, i);
		_cleanup_free_ char *sentence = explain_print_cause_sentence(device, cause, causes);

		if (!sentence)
			return -ENOMEM;
		r = explain_print_add_sentence(sentences, sentence,
					       cli_json_get_str(device, "device"));
		if (r < 0)
			return r;
	}
	return 0;
}

/* Collects {sentence: [devices]}: devices with the same sentence are printed together. */
static int explain_print_collect_causes(json_object *devices, json_object *sentences)
{
	int r;

	for (size_t i = 0; i < cli_json_list_length(devices); i++) {
		json_object *device = json_object_array_get_idx(devices, i);

		r = explain_print_collect_device_causes(device, sentences);
		if (r < 0)
			return r;
	}
	return 0;
}

static void explain_print_causes(json_object *object)
{
	_cleanup_json_ json_object *sentences = json_object_new_object();

	if (!sentences ||
	    explain_print_collect_causes(cli_json_get_list(object, "devices"), sentences) < 0)
		return;
	cli_explain_text_heading(str_eq(cli_json_get_str(object, "source"), "kernel-module") ?
					 "Why (from the kernel module)" :
					 "Why (derived from configuration space)");
	if (cli_json_get_bool(object, "iommu-off"))
		printf("  No IOMMU was on when the recording was made: these are the groups that "
		       "the kernel makes when it is on.\n");
	else if (cli_json_get_bool(object, "groups-derived"))
		printf("  The recording has no IOMMU groups: these are derived by the kernel's "
		       "rules.\n");
	if (json_object_object_length(sentences) == 0)
		printf("  Nothing ties it to another device.\n");
	json_object_object_foreach(sentences, sentence, list)
	{
		_cleanup_free_ char *names = cli_explain_text_join(list);

		printf("  %s\n", str_or(names, ""));
		cli_explain_text_line("    ", sentence);
	}
}

/* --- blockers --- */

static void explain_print_blockers(json_object *object)
{
	json_object *blockers = cli_json_get_list(object, "blockers");
	const char *label = cli_json_get_str(object, "reserved-for");

	cli_explain_text_heading("Blockers");
	if (!str_empty(label)) {
		_cleanup_free_ char *clean = cli_term_clean(label);

		printf("  It is reserved: only a claim with the label %s gets it.\n",
		       str_or(clean, "?"));
	} else if (cli_json_list_length(blockers) == 0) {
		printf("  None%s.\n",
		       cli_json_get_bool(object, "dump") ? " that this recording shows" : "");
	}
	for (size_t i = 0; i < cli_json_list_length(blockers); i++) {
		json_object *blocker = json_object_array_get_idx(blockers, i), *hard;
		bool soft = json_object_object_get_ex(blocker, "hard", &hard) &&
			    !json_object_get_boolean(hard);

		printf("  %s%s%s %s%s\n", cli_term_begin(soft ? TINT_WAITING : TINT_BAD),
		       cli_json_get_str(blocker, "code"), cli_term_end(TINT_NONE),
		       cli_json_get_str(blocker, "device"), soft ? " (--force overrides it)" : "");
		cli_explain_text_line("    ", cli_json_get_str(blocker, "text"));
	}
}

/* --- mediated devices --- */

static void explain_print_mdev_types(json_object *devices)
{
	for (size_t i = 0; i < cli_json_list_length(devices); i++) {
		json_object *device = json_object_array_get_idx(devices, i),
			    *types = cli_json_get_list(device, "mdev-types");

		if (cli_json_list_length(types) == 0)
			continue;
		cli_explain_text_heading("Mediated devices");
		for (size_t k = 0; k < cli_json_list_length(types); k++) {
			json_object *type = json_object_array_get_idx(types, k);
			_cleanup_free_ char *text = str_printf(
				"%s of %s: %s, %s; %lld more can be created",
				cli_json_get_str(type, "id"), cli_json_get_str(device, "device"),
				cli_json_get_str(type, "name"),
				cli_json_get_str(type, "device-api"),
				(long long)cli_json_get_int(type, "available-instances", 0));

			cli_explain_text_line("  ", str_or(text, ""));
		}
	}
}

/* --- quirks --- */

static int explain_print_collect_device_quirks(json_object *device, json_object *texts)
{
	json_object *quirks = cli_json_get_list(device, "quirks");
	int r;

	for (size_t i = 0; i < cli_json_list_length(quirks); i++) {
		json_object *quirk = json_object_array_get_idx(quirks, i);
		_cleanup_free_ char *text = str_printf(
			"%s: %s\n    From %s%s (%s:%lld).", cli_json_get_str(quirk, "topic"),
			cli_json_get_str(quirk, "text"),
			str_eq(cli_json_get_str(quirk, "confidence"), "reported") ?
				"public reports alone, " :
				"",
			cli_json_get_str(quirk, "source"), cli_json_get_str(quirk, "file"),
			(long long)cli_json_get_int(quirk, "line", 0));

		if (!text)
			return -ENOMEM;
		r = explain_print_add_sentence(texts, text, cli_json_get_str(device, "device"));
		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * Collects {text: [devices]}: devices of the same model have the same quirks and are printed
 * together.
 */
static int explain_print_collect_quirks(json_object *devices, json_object *texts)
{
	int r;

	for (size_t i = 0; i < cli_json_list_length(devices); i++) {
		json_object *device = json_object_array_get_idx(devices, i);

		r = explain_print_collect_device_quirks(device, texts);
		if (r < 0)
			return r;
	}
	return 0;
}

static void explain_print_hints(json_object *device)
{
	json_object *hints = json_object_object_get(device, "vmm-hints");

	if (!hints || json_object_object_length(hints) == 0)
		return;
	printf("  %s  for a VMM:", cli_json_get_str(device, "device"));
	json_object_object_foreach(hints, name, value)
		printf(" %s=%s", name, json_object_get_string(value));
	putchar('\n');
}

static void explain_print_quirks(json_object *devices)
{
	_cleanup_json_ json_object *texts = json_object_new_object();

	if (!texts || explain_print_collect_quirks(devices, texts) < 0 ||
	    json_object_object_length(texts) == 0)
		return;
	cli_explain_text_heading("Known about the model");
	json_object_object_foreach(texts, text, list)
	{
		_cleanup_free_ char *names = cli_explain_text_join(list);

		printf("  %s\n    %s\n", str_or(names, ""), text);
	}
	for (size_t i = 0; i < cli_json_list_length(devices); i++)
		explain_print_hints(json_object_array_get_idx(devices, i));
}

void cli_explain_print(json_object *object)
{
	json_object *devices = cli_json_get_list(object, "devices"),
		    *advice = cli_json_get_list(object, "advice");

	explain_print_title(object, cli_json_list_length(devices));
	explain_print_devices(object);
	explain_print_causes(object);
	explain_print_blockers(object);
	cli_explain_slots_print(devices);
	cli_explain_reset_print(devices);
	explain_print_mdev_types(devices);
	explain_print_quirks(devices);
	cli_facts_print(devices);
	if (cli_json_list_length(advice) > 0)
		cli_explain_text_heading("How to change this");
	for (size_t i = 0; i < cli_json_list_length(advice); i++)
		cli_explain_text_line("  ", cli_json_list_str(advice, i));
}
