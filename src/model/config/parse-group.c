/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "model/config/parser.h"
#include "model/pciaddr.h"

#define TEXT_MAX 1024u	    /* of a description */
#define NAME_MAX_BYTES 256u /* of a user, a group of users or a label */
#define ACCOUNTS_MAX 256u
#define VFS_MAX 65535u /* TotalVFs has 16 bits */

/* --- a group's keys --- */

static int parse_group_description(struct config_parser *p, const struct jsontext_node *value,
				   void *target)
{
	struct group_def *def = target;
	const char *text;
	int r = parse_value_text(p, value, 0, TEXT_MAX, &text);

	return r <= 0 ? r : str_set(&def->description, text);
}

static int parse_group_devices(struct config_parser *p, const struct jsontext_node *value,
			       void *target)
{
	int r = parse_value_is(p, value, JSONTEXT_ARRAY);

	if (r <= 0)
		return r;
	if (value->n == 0)
		return parse_value_error(p, value->offset,
					 "\"devices\" is empty: expected at least one device");
	JSONTEXT_FOREACH(item, value) {
		r = parse_selector(p, item, target);
		if (r < 0)
			return r;
	}
	return 0;
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
	return r <= 0 ? r : str_set(&def->driver, word);
}

static int parse_group_bind(struct config_parser *p, const struct jsontext_node *value,
			    void *target)
{
	static const char *const words[] = { "claim", "boot", NULL };
	struct group_def *def = target;
	const char *word;
	int r = parse_value_word(p, value, words, &word);

	return r <= 0 ? r : group_def_bind_from_string(word, &def->bind);
}

static int parse_group_on_release(struct config_parser *p, const struct jsontext_node *value,
				  void *target)
{
	static const char *const words[] = { "restore", "keep", "none", NULL };
	struct group_def *def = target;
	const char *word;
	int r = parse_value_word(p, value, words, &word);

	return r <= 0 ? r : group_def_on_release_from_string(word, &def->on_release);
}

static int parse_group_memlock(struct config_parser *p, const struct jsontext_node *value,
			       void *target)
{
	struct group_def *def = target;

	if (value->type != JSONTEXT_STRING || str_parse_size(value->text, &def->memlock) < 0 ||
	    def->memlock == 0)
		return parse_value_expected(
			p, value,
			"a size as a string, as \"16G\" (K, M, G, T, P and E are "
			"powers of 1024), or \"infinity\"");
	return 0;
}

static int parse_group_reserved_for(struct config_parser *p, const struct jsontext_node *value,
				    void *target)
{
	struct group_def *def = target;
	const char *text;
	int r = parse_value_text(p, value, 1, NAME_MAX_BYTES, &text);

	return r <= 0 ? r : str_set(&def->reserved_for, text);
}

static int parse_group_accepted(struct config_parser *p, const struct jsontext_node *value,
				char ***list)
{
	const char *word;
	int r = parse_value_word(p, value, group_def_accept_names, &word);

	if (r <= 0)
		return r;
	if (strv_contains(*list, word))
		return parse_value_error(p, value->offset, "\"%s\" is listed twice", word);
	return strv_add(list, word);
}

static int parse_group_accept(struct config_parser *p, const struct jsontext_node *value,
			      void *target)
{
	int r = parse_value_is(p, value, JSONTEXT_ARRAY);

	if (r <= 0)
		return r;
	JSONTEXT_FOREACH(item, value) {
		r = parse_group_accepted(p, item, &((struct group_def *)target)->accept);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- reset --- */

static int parse_group_reset_word(struct config_parser *p, const struct jsontext_node *value,
				  enum group_def_reset *ret)
{
	static const char *const words[] = { "auto", "none", "require", NULL };
	const char *word;
	int r = parse_value_word(p, value, words, &word);

	return r <= 0 ? r : group_def_reset_from_string(word, ret);
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
			      char ***list)
{
	const char *word;
	int r = parse_value_word(p, value, group_def_reset_methods, &word);

	if (r <= 0)
		return r;
	if (strv_contains(*list, word))
		return parse_value_error(p, value->offset,
					 "the reset method \"%s\" is listed twice", word);
	return strv_add(list, word);
}

int parse_group_method_list(struct config_parser *p, const struct jsontext_node *value, char ***ret)
{
	int r = parse_value_is(p, value, JSONTEXT_ARRAY);

	if (r <= 0)
		return r;
	JSONTEXT_FOREACH(item, value) {
		r = parse_group_method(p, item, ret);
		if (r < 0)
			return r;
	}
	return 0;
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

/* What may stand in passwd or group; whether it is there is another question. */
static bool parse_group_account_valid(const char *name)
{
	uint64_t id;

	if (strpbrk(name, ":/, "))
		return false;
	if (name[strspn(name, "0123456789")])
		return true;
	return str_parse_u64(name, 10, UINT32_MAX - 1, &id) >=
	       0; /* the last one means "no change" */
}

static int parse_group_accounts(struct config_parser *p, const struct jsontext_node *value,
				char ***ret)
{
	const char *text;
	int r = parse_value_is(p, value, JSONTEXT_ARRAY);

	if (r <= 0)
		return r;
	if (value->n > ACCOUNTS_MAX)
		return parse_value_error(p, value->offset, "\"%s\": expected %u at most, found %zu",
					 value->key, ACCOUNTS_MAX, value->n);
	JSONTEXT_FOREACH(item, value) {
		r = parse_value_text(p, item, 1, NAME_MAX_BYTES, &text);
		if (r > 0 && parse_group_account_valid(text))
			r = strv_add(ret, text);
		else if (r > 0)
			r = parse_value_expected(p, item, "a name or a number as a string");
		if (r < 0)
			return r;
	}
	return 0;
}

static int parse_group_access_users(struct config_parser *p, const struct jsontext_node *value,
				    void *target)
{
	return parse_group_accounts(p, value, &((struct group_def *)target)->users);
}

static int parse_group_access_groups(struct config_parser *p, const struct jsontext_node *value,
				     void *target)
{
	return parse_group_accounts(p, value, &((struct group_def *)target)->groups);
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
				 "\"%.80s\" is no name for a group: expected a letter or "
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

static int parse_group_set_origin(struct config_parser *p, size_t offset, char **file,
				  unsigned *line, unsigned *column)
{
	struct jsontext_position at = jsontext_locate(p->doc, offset);

	*line = at.line;
	*column = at.column;
	return str_set(file, p->file);
}

int parse_group(struct config_parser *p, const struct jsontext_node *member)
{
	_cleanup_group_def_ struct group_def *def = group_def_new(member->key);
	int r;

	if (!def)
		return -ENOMEM;
	r = parse_group_set_origin(p, member->key_offset, &def->file, &def->line, &def->column);
	if (r >= 0)
		r = parse_group_check_name(p, member);
	if (r >= 0)
		r = parse_group_check(p, member);
	if (r >= 0)
		r = parse_value_members(p, member, parse_group_keys, ARRAY_SIZE(parse_group_keys),
					def);
	if (r >= 0)
		r = vec_add(&p->staged->groups, def);
	if (r >= 0)
		TAKE_PTR(def);
	return r;
}

/* --- virtual functions --- */

static int parse_group_vf_count(struct config_parser *p, const struct jsontext_node *value,
				void *target)
{
	uint64_t number;
	int r = parse_value_number(p, value, VFS_MAX, &number);

	if (r > 0)
		((struct vf_def *)target)->count = (unsigned)number;
	return r < 0 ? r : 0;
}

static int parse_group_vf_autoprobe(struct config_parser *p, const struct jsontext_node *value,
				    void *target)
{
	int r = parse_value_is(p, value, JSONTEXT_BOOL);

	if (r > 0)
		((struct vf_def *)target)->autoprobe = value->boolean;
	return r < 0 ? r : 0;
}

static int parse_group_vf_while_claimed(struct config_parser *p, const struct jsontext_node *value,
					void *target)
{
	int r = parse_value_is(p, value, JSONTEXT_BOOL);

	if (r > 0)
		((struct vf_def *)target)->while_claimed = value->boolean;
	return r < 0 ? r : 0;
}

/* 1 and the key of the physical function that @member is named after, 0 with a complaint. */
static int parse_group_vf_physfn(struct config_parser *p, const struct jsontext_node *member,
				 char **ret)
{
	_cleanup_free_ char *key = NULL;
	const struct vf_def *other;
	struct pciaddr addr;
	int r;

	r = parse_value_key_at(p, member->key_offset, member->key, &key);
	if (r <= 0)
		return r;
	if (pciaddr_parse(key, &addr) < 0)
		return parse_value_error(p, member->key_offset,
					 "\"%.80s\": only a PCI function has virtual functions",
					 member->key);
	other = def_set_find_vfs(p->staged, key);
	if (other)
		return parse_value_error(
			p, member->key_offset,
			"%s is declared in this file already, in line %u column %u", key,
			other->line, other->column);
	*ret = TAKE_PTR(key);
	return 1;
}

int parse_group_vfs(struct config_parser *p, const struct jsontext_node *member)
{
	static const struct config_key keys[] = {
		{ "count", parse_group_vf_count },
		{ "autoprobe", parse_group_vf_autoprobe },
		{ "while-claimed", parse_group_vf_while_claimed },
	};
	_cleanup_vf_def_ struct vf_def *def = NULL;
	_cleanup_free_ char *key = NULL;
	int r;

	r = parse_group_vf_physfn(p, member, &key);
	if (r < 0)
		return r;
	def = def_set_vf_new(str_or(key, member->key));
	if (!def)
		return -ENOMEM;
	r = parse_group_set_origin(p, member->key_offset, &def->file, &def->line, &def->column);
	if (r >= 0)
		r = parse_value_members(p, member, keys, ARRAY_SIZE(keys), def);
	if (r >= 0 && member->type == JSONTEXT_OBJECT && !jsontext_member(member, "count"))
		r = parse_value_error(p, member->key_offset, "\"%.80s\" has no \"count\"",
				      member->key);
	if (r < 0 || !key)
		return r;
	r = def_set_put_vfs(p->staged, def);
	if (r >= 0)
		TAKE_PTR(def);
	return r;
}
