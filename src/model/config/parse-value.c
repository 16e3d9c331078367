/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Values of the configuration language, and the problems that a file has. */

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/nearest.h"
#include "base/str.h"
#include "base/strv.h"
#include "base/utf8.h"
#include "model/config/parser.h"
#include "model/device-bus.h"
#include "model/pciaddr.h"

/* Limits the list of problems: a file with more is likely the wrong file. */
#define MAX_PROBLEMS 100

#define HEX "0123456789abcdefABCDEF"

/* --- problems --- */

static int parse_value_add_problem(struct config_parser *p, size_t offset, bool warning,
				   const char *text)
{
	struct jsontext_position at = jsontext_locate(p->doc, offset);

	if (p->problems++ > MAX_PROBLEMS)
		return 0;
	if (p->problems > MAX_PROBLEMS)
		return def_set_add_problem(p->defs, p->file, at.line, at.column, warning,
					   "more than %d problems: the rest is not listed",
					   MAX_PROBLEMS);
	return def_set_add_problem(p->defs, p->file, at.line, at.column, warning, "%s", text);
}

static int _printf_(4, 0) parse_value_add_formatted(struct config_parser *p, size_t offset,
						    bool warning, const char *format, va_list ap)
{
	_cleanup_free_ char *text = NULL;

	text = str_vprintf(format, ap);
	if (!text)
		return -ENOMEM;
	return parse_value_add_problem(p, offset, warning, text);
}

int parse_value_error(struct config_parser *p, size_t offset, const char *format, ...)
{
	va_list ap;
	int r;

	p->errors++;
	va_start(ap, format);
	r = parse_value_add_formatted(p, offset, false, format, ap);
	va_end(ap);
	return r;
}

int parse_value_warning(struct config_parser *p, size_t offset, const char *format, ...)
{
	va_list ap;
	int r;

	va_start(ap, format);
	r = parse_value_add_formatted(p, offset, true, format, ap);
	va_end(ap);
	return r;
}

static int parse_value_report_unexpected(struct config_parser *p, const struct jsontext_node *value,
					 const char *what, const char *hint)
{
	bool quoted = value->type == JSONTEXT_STRING;
	const char *found = value->text ? value->text : jsontext_type_name(value->type);

	if (value->type == JSONTEXT_BOOL)
		found = value->boolean ? "true" : "false";
	return parse_value_error(p, value->offset, "%s%s%sexpected %s, found %s%.80s%s%s",
				 value->key ? "\"" : "", str_or(value->key, ""),
				 value->key ? "\": " : "", what, quoted ? "\"" : "", found,
				 quoted ? "\"" : "", hint);
}

int parse_value_expected(struct config_parser *p, const struct jsontext_node *value,
			 const char *what)
{
	return parse_value_report_unexpected(p, value, what, "");
}

int parse_value_declared(struct config_parser *p, size_t offset, const char *name, unsigned line,
			 unsigned column)
{
	return parse_value_error(p, offset,
				 "%s is declared in this file already, in line %u column %u", name,
				 line, column);
}

/* --- near misses --- */

char *parse_value_suggest(const char *word, const char *const *words)
{
	const char *nearest = nearest_find(word, words);

	if (!nearest)
		return strdup("");
	return str_printf(" (did you mean \"%s\"?)", nearest);
}

/* --- values --- */

int parse_value_is(struct config_parser *p, const struct jsontext_node *value,
		   enum jsontext_type type)
{
	if (value->type == type)
		return 1;
	return parse_value_expected(p, value, jsontext_type_name(type));
}

int parse_value_text(struct config_parser *p, const struct jsontext_node *value, size_t min,
		     size_t max, const char **ret)
{
	_cleanup_free_ char *what = NULL;
	size_t size;
	int r;

	r = parse_value_is(p, value, JSONTEXT_STRING);
	if (r <= 0)
		return r;
	size = strlen(value->text);
	if (size >= min && size <= max && !utf8_has_control(value->text)) {
		*ret = value->text;
		return 1;
	}
	what = str_printf("%zu to %zu bytes of text without control characters", min, max);
	if (!what)
		return -ENOMEM;
	return parse_value_expected(p, value, what);
}

int parse_value_string(struct config_parser *p, const struct jsontext_node *value, size_t min,
		       size_t max, char **ret)
{
	const char *text;
	int r;

	r = parse_value_text(p, value, min, max, &text);
	if (r <= 0)
		return r;
	return str_set(ret, text);
}

int parse_value_bool(struct config_parser *p, const struct jsontext_node *value, bool *ret)
{
	int r;

	r = parse_value_is(p, value, JSONTEXT_BOOL);
	if (r <= 0)
		return r;
	*ret = value->boolean;
	return 0;
}

int parse_value_word(struct config_parser *p, const struct jsontext_node *value,
		     const char *const *words, const char **ret)
{
	_cleanup_free_ char *list = NULL, *hint = NULL, *what = NULL;
	int r;

	r = parse_value_is(p, value, JSONTEXT_STRING);
	if (r <= 0)
		return r;
	for (const char *const *word = words; *word; word++)
		if (str_eq(*word, value->text)) {
			*ret = *word;
			return 1;
		}
	list = strv_join((char *const *)words, ", ");
	hint = parse_value_suggest(value->text, words);
	if (!list || !hint)
		return -ENOMEM;
	what = str_printf("one of %s", list);
	if (!what)
		return -ENOMEM;
	return parse_value_report_unexpected(p, value, what, hint);
}

int parse_value_number(struct config_parser *p, const struct jsontext_node *value, uint64_t max,
		       uint64_t *ret)
{
	_cleanup_free_ char *what = NULL;

	if (jsontext_u64(value, max, ret) >= 0)
		return 1;
	what = str_printf("a whole number from 0 to %llu", (unsigned long long)max);
	if (!what)
		return -ENOMEM;
	return parse_value_expected(p, value, what);
}

int parse_value_key_at(struct config_parser *p, size_t offset, const char *text, char **ret)
{
	struct pciaddr addr;
	int r = -EINVAL;

	/* "fe:1.0" could be a device "1.0" on a bus "fe", but a misspelt address is more likely */
	if (text[strspn(text, HEX ":.")] || pciaddr_parse(text, &addr) >= 0)
		r = device_bus_key_normalize(text, ret);
	if (r == -ENOMEM)
		return r;
	if (r != -EINVAL)
		return 1;
	return parse_value_error(
		p, offset,
		"\"%.80s\" is not a device address: expected PCI domain:bus:slot.function in hex, "
		"as 0000:01:00.0, with a slot up to 1f and a function up to 7, or bus:name of "
		"another bus",
		text);
}

int parse_value_key(struct config_parser *p, const struct jsontext_node *value, char **ret)
{
	int r = parse_value_is(p, value, JSONTEXT_STRING);

	if (r <= 0)
		return r;
	return parse_value_key_at(p, value->offset, value->text, ret);
}

/* --- arrays and objects --- */

int parse_value_each(struct config_parser *p, const struct jsontext_node *value,
		     enum jsontext_type type, size_t max, config_parse_fn parse, void *target)
{
	int r;

	r = parse_value_is(p, value, type);
	if (r <= 0)
		return r;
	if (value->n > max)
		return parse_value_error(p, value->offset,
					 "\"%s\": expected %zu at most, found %zu", value->key, max,
					 value->n);
	JSONTEXT_FOREACH(item, value) {
		r = parse(p, item, target);
		if (r < 0)
			return r;
	}
	return 0;
}

static int parse_value_report_repeated(struct config_parser *p, const struct jsontext_node *member)
{
	struct jsontext_position at = jsontext_locate(p->doc, member->earlier->key_offset);

	return parse_value_error(p, member->key_offset,
				 "the key \"%s\" is in this object already, in line %u column %u",
				 member->key, at.line, at.column);
}

static int parse_value_report_unknown(struct config_parser *p, const struct jsontext_node *member,
				      const struct config_key *keys, size_t n)
{
	_cleanup_free_ const char **names = calloc(n + 1, sizeof(*names));
	_cleanup_free_ char *hint = NULL, *all = NULL;

	if (!names)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		names[i] = keys[i].name;
	hint = parse_value_suggest(member->key, names);
	all = strv_join((char *const *)names, ", ");
	if (!hint || !all)
		return -ENOMEM;
	if (p->lenient)
		return parse_value_warning(p, member->key_offset,
					   "unknown key \"%.80s\" is ignored%s", member->key, hint);
	if (*hint)
		return parse_value_error(p, member->key_offset, "unknown key \"%.80s\"%s",
					 member->key, hint);
	return parse_value_error(p, member->key_offset, "unknown key \"%.80s\": expected one of %s",
				 member->key, all);
}

static int parse_value_member(struct config_parser *p, const struct jsontext_node *member,
			      const struct config_key *keys, size_t n, void *target)
{
	if (member->earlier)
		return parse_value_report_repeated(p, member);
	for (size_t i = 0; i < n; i++)
		if (str_eq(keys[i].name, member->key))
			return keys[i].parse(p, member, target);
	return parse_value_report_unknown(p, member, keys, n);
}

int parse_value_members(struct config_parser *p, const struct jsontext_node *object,
			const struct config_key *keys, size_t n, void *target)
{
	int r;

	r = parse_value_is(p, object, JSONTEXT_OBJECT);
	if (r <= 0)
		return r;
	JSONTEXT_FOREACH(member, object) {
		r = parse_value_member(p, member, keys, n, target);
		if (r < 0)
			return r;
	}
	return 0;
}

int parse_value_object(struct config_parser *p, const struct jsontext_node *object,
		       const struct config_key *keys, size_t n, const char *const *needed,
		       void *target)
{
	int r;

	r = parse_value_members(p, object, keys, n, target);
	if (r < 0 || object->type != JSONTEXT_OBJECT)
		return r;
	for (; *needed; needed++) {
		if (jsontext_member(object, *needed))
			continue;
		r = parse_value_error(p, object->key_offset, "\"%.80s\" has no \"%s\"", object->key,
				      *needed);
		if (r < 0)
			return r;
	}
	return 0;
}

int parse_value_origin(struct config_parser *p, size_t offset, char **file, unsigned *line,
		       unsigned *column)
{
	struct jsontext_position at = jsontext_locate(p->doc, offset);

	*line = at.line;
	*column = at.column;
	return str_set(file, p->file);
}
