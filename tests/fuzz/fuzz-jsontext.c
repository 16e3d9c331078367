/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The reader of JSON, with and without comments. json-c must take all that it takes. */

#include "fuzz.h"

#include <errno.h>
#include <json-c/json.h>

#include "model/json/jsontext.h"

#define MAX_DEPTH 16

static void jsontext_check_node(const struct jsontext *doc, const struct jsontext_node *node,
				size_t size, unsigned depth)
{
	struct jsontext_position at = jsontext_locate(doc, node->offset);
	uint64_t value;
	size_t n = 0;

	assert(node->offset < size && at.line > 0 && at.column > 0 && at.line <= size + 1);
	assert(depth <= MAX_DEPTH);
	if (jsontext_u64(node, 1000, &value) == 0)
		assert(node->type == JSONTEXT_NUMBER && value <= 1000);
	if (node->type != JSONTEXT_ARRAY && node->type != JSONTEXT_OBJECT)
		return;
	JSONTEXT_FOREACH(child, node) {
		assert((child->key != NULL) == (node->type == JSONTEXT_OBJECT));
		assert(!child->key || strlen(child->key) == child->key_size);
		jsontext_check_node(doc, child, size, depth + 1);
		n++;
	}
	assert(n == node->n);
}

static void jsontext_compare(const char *text, size_t size)
{
	struct json_tokener *tokener = json_tokener_new_ex(MAX_DEPTH + 1);
	struct json_object *object;

	assert(tokener);
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	object = json_tokener_parse_ex(tokener, text, (int)size);
	/* A number may go on behind the text. */
	assert(json_tokener_get_error(tokener) == json_tokener_success ||
	       json_tokener_get_error(tokener) == json_tokener_continue);
	json_object_put(object);
	json_tokener_free(tokener);
}

static void jsontext_read(const char *text, size_t size, bool comments)
{
	const struct jsontext_rules rules = { .comments = comments, .max_depth = MAX_DEPTH };
	_cleanup_jsontext_ struct jsontext *doc = NULL;
	struct jsontext_error error = { 0 };
	int r = jsontext_parse(text, size, &rules, &doc, &error);

	if (r < 0) {
		assert(r == -EBADMSG && !doc && error.at.line > 0 && *error.text);
		return;
	}
	jsontext_check_node(doc, jsontext_root(doc), size, 0);
	/* json-c knows no byte order mark. */
	if (!comments && text[0] != '\xef')
		jsontext_compare(text, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	jsontext_read((const char *)data, size, false);
	jsontext_read((const char *)data, size, true);
	return 0;
}
