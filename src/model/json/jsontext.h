/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Reads JSON text into a tree that knows the position of every value. Strict RFC 8259, with
 * comments where asked for. Numbers stay text until they are asked for, so none is rounded, and a
 * repeated key is marked, so none is lost. The text is not needed after the parse.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macro.h"

enum jsontext_type {
	JSONTEXT_NULL,
	JSONTEXT_BOOL,
	JSONTEXT_NUMBER,
	JSONTEXT_STRING,
	JSONTEXT_ARRAY,
	JSONTEXT_OBJECT,
};

struct jsontext_node {
	enum jsontext_type type;
	bool boolean;
	const char *text;	     /* the value of a string; a number as written */
	struct jsontext_node *first; /* of an array or object, in the order of the text */
	struct jsontext_node *next;
	size_t n;	 /* elements or members */
	const char *key; /* of a member, else NULL */
	size_t key_size;
	size_t offset;			     /* where the value starts, for jsontext_locate() */
	size_t key_offset;		     /* where its key starts */
	const struct jsontext_node *earlier; /* the first member of the object with this key */
};

struct jsontext_position {
	unsigned line, column; /* from 1; the column counts bytes */
};

struct jsontext_error {
	struct jsontext_position at;
	char text[240];
};

struct jsontext_rules {
	bool comments;	    /* both kinds of C comments */
	unsigned max_depth; /* of arrays and objects in each other */
};

struct jsontext;

/* 0, -ENOMEM, or -EBADMSG with the first error of the text in *ret_error. */
int jsontext_parse(const char *text, size_t size, const struct jsontext_rules *rules,
		   struct jsontext **ret, struct jsontext_error *ret_error) _must_check_;
struct jsontext *jsontext_free(struct jsontext *doc);
DEFINE_CLEANUP(struct jsontext *, jsontext_freep, jsontext_free)
#define _cleanup_jsontext_ _cleanup_(jsontext_freep)

/* Returns the outermost value, owned by @doc like all nodes. */
const struct jsontext_node *jsontext_root(const struct jsontext *doc);
/* Returns the line and column of the byte at @offset. */
struct jsontext_position jsontext_locate(const struct jsontext *doc, size_t offset);

/* Returns the first member with this key, or NULL; NULL also if @object is not an object. */
const struct jsontext_node *jsontext_member(const struct jsontext_node *object, const char *key);

/* Reads a whole number from 0 to @max. 0, -EINVAL for any other value, -ERANGE beyond @max. */
int jsontext_u64(const struct jsontext_node *node, uint64_t max, uint64_t *ret) _must_check_;

/* Returns the name of @type in messages: "a string", "an object", … */
const char *jsontext_type_name(enum jsontext_type type);

#define JSONTEXT_FOREACH(node, parent) \
	for (const struct jsontext_node *node = (parent)->first; node; node = node->next)
