/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Writes facts as JSON. */

#include <errno.h>

#include <json-c/json.h>

#include "model/json/codec-facts.h"
#include "model/json/codec-fields.h"

static struct json_object *codec_facts_value(const struct fact *fact);

static struct json_object *codec_facts_list(const struct vec *items)
{
	_cleanup_json_ struct json_object *array = json_object_new_array_ext((int)items->n);

	VEC_FOREACH(const struct fact, item, items)
		if (!array || codec_write_element(array, codec_facts_value(item)) < 0)
			return NULL;
	return TAKE_PTR(array);
}

struct json_object *codec_facts(const struct vec *facts)
{
	_cleanup_json_ struct json_object *object = json_object_new_object();

	VEC_FOREACH(const struct fact, fact, facts)
		if (!object || codec_write_value(object, fact->name, codec_facts_value(fact)) < 0)
			return NULL;
	return TAKE_PTR(object);
}

/* Returns an address as text: few readers of JSON have numbers of 64 bits. */
static struct json_object *codec_facts_address(uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)value);
	return json_object_new_string(text);
}

static struct json_object *codec_facts_value(const struct fact *fact)
{
	switch (fact->kind) {
	case FACT_BOOL:
		return json_object_new_boolean(fact->number != 0);
	case FACT_NUMBER:
		return json_object_new_uint64(fact->number);
	case FACT_ADDRESS:
		return codec_facts_address(fact->number);
	case FACT_TEXT:
		return codec_write_utf8(fact->text);
	case FACT_DICT:
		return codec_facts(&fact->items);
	case FACT_LIST:
		return codec_facts_list(&fact->items);
	}
	return NULL;
}
