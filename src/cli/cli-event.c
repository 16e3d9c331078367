/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "cli/cli-describe.h"
#include "cli/cli-event.h"
#include "cli/cli-object.h"
#include "cli/cli-term.h"

int event_new(const char *path, const char *event, json_object **ret)
{
	enum object_type type = object_type_of_path(path);
	_cleanup_json_ json_object *object = json_object_new_object();
	_cleanup_free_ char *id = object_id(path);

	if (!object || !id ||
	    js_set(object, "time",
		   json_object_new_int64((int64_t)clock_usec(CLOCK_REALTIME))) < 0 ||
	    js_set_str(object, "object",
		       type == OBJECT_TYPES ? "unknown" : object_type_name(type)) < 0 ||
	    js_set_str(object, "name", type == OBJECT_MANAGER ? "" : id) < 0 ||
	    js_set_str(object, "event", event) < 0)
		return -ENOMEM;
	*ret = TAKE_PTR(object);
	return 0;
}

/* --- as a line ------------------------------------------------------------------------------- */
static bool is_simple_list(json_object *value)
{
	for (size_t i = 0; i < js_list_length(value); i++)
		if (json_object_is_type(json_object_array_get_idx(value, i), json_type_object) ||
		    json_object_is_type(json_object_array_get_idx(value, i), json_type_array))
			return false;
	return true;
}

static char *value_text(json_object *value)
{
	if (!value || json_object_is_type(value, json_type_null))
		return strdup("-");
	if (json_object_is_type(value, json_type_string))
		return strdup(json_object_get_string_len(value) ? json_object_get_string(value)
								: "-");
	if (json_object_is_type(value, json_type_array) && is_simple_list(value))
		return js_list_length(value) ? js_list_join(value, " ") : strdup("-");
	return strdup(json_object_to_json_string_ext(
		value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

static int add_change(char ***words, const char *key, json_object *before, json_object *now)
{
	_cleanup_free_ char *old = value_text(before), *new = value_text(now), *word = NULL;

	if (!old || !new)
		return -ENOMEM;
	word = before ? str_printf("%s %s -> %s", key, old, new) : str_printf("%s %s", key, new);
	return word ? strv_add(words, word) : -ENOMEM;
}

static char *changes_text(json_object *event)
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
		if (add_change(&words, key, old, value) < 0)
			return NULL;
	}
	return strv_join(words, ", ");
}

static char *added_text(json_object *event)
{
	const char *object = js_str(event, "object");
	_cleanup_free_ char *text = NULL;
	json_object *properties = NULL;

	json_object_object_get_ex(event, "properties", &properties);
	if (str_eq(object, "device"))
		text = describe_device(properties);
	else if (str_eq(object, "lease"))
		text = str_printf("of %s, uid %lld", js_str(properties, "group"),
				  (long long)js_int(properties, "uid", -1));
	else
		text = str_printf("%s", js_str(properties, "state"));
	return text ? str_printf("added%s%s", *text ? ": " : "", text) : NULL;
}

static char *step_text(json_object *event)
{
	/* on the bus the first one is number 0 */
	return str_printf("step %lld/%lld %s %s %s", (long long)js_int(event, "index", 0) + 1,
			  (long long)js_int(event, "count", 0), js_str(event, "step"),
			  js_str(event, "device"), js_str(event, "state"));
}

static char *event_text(json_object *event)
{
	const char *what = js_str(event, "event");

	if (str_eq(what, "changed"))
		return changes_text(event);
	if (str_eq(what, "added"))
		return added_text(event);
	if (str_eq(what, "step"))
		return step_text(event);
	if (str_eq(what, "release-requested"))
		return str_printf("uid %lld asks its holder to let go of it",
				  (long long)js_int(event, "uid", -1));
	if (str_eq(what, "error"))
		return str_printf("error of %s: %s", js_str(event, "device"), js_str(event, "state"));
	return strdup(what);
}

void event_print(json_object *event)
{
	int64_t usec = js_int(event, "time", 0);
	time_t seconds = (time_t)(usec / 1000000);
	_cleanup_free_ char *text = event_text(event), *clean = NULL;
	/* what happens to a lease is told of its group: that is the name that people know */
	bool of_group = !str_empty(js_str(event, "group"));
	char clock[16] = "";
	struct tm tm;

	if (localtime_r(&seconds, &tm))
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	clean = text ? term_clean(text) : NULL;
	printf("%s%s.%03d%s  %s %s%s%s  %s\n", term_begin(TINT_FAINT), clock,
	       (int)(usec / 1000 % 1000), term_end(TINT_FAINT),
	       of_group ? "group" : js_str(event, "object"), term_begin(TINT_BOLD),
	       js_str(event, of_group ? "group" : "name"), term_end(TINT_BOLD), str_or(clean, ""));
}
