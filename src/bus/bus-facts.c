/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Writes facts into a message. It knows no object and no property. */

#include <errno.h>

#include "bus/bus-facts.h"
#include "bus/bus-text.h"

static int bus_facts_append_item(sd_bus_message *message, const struct fact *fact);

/* Returns the signature of a kind; NULL for a list, whose signature depends on its items. */
static const char *bus_facts_signature(enum fact_kind kind)
{
	static const char *const signatures[] = {
		[FACT_BOOL] = "b", [FACT_NUMBER] = "t",	  [FACT_ADDRESS] = "t",
		[FACT_TEXT] = "s", [FACT_DICT] = "a{sv}",
	};

	return kind < ARRAY_SIZE(signatures) ? signatures[kind] : NULL;
}

static int bus_facts_append_list(sd_bus_message *message, const struct fact *list)
{
	int r;

	r = sd_bus_message_open_container(message, 'a', bus_facts_signature(list->item_kind));
	if (r < 0)
		return r;
	VEC_FOREACH(const struct fact, item, &list->items) {
		r = bus_facts_append_item(message, item);
		if (r < 0)
			return r;
	}
	return sd_bus_message_close_container(message);
}

/* Appends the value alone, with the signature of its kind. */
static int bus_facts_append_item(sd_bus_message *message, const struct fact *fact)
{
	switch (fact->kind) {
	case FACT_BOOL:
		return sd_bus_message_append(message, "b", (int)(fact->number != 0));
	case FACT_NUMBER:
	case FACT_ADDRESS:
		return sd_bus_message_append(message, "t", fact->number);
	case FACT_TEXT:
		return bus_text_append(message, "s", fact->text);
	case FACT_DICT:
		return bus_facts_append(message, &fact->items);
	case FACT_LIST:
		return bus_facts_append_list(message, fact);
	}
	return -EINVAL;
}

static int bus_facts_append_entry(sd_bus_message *message, const struct fact *fact)
{
	bool is_list = fact->kind == FACT_LIST;
	char signature[8];
	int r;

	snprintf(signature, sizeof(signature), "%s%s", is_list ? "a" : "",
		 bus_facts_signature(is_list ? fact->item_kind : fact->kind));
	r = sd_bus_message_open_container(message, 'e', "sv");
	if (r < 0)
		return r;
	r = bus_text_append(message, "s", fact->name);
	if (r < 0)
		return r;
	r = sd_bus_message_open_container(message, 'v', signature);
	if (r < 0)
		return r;
	r = bus_facts_append_item(message, fact);
	if (r < 0)
		return r;
	r = sd_bus_message_close_container(message);
	if (r < 0)
		return r;
	return sd_bus_message_close_container(message);
}

int bus_facts_append(sd_bus_message *message, const struct vec *facts)
{
	int r;

	r = sd_bus_message_open_container(message, 'a', "{sv}");
	if (r < 0)
		return r;
	VEC_FOREACH(const struct fact, fact, facts) {
		r = bus_facts_append_entry(message, fact);
		if (r < 0)
			return r;
	}
	return sd_bus_message_close_container(message);
}
