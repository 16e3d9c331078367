/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Inside jsontext only. The scanner (jsontext-scan.c) reads what has no inside: blanks,
 * strings, words; the rest is jsontext.c. All return 0, -ENOMEM, or -EBADMSG with p->error filled
 * in.
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

/* Memory that lives as long as the document. NULL: out of memory. */
void *jsontext_take(struct jsontext *doc, size_t size);

int jsontext_scan_fail(struct jsontext_parser *p, size_t offset, const char *format, ...)
	_printf_(3, 4);
/* Complains of what stands at the current place, where @what should have been. */
int jsontext_scan_expected(struct jsontext_parser *p, const char *what);

/* Of the whole text, before all else: no NUL byte, and UTF-8 throughout. */
int jsontext_scan_check_characters(struct jsontext_parser *p) _must_check_;
int jsontext_scan_blanks(struct jsontext_parser *p) _must_check_;
int jsontext_scan_string(struct jsontext_parser *p, const char **ret,
			 size_t *ret_size) _must_check_;
/* true, false, null or a number: what is made of letters and digits. */
int jsontext_scan_word(struct jsontext_parser *p, struct jsontext_node *node) _must_check_;
