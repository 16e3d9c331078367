/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "model/config/parser.h"
#include "model/pciaddr.h"

#define TEXT_MAX       1024u /* of a description */
#define NAME_MAX_BYTES 256u  /* of a user, a group of users or a label */
#define ACCOUNTS_MAX   256u
#define VFS_MAX	       65535u /* TotalVFs has 16 bits */

/* --- a group's keys --------------------------------------------------------------------------- */

static int parse_description(struct config_parser *p, const struct jsontext_node *value,
			     void *target)
{
	struct groupdef *def = target;
	const char *text;
	int r = config_get_text(p, value, 0, TEXT_MAX, &text);

	return r <= 0 ? r : str_set(&def->description, text);
}

static int parse_devices(struct config_parser *p, const struct jsontext_node *value, void *target)
{
	int r = config_is(p, value, JSONTEXT_ARRAY);

	if (r <= 0)
		return r;
	if (value->n == 0)
		return config_error(p, value->offset,
				    "\"devices\" is empty: expected at least one device");
	JSONTEXT_FOREACH(item, value) {
		r = config_parse_selector(p, item, target);
		if (r < 0)
			return r;
	}
	return 0;
}

static int parse_driver(struct config_parser *p, const struct jsontext_node *value, void *target)
{
	_cleanup_free_ const char **words = NULL;
	struct groupdef *def = target;
	const char *word;
	size_t n = 0;
	int r;

	while (driver_names[n])
		n++;
	words = calloc(n + 2, sizeof(*words));
	if (!words)
		return -ENOMEM;
	words[0] = "auto";
	memcpy(words + 1, driver_names, n * sizeof(*words));
	r = config_get_word(p, value, words, &word);
	return r <= 0 ? r : str_set(&def->driver, word);
}

static int parse_bind(struct config_parser *p, const struct jsontext_node *value, void *target)
{
	static const char *const words[] = { "claim", "boot", NULL };
	struct groupdef *def = target;
	const char *word;
	int r = config_get_word(p, value, words, &word);

	return r <= 0 ? r : group_bind_from_string(word, &def->bind);
}

static int parse_on_release(struct config_parser *p, const struct jsontext_node *value,
			    void *target)
{
	static const char *const words[] = { "restore", "keep", "none", NULL };
	struct groupdef *def = target;
	const char *word;
	int r = config_get_word(p, value, words, &word);

	return r <= 0 ? r : group_on_release_from_string(word, &def->on_release);
}

static int parse_memlock(struct config_parser *p, const struct jsontext_node *value, void *target)
{
	struct groupdef *def = target;

	if (value->type != JSONTEXT_STRING || parse_size(value->text, &def->memlock) < 0 ||
	    def->memlock == 0)
		return config_expected(p, value,
				       "a size as a string, as \"16G\" (K, M, G, T, P and E are "
				       "powers of 1024), or \"infinity\"");
	return 0;
}

static int parse_reserved_for(struct config_parser *p, const struct jsontext_node *value,
			      void *target)
{
	struct groupdef *def = target;
	const char *text;
	int r = config_get_text(p, value, 1, NAME_MAX_BYTES, &text);

	return r <= 0 ? r : str_set(&def->reserved_for, text);
}

static int get_accepted(struct config_parser *p, const struct jsontext_node *value, char ***list)
{
	const char *word;
	int r = config_get_word(p, value, accept_names, &word);

	if (r <= 0)
		return r;
	if (strv_contains(*list, word))
		return config_error(p, value->offset, "\"%s\" is listed twice", word);
	return strv_add(list, word);
}

static int parse_accept(struct config_parser *p, const struct jsontext_node *value, void *target)
{
	int r = config_is(p, value, JSONTEXT_ARRAY);

	if (r <= 0)
		return r;
	JSONTEXT_FOREACH(item, value) {
		r = get_accepted(p, item, &((struct groupdef *)target)->accept);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- reset ------------------------------------------------------------------------------------ */

static int parse_reset_word(struct config_parser *p, const struct jsontext_node *value,
			    enum group_reset *ret)
{
	static const char *const words[] = { "auto", "none", "require", NULL };
	const char *word;
	int r = config_get_word(p, value, words, &word);

	return r <= 0 ? r : group_reset_from_string(word, ret);
}

static int parse_reset_before(struct config_parser *p, const struct jsontext_node *value,
			      void *target)
{
	return parse_reset_word(p, value, &((struct groupdef *)target)->reset_before);
}

static int parse_reset_after(struct config_parser *p, const struct jsontext_node *value,
			     void *target)
{
	return parse_reset_word(p, value, &((struct groupdef *)target)->reset_after);
}

static int get_reset_method(struct config_parser *p, const struct jsontext_node *value, char ***list)
{
	const char *word;
	int r = config_get_word(p, value, reset_method_names, &word);

	if (r <= 0)
		return r;
	if (strv_contains(*list, word))
		return config_error(p, value->offset, "the reset method \"%s\" is listed twice",
				    word);
	return strv_add(list, word);
}

int config_get_reset_methods(struct config_parser *p, const struct jsontext_node *value, char ***ret)
{
	int r = config_is(p, value, JSONTEXT_ARRAY);

	if (r <= 0)
		return r;
	JSONTEXT_FOREACH(item, value) {
		r = get_reset_method(p, item, ret);
		if (r < 0)
			return r;
	}
	return 0;
}

static int parse_reset_methods(struct config_parser *p, const struct jsontext_node *value,
			       void *target)
{
	if (value->type == JSONTEXT_ARRAY && value->n == 0)
		return config_error(p, value->offset,
				    "\"methods\" is empty: expected at least one, or "
				    "\"none\" for \"before\" and \"after\"");
	return config_get_reset_methods(p, value, &((struct groupdef *)target)->reset_methods);
}

static int parse_reset(struct config_parser *p, const struct jsontext_node *value, void *target)
{
	static const struct config_key keys[] = {
		{ "before", parse_reset_before },
		{ "after", parse_reset_after },
		{ "methods", parse_reset_methods },
	};

	return config_parse_members(p, value, keys, ARRAY_SIZE(keys), target);
}

/* --- access ----------------------------------------------------------------------------------- */

/* What may stand in passwd or group; whether it is there is another question. */
static bool account_valid(const char *name)
{
	uint64_t id;

	if (strpbrk(name, ":/, "))
		return false;
	if (name[strspn(name, "0123456789")])
		return true;
	return parse_u64(name, 10, UINT32_MAX - 1, &id) >= 0; /* the last one means "no change" */
}

static int parse_accounts(struct config_parser *p, const struct jsontext_node *value, char ***ret)
{
	const char *text;
	int r = config_is(p, value, JSONTEXT_ARRAY);

	if (r <= 0)
		return r;
	if (value->n > ACCOUNTS_MAX)
		return config_error(p, value->offset, "\"%s\": expected %u at most, found %zu",
				    value->key, ACCOUNTS_MAX, value->n);
	JSONTEXT_FOREACH(item, value) {
		r = config_get_text(p, item, 1, NAME_MAX_BYTES, &text);
		if (r > 0 && account_valid(text))
			r = strv_add(ret, text);
		else if (r > 0)
			r = config_expected(p, item, "a name or a number as a string");
		if (r < 0)
			return r;
	}
	return 0;
}

static int parse_access_users(struct config_parser *p, const struct jsontext_node *value,
			      void *target)
{
	return parse_accounts(p, value, &((struct groupdef *)target)->users);
}

static int parse_access_groups(struct config_parser *p, const struct jsontext_node *value,
			       void *target)
{
	return parse_accounts(p, value, &((struct groupdef *)target)->groups);
}

static int parse_access(struct config_parser *p, const struct jsontext_node *value, void *target)
{
	static const struct config_key keys[] = {
		{ "users", parse_access_users },
		{ "groups", parse_access_groups },
	};

	return config_parse_members(p, value, keys, ARRAY_SIZE(keys), target);
}

/* --- a group ---------------------------------------------------------------------------------- */

static const struct config_key group_keys[] = {
	{ "description", parse_description }, { "devices", parse_devices },
	{ "driver", parse_driver },	      { "bind", parse_bind },
	{ "on-release", parse_on_release },   { "reset", parse_reset },
	{ "access", parse_access },	      { "reserved-for", parse_reserved_for },
	{ "memlock", parse_memlock },	      { "accept", parse_accept },
};

static int check_name(struct config_parser *p, const struct jsontext_node *member)
{
	if (groupdef_name_valid(member->key))
		return 0;
	return config_error(p, member->key_offset,
			    "\"%.80s\" is no name for a group: expected a letter or "
			    "digit, then letters, digits, '.', '_' and '-', 64 at most",
			    member->key);
}

static int check_group(struct config_parser *p, const struct jsontext_node *member)
{
	struct jsontext_position at;

	if (member->earlier) {
		at = jsontext_locate(p->doc, member->earlier->key_offset);
		return config_error(
			p, member->key_offset,
			"the group \"%s\" is defined in this file already, in line %u column %u",
			member->key, at.line, at.column);
	}
	if (member->type == JSONTEXT_OBJECT && !jsontext_member(member, "devices"))
		return config_error(p, member->key_offset, "the group \"%s\" has no \"devices\"",
				    member->key);
	return 0;
}

static int set_origin(struct config_parser *p, size_t offset, char **file, unsigned *line,
		      unsigned *column)
{
	struct jsontext_position at = jsontext_locate(p->doc, offset);

	*line = at.line;
	*column = at.column;
	return str_set(file, p->file);
}

int config_parse_group(struct config_parser *p, const struct jsontext_node *member)
{
	_cleanup_groupdef_ struct groupdef *def = groupdef_new(member->key);
	int r;

	if (!def)
		return -ENOMEM;
	r = set_origin(p, member->key_offset, &def->file, &def->line, &def->column);
	if (r >= 0)
		r = check_name(p, member);
	if (r >= 0)
		r = check_group(p, member);
	if (r >= 0)
		r = config_parse_members(p, member, group_keys, ARRAY_SIZE(group_keys), def);
	if (r >= 0)
		r = vec_add(&p->staged->groups, def);
	if (r >= 0)
		TAKE_PTR(def);
	return r;
}

/* --- virtual functions ------------------------------------------------------------------------ */

static int parse_count(struct config_parser *p, const struct jsontext_node *value, void *target)
{
	uint64_t number;
	int r = config_get_number(p, value, VFS_MAX, &number);

	if (r > 0)
		((struct vfdef *)target)->count = (unsigned)number;
	return r < 0 ? r : 0;
}

static int parse_autoprobe(struct config_parser *p, const struct jsontext_node *value, void *target)
{
	int r = config_is(p, value, JSONTEXT_BOOL);

	if (r > 0)
		((struct vfdef *)target)->autoprobe = value->boolean;
	return r < 0 ? r : 0;
}

static int parse_while_claimed(struct config_parser *p, const struct jsontext_node *value, void *target)
{
	int r = config_is(p, value, JSONTEXT_BOOL);

	if (r > 0)
		((struct vfdef *)target)->while_claimed = value->boolean;
	return r < 0 ? r : 0;
}

/* 1 and the key of the physical function that @member is named after, 0 with a complaint. */
static int get_physfn(struct config_parser *p, const struct jsontext_node *member, char **ret)
{
	_cleanup_free_ char *key = NULL;
	const struct vfdef *other;
	struct pciaddr addr;
	int r;

	r = config_get_key_at(p, member->key_offset, member->key, &key);
	if (r <= 0)
		return r;
	if (pciaddr_parse(key, &addr) < 0)
		return config_error(p, member->key_offset,
				    "\"%.80s\": only a PCI function has virtual functions",
				    member->key);
	other = config_find_vfs(p->staged, key);
	if (other)
		return config_error(p, member->key_offset,
				    "%s is declared in this file already, in line %u column %u",
				    key, other->line, other->column);
	*ret = TAKE_PTR(key);
	return 1;
}

int config_parse_vfs(struct config_parser *p, const struct jsontext_node *member)
{
	static const struct config_key keys[] = {
		{ "count", parse_count },
		{ "autoprobe", parse_autoprobe },
		{ "while-claimed", parse_while_claimed },
	};
	_cleanup_vfdef_ struct vfdef *def = NULL;
	_cleanup_free_ char *key = NULL;
	int r;

	r = get_physfn(p, member, &key);
	if (r < 0)
		return r;
	def = vfdef_new(str_or(key, member->key));
	if (!def)
		return -ENOMEM;
	r = set_origin(p, member->key_offset, &def->file, &def->line, &def->column);
	if (r >= 0)
		r = config_parse_members(p, member, keys, ARRAY_SIZE(keys), def);
	if (r >= 0 && member->type == JSONTEXT_OBJECT && !jsontext_member(member, "count"))
		r = config_error(p, member->key_offset, "\"%.80s\" has no \"count\"", member->key);
	if (r < 0 || !key)
		return r;
	r = config_put_vfs(p->staged, def);
	if (r >= 0)
		TAKE_PTR(def);
	return r;
}
