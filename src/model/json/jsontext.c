/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The document: its memory, the positions of its lines, and access to the tree. */

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "model/json/jsontext-parser.h"

#define CHUNK_SIZE (64u << 10)

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

struct jsontext_node *jsontext_take_node(struct jsontext *doc)
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

struct jsontext *jsontext_new(const char *text, size_t size)
{
	_cleanup_jsontext_ struct jsontext *doc = calloc(1, sizeof(*doc));

	if (!doc || jsontext_find_lines(doc, text, size) < 0)
		return NULL;
	return TAKE_PTR(doc);
}

void jsontext_set_root(struct jsontext *doc, const struct jsontext_node *root)
{
	doc->root = root;
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
