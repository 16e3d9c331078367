/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "model/json/jsontext-parser.h"

#define CHUNK_SIZE (64u << 10)

/* Below this many members a plain search for repeated keys is faster than sorting. */
#define FEW_MEMBERS 32

struct jsontext_chunk {
	struct jsontext_chunk *next;
	size_t used, size;
	_Alignas(max_align_t) char data[];
};

struct jsontext {
	struct jsontext_chunk *chunks; /* nodes and strings; freed together */
	size_t *lines;		       /* offset of the first byte of each line */
	size_t n_lines;
	const struct jsontext_node *root;
};

static int jsontext_parse_value(struct jsontext_parser *p, struct jsontext_node *node);

/* --- memory and positions --- */

void *jsontext_take(struct jsontext *doc, size_t size)
{
	struct jsontext_chunk *chunk = doc->chunks;
	void *memory;

	size = (size + _Alignof(max_align_t) - 1) / _Alignof(max_align_t) * _Alignof(max_align_t);
	if (!chunk || chunk->size - chunk->used < size) {
		size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;

		chunk = malloc(sizeof(*chunk) + room);
		if (!chunk)
			return NULL;
		*chunk = (struct jsontext_chunk){ .next = doc->chunks, .size = room };
		doc->chunks = chunk;
	}
	memory = chunk->data + chunk->used;
	chunk->used += size;
	return memory;
}

static struct jsontext_node *jsontext_take_node(struct jsontext *doc)
{
	struct jsontext_node *node = jsontext_take(doc, sizeof(*node));

	if (node)
		*node = (struct jsontext_node){ 0 };
	return node;
}

struct jsontext *jsontext_free(struct jsontext *doc)
{
	if (!doc)
		return NULL;
	while (doc->chunks) {
		struct jsontext_chunk *next = doc->chunks->next;

		free(doc->chunks);
		doc->chunks = next;
	}
	free(doc->lines);
	free(doc);
	return NULL;
}

static int jsontext_find_lines(struct jsontext *doc, const char *text, size_t size)
{
	const char *end = text + size;
	size_t n = 1;

	for (const char *at = text; (at = memchr(at, '\n', (size_t)(end - at))); at++)
		n++;
	doc->lines = calloc(n, sizeof(*doc->lines));
	if (!doc->lines)
		return -ENOMEM;
	doc->n_lines = 1;
	for (const char *at = text; (at = memchr(at, '\n', (size_t)(end - at))); at++)
		doc->lines[doc->n_lines++] = (size_t)(at + 1 - text);
	return 0;
}

struct jsontext_position jsontext_locate(const struct jsontext *doc, size_t offset)
{
	size_t low = 0, high = doc->n_lines;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (doc->lines[middle] <= offset)
			low = middle;
		else
			high = middle;
	}
	return (struct jsontext_position){
		.line = (unsigned)low + 1,
		.column = (unsigned)(offset - doc->lines[low]) + 1,
	};
}

/* --- arrays and objects --- */

static bool jsontext_same_key(const struct jsontext_node *a, const struct jsontext_node *b)
{
	return a->key_size == b->key_size && memcmp(a->key, b->key, a->key_size) == 0;
}

static int jsontext_compare_keys(const void *a, const void *b)
{
	const struct jsontext_node *x = *(const struct jsontext_node *const *)a;
	const struct jsontext_node *y = *(const struct jsontext_node *const *)b;
	int order = strcmp(x->key, y->key);

	if (order)
		return order;
	return x->key_offset < y->key_offset ? -1 : 1;
}

static int jsontext_mark_repeated_sorted(const struct jsontext_node *object)
{
	_cleanup_free_ struct jsontext_node **sorted = calloc(object->n, sizeof(*sorted));
	size_t n = 0;

	if (!sorted)
		return -ENOMEM;
	for (struct jsontext_node *node = object->first; node; node = node->next)
		sorted[n++] = node;
	qsort(sorted, n, sizeof(*sorted), jsontext_compare_keys);
	for (size_t i = 1; i < n; i++)
		if (jsontext_same_key(sorted[i], sorted[i - 1]))
			sorted[i]->earlier =
				sorted[i - 1]->earlier ? sorted[i - 1]->earlier : sorted[i - 1];
	return 0;
}

static int jsontext_mark_repeated(const struct jsontext_node *object)
{
	if (object->n > FEW_MEMBERS)
		return jsontext_mark_repeated_sorted(object);
	for (struct jsontext_node *node = object->first; node; node = node->next)
		for (struct jsontext_node *up = object->first; up != node && !node->earlier;
		     up = up->next)
			if (jsontext_same_key(node, up))
				node->earlier = up;
	return 0;
}

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
	r = parent->type == JSONTEXT_OBJECT ? jsontext_parse_key(p, node) : 0;
	if (r >= 0)
		r = jsontext_parse_value(p, node);
	if (r >= 0)
		r = jsontext_scan_blanks(p);
	if (r < 0)
		return r;
	**tail = node;
	*tail = &node->next;
	parent->n++;
	return 0;
}

/* What follows an element: a comma (1), the end of its parent (0), or an error. */
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

static int jsontext_parse_container(struct jsontext_parser *p, struct jsontext_node *node)
{
	char close = node->type == JSONTEXT_OBJECT ? '}' : ']';
	struct jsontext_node **tail = &node->first;
	int r;

	if (p->depth >= p->rules->max_depth)
		return jsontext_scan_fail(p, p->at, "nested more than %u levels deep",
					  p->rules->max_depth);
	p->depth++;
	p->at++;
	r = jsontext_scan_blanks(p);
	if (r >= 0 && (p->at >= p->size || p->text[p->at] != close))
		do {
			r = jsontext_parse_element(p, node, &tail);
			if (r >= 0)
				r = jsontext_parse_separator(p, node, close);
		} while (r > 0);
	if (r < 0)
		return r;
	p->at++;
	p->depth--;
	return node->type == JSONTEXT_OBJECT ? jsontext_mark_repeated(node) : 0;
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
	if (r >= 0)
		r = jsontext_scan_blanks(p);
	if (r >= 0)
		r = jsontext_parse_value(p, root);
	if (r >= 0)
		r = jsontext_scan_blanks(p);
	if (r < 0)
		return r;
	if (p->at < p->size)
		return jsontext_scan_expected(p, "the end of the text");
	p->doc->root = root;
	return 0;
}

int jsontext_parse(const char *text, size_t size, const struct jsontext_rules *rules,
		   struct jsontext **ret, struct jsontext_error *ret_error)
{
	_cleanup_jsontext_ struct jsontext *doc = calloc(1, sizeof(*doc));
	struct jsontext_parser p = { .doc = doc, .rules = rules, .error = ret_error };
	int r;

	if (!doc)
		return -ENOMEM;
	/* a byte order mark is no part of the first line: columns count from behind it */
	if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		size -= 3;
	}
	p.text = text;
	p.size = size;
	r = jsontext_find_lines(doc, text, size);
	if (r >= 0)
		r = jsontext_parse_root(&p);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(doc);
	return 0;
}

/* --- the tree --- */

const struct jsontext_node *jsontext_root(const struct jsontext *doc)
{
	return doc->root;
}

const struct jsontext_node *jsontext_member(const struct jsontext_node *object, const char *key)
{
	size_t size = strlen(key);

	if (object->type != JSONTEXT_OBJECT)
		return NULL;
	JSONTEXT_FOREACH(node, object)
		if (node->key_size == size && memcmp(node->key, key, size) == 0)
			return node;
	return NULL;
}

int jsontext_u64(const struct jsontext_node *node, uint64_t max, uint64_t *ret)
{
	if (node->type != JSONTEXT_NUMBER)
		return -EINVAL;
	return str_parse_u64(node->text, 10, max, ret);
}

const char *jsontext_type_name(enum jsontext_type type)
{
	static const char *const names[] = {
		[JSONTEXT_NULL] = "null",	[JSONTEXT_BOOL] = "true or false",
		[JSONTEXT_NUMBER] = "a number", [JSONTEXT_STRING] = "a string",
		[JSONTEXT_ARRAY] = "an array",	[JSONTEXT_OBJECT] = "an object",
	};

	return names[type];
}
