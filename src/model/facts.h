/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Things that are known, under names, in the order in which they are told: what one place
 * finds out and several show, be it on the bus, as JSON or as text. A dict has names in it, a list
 * has none and holds one kind of thing.
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

/* @facts: of a dict, or of a list, where @name is "". NULL is taken as out of memory. 0 or -ENOMEM.
 */
int facts_add_bool(struct vec *facts, const char *name, bool value) _must_check_;
int facts_add_number(struct vec *facts, const char *name, uint64_t value) _must_check_;
int facts_add_address(struct vec *facts, const char *name, uint64_t value) _must_check_;
int facts_add_text(struct vec *facts, const char *name, const char *value) _must_check_;
/* The new one's items, to be filled; owned by @facts. NULL when out of memory. */
struct vec *facts_add_dict(struct vec *facts, const char *name) _must_check_;
struct vec *facts_add_list(struct vec *facts, const char *name,
			   enum fact_kind item_kind) _must_check_;

/* NULL: there is none. */
const struct fact *facts_find(const struct vec *facts, const char *name);
/* "" if there is no such text. */
const char *facts_text(const struct vec *facts, const char *name);
/* 0 if there is no such number, address or bool. */
uint64_t facts_number(const struct vec *facts, const char *name);

void facts_clear(struct vec *facts);
#define _cleanup_facts_ _cleanup_(facts_clear)
