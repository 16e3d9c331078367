/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The grammar of JSON: builds the tree, and marks repeated keys. */

#include <errno.h>
#include <string.h>

#include "model/json/jsontext-parser.h"

/* Below this number of members a plain search for repeated keys is faster than sorting. */
#define FEW_MEMBERS 32

static int jsontext_parse_value(struct jsontext_parser *p, struct jsontext_node *node);

/* --- repeated keys --- */

static bool jsontext_parse_same_key(const struct jsontext_node *a, const struct jsontext_node *b)
{
	return a->key_size == b->key_size && memcmp(a->key, b->key, a->key_size) == 0;
}

static int jsontext_parse_compare_keys(const void *a, const void *b)
{
	const struct jsontext_node *x = *(const struct jsontext_node *const *)a;
	const struct jsontext_node *y = *(const struct jsontext_node *const *)b;
	int order = strcmp(x->key, y->key);

	if (order)
		return order;
	return x->key_offset < y->key_offset ? -1 : 1;
}

static int jsontext_parse_mark_repeated_sorted(const struct jsontext_node *object)
{
	_cleanup_free_ struct jsontext_node **sorted = calloc(object->n, sizeof(*sorted));
	size_t n = 0;

	if (!sorted)
		return -ENOMEM;
	for (struct jsontext_node *node = object->first; node; node = node->next)
		sorted[n++] = node;
	qsort(sorted, n, sizeof(*sorted), jsontext_parse_compare_keys);
	for (size_t i = 1; i < n; i++)
		if (jsontext_parse_same_key(sorted[i], sorted[i - 1]))
			sorted[i]->earlier =
				sorted[i - 1]->earlier ? sorted[i - 1]->earlier : sorted[i - 1];
	return 0;
}

static int jsontext_parse_mark_repeated(const struct jsontext_node *object)
{
	if (object->n > FEW_MEMBERS)
		return jsontext_parse_mark_repeated_sorted(object);
	for (struct jsontext_node *node = object->first; node; node = node->next)
		for (struct jsontext_node *up = object->first; up != node && !node->earlier;
		     up = up->next)
			if (jsontext_parse_same_key(node, up))
				node->earlier = up;
	return 0;
}

/* --- arrays and objects --- */

static int jsontext_parse_key(struct jsontext_parser *p, struct jsontext_node *node)
{
	int r;

	if (p->at >= p->size || p->text[p->at] != '"')
		return jsontext_scan_expected(p, "a key in double quotes");
	node->key_offset = p->at;
	r = jsontext_scan_string(p, &node->key, &node->key_size);
	if (r < 0)
		return r;
	r = jsontext_scan_blanks(p);
	if (r < 0)
		return r;
	if (p->at >= p->size || p->text[p->at] != ':')
		return jsontext_scan_expected(p, "':' after the key");
	p->at++;
	return jsontext_scan_blanks(p);
}

static int jsontext_parse_element(struct jsontext_parser *p, struct jsontext_node *parent,
				  struct jsontext_node ***tail)
{
	struct jsontext_node *node = jsontext_take_node(p->doc);
	int r;

	if (!node)
		return -ENOMEM;
	if (parent->type == JSONTEXT_OBJECT) {
		r = jsontext_parse_key(p, node);
		if (r < 0)
			return r;
	}
	r = jsontext_parse_value(p, node);
	if (r < 0)
		return r;
	r = jsontext_scan_blanks(p);
	if (r < 0)
		return r;
	**tail = node;
	*tail = &node->next;
	parent->n++;
	return 0;
}

/* Returns 1 after a comma, 0 at the end of the parent, or the error for any other text. */
static int jsontext_parse_separator(struct jsontext_parser *p, const struct jsontext_node *parent,
				    char close)
{
	struct jsontext_position start;
	size_t comma = p->at;
	int r;

	if (p->at >= p->size) {
		start = jsontext_locate(p->doc, parent->offset);
		return jsontext_scan_fail(
			p, p->at,
			"expected ',' or '%c', but the text ends here; line %u column %u began %s",
			close, start.line, start.column, jsontext_type_name(parent->type));
	}
	if (p->text[p->at] == close)
		return 0;
	if (p->text[p->at] != ',')
		return jsontext_scan_expected(p, close == '}' ? "',' or '}'" : "',' or ']'");
	p->at++;
	r = jsontext_scan_blanks(p);
	if (r < 0)
		return r;
	if (p->at < p->size && p->text[p->at] == close)
		return jsontext_scan_fail(p, comma, "no comma may stand before '%c'", close);
	return 1;
}

static int jsontext_parse_elements(struct jsontext_parser *p, struct jsontext_node *parent,
				   char close)
{
	struct jsontext_node **tail = &parent->first;
	int r;

	if (p->at < p->size && p->text[p->at] == close)
		return 0;
	for (;;) {
		r = jsontext_parse_element(p, parent, &tail);
		if (r < 0)
			return r;
		r = jsontext_parse_separator(p, parent, close);
		if (r <= 0)
			return r;
	}
}

static int jsontext_parse_container(struct jsontext_parser *p, struct jsontext_node *node)
{
	int r;

	if (p->depth >= p->rules->max_depth)
		return jsontext_scan_fail(p, p->at, "nested more than %u levels deep",
					  p->rules->max_depth);
	p->depth++;
	p->at++;
	r = jsontext_scan_blanks(p);
	if (r < 0)
		return r;
	r = jsontext_parse_elements(p, node, node->type == JSONTEXT_OBJECT ? '}' : ']');
	if (r < 0)
		return r;
	p->at++;
	p->depth--;
	if (node->type != JSONTEXT_OBJECT)
		return 0;
	return jsontext_parse_mark_repeated(node);
}

static int jsontext_parse_value(struct jsontext_parser *p, struct jsontext_node *node)
{
	char c = p->at < p->size ? p->text[p->at] : '\0';
	size_t size;

	node->offset = p->at;
	if (c == '{' || c == '[') {
		node->type = c == '{' ? JSONTEXT_OBJECT : JSONTEXT_ARRAY;
		return jsontext_parse_container(p, node);
	}
	if (c == '"') {
		node->type = JSONTEXT_STRING;
		return jsontext_scan_string(p, &node->text, &size);
	}
	return jsontext_scan_word(p, node);
}

static int jsontext_parse_root(struct jsontext_parser *p)
{
	struct jsontext_node *root = jsontext_take_node(p->doc);
	int r;

	if (!root)
		return -ENOMEM;
	r = jsontext_scan_check_characters(p);
	if (r < 0)
		return r;
	r = jsontext_scan_blanks(p);
	if (r < 0)
		return r;
	r = jsontext_parse_value(p, root);
	if (r < 0)
		return r;
	r = jsontext_scan_blanks(p);
	if (r < 0)
		return r;
	if (p->at < p->size)
		return jsontext_scan_expected(p, "the end of the text");
	jsontext_set_root(p->doc, root);
	return 0;
}

int jsontext_parse(const char *text, size_t size, const struct jsontext_rules *rules,
		   struct jsontext **ret, struct jsontext_error *ret_error)
{
	_cleanup_jsontext_ struct jsontext *doc = NULL;
	struct jsontext_parser p = { .rules = rules, .error = ret_error };
	int r;

	/* columns of the first line count from behind a byte order mark */
	if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		size -= 3;
	}
	doc = jsontext_new(text, size);
	if (!doc)
		return -ENOMEM;
	p.doc = doc;
	p.text = text;
	p.size = size;
	r = jsontext_parse_root(&p);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(doc);
	return 0;
}
