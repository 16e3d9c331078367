/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The parsers of the keys of a quirk that select devices. docs: devgroups-quirks.d(5). */

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "model/config/parser.h"
#include "model/quirk.h"

/* Parses exactly @digits hexadecimal digits from @s to @end. 0 or -EINVAL. */
static int parse_quirk_match_hex(const char *s, const char *end, unsigned digits, uint64_t *ret)
{
	char copy[8];

	if ((size_t)(end - s) != digits || digits >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, s, digits);
	copy[digits] = '\0';
	if (copy[strspn(copy, "0123456789abcdefABCDEF")])
		return -EINVAL;
	return str_parse_u64(copy, 16, UINT32_MAX, ret);
}

/* Parses "0032" or "0032-0034", numbers of @digits digits. 0 or -EINVAL. */
static int parse_quirk_match_range(const char *text, unsigned digits, uint64_t *ret_first,
				   uint64_t *ret_last)
{
	const char *dash = strchr(text, '-'), *end = text + strlen(text);

	if (parse_quirk_match_hex(text, dash ? dash : end, digits, ret_first) < 0)
		return -EINVAL;
	*ret_last = *ret_first;
	if (!dash)
		return 0;
	if (parse_quirk_match_hex(dash + 1, end, digits, ret_last) < 0 || *ret_last < *ret_first)
		return -EINVAL;
	return 0;
}

/* Appends a copy of @size bytes at @item. 0 or -ENOMEM. */
static int parse_quirk_match_add(struct vec *list, const void *item, size_t size)
{
	void *copy = malloc(size);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, item, size);
	if (vec_add(list, copy) >= 0)
		return 0;
	free(copy);
	return -ENOMEM;
}

/* --- ids --- */

/* Parses "168c:0032", "168c:0032-0034" or "168c:*". */
static int parse_quirk_match_id_range(const char *text, struct quirk_ids *ret)
{
	const char *colon = strchr(text, ':');
	uint64_t vendor, first = 0, last = UINT16_MAX;

	if (!colon || parse_quirk_match_hex(text, colon, 4, &vendor) < 0)
		return -EINVAL;
	if (!str_eq(colon + 1, "*") && parse_quirk_match_range(colon + 1, 4, &first, &last) < 0)
		return -EINVAL;
	*ret = (struct quirk_ids){ (uint16_t)vendor, (uint16_t)first, (uint16_t)last };
	return 0;
}

static int parse_quirk_match_id(struct config_parser *p, const struct jsontext_node *value,
				void *target)
{
	struct quirk_ids ids;

	if (value->type != JSONTEXT_STRING || parse_quirk_match_id_range(value->text, &ids) < 0)
		return parse_value_expected(p, value,
					    "vendor and device of four hex digits each, as "
					    "\"8086:10d3\", \"8086:1580-158b\" or \"8086:*\"");
	return parse_quirk_match_add(target, &ids, sizeof(ids));
}

/* Parses a list that has at least one element; @example follows "expected at least one, as". */
static int parse_quirk_match_list(struct config_parser *p, const struct jsontext_node *value,
				  config_parse_fn parse, const char *example, void *target)
{
	if (value->type == JSONTEXT_ARRAY && value->n == 0)
		return parse_value_error(p, value->offset,
					 "the list is empty: expected at least one, as \"%s\"",
					 example);
	return parse_value_each(p, value, JSONTEXT_ARRAY, SIZE_MAX, parse, target);
}

int parse_quirk_match_ids(struct config_parser *p, const struct jsontext_node *value, void *target)
{
	return parse_quirk_match_list(p, value, parse_quirk_match_id, "8086:10d3",
				      &((struct quirk *)target)->ids);
}

int parse_quirk_match_subsystems(struct config_parser *p, const struct jsontext_node *value,
				 void *target)
{
	return parse_quirk_match_list(p, value, parse_quirk_match_id, "1043:8694",
				      &((struct quirk *)target)->subsystems);
}

/* --- classes --- */

static int parse_quirk_match_one_class(struct config_parser *p, const struct jsontext_node *value,
				       void *target)
{
	struct quirk_class class = { 0 };
	uint64_t code;

	if (value->type == JSONTEXT_STRING)
		class.digits = (unsigned)strlen(value->text);
	if ((class.digits != 2 && class.digits != 4 && class.digits != 6) ||
	    parse_quirk_match_hex(value->text, value->text + class.digits, class.digits, &code) < 0)
		return parse_value_expected(p, value, "two, four or six hex digits, as \"0108\"");
	class.code = (uint32_t)code;
	return parse_quirk_match_add(target, &class, sizeof(class));
}

/* Parses "0300", or a list of such. */
int parse_quirk_match_class(struct config_parser *p, const struct jsontext_node *value,
			    void *target)
{
	struct vec *classes = &((struct quirk *)target)->classes;

	if (value->type != JSONTEXT_ARRAY)
		return parse_quirk_match_one_class(p, value, classes);
	return parse_quirk_match_list(p, value, parse_quirk_match_one_class, "0108", classes);
}

/* --- revisions --- */

static int parse_quirk_match_one_revision(struct config_parser *p,
					  const struct jsontext_node *value, void *target)
{
	struct quirk_revisions revisions;
	uint64_t first, last;

	if (value->type != JSONTEXT_STRING ||
	    parse_quirk_match_range(value->text, 2, &first, &last) < 0)
		return parse_value_expected(p, value, "two hex digits, as \"01\" or \"00-1f\"");
	revisions = (struct quirk_revisions){ (uint8_t)first, (uint8_t)last };
	return parse_quirk_match_add(target, &revisions, sizeof(revisions));
}

int parse_quirk_match_revisions(struct config_parser *p, const struct jsontext_node *value,
				void *target)
{
	return parse_quirk_match_list(p, value, parse_quirk_match_one_revision, "01",
				      &((struct quirk *)target)->revisions);
}

/* --- kind and place --- */

int parse_quirk_match_function(struct config_parser *p, const struct jsontext_node *value,
			       void *target)
{
	static const char *const words[] = { "any", "pf", "vf", NULL };
	struct quirk *quirk = target;
	const char *word;
	int r = parse_value_word(p, value, words, &word);

	if (r <= 0)
		return r;
	quirk->function = (enum quirk_function)str_index(words, 3, word);
	return 0;
}

int parse_quirk_match_root_bus(struct config_parser *p, const struct jsontext_node *value,
			       void *target)
{
	bool on_root_bus = false;
	int r;

	r = parse_value_is(p, value, JSONTEXT_BOOL);
	if (r <= 0)
		return r;
	r = parse_value_bool(p, value, &on_root_bus);
	if (r < 0)
		return r;
	((struct quirk *)target)->place = on_root_bus ? QUIRK_ROOT_BUS : QUIRK_BELOW_BRIDGE;
	return 0;
}
