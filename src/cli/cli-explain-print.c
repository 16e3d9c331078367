/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/cli-describe.h"
#include "cli/cli-explain.h"
#include "cli/cli-facts.h"
#include "cli/cli-table.h"

#define DEVICES_SHOWN 8 /* in a sentence */

static void print_clean(const char *before, const char *text)
{
	_cleanup_free_ char *clean = term_clean(text);

	printf("%s%s\n", before, str_or(clean, ""));
}

static void heading(const char *text)
{
	printf("\n%s%s%s\n", term_begin(TINT_BOLD), text, term_end(TINT_BOLD));
}

/* "0000:04:01.0, 0000:04:02.0 and 30 others" */
static char *join_some(json_object *list)
{
	size_t n = js_list_length(list);
	_cleanup_free_ char *text = NULL;
	_cleanup_strv_ char **words = NULL;

	for (size_t i = 0; i < n && i < DEVICES_SHOWN; i++)
		if (strv_add(&words, json_object_get_string(json_object_array_get_idx(list, i))) <
		    0)
			return NULL;
	text = strv_join(words, ", ");
	if (!text || n <= DEVICES_SHOWN)
		return TAKE_PTR(text);
	return str_printf("%s and %zu others", text, n - DEVICES_SHOWN);
}

/* --- what moves together --------------------------------------------------------------------- */

static void print_title(json_object *object, size_t n_devices)
{
	_cleanup_free_ char *iommu = describe_numbers(js_list(object, "iommu-groups"));
	_cleanup_free_ char *name = term_clean(js_str(object, "name"));
	const char *state = js_str(object, "state"), *group = js_str(object, "group");

	printf("%s%s%s", term_begin(TINT_BOLD), str_or(name, ""), term_end(TINT_BOLD));
	if (!str_empty(state))
		printf(" is %s%s%s", term_begin(term_state_tint(state)), state,
		       term_end(TINT_NONE));
	if (!str_empty(group))
		print_clean(" is in the group ", group);
	else
		putchar('\n');
	if (str_empty(iommu))
		printf("The kernel put it in no IOMMU group.\n");
	else if (n_devices == 1)
		printf("Alone in IOMMU group %s.\n", iommu);
	else
		printf("%zu devices in IOMMU group %s, which move together:\n", n_devices, iommu);
}

static int add_row(struct table *table, json_object *device)
{
	const char *driver = js_str(device, "driver"), *pf = js_str(device, "vf-of");
	_cleanup_free_ char *text = NULL;

	if (str_empty(pf))
		text = str_printf("%s%s", js_str(device, "description"),
				  js_bool(device, "bridge") ? " (a bridge: it stays with the host)"
							    : "");
	else
		text = str_printf("%s (virtual function %lld of %s)", js_str(device, "description"),
				  (long long)js_int(device, "vf-index", 0), pf);
	const struct cell cells[] = {
		{ js_str(device, "device"), TINT_NONE },
		{ str_empty(driver) ? "no driver" : driver, TINT_NONE },
		{ text, TINT_FAINT },
	};

	return text ? table_add_member(table, cells, ARRAY_SIZE(cells)) : -1;
}

static void print_devices(json_object *devices)
{
	_cleanup_table_ struct table table = { 0 };

	for (size_t i = 0; i < js_list_length(devices); i++)
		if (add_row(&table, json_object_array_get_idx(devices, i)) < 0)
			return;
	table_print(&table, false);
}

/* --- why ------------------------------------------------------------------------------------- */

/* Some causes have one sentence for all that they are about; for the rest it is their own text. */
static char *sentence_of(json_object *device, json_object *cause, json_object *causes)
{
	const char *code = js_str(cause, "cause"), *address = js_str(device, "device");
	_cleanup_json_ json_object *peers = json_object_new_array();
	_cleanup_free_ char *names = NULL;

	if (str_eq(code, "multifunction"))
		return str_printf(
			"%s: functions of the one device %.*s, which does not keep them apart "
			"(no ACS)",
			code, (int)(strrchr(address, '.') - address), address);
	if (!str_eq(code, "peer-to-peer"))
		return str_printf("%s: %s", code, js_str(cause, "text"));
	for (size_t i = 0; peers && i < js_list_length(causes); i++) {
		json_object *other = json_object_array_get_idx(causes, i);

		if (str_eq(js_str(other, "cause"), code) &&
		    js_append(peers, json_object_new_string(js_str(other, "device"))) < 0)
			return NULL;
	}
	names = join_some(peers);
	return !names ? NULL
		      : str_printf(
				"%s: a switch without ACS can pass its requests to %s, in another "
				"group, without the IOMMU seeing them",
				code, names);
}

static int tell(json_object *sentences, const char *sentence, const char *device)
{
	json_object *list = js_list(sentences, sentence);
	int r = 0;

	if (!list) {
		list = json_object_new_array();
		r = js_set(sentences, sentence, list);
	}
	if (r < 0 || js_list_has(list, device))
		return r;
	return js_append(list, json_object_new_string(device));
}

/* Devices with the same sentence about them are told of together. */
static int collect_causes(json_object *devices, json_object *sentences)
{
	int r = 0;

	for (size_t i = 0; i < js_list_length(devices); i++) {
		json_object *device = json_object_array_get_idx(devices, i);
		json_object *causes = js_list(device, "causes");

		for (size_t k = 0; r >= 0 && k < js_list_length(causes); k++) {
			json_object *cause = json_object_array_get_idx(causes, k);
			_cleanup_free_ char *sentence = sentence_of(device, cause, causes);

			r = sentence ? tell(sentences, sentence, js_str(device, "device")) : -1;
		}
	}
	return r;
}

static void print_causes(json_object *object)
{
	_cleanup_json_ json_object *sentences = json_object_new_object();

	if (!sentences || collect_causes(js_list(object, "devices"), sentences) < 0)
		return;
	heading(str_eq(js_str(object, "source"), "kernel-module")
			? "Why (from the kernel module)"
			: "Why (derived from configuration space)");
	if (js_bool(object, "groups-derived"))
		printf("  No kernel was asked: the IOMMU groups are what its rules make of this "
		       "host.\n");
	if (json_object_object_length(sentences) == 0)
		printf("  Nothing ties it to another device.\n");
	json_object_object_foreach(sentences, sentence, list)
	{
		_cleanup_free_ char *names = join_some(list);

		printf("  %s\n", str_or(names, ""));
		print_clean("    ", sentence);
	}
}

/* --- what stands against a claim ------------------------------------------------------------- */

static void print_blockers(json_object *object)
{
	json_object *blockers = js_list(object, "blockers");
	const char *label = js_str(object, "reserved-for");

	heading("What stands against a claim");
	if (!str_empty(label)) {
		_cleanup_free_ char *clean = term_clean(label);

		printf("  It is reserved: only a claim with the label %s gets it.\n",
		       str_or(clean, "?"));
	} else if (js_list_length(blockers) == 0) {
		printf("  Nothing.\n");
	}
	for (size_t i = 0; i < js_list_length(blockers); i++) {
		json_object *blocker = json_object_array_get_idx(blockers, i), *hard;
		bool soft = json_object_object_get_ex(blocker, "hard", &hard) &&
			    !json_object_get_boolean(hard);

		printf("  %s%s%s %s%s\n", term_begin(soft ? TINT_WAITING : TINT_BAD),
		       js_str(blocker, "code"), term_end(TINT_NONE), js_str(blocker, "device"),
		       soft ? " (--force overrides it)" : "");
		print_clean("    ", js_str(blocker, "text"));
	}
}

/* --- resets ---------------------------------------------------------------------------------- */

static char *describe_reset(json_object *reset)
{
	json_object *devices = js_list(reset, "devices");
	_cleanup_free_ char *others = join_some(devices);
	const char *reach = js_str(reset, "reach"), *below = js_str(reset, "below");

	if (!others)
		return NULL;
	if (str_eq(reach, "platform"))
		return strdup("what it hits is up to the firmware or the driver");
	if (str_eq(reach, "function"))
		return str_printf("this function%s%s",
				  str_empty(others) ? " only" : ", and its virtual functions ",
				  others);
	return str_printf("%s %s%s%s", str_eq(reach, "slot") ? "the slot below" : "all below",
			  str_empty(below) ? "the root" : below,
			  str_empty(others) ? ", where nothing else is" : ", also ", others);
}

static void print_no_reset(json_object *device)
{
	json_object *shared = js_list(device, "shared-bus-reset");
	_cleanup_free_ char *others = join_some(shared);

	if (shared)
		printf("  %s  none of its own. That of the bus needs one user for all that it hits: "
		       "also %s\n",
		       js_str(device, "device"), str_or(others, ""));
	else
		printf("  %s  none: it goes from one user to the next as it is\n",
		       js_str(device, "device"));
}

static void print_resets_of(json_object *device)
{
	json_object *resets = js_list(device, "resets");

	if (js_list_length(resets) == 0)
		print_no_reset(device);
	for (size_t i = 0; i < js_list_length(resets); i++) {
		json_object *reset = json_object_array_get_idx(resets, i);
		_cleanup_free_ char *text = describe_reset(reset);

		printf("  %s  %s: %s\n", js_str(device, "device"), js_str(reset, "method"),
		       str_or(text, ""));
	}
}

/* Resets of its VFIO driver; it may be one that takes no device without. */
static void print_vfio_reset(json_object *device)
{
	_cleanup_free_ char *module = term_clean(js_str(device, "reset-driver"));
	bool required = js_bool(device, "reset-required");

	printf("  %s  ", js_str(device, "device"));
	if (!str_empty(module))
		printf("by VFIO with the module %s, when it is opened and when it is closed", module);
	else if (!required)
		printf("none is required, and no module is known that does it: it may go from one user to the next as it is");
	else if (str_empty(js_str(device, "compatible")))
		printf("by VFIO, if its firmware has a way; required (reset-required)");
	else
		printf("none; required (reset-required)");
	putchar('\n');
}

static bool is_mdev(json_object *device)
{
	return !str_empty(js_str(device, "mdev-type"));
}

/* A bridge is not lent, so what resets it is nobody's question. */
static void print_resets(json_object *devices)
{
	bool any = false;

	for (size_t i = 0; i < js_list_length(devices); i++) {
		json_object *device = json_object_array_get_idx(devices, i);

		if (js_bool(device, "bridge") || js_list(device, "mdev-types"))
			continue;
		if (!any)
			heading("Resets");
		any = true;
		if (is_mdev(device))
			printf("  %s  the driver of its parent sees to that, when it is opened or closed\n",
			       js_str(device, "device"));
		else if (json_object_object_get_ex(device, "reset-required", NULL))
			print_vfio_reset(device);
		else
			print_resets_of(device);
	}
}

/* --- mediated devices ------------------------------------------------------------------------ */

static void print_mdev_types(json_object *devices)
{
	for (size_t i = 0; i < js_list_length(devices); i++) {
		json_object *device = json_object_array_get_idx(devices, i), *types = js_list(device, "mdev-types");

		if (js_list_length(types) == 0)
			continue;
		heading("Mediated devices");
		for (size_t k = 0; k < js_list_length(types); k++) {
			json_object *type = json_object_array_get_idx(types, k);
			_cleanup_free_ char *text = str_printf(
				"%s of %s: %s, %s; %lld more can be made", js_str(type, "id"), js_str(device, "device"),
				js_str(type, "name"), js_str(type, "device-api"),
				(long long)js_int(type, "available-instances", 0));

			print_clean("  ", str_or(text, ""));
		}
	}
}

/* --- quirks ---------------------------------------------------------------------------------- */

/* Devices of one model have the same ones: they are told of together. */
static int collect_quirks(json_object *devices, json_object *texts)
{
	int r = 0;

	for (size_t i = 0; i < js_list_length(devices); i++) {
		json_object *device = json_object_array_get_idx(devices, i);
		json_object *quirks = js_list(device, "quirks");

		for (size_t k = 0; r >= 0 && k < js_list_length(quirks); k++) {
			json_object *quirk = json_object_array_get_idx(quirks, k);
			_cleanup_free_ char *text = str_printf(
				"%s: %s\n    From %s (%s:%lld).", js_str(quirk, "topic"),
				js_str(quirk, "text"), js_str(quirk, "source"),
				js_str(quirk, "file"), (long long)js_int(quirk, "line", 0));

			r = text ? tell(texts, text, js_str(device, "device")) : -1;
		}
	}
	return r;
}

static void print_hints_of(json_object *device)
{
	json_object *hints = json_object_object_get(device, "vmm-hints");

	if (!hints || json_object_object_length(hints) == 0)
		return;
	printf("  %s  for a VMM:", js_str(device, "device"));
	json_object_object_foreach(hints, name, value)
		printf(" %s=%s", name, json_object_get_string(value));
	putchar('\n');
}

static void print_quirks(json_object *devices)
{
	_cleanup_json_ json_object *texts = json_object_new_object();

	if (!texts || collect_quirks(devices, texts) < 0 || json_object_object_length(texts) == 0)
		return;
	heading("Known of the model");
	json_object_object_foreach(texts, text, list)
	{
		_cleanup_free_ char *names = join_some(list);

		printf("  %s\n    %s\n", str_or(names, ""), text);
	}
	for (size_t i = 0; i < js_list_length(devices); i++)
		print_hints_of(json_object_array_get_idx(devices, i));
}

void explain_print(json_object *object)
{
	json_object *devices = js_list(object, "devices"), *advice = js_list(object, "advice");

	print_title(object, js_list_length(devices));
	print_devices(devices);
	print_causes(object);
	print_blockers(object);
	print_resets(devices);
	print_mdev_types(devices);
	print_quirks(devices);
	facts_print(devices);
	if (js_list_length(advice) > 0)
		heading("What would change that");
	for (size_t i = 0; i < js_list_length(advice); i++)
		print_clean("  ", json_object_get_string(json_object_array_get_idx(advice, i)));
}
