/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads structs from JSON. Every error names the line, the column and what was expected. */

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "base/utf8.h"
#include "model/json/codec-fields.h"

/* A snapshot is nested four levels deep; the rest is room for later versions. */
#define MAX_DEPTH 16

int codec_read_fail(const struct codec_reader *reader, const struct jsontext_node *node,
		    const char *format, ...)
{
	struct jsontext_position at = jsontext_locate(reader->doc, node->offset);
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, format);
	text = str_vprintf(format, ap);
	va_end(ap);
	if (!text)
		return -ENOMEM;
	free(*reader->ret_error);
	*reader->ret_error =
		str_printf("%u:%u: %s%s%s%s", at.line, at.column, node->key ? "\"" : "",
			   str_or(node->key, ""), node->key ? "\": " : "", text);
	if (!*reader->ret_error)
		return -ENOMEM;
	utf8_clean(*reader->ret_error);
	return -EBADMSG;
}

/* The recursion is bounded: the parse has limited the depth. */
static int codec_read_refuse_repeated(const struct codec_reader *reader,
				      const struct jsontext_node *parent)
{
	int r;

	JSONTEXT_FOREACH(node, parent) {
		if (node->earlier)
			return codec_read_fail(reader, node, "this key is in the object twice");
		r = codec_read_refuse_repeated(reader, node);
		if (r < 0)
			return r;
	}
	return 0;
}

int codec_read_document(const char *text, size_t size, struct jsontext **ret, char **ret_error)
{
	static const struct jsontext_rules rules = { .max_depth = MAX_DEPTH };
	_cleanup_jsontext_ struct jsontext *doc = NULL;
	struct codec_reader reader = { .ret_error = ret_error };
	struct jsontext_error error;
	int r;

	*ret_error = NULL;
	r = jsontext_parse(text, size, &rules, &doc, &error);
	if (r == -EBADMSG) {
		*ret_error = str_printf("%u:%u: %s", error.at.line, error.at.column, error.text);
		return *ret_error ? r : -ENOMEM;
	}
	if (r < 0)
		return r;
	reader.doc = doc;
	r = codec_read_expect(&reader, jsontext_root(doc), JSONTEXT_OBJECT);
	if (r < 0)
		return r;
	r = codec_read_refuse_repeated(&reader, jsontext_root(doc));
	if (r < 0)
		return r;
	*ret = TAKE_PTR(doc);
	return 0;
}

int codec_read_expect(const struct codec_reader *reader, const struct jsontext_node *node,
		      enum jsontext_type type)
{
	if (node->type == type)
		return 0;
	return codec_read_fail(reader, node, "expected %s, found %s", jsontext_type_name(type),
			       jsontext_type_name(node->type));
}

int codec_read_member(const struct codec_reader *reader, const struct jsontext_node *object,
		      const char *key, enum jsontext_type type, bool required,
		      const struct jsontext_node **ret)
{
	const struct jsontext_node *node = jsontext_member(object, key);
	int r;

	if (!node || (node->type == JSONTEXT_NULL && !required)) {
		if (required)
			return codec_read_fail(reader, object,
					       "expected the key \"%s\" in this object", key);
		*ret = NULL;
		return 0;
	}
	r = codec_read_expect(reader, node, type);
	if (r < 0)
		return r;
	*ret = node;
	return 0;
}

int codec_read_elements(const struct codec_reader *reader, const struct jsontext_node *object,
			const char *key, bool required, codec_element_fn fn, void *to)
{
	const struct jsontext_node *array;
	int r;

	r = codec_read_member(reader, object, key, JSONTEXT_ARRAY, required, &array);
	if (r < 0 || !array)
		return r;
	JSONTEXT_FOREACH(element, array) {
		r = fn(reader, element, to);
		if (r < 0)
			return r;
	}
	return 0;
}

int codec_read_strv(const struct codec_reader *reader, const struct jsontext_node *node,
		    char ***ret)
{
	_cleanup_strv_ char **list = NULL;
	size_t n = 0;
	int r;

	r = codec_read_expect(reader, node, JSONTEXT_ARRAY);
	if (r < 0)
		return r;
	list = calloc(node->n + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	JSONTEXT_FOREACH(item, node) {
		r = codec_read_expect(reader, item, JSONTEXT_STRING);
		if (r < 0)
			return r;
		r = utf8_set(&list[n++], item->text);
		if (r < 0)
			return r;
	}
	strv_free(*ret);
	*ret = n > 0 ? TAKE_PTR(list) : NULL;
	return 0;
}

int codec_read_hex(const struct codec_reader *reader, const struct jsontext_node *node, bool prefix,
		   unsigned digits, uint64_t *ret)
{
	const char *s;
	int r;

	r = codec_read_expect(reader, node, JSONTEXT_STRING);
	if (r < 0)
		return r;
	s = node->text;
	if (prefix)
		s = str_starts(s, "0x") ? s + 2 : "";
	if (*s && !s[strspn(s, "0123456789abcdefABCDEF")] && (!digits || strlen(s) == digits) &&
	    str_parse_u64(s, 16, UINT64_MAX, ret) >= 0)
		return 0;
	if (digits)
		return codec_read_fail(reader, node, "expected %u hex digits, found \"%.40s\"",
				       digits, node->text);
	return codec_read_fail(reader, node, "expected 0x and hex digits, found \"%.40s\"",
			       node->text);
}

static int codec_read_number(const struct codec_reader *reader, const struct jsontext_node *node,
			     uint64_t max, uint64_t *ret)
{
	int r;

	r = codec_read_expect(reader, node, JSONTEXT_NUMBER);
	if (r < 0)
		return r;
	if (jsontext_u64(node, max, ret) < 0)
		return codec_read_fail(reader, node,
				       "expected a whole number from 0 to %llu, found %.40s",
				       (unsigned long long)max, node->text);
	return 0;
}

static int codec_read_value(const struct codec_reader *reader, const struct jsontext_node *node,
			    enum codec_kind kind, uint64_t *ret)
{
	int r;

	switch (kind) {
	case CODEC_BOOL:
		r = codec_read_expect(reader, node, JSONTEXT_BOOL);
		if (r < 0)
			return r;
		*ret = node->boolean;
		return 0;
	case CODEC_HEX8:
		return codec_read_hex(reader, node, false, 2, ret);
	case CODEC_HEX16:
		return codec_read_hex(reader, node, false, 4, ret);
	case CODEC_HEX24:
		return codec_read_hex(reader, node, false, 6, ret);
	case CODEC_INT:
		return codec_read_number(reader, node, INT_MAX, ret);
	case CODEC_UINT:
		return codec_read_number(reader, node, UINT_MAX, ret);
	case CODEC_U8:
		return codec_read_number(reader, node, UINT8_MAX, ret);
	case CODEC_ULONG:
		return codec_read_number(reader, node, ULONG_MAX, ret);
	default:
		return codec_read_number(reader, node, UINT64_MAX, ret);
	}
}

static int codec_read_string(const struct codec_reader *reader, const struct jsontext_node *node,
			     char **ret)
{
	int r;

	r = codec_read_expect(reader, node, JSONTEXT_STRING);
	if (r < 0)
		return r;
	return utf8_set(ret, node->text);
}

static void codec_read_store_number(enum codec_kind kind, uint64_t value, void *at)
{
	switch (kind) {
	case CODEC_BOOL:
		*(bool *)at = value != 0;
		break;
	case CODEC_U8:
	case CODEC_HEX8:
		*(uint8_t *)at = (uint8_t)value;
		break;
	case CODEC_HEX16:
		*(uint16_t *)at = (uint16_t)value;
		break;
	case CODEC_HEX24:
		*(uint32_t *)at = (uint32_t)value;
		break;
	case CODEC_INT:
		*(int *)at = (int)value;
		break;
	case CODEC_UINT:
		*(unsigned *)at = (unsigned)value;
		break;
	case CODEC_ULONG:
		*(unsigned long *)at = (unsigned long)value;
		break;
	default:
		*(uint64_t *)at = value;
		break;
	}
}

static int codec_read_field(const struct codec_reader *reader, const struct jsontext_node *node,
			    enum codec_kind kind, void *at)
{
	uint64_t value;
	int r;

	if (kind == CODEC_STRING)
		return codec_read_string(reader, node, at);
	if (kind == CODEC_STRV)
		return codec_read_strv(reader, node, at);
	r = codec_read_value(reader, node, kind, &value);
	if (r < 0)
		return r;
	codec_read_store_number(kind, value, at);
	return 0;
}

int codec_read_fields(const struct codec_reader *reader, const struct jsontext_node *object,
		      const struct codec_field *fields, size_t n, void *to)
{
	int r;

	for (size_t i = 0; i < n; i++) {
		const struct jsontext_node *node = jsontext_member(object, fields[i].key);
		bool required = fields[i].flags & CODEC_REQUIRED;

		if (!node && required)
			return codec_read_fail(reader, object,
					       "expected the key \"%s\" in this object",
					       fields[i].key);
		if (!node || (node->type == JSONTEXT_NULL && !required))
			continue;
		r = codec_read_field(reader, node, fields[i].kind, (char *)to + fields[i].offset);
		if (r < 0)
			return r;
	}
	return 0;
}
