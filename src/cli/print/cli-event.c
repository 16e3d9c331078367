/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/strv.h"
#include "cli/bus/cli-object.h"
#include "cli/print/cli-describe.h"
#include "cli/print/cli-event.h"
#include "cli/print/cli-term.h"

int cli_event_new(const char *path, const char *event, json_object **ret)
{
	enum object_type type = cli_object_type_of_path(path);
	const char *type_name = type == OBJECT_TYPES ? "unknown" : cli_object_type_name(type);
	int64_t now = (int64_t)clock_usec(CLOCK_REALTIME);
	_cleanup_free_ char *id = cli_object_id(path);
	json_object *object;

	if (!id)
		return -ENOMEM;
	object = CLI_JSON_NEW({ "time", json_object_new_int64(now) },
			      { "object", json_object_new_string(type_name) },
			      { "name", json_object_new_string(type == OBJECT_MANAGER ? "" : id) },
			      { "event", json_object_new_string(event) });
	if (!object)
		return -ENOMEM;
	*ret = object;
	return 0;
}

/* --- as a line --- */

static bool cli_event_is_simple_list(json_object *value)
{
	for (size_t i = 0; i < cli_json_list_length(value); i++)
		if (json_object_is_type(json_object_array_get_idx(value, i), json_type_object) ||
		    json_object_is_type(json_object_array_get_idx(value, i), json_type_array))
			return false;
	return true;
}

static char *cli_event_value_text(json_object *value)
{
	if (!value || json_object_is_type(value, json_type_null))
		return strdup("-");
	if (json_object_is_type(value, json_type_string))
		return strdup(json_object_get_string_len(value) ? json_object_get_string(value) :
								  "-");
	if (!json_object_is_type(value, json_type_array) || !cli_event_is_simple_list(value))
		return strdup(json_object_to_json_string_ext(
			value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	if (cli_json_list_length(value) == 0)
		return strdup("-");
	return cli_json_list_join(value, " ");
}

static int cli_event_add_change(char ***words, const char *key, json_object *before,
				json_object *after)
{
	_cleanup_free_ char *old = cli_event_value_text(before), *new = cli_event_value_text(after),
			    *word = NULL;

	if (!old || !new)
		return -ENOMEM;
	word = before ? str_printf("%s %s -> %s", key, old, new) : str_printf("%s %s", key, new);
	if (!word)
		return -ENOMEM;
	return strv_add(words, word);
}

static char *cli_event_changes_text(json_object *event)
{
	_cleanup_strv_ char **words = NULL;
	json_object *changes = NULL, *before = NULL;

	json_object_object_get_ex(event, "changes", &changes);
	json_object_object_get_ex(event, "before", &before);
	if (!changes)
		return strdup("changed");
	json_object_object_foreach(changes, key, value)
	{
		json_object *old = NULL;

		json_object_object_get_ex(before, key, &old);
		if (cli_event_add_change(&words, key, old, value) < 0)
			return NULL;
	}
	return strv_join(words, ", ");
}

static char *cli_event_added_text(json_object *event)
{
	const char *object = cli_json_get_str(event, "object");
	_cleanup_free_ char *text = NULL;
	json_object *properties = NULL;

	json_object_object_get_ex(event, "properties", &properties);
	if (str_eq(object, "device"))
		text = cli_describe_device(properties);
	else if (str_eq(object, "lease"))
		text = str_printf("of %s, uid %lld", cli_json_get_str(properties, "group"),
				  (long long)cli_json_get_int(properties, "uid", -1));
	else
		text = str_printf("%s", cli_json_get_str(properties, "state"));
	return text ? str_printf("added%s%s", *text ? ": " : "", text) : NULL;
}

static char *cli_event_step_text(json_object *event)
{
	/* The bus counts steps from 0. */
	return str_printf("step %lld/%lld %s %s %s",
			  (long long)cli_json_get_int(event, "index", 0) + 1,
			  (long long)cli_json_get_int(event, "count", 0),
			  cli_json_get_str(event, "step"), cli_json_get_str(event, "device"),
			  cli_json_get_str(event, "state"));
}

static char *cli_event_text(json_object *event)
{
	const char *what = cli_json_get_str(event, "event");

	if (str_eq(what, "changed"))
		return cli_event_changes_text(event);
	if (str_eq(what, "added"))
		return cli_event_added_text(event);
	if (str_eq(what, "step"))
		return cli_event_step_text(event);
	if (str_eq(what, "release-requested"))
		return str_printf("uid %lld asks its holder to release it",
				  (long long)cli_json_get_int(event, "uid", -1));
	if (str_eq(what, "error"))
		return str_printf("error of %s: %s", cli_json_get_str(event, "device"),
				  cli_json_get_str(event, "state"));
	return strdup(what);
}

void cli_event_print(json_object *event)
{
	int64_t usec = cli_json_get_int(event, "time", 0);
	time_t seconds = (time_t)(usec / 1000000);
	/* An event of a lease is shown as one of its group, whose name the user knows. */
	bool of_group = !str_empty(cli_json_get_str(event, "group"));
	const char *object = of_group ? "group" : cli_json_get_str(event, "object");
	_cleanup_free_ char *text = cli_event_text(event), *clean = NULL, *name = NULL;
	char clock[16] = "";
	struct tm tm;

	if (localtime_r(&seconds, &tm))
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	clean = text ? cli_term_clean(text) : NULL;
	name = cli_term_clean(cli_json_get_str(event, of_group ? "group" : "name"));
	printf("%s%s.%03d%s  %s %s%s%s  %s\n", cli_term_begin(TINT_FAINT), clock,
	       (int)(usec / 1000 % 1000), cli_term_end(TINT_FAINT), object,
	       cli_term_begin(TINT_BOLD), str_or(name, ""), cli_term_end(TINT_BOLD),
	       str_or(clean, ""));
}
