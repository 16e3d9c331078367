/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Named facts in order: added by the code that finds them, shown by others. */

#include <string.h>

#include "base/str.h"
#include "model/facts.h"

static void fact_free(struct fact *fact)
{
	free(fact->name);
	free(fact->text);
	facts_clear(&fact->items);
	free(fact);
}

DEFINE_VEC_CLEAR(facts_clear, struct fact, fact_free)

static struct fact *facts_add(struct vec *facts, const char *name, enum fact_kind kind)
{
	struct fact *fact;

	if (!facts)
		return NULL;
	fact = calloc(1, sizeof(*fact));
	if (!fact)
		return NULL;
	fact->kind = kind;
	fact->name = strdup(name);
	if (!fact->name || vec_add(facts, fact) < 0) {
		fact_free(fact);
		return NULL;
	}
	return fact;
}

static int facts_add_value(struct vec *facts, const char *name, enum fact_kind kind, uint64_t value)
{
	struct fact *fact = facts_add(facts, name, kind);

	if (!fact)
		return -ENOMEM;
	fact->number = value;
	return 0;
}

int facts_add_bool(struct vec *facts, const char *name, bool value)
{
	return facts_add_value(facts, name, FACT_BOOL, value);
}

int facts_add_number(struct vec *facts, const char *name, uint64_t value)
{
	return facts_add_value(facts, name, FACT_NUMBER, value);
}

int facts_add_address(struct vec *facts, const char *name, uint64_t value)
{
	return facts_add_value(facts, name, FACT_ADDRESS, value);
}

int facts_add_text(struct vec *facts, const char *name, const char *value)
{
	_cleanup_free_ char *text = strdup(value);
	struct fact *fact;

	if (!text)
		return -ENOMEM;
	fact = facts_add(facts, name, FACT_TEXT);
	if (!fact)
		return -ENOMEM;
	fact->text = TAKE_PTR(text);
	return 0;
}

struct vec *facts_add_dict(struct vec *facts, const char *name)
{
	struct fact *fact = facts_add(facts, name, FACT_DICT);

	return fact ? &fact->items : NULL;
}

struct vec *facts_add_list(struct vec *facts, const char *name, enum fact_kind item_kind)
{
	struct fact *fact = facts_add(facts, name, FACT_LIST);

	if (!fact)
		return NULL;
	fact->item_kind = item_kind;
	return &fact->items;
}

const struct fact *facts_find(const struct vec *facts, const char *name)
{
	VEC_FOREACH(const struct fact, fact, facts)
		if (str_eq(fact->name, name))
			return fact;
	return NULL;
}

const char *facts_text(const struct vec *facts, const char *name)
{
	const struct fact *fact = facts_find(facts, name);

	return fact ? str_or(fact->text, "") : "";
}

uint64_t facts_number(const struct vec *facts, const char *name)
{
	const struct fact *fact = facts_find(facts, name);

	return fact ? fact->number : 0;
}
