/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Inside jsontext only. The grammar (jsontext-parse.c) calls the scanner (jsontext-scan.c), and
 * both call the document (jsontext.c). Functions that return int give 0, -ENOMEM, or -EBADMSG with
 * p->error filled in.
 */

#include "model/json/jsontext.h"

struct jsontext_parser {
	struct jsontext *doc;
	const struct jsontext_rules *rules;
	struct jsontext_error *error;
	const char *text;
	size_t size, at;
	unsigned depth;
};

/* --- the document --- */

/* Returns an empty document that knows the lines of @text, or NULL when out of memory. */
struct jsontext *jsontext_new(const char *text, size_t size);
/* Returns memory that lives as long as the document, or NULL when out of memory. */
void *jsontext_take(struct jsontext *doc, size_t size);
/* Returns an empty node in such memory, or NULL when out of memory. */
struct jsontext_node *jsontext_take_node(struct jsontext *doc);
void jsontext_set_root(struct jsontext *doc, const struct jsontext_node *root);

/* --- the scanner --- */

/* Fills in the error and returns -EBADMSG. */
int jsontext_scan_fail(struct jsontext_parser *p, size_t offset, const char *format, ...)
	_printf_(3, 4);
/* Fails with "expected @what", and with the text that stands at the current place instead. */
int jsontext_scan_expected(struct jsontext_parser *p, const char *what);

/* Checks the whole text, before all else: no NUL byte, and valid UTF-8. */
int jsontext_scan_check_characters(struct jsontext_parser *p) _must_check_;
/* Skips white space, and comments where the rules allow them. */
int jsontext_scan_blanks(struct jsontext_parser *p) _must_check_;
int jsontext_scan_string(struct jsontext_parser *p, const char **ret,
			 size_t *ret_size) _must_check_;
/* Reads true, false, null or a number: a value that is made of letters and digits. */
int jsontext_scan_word(struct jsontext_parser *p, struct jsontext_node *node) _must_check_;
