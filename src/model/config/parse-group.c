/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The parsers of "groups". docs: devgroups.d(5). */

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "model/config/parser.h"

#define TEXT_MAX 1024u	     /* of a description */
#define NAME_MAX_BYTES 256u  /* of a user or a group of users */
#define LABEL_MAX_BYTES 255u /* as for the option of a claim: org.devgroups1(5) */
#define ACCOUNTS_MAX 256u

/* --- the keys of a group --- */

static int parse_group_description(struct config_parser *p, const struct jsontext_node *value,
				   void *target)
{
	return parse_value_string(p, value, 0, TEXT_MAX,
				  &((struct group_def *)target)->description);
}

static int parse_group_devices(struct config_parser *p, const struct jsontext_node *value,
			       void *target)
{
	if (value->type == JSONTEXT_ARRAY && value->n == 0)
		return parse_value_error(p, value->offset,
					 "\"devices\" is empty: expected at least one device");
	return parse_value_each(p, value, JSONTEXT_ARRAY, SIZE_MAX, parse_selector, target);
}

static int parse_group_driver(struct config_parser *p, const struct jsontext_node *value,
			      void *target)
{
	_cleanup_free_ const char **words = NULL;
	struct group_def *def = target;
	const char *word;
	size_t n = 0;
	int r;

	while (group_def_drivers[n])
		n++;
	words = calloc(n + 2, sizeof(*words));
	if (!words)
		return -ENOMEM;
	words[0] = "auto";
	memcpy(words + 1, group_def_drivers, n * sizeof(*words));
	r = parse_value_word(p, value, words, &word);
	if (r <= 0)
		return r;
	return str_set(&def->driver, word);
}

static int parse_group_bind(struct config_parser *p, const struct jsontext_node *value,
			    void *target)
{
	static const char *const words[] = { "claim", "boot", NULL };
	struct group_def *def = target;
	const char *word;
	int r = parse_value_word(p, value, words, &word);

	if (r <= 0)
		return r;
	return group_def_bind_from_string(word, &def->bind);
}

static int parse_group_on_release(struct config_parser *p, const struct jsontext_node *value,
				  void *target)
{
	static const char *const words[] = { "restore", "keep", "none", NULL };
	struct group_def *def = target;
	const char *word;
	int r = parse_value_word(p, value, words, &word);

	if (r <= 0)
		return r;
	return group_def_on_release_from_string(word, &def->on_release);
}

static int parse_group_memlock(struct config_parser *p, const struct jsontext_node *value,
			       void *target)
{
	struct group_def *def = target;

	if (value->type != JSONTEXT_STRING || str_parse_size(value->text, &def->memlock) < 0 ||
	    def->memlock == 0)
		return parse_value_expected(
			p, value,
			"a size as a string, as \"16G\" (K, M, G, T, P and E are powers of "
			"1024), or \"infinity\"");
	return 0;
}

static int parse_group_reserved_for(struct config_parser *p, const struct jsontext_node *value,
				    void *target)
{
	return parse_value_string(p, value, 1, LABEL_MAX_BYTES,
				  &((struct group_def *)target)->reserved_for);
}

static int parse_group_accepted(struct config_parser *p, const struct jsontext_node *value,
				void *target)
{
	struct group_def *def = target;
	const char *word;
	int r;

	r = parse_value_word(p, value, group_def_accept_names, &word);
	if (r <= 0)
		return r;
	if (strv_contains(def->accept, word))
		return parse_value_error(p, value->offset, "\"%s\" is listed twice", word);
	return strv_add(&def->accept, word);
}

static int parse_group_accept(struct config_parser *p, const struct jsontext_node *value,
			      void *target)
{
	return parse_value_each(p, value, JSONTEXT_ARRAY, SIZE_MAX, parse_group_accepted, target);
}

/* --- reset --- */

static int parse_group_reset_word(struct config_parser *p, const struct jsontext_node *value,
				  enum group_def_reset *ret)
{
	static const char *const words[] = { "auto", "none", "require", NULL };
	const char *word;
	int r = parse_value_word(p, value, words, &word);

	if (r <= 0)
		return r;
	return group_def_reset_from_string(word, ret);
}

static int parse_group_reset_before(struct config_parser *p, const struct jsontext_node *value,
				    void *target)
{
	return parse_group_reset_word(p, value, &((struct group_def *)target)->reset_before);
}

static int parse_group_reset_after(struct config_parser *p, const struct jsontext_node *value,
				   void *target)
{
	return parse_group_reset_word(p, value, &((struct group_def *)target)->reset_after);
}

static int parse_group_method(struct config_parser *p, const struct jsontext_node *value,
			      void *target)
{
	char ***list = target;
	const char *word;
	int r;

	r = parse_value_word(p, value, group_def_reset_methods, &word);
	if (r <= 0)
		return r;
	if (strv_contains(*list, word))
		return parse_value_error(p, value->offset,
					 "the reset method \"%s\" is listed twice", word);
	return strv_add(list, word);
}

int parse_group_method_list(struct config_parser *p, const struct jsontext_node *value, char ***ret)
{
	return parse_value_each(p, value, JSONTEXT_ARRAY, SIZE_MAX, parse_group_method, ret);
}

static int parse_group_reset_methods(struct config_parser *p, const struct jsontext_node *value,
				     void *target)
{
	if (value->type == JSONTEXT_ARRAY && value->n == 0)
		return parse_value_error(p, value->offset,
					 "\"methods\" is empty: expected at least one, or "
					 "\"none\" for \"before\" and \"after\"");
	return parse_group_method_list(p, value, &((struct group_def *)target)->reset_methods);
}

static int parse_group_reset(struct config_parser *p, const struct jsontext_node *value,
			     void *target)
{
	static const struct config_key keys[] = {
		{ "before", parse_group_reset_before },
		{ "after", parse_group_reset_after },
		{ "methods", parse_group_reset_methods },
	};

	return parse_value_members(p, value, keys, ARRAY_SIZE(keys), target);
}

/* --- access --- */

/* Accepts a name that passwd or group may have, or an id. It need not exist on this host. */
static bool parse_group_account_valid(const char *name)
{
	uint64_t id;

	if (strpbrk(name, ":/, "))
		return false;
	if (name[strspn(name, "0123456789")])
		return true;
	/* UINT32_MAX means "no change" to the kernel */
	return str_parse_u64(name, 10, UINT32_MAX - 1, &id) >= 0;
}

static int parse_group_account(struct config_parser *p, const struct jsontext_node *value,
			       void *target)
{
	const char *text;
	int r;

	r = parse_value_text(p, value, 1, NAME_MAX_BYTES, &text);
	if (r <= 0)
		return r;
	if (!parse_group_account_valid(text))
		return parse_value_expected(p, value, "a name or a number as a string");
	return strv_add(target, text);
}

static int parse_group_access_users(struct config_parser *p, const struct jsontext_node *value,
				    void *target)
{
	return parse_value_each(p, value, JSONTEXT_ARRAY, ACCOUNTS_MAX, parse_group_account,
				&((struct group_def *)target)->users);
}

static int parse_group_access_groups(struct config_parser *p, const struct jsontext_node *value,
				     void *target)
{
	return parse_value_each(p, value, JSONTEXT_ARRAY, ACCOUNTS_MAX, parse_group_account,
				&((struct group_def *)target)->groups);
}

static int parse_group_access(struct config_parser *p, const struct jsontext_node *value,
			      void *target)
{
	static const struct config_key keys[] = {
		{ "users", parse_group_access_users },
		{ "groups", parse_group_access_groups },
	};

	return parse_value_members(p, value, keys, ARRAY_SIZE(keys), target);
}

/* --- a group --- */

static const struct config_key parse_group_keys[] = {
	{ "description", parse_group_description }, { "devices", parse_group_devices },
	{ "driver", parse_group_driver },	    { "bind", parse_group_bind },
	{ "on-release", parse_group_on_release },   { "reset", parse_group_reset },
	{ "access", parse_group_access },	    { "reserved-for", parse_group_reserved_for },
	{ "memlock", parse_group_memlock },	    { "accept", parse_group_accept },
};

static int parse_group_check_name(struct config_parser *p, const struct jsontext_node *member)
{
	if (group_def_name_valid(member->key))
		return 0;
	return parse_value_error(p, member->key_offset,
				 "\"%.80s\" is not a valid group name: expected a letter or "
				 "digit, then letters, digits, '.', '_' and '-', 64 at most",
				 member->key);
}

static int parse_group_check(struct config_parser *p, const struct jsontext_node *member)
{
	struct jsontext_position at;

	if (member->earlier) {
		at = jsontext_locate(p->doc, member->earlier->key_offset);
		return parse_value_error(
			p, member->key_offset,
			"the group \"%s\" is defined in this file already, in line %u column %u",
			member->key, at.line, at.column);
	}
	if (member->type == JSONTEXT_OBJECT && !jsontext_member(member, "devices"))
		return parse_value_error(p, member->key_offset,
					 "the group \"%s\" has no \"devices\"", member->key);
	return 0;
}

int parse_group(struct config_parser *p, const struct jsontext_node *member, void *target)
{
	_cleanup_group_def_ struct group_def *def = group_def_new(member->key);
	int r;

	if (!def)
		return -ENOMEM;
	r = parse_value_origin(p, member->key_offset, &def->file, &def->line, &def->column);
	if (r < 0)
		return r;
	r = parse_group_check_name(p, member);
	if (r < 0)
		return r;
	r = parse_group_check(p, member);
	if (r < 0)
		return r;
	r = parse_value_members(p, member, parse_group_keys, ARRAY_SIZE(parse_group_keys), def);
	if (r < 0)
		return r;
	r = vec_add(&p->staged->groups, def);
	if (r < 0)
		return r;
	TAKE_PTR(def);
	return 0;
}
