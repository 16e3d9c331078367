/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <errno.h>
#include <string.h>

#include "base/utf8.h"
#include "model/json/jsontext.h"

static const struct jsontext_rules strict = { .max_depth = 4 };
static const struct jsontext_rules with_comments = { .comments = true, .max_depth = 4 };

static struct jsontext *parse_text(const char *text)
{
	struct jsontext_error error;
	struct jsontext *doc = NULL;

	ck_assert_int_eq(jsontext_parse(text, strlen(text), &with_comments, &doc, &error), 0);
	return doc;
}

static void assert_refused(const char *text, unsigned line, unsigned column, const char *why)
{
	_cleanup_jsontext_ struct jsontext *doc = NULL;
	struct jsontext_error error = { 0 };

	ck_assert_msg(jsontext_parse(text, strlen(text), &strict, &doc, &error) == -EBADMSG,
		      "%s was accepted", text);
	ck_assert_ptr_null(doc);
	ck_assert_msg(error.at.line == line && error.at.column == column && strstr(error.text, why),
		      "%s: %u:%u: %s", text, error.at.line, error.at.column, error.text);
}

START_TEST(test_all_types_are_parsed)
{
	_cleanup_jsontext_ struct jsontext *doc = parse_text(
		" [ null, true, false, -1.5e+3, \"a\\n\\u00fc\\ud83d\\ude00\", [], {} ] ");
	static const enum jsontext_type types[] = {
		JSONTEXT_NULL,	 JSONTEXT_BOOL,	 JSONTEXT_BOOL,	  JSONTEXT_NUMBER,
		JSONTEXT_STRING, JSONTEXT_ARRAY, JSONTEXT_OBJECT,
	};
	const struct jsontext_node *root = jsontext_root(doc);
	size_t i = 0;

	ck_assert_uint_eq(root->n, ARRAY_SIZE(types));
	JSONTEXT_FOREACH(node, root) {
		ck_assert_int_eq(node->type, types[i]);
		if (i == 1 || i == 2)
			ck_assert_int_eq(node->boolean, i == 1);
		if (i == 3)
			ck_assert_str_eq(node->text, "-1.5e+3");
		if (i == 4)
			ck_assert_str_eq(node->text, "a\n\xc3\xbc\xf0\x9f\x98\x80");
		i++;
	}
}
END_TEST

START_TEST(test_positions_of_nodes)
{
	_cleanup_jsontext_ struct jsontext *doc =
		parse_text("\xef\xbb\xbf{ \"a\":\r\n// b\n  \"c\" }");
	const struct jsontext_node *node = jsontext_member(jsontext_root(doc), "a");
	struct jsontext_position at;

	ck_assert_ptr_nonnull(node);
	at = jsontext_locate(doc, node->key_offset);
	ck_assert_uint_eq(at.line, 1);
	ck_assert_uint_eq(at.column, 3); /* the byte order mark does not count as a column */
	at = jsontext_locate(doc, node->offset);
	ck_assert_uint_eq(at.line, 3);
	ck_assert_uint_eq(at.column, 3);
}
END_TEST

START_TEST(test_only_whole_numbers_are_u64)
{
	_cleanup_jsontext_ struct jsontext *doc = parse_text(
		"[ 0, 18446744073709551615, 18446744073709551616, -1, 1.0, 1e2, \"1\" ]");
	static const int expected[] = { 0, 0, -ERANGE, -EINVAL, -EINVAL, -EINVAL, -EINVAL };
	uint64_t value = 7;
	size_t i = 0;

	JSONTEXT_FOREACH(node, jsontext_root(doc))
		ck_assert_int_eq(jsontext_u64(node, UINT64_MAX, &value), expected[i++]);
	ck_assert_uint_eq(value, UINT64_MAX);
	ck_assert_int_eq(jsontext_u64(jsontext_root(doc)->first->next, 100, &value), -ERANGE);
}
END_TEST

static void assert_repeated(unsigned others)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_jsontext_ struct jsontext *doc = NULL;
	const struct jsontext_node *first;
	size_t size, n = 0;
	FILE *out = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(out);
	fputs("{ \"a\": 1", out);
	for (unsigned i = 0; i < others; i++)
		fprintf(out, ", \"b%u\": 2", i);
	fputs(", \"a\": 3, \"\\u0061\": 4 }", out);
	fclose(out);
	doc = parse_text(text);
	first = jsontext_root(doc)->first;
	JSONTEXT_FOREACH(node, jsontext_root(doc)) {
		if (!node->earlier)
			continue;
		ck_assert_ptr_eq(node->earlier, first);
		n++;
	}
	ck_assert_uint_eq(n, 2);
}

/* The parser searches few members and many in two different ways. */
START_TEST(test_repeated_keys_are_linked)
{
	assert_repeated(1);
	assert_repeated(500);
}
END_TEST

START_TEST(test_invalid_json_is_refused)
{
	assert_refused("", 1, 1, "ends here");
	assert_refused("[1,\n 2,]", 2, 3, "no comma");
	assert_refused("[[[[[1]]]]]", 1, 5, "4 levels");
	assert_refused("// c\n1", 1, 1, "without comments");
	assert_refused("[1 2]", 1, 4, "expected ',' or ']'");
	assert_refused("{\"a\":1,\n\"b\" 2}", 2, 5, "':'");
	assert_refused("[.5]", 1, 2, ".5");
	assert_refused("[1.]", 1, 2, "1.");
	assert_refused("[1e]", 1, 2, "1e");
	assert_refused("[+1]", 1, 2, "+1");
	assert_refused("[nul]", 1, 2, "nul");
	assert_refused("[\"\\ud83d\\u0041\"]", 1, 3, "surrogate");
	assert_refused("[\"\\udc00\"]", 1, 3, "surrogate");
	assert_refused("[\"\\u12g4\"]", 1, 3, "hex digits");
	assert_refused("[\"a\\", 1, 2, "no end");
	assert_refused("[\"\xed\xa0\x80\"]", 1, 3, "UTF-8"); /* a surrogate in UTF-8 */
	assert_refused("[\"\xc0\x80\"]", 1, 3, "UTF-8");     /* an overlong NUL */
	assert_refused("[\"\xf4\x90\x80\x80\"]", 1, 3, "UTF-8");
	assert_refused("[\"\xe2\x82\"]", 1, 3, "UTF-8");
}
END_TEST

/* A truncated text is refused at every length. */
START_TEST(test_truncated_text_is_refused)
{
	static const char text[] = "{ \"a\": [ -1.5e3, \"\\u00e4\\n\", true, null, { } ] }";
	struct jsontext_error error;

	for (size_t size = 0; size < sizeof(text) - 1; size++) {
		_cleanup_free_ char *part = strndup(text, size);
		struct jsontext *doc = NULL;

		ck_assert_int_eq(jsontext_parse(part, size, &strict, &doc, &error), -EBADMSG);
	}
}
END_TEST

START_TEST(test_utf8_clean_replaces_bytes)
{
	char mixed[] = "a\tb\x1b[0m \xc3\xbc \xc2\x9b \xff \xe2\x82";

	ck_assert_str_eq(utf8_clean(mixed), "a?b?[0m \xc3\xbc ?? ? ??");
}
END_TEST

SUITE("jsontext", test_all_types_are_parsed, test_positions_of_nodes,
      test_only_whole_numbers_are_u64, test_repeated_keys_are_linked, test_invalid_json_is_refused,
      test_truncated_text_is_refused, test_utf8_clean_replaces_bytes)
