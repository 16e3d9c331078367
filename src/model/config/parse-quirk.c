/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The parsers of "quirks". docs: devgroups-quirks.d(5). */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "model/config/parser.h"
#include "model/quirk.h"

#define TEXT_MAX 1024u
#define WORD_MAX 64u	 /* of the value of a setting */
#define DELAY_MAX 60000u /* ms: a minute */

/* --- the facts about them --- */

static int parse_quirk_topic(struct config_parser *p, const struct jsontext_node *value,
			     void *target)
{
	int r = parse_value_word(p, value, quirk_topics, &((struct quirk *)target)->topic);

	if (r < 0)
		return r;
	return 0;
}

static int parse_quirk_text(struct config_parser *p, const struct jsontext_node *value,
			    void *target)
{
	return parse_value_string(p, value, 1, TEXT_MAX, &((struct quirk *)target)->text);
}

static int parse_quirk_source(struct config_parser *p, const struct jsontext_node *value,
			      void *target)
{
	return parse_value_string(p, value, 1, TEXT_MAX, &((struct quirk *)target)->source);
}

static int parse_quirk_never(struct config_parser *p, const struct jsontext_node *value,
			     void *target)
{
	return parse_group_method_list(p, value, &((struct quirk *)target)->never);
}

static int parse_quirk_prefer(struct config_parser *p, const struct jsontext_node *value,
			      void *target)
{
	return parse_group_method_list(p, value, &((struct quirk *)target)->prefer);
}

static int parse_quirk_adds(struct config_parser *p, const struct jsontext_node *value,
			    void *target)
{
	return parse_group_method_list(p, value, &((struct quirk *)target)->adds);
}

static int parse_quirk_nvme_shutdown(struct config_parser *p, const struct jsontext_node *value,
				     void *target)
{
	return parse_value_bool(p, value, &((struct quirk *)target)->nvme_shutdown);
}

static int parse_quirk_delay(struct config_parser *p, const struct jsontext_node *value,
			     void *target)
{
	uint64_t delay;
	int r = parse_value_number(p, value, DELAY_MAX, &delay);

	if (r <= 0)
		return r;
	((struct quirk *)target)->delay_ms = (unsigned)delay;
	return 0;
}

static int parse_quirk_reset(struct config_parser *p, const struct jsontext_node *value,
			     void *target)
{
	static const struct config_key keys[] = {
		{ "never", parse_quirk_never },	   { "prefer", parse_quirk_prefer },
		{ "adds", parse_quirk_adds },	   { "nvme-shutdown", parse_quirk_nvme_shutdown },
		{ "delay-ms", parse_quirk_delay },
	};

	return parse_value_members(p, value, keys, ARRAY_SIZE(keys), target);
}

static int parse_quirk_add_setting(struct quirk *quirk, const char *name, const char *value)
{
	struct quirk_setting *setting = calloc(1, sizeof(*setting));

	if (!setting)
		return -ENOMEM;
	setting->name = name;
	setting->value = strdup(value);
	if (setting->value && vec_add(&quirk->settings, setting) >= 0)
		return 0;
	free(setting->value);
	free(setting);
	return -ENOMEM;
}

/* Accepts text that cannot end its word on a command line, or the option that it is part of. */
static bool parse_quirk_setting_valid(const char *s)
{
	return *s && strlen(s) <= WORD_MAX &&
	       !s[strspn(s, "abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789._-")];
}

static int parse_quirk_setting(struct config_parser *p, const struct jsontext_node *member,
			       void *target)
{
	_cleanup_free_ char *hint = NULL;

	if (member->earlier)
		return parse_value_error(p, member->key_offset,
					 "the setting \"%.80s\" is listed twice", member->key);
	if (member->type != JSONTEXT_STRING || !parse_quirk_setting_valid(member->text))
		return parse_value_expected(p, member,
					    "a word of letters, digits, '.', '_' and '-'");
	for (const char *const *name = quirk_settings; *name; name++)
		if (str_eq(*name, member->key))
			return parse_quirk_add_setting(target, *name, member->text);
	hint = parse_value_suggest(member->key, quirk_settings);
	if (!hint)
		return -ENOMEM;
	return parse_value_error(p, member->key_offset, "\"%.80s\" is not a setting of a VMM%s",
				 member->key, hint);
}

static int parse_quirk_vmm(struct config_parser *p, const struct jsontext_node *value, void *target)
{
	return parse_value_each(p, value, JSONTEXT_OBJECT, SIZE_MAX, parse_quirk_setting, target);
}

/* Parses "6.15", the first kernel with which the settings work. */
static int parse_quirk_vmm_since(struct config_parser *p, const struct jsontext_node *value,
				 void *target)
{
	unsigned major, minor;
	int n = -1;

	if (value->type != JSONTEXT_STRING || value->text[strspn(value->text, "0123456789.")] ||
	    sscanf(value->text, "%3u.%3u%n", &major, &minor, &n) != 2 || n < 0 || value->text[n])
		return parse_value_expected(p, value, "a version of the kernel, as \"6.15\"");
	((struct quirk *)target)->settings_since = major * 1000 + minor;
	return 0;
}

static int parse_quirk_refused_by(struct config_parser *p, const struct jsontext_node *value,
				  void *target)
{
	int r = parse_value_word(p, value, quirk_refusers, &((struct quirk *)target)->refused_by);

	return r < 0 ? r : 0;
}

static int parse_quirk_confidence(struct config_parser *p, const struct jsontext_node *value,
				  void *target)
{
	static const char *const words[] = { "known", "reported", NULL };
	const char *word;
	int r = parse_value_word(p, value, words, &word);

	if (r <= 0)
		return r;
	((struct quirk *)target)->reported = str_eq(word, "reported");
	return 0;
}

/* --- a quirk --- */

static const struct config_key parse_quirk_keys[] = {
	{ "ids", parse_quirk_match_ids },
	{ "class", parse_quirk_match_class },
	{ "revisions", parse_quirk_match_revisions },
	{ "subsystems", parse_quirk_match_subsystems },
	{ "function", parse_quirk_match_function },
	{ "root-bus", parse_quirk_match_root_bus },
	{ "topic", parse_quirk_topic },
	{ "reset", parse_quirk_reset },
	{ "vmm", parse_quirk_vmm },
	{ "vmm-since", parse_quirk_vmm_since },
	{ "refused-by", parse_quirk_refused_by },
	{ "confidence", parse_quirk_confidence },
	{ "text", parse_quirk_text },
	{ "source", parse_quirk_source },
};

static int parse_quirk_check_complete(struct config_parser *p, const struct jsontext_node *member)
{
	static const char *const needed[] = { "topic", "text", "source" };

	if (member->type != JSONTEXT_OBJECT)
		return 0;
	if (!jsontext_member(member, "ids") && !jsontext_member(member, "class"))
		return parse_value_error(p, member->key_offset,
					 "the quirk \"%s\" has neither \"ids\" nor \"class\", so "
					 "it matches no device",
					 member->key);
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		if (!jsontext_member(member, needed[i]))
			return parse_value_error(p, member->key_offset,
						 "the quirk \"%s\" has no \"%s\"", member->key,
						 needed[i]);
	return 0;
}

static int parse_quirk_check_member(struct config_parser *p, const struct jsontext_node *member)
{
	struct jsontext_position at;

	if (!group_def_name_valid(member->key))
		return parse_value_error(
			p, member->key_offset,
			"\"%.80s\" is not a valid quirk name: expected a letter or "
			"digit, then letters, digits, '.', '_' and '-', 64 at most",
			member->key);
	if (!member->earlier)
		return parse_quirk_check_complete(p, member);
	at = jsontext_locate(p->doc, member->earlier->key_offset);
	return parse_value_error(p, member->key_offset,
				 "the quirk \"%s\" is in this file already, in line %u column %u",
				 member->key, at.line, at.column);
}

int parse_quirk(struct config_parser *p, const struct jsontext_node *member, void *target)
{
	_cleanup_quirk_ struct quirk *quirk = quirk_new(member->key);
	int r;

	if (!quirk)
		return -ENOMEM;
	r = parse_quirk_check_member(p, member);
	if (r < 0)
		return r;
	r = parse_value_origin(p, member->key_offset, &quirk->file, &quirk->line, &quirk->column);
	if (r < 0)
		return r;
	r = parse_value_members(p, member, parse_quirk_keys, ARRAY_SIZE(parse_quirk_keys), quirk);
	if (r < 0 || p->errors > 0)
		return r;
	r = vec_add(&p->staged->quirks, quirk);
	if (r < 0)
		return r;
	TAKE_PTR(quirk);
	return 0;
}
