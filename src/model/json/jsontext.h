/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Reads JSON text into a tree that knows where everything stood. Strict RFC 8259, with
 * comments where asked for; no number is rounded (they stay text until asked for) and no key is
 * lost (a repeated one is marked). The text is not needed after the parse.
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
	const char *text;	     /* a string's value; a number as written */
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
	bool comments;	    /* both kinds of C */
	unsigned max_depth; /* of arrays and objects in each other */
};

struct jsontext;

/* 0, -ENOMEM, or -EBADMSG with *ret_error filled in: the first thing that is no JSON. */
int jsontext_parse(const char *text, size_t size, const struct jsontext_rules *rules,
		   struct jsontext **ret, struct jsontext_error *ret_error) _must_check_;
struct jsontext *jsontext_free(struct jsontext *doc);
DEFINE_CLEANUP(struct jsontext *, jsontext_freep, jsontext_free)
#define _cleanup_jsontext_ _cleanup_(jsontext_freep)

const struct jsontext_node *jsontext_root(const struct jsontext *doc);
struct jsontext_position jsontext_locate(const struct jsontext *doc, size_t offset);

/* The (first) member of this name; NULL if there is none or @object is no object. */
const struct jsontext_node *jsontext_member(const struct jsontext_node *object, const char *key);

/* -EINVAL if @node is no whole number from 0 up, -ERANGE beyond @max. */
int jsontext_u64(const struct jsontext_node *node, uint64_t max, uint64_t *ret) _must_check_;

/* "a string", "an object", …: for messages. */
const char *jsontext_type_name(enum jsontext_type type);

/* How many bytes the UTF-8 character at @s takes, of @size at most; 0 if it is none. */
size_t jsontext_scan_utf8_length(const char *s, size_t size);

/*
 * For messages that quote what they were given: control characters, and what is no UTF-8 (or was
 * cut in the middle), become '?', in place. Returns @s.
 */
char *jsontext_scan_clean(char *s);

#define JSONTEXT_FOREACH(node, parent) \
	for (const struct jsontext_node *node = (parent)->first; node; node = node->next)
