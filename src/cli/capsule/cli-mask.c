/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/capsule/cli-mask.h"

#define MAC_LENGTH 17 /* "52:54:00:12:34:56" */
#define CONFIG_EXTENDED 0x100
#define CAP_SERIAL 0x0003 /* of PCI Express: eight bytes after its header */
#define WORD_MIN 3	  /* shorter words are replaced in their places alone, not in a text */

struct mask_word {
	char *from, *to;
	const char *kind;
};

/* --- words --- */

static void mask_word_free(struct mask_word *word)
{
	if (!word)
		return;
	free(word->from);
	free(word->to);
	free(word);
}

DEFINE_CLEANUP(struct mask_word *, mask_word_freep, mask_word_free)

static unsigned mask_word_count(const struct cli_mask *mask, const char *kind)
{
	unsigned n = 0;

	VEC_FOREACH(const struct mask_word, word, &mask->words)
		n += str_eq(word->kind, kind);
	return n;
}

static const struct mask_word *mask_word_find(const struct cli_mask *mask, const char *from)
{
	VEC_FOREACH(const struct mask_word, word, &mask->words)
		if (str_eq(word->from, from))
			return word;
	return NULL;
}

/* Returns the replacement of @from, a word of @kind. Longer words come first. NULL: no memory. */
static const char *mask_word_replace(struct cli_mask *mask, const char *kind, const char *from)
{
	_cleanup_(mask_word_freep) struct mask_word *word = NULL;
	const struct mask_word *known = mask_word_find(mask, from);
	size_t at = 0;

	if (known)
		return known->to;
	word = calloc(1, sizeof(*word));
	if (!word)
		return NULL;
	word->kind = kind;
	word->from = strdup(from);
	word->to = str_printf("%s-%u", kind, mask_word_count(mask, kind) + 1);
	if (!word->from || !word->to)
		return NULL;
	while (at < mask->words.n &&
	       strlen(((struct mask_word *)mask->words.items[at])->from) > strlen(from))
		at++;
	if (vec_insert(&mask->words, at, word) < 0)
		return NULL;
	return TAKE_PTR(word)->to;
}

void cli_mask_clear(struct cli_mask *mask)
{
	VEC_FOREACH(struct mask_word, word, &mask->words)
		mask_word_free(word);
	vec_drop(&mask->words);
}

/* --- JSON --- */

static const struct {
	const char *key, *kind;
} mask_keys[] = {
	{ "serial", "serial" },	 { "interfaces", "interface" }, { "host-names", "interface" },
	{ "what", "use" },	 { "through", "use" },		{ "name", "process" },
	{ "unit", "unit" },	 { "description", "text" },	{ "reserved-for", "label" },
	{ "users", "user" },	 { "groups", "usergroup" },	{ "label", "label" },
	{ "holder", "process" },
};

/* Returns the kind of the strings below @key, or NULL if they stay. */
static const char *mask_key_kind(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(mask_keys); i++)
		if (str_eq(mask_keys[i].key, key))
			return mask_keys[i].kind;
	return NULL;
}

/* Replaces the words of "net/ens2 52:54:00:00:00:01": the interface, and what follows it. */
static json_object *mask_json_interface(struct cli_mask *mask, const char *value)
{
	const char *slash = strchr(value, '/'), *begin = slash ? slash + 1 : value;
	size_t n = strcspn(begin, " ");
	_cleanup_free_ char *name = strndup(begin, n), *rest = cli_mask_text(mask, begin + n),
			    *text = NULL;
	const char *to = name && rest ? mask_word_replace(mask, "interface", name) : NULL;

	if (!to)
		return NULL;
	text = str_printf("%.*s%s%s", (int)(begin - value), value, to, rest);
	return text ? json_object_new_string(text) : NULL;
}

/* Returns a new string in place of @value. NULL: no memory. */
static json_object *mask_json_string(struct cli_mask *mask, const char *kind, const char *value)
{
	const char *to;

	if (str_eq(kind, "interface"))
		return mask_json_interface(mask, value);
	to = mask_word_replace(mask, kind, value);
	return to ? json_object_new_string(to) : NULL;
}

static int mask_json_list(struct cli_mask *mask, const char *kind, json_object *list)
{
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		json_object *item = json_object_array_get_idx(list, i), *to;
		int r = 0;

		if (json_object_is_type(item, json_type_string) && kind) {
			to = mask_json_string(mask, kind, json_object_get_string(item));
			if (!to || json_object_array_put_idx(list, i, to) < 0)
				return -ENOMEM;
		} else {
			r = cli_mask_json(mask, item);
		}
		if (r < 0)
			return r;
	}
	return 0;
}

/* Renames the keys of "groups", whose values are the definitions. */
static int mask_json_names(struct cli_mask *mask, json_object *groups)
{
	_cleanup_vec_ struct vec names = { 0 };

	json_object_object_foreach(groups, name,
				   group) if (group && vec_add(&names, name) < 0) return -ENOMEM;
	VEC_FOREACH(const char, old, &names) {
		json_object *value = json_object_object_get(groups, old);
		const char *to = mask_word_replace(mask, "group", old);
		int r;

		if (!to)
			return -ENOMEM;
		r = json_object_object_add(groups, to, json_object_get(value));
		if (r < 0)
			return -ENOMEM;
		json_object_object_del(groups, old);
	}
	return 0;
}

static unsigned mask_config_byte(const char *hex, size_t at)
{
	unsigned byte = 0;

	return strlen(hex) >= 2 * at + 2 && sscanf(hex + 2 * at, "%2x", &byte) == 1 ? byte : 0;
}

static unsigned mask_config_u32(const char *hex, size_t at)
{
	return mask_config_byte(hex, at) | mask_config_byte(hex, at + 1) << 8 |
	       mask_config_byte(hex, at + 2) << 16 | mask_config_byte(hex, at + 3) << 24;
}

/* Overwrites the serial number in configuration space, written as hexadecimal digits. */
static void mask_config_serial(char *hex)
{
	size_t at = CONFIG_EXTENDED;

	for (unsigned n = 0; at >= CONFIG_EXTENDED && n < 256; n++) {
		unsigned head = mask_config_u32(hex, at);

		if ((head & 0xffff) == CAP_SERIAL && strlen(hex) > 2 * at + 8) {
			char *digits = hex + 2 * at + 8;

			memset(digits, '0', strnlen(digits, 16));
			return;
		}
		at = head >> 20;
	}
}

static int mask_json_config(json_object *object, const char *hex)
{
	_cleanup_free_ char *copy = strdup(hex);

	if (!copy)
		return -ENOMEM;
	mask_config_serial(copy);
	return json_object_object_add(object, "config", json_object_new_string(copy)) < 0 ?
		       -ENOMEM :
		       0;
}

static int mask_json_member(struct cli_mask *mask, json_object *object, const char *key,
			    json_object *value)
{
	const char *kind = mask_key_kind(key);
	json_object *to;

	switch (json_object_get_type(value)) {
	case json_type_string:
		if (str_eq(key, "config"))
			return mask_json_config(object, json_object_get_string(value));
		if (!kind)
			return 0;
		to = mask_json_string(mask, kind, json_object_get_string(value));
		return to && json_object_object_add(object, key, to) >= 0 ? 0 : -ENOMEM;
	case json_type_array:
		return mask_json_list(mask, kind, value);
	case json_type_object:
		if (str_eq(key, "groups")) {
			int r = mask_json_names(mask, value);

			if (r < 0)
				return r;
		}
		return cli_mask_json(mask, value);
	default:
		return 0;
	}
}

int cli_mask_json(struct cli_mask *mask, json_object *object)
{
	_cleanup_vec_ struct vec keys = { 0 };

	if (json_object_is_type(object, json_type_array))
		return mask_json_list(mask, NULL, object);
	if (!json_object_is_type(object, json_type_object))
		return 0;
	json_object_object_foreach(object, name,
				   ignored) if (ignored && vec_add(&keys, name) < 0) return -ENOMEM;
	VEC_FOREACH(const char, key, &keys) {
		int r = mask_json_member(mask, object, key, json_object_object_get(object, key));

		if (r < 0)
			return r;
	}
	return 0;
}

/* --- text --- */

static bool mask_is_part_of_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static bool mask_is_mac(const char *at)
{
	for (size_t i = 0; i < MAC_LENGTH; i++)
		if (i % 3 == 2 ? at[i] != ':' : !isxdigit((unsigned char)at[i]))
			return false;
	return at[MAC_LENGTH] != ':' && !isxdigit((unsigned char)at[MAC_LENGTH]);
}

/* Returns the known word at @at, if it is a whole one, or NULL. */
static const struct mask_word *mask_word_at(const struct cli_mask *mask, const char *at)
{
	VEC_FOREACH(const struct mask_word, word, &mask->words) {
		size_t n = strlen(word->from);

		if (n >= WORD_MIN && strncmp(at, word->from, n) == 0 &&
		    !mask_is_part_of_word(at[n]))
			return word;
	}
	return NULL;
}

/* Writes what is at @at, replaced or not. Returns the length of what it stands for, or 0. */
static size_t mask_write(struct cli_mask *mask, const char *at, bool begins, FILE *out)
{
	const struct mask_word *word = begins ? mask_word_at(mask, at) : NULL;

	if (word) {
		fputs(word->to, out);
		return strlen(word->from);
	}
	if (begins && mask_is_mac(at)) {
		char mac[MAC_LENGTH + 1] = { 0 };
		const char *to;

		memcpy(mac, at, MAC_LENGTH);
		to = mask_word_replace(mask, "mac", mac);
		if (!to)
			return 0;
		fputs(to, out);
		return MAC_LENGTH;
	}
	fputc(*at, out);
	return 1;
}

char *cli_mask_text(struct cli_mask *mask, const char *text)
{
	_cleanup_free_ char *result = NULL;
	size_t size, n = 1;
	FILE *out = open_memstream(&result, &size);

	if (!out)
		return NULL;
	for (const char *at = text; *at && n > 0; at += n)
		n = mask_write(mask, at, at == text || !mask_is_part_of_word(at[-1]), out);
	if (fclose(out) == EOF || n == 0)
		return NULL;
	return TAKE_PTR(result);
}
