/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "cli/explain/cli-explain-slots.h"
#include "cli/explain/cli-explain-text.h"
#include "cli/print/cli-term.h"

#define KEY "other-slots"

/* --- as JSON --- */

static const char *const explain_slots_verdicts[] = {
	[SLOTS_BUILT_IN] = "built-in", [SLOTS_NO_SLOT] = "no-slot",	[SLOTS_UNKNOWN] = "unknown",
	[SLOTS_COMPARED] = "compared", [SLOTS_AS_BEFORE] = "as-before",
};

static json_object *explain_slots_slot_to_json(const struct slot *slot)
{
	const char *culprit = slot->culprit ? slot->culprit->key : "";
	_cleanup_json_ json_object *object = NULL;

	object = CLI_JSON_NEW({ "port", json_object_new_string(slot->port->key) },
			      { "slot", json_object_new_string(str_or(slot->name, "")) },
			      { "empty", json_object_new_boolean(slot->is_empty) },
			      { "width", json_object_new_int64(slot->width) },
			      { "culprit", json_object_new_string(culprit) });
	if (!object)
		return NULL;
	if (slot->isolation == SLOT_UNKNOWN) {
		json_object_object_add(object, "isolates", NULL);
		return TAKE_PTR(object);
	}
	if (cli_json_set(object, "isolates",
			 json_object_new_boolean(slot->isolation == SLOT_ISOLATES)) < 0)
		return NULL;
	return TAKE_PTR(object);
}

static json_object *explain_slots_list(const struct vec *slots)
{
	_cleanup_json_ json_object *list = json_object_new_array();

	VEC_FOREACH(const struct slot, slot, slots)
		if (cli_json_append(list, explain_slots_slot_to_json(slot)) < 0)
			return NULL;
	return TAKE_PTR(list);
}

int cli_explain_slots_fill(json_object *object, struct slots_finder *finder,
			   const struct device *device)
{
	_cleanup_slots_ struct slots_advice advice = { 0 };
	json_object *part;
	int r = slots_find(finder, device, &advice);

	if (r < 0 || advice.verdict == SLOTS_NOT_NEEDED)
		return r;
	part = CLI_JSON_NEW(
		{ "verdict", json_object_new_string(explain_slots_verdicts[advice.verdict]) });
	if (part && advice.like)
		r = cli_json_set_str(part, "like", advice.like->key);
	if (part && advice.verdict == SLOTS_COMPARED)
		r = CLI_JSON_SET(part, { "here", explain_slots_slot_to_json(&advice.here) },
				 { "companions", cli_explain_text_keys(&advice.companions) },
				 { "slots", explain_slots_list(&advice.slots) });
	if (r < 0) {
		json_object_put(part);
		return r;
	}
	return cli_json_set(object, KEY, part);
}

/* --- for people --- */

/* Returns "slot 4 (below 0000:00:1c.4, x4, empty)". The caller frees it; NULL: out of memory. */
static char *explain_slots_describe(json_object *slot)
{
	_cleanup_free_ char *name = cli_term_clean(cli_json_get_str(slot, "slot"));
	const char *state = cli_json_get_bool(slot, "empty") ? "empty" : "in use";
	long long width = cli_json_get_int(slot, "width", 0);
	_cleanup_free_ char *lanes = width ? str_printf("x%lld, ", width) : strdup("");

	return str_printf("%s%s (below %s, %s%s)",
			  str_empty(name) ? "a slot without a number" : "slot ", str_or(name, ""),
			  cli_json_get_str(slot, "port"), str_or(lanes, ""), state);
}

static bool explain_slots_isolates(json_object *slot)
{
	return cli_json_get_bool(slot, "isolates");
}

static bool explain_slots_is_unknown(json_object *slot)
{
	json_object *value = NULL;

	return json_object_object_get_ex(slot, "isolates", &value) && !value;
}

static void explain_slots_print_slot(json_object *slot)
{
	_cleanup_free_ char *text = explain_slots_describe(slot);

	if (explain_slots_isolates(slot))
		printf("    %s: yes, the port and all bridges above it isolate\n",
		       str_or(text, ""));
	else if (explain_slots_is_unknown(slot))
		printf("    %s: not known, the recording does not show whether it isolates\n",
		       str_or(text, ""));
	else
		printf("    %s: no, %s does not isolate\n", str_or(text, ""),
		       cli_json_get_str(slot, "culprit"));
}

static size_t explain_slots_count(json_object *slots, bool (*is)(json_object *slot))
{
	size_t n = 0;

	for (size_t i = 0; i < cli_json_list_length(slots); i++)
		n += is(json_object_array_get_idx(slots, i));
	return n;
}

/* Prints the answer for a card: which slots isolate, and what stays with it. */
static void explain_slots_print_compared(json_object *part)
{
	json_object *slots = cli_json_get_list(part, "slots"),
		    *companions = cli_json_get_list(part, "companions"), *here = NULL;
	_cleanup_free_ char *names = cli_explain_text_join(companions), *text = NULL;

	json_object_object_get_ex(part, "here", &here);
	text = explain_slots_describe(here);
	printf("in %s", str_or(text, ""));
	if (cli_json_list_length(companions) > 0)
		printf(". %s stay%s with it in every slot", str_or(names, ""),
		       cli_json_list_length(companions) == 1 ? "s" : "");
	if (explain_slots_isolates(here))
		printf(". This slot isolates already");
	else if (cli_json_list_length(slots) == 0)
		printf(". No other port of this host has a slot");
	else if (explain_slots_count(slots, explain_slots_isolates) > 0)
		printf(". Other slots that give %s a group of its own:",
		       cli_json_list_length(companions) > 0 ? "the card" : "it");
	else if (explain_slots_count(slots, explain_slots_is_unknown) > 0)
		printf(". No other slot is known to give it a group of its own:");
	else
		printf(". No other slot would give it a group of its own:");
	putchar('\n');
	for (size_t i = 0; !explain_slots_isolates(here) && i < cli_json_list_length(slots); i++)
		explain_slots_print_slot(json_object_array_get_idx(slots, i));
}

static void explain_slots_print_device(json_object *device, json_object *part)
{
	const char *verdict = cli_json_get_str(part, "verdict");

	printf("  %s  ", cli_json_get_str(device, "device"));
	if (str_eq(verdict, "built-in"))
		printf("on a root bus, with no port above it that could have a slot\n");
	else if (str_eq(verdict, "no-slot"))
		printf("no port above it has a slot: it is a part of the board\n");
	else if (str_eq(verdict, "as-before"))
		printf("as %s\n", cli_json_get_str(part, "like"));
	else if (str_eq(verdict, "unknown"))
		printf("not known: what decides its group is not shown, or follows other rules\n");
	else
		explain_slots_print_compared(part);
}

void cli_explain_slots_print(json_object *devices)
{
	bool any = false;

	for (size_t i = 0; i < cli_json_list_length(devices); i++) {
		json_object *device = json_object_array_get_idx(devices, i), *part = NULL;

		if (!json_object_object_get_ex(device, KEY, &part))
			continue;
		if (!any)
			cli_explain_text_heading("In another slot");
		any = true;
		explain_slots_print_device(device, part);
	}
}
