/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Named facts in a fixed order. One file finds them out, and several show them: on the bus, as JSON
 * or as text. A dict holds named facts; a list holds facts of one kind without names.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/macro.h"
#include "base/vec.h"

enum fact_kind {
	FACT_BOOL,
	FACT_NUMBER,
	FACT_ADDRESS, /* a number that people write in hexadecimal */
	FACT_TEXT,
	FACT_DICT,
	FACT_LIST,
};

struct fact {
	char *name; /* "" in a list */
	enum fact_kind kind;
	enum fact_kind item_kind; /* of a list */
	uint64_t number;	  /* also of a bool */
	char *text;
	struct vec items; /* struct fact, owned; of a dict or list */
};

/*
 * Append to @facts of a dict, or of a list with the @name "". A NULL @facts, as facts_add_dict()
 * may return it, is out of memory. 0 or -ENOMEM.
 */
int facts_add_bool(struct vec *facts, const char *name, bool value) _must_check_;
int facts_add_number(struct vec *facts, const char *name, uint64_t value) _must_check_;
int facts_add_address(struct vec *facts, const char *name, uint64_t value) _must_check_;
int facts_add_text(struct vec *facts, const char *name, const char *value) _must_check_;
/* Append a dict or list. They return its facts, owned by @facts, or NULL when out of memory. */
struct vec *facts_add_dict(struct vec *facts, const char *name) _must_check_;
struct vec *facts_add_list(struct vec *facts, const char *name,
			   enum fact_kind item_kind) _must_check_;

/* Returns the fact of this name, or NULL. */
const struct fact *facts_find(const struct vec *facts, const char *name);
/* Returns the text of this name, or "". */
const char *facts_text(const struct vec *facts, const char *name);
/* Returns the number, address or bool of this name, or 0. */
uint64_t facts_number(const struct vec *facts, const char *name);

void facts_clear(struct vec *facts);
#define _cleanup_facts_ _cleanup_(facts_clear)
