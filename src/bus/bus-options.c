/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads the options of a call: one row of a table for each option. */

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "base/utf8.h"
#include "bus/bus-error.h"
#include "bus/bus-options.h"

static int bus_options_read_access(sd_bus_message *message, struct bus_options *ret)
{
	const char *word;
	int r;

	r = sd_bus_message_read(message, "v", "s", &word);
	if (r < 0)
		return r;
	return record_access_from_string(word, &ret->access);
}

static int bus_options_read_interface(sd_bus_message *message, struct bus_options *ret)
{
	const char *word;
	int r;

	r = sd_bus_message_read(message, "v", "s", &word);
	if (r < 0)
		return r;
	r = record_interface_from_string(word, &ret->interface);
	if (r < 0)
		return r;
	return ret->interface == INTERFACE_ANY ? -EINVAL : 0;
}

/* Reads a string that is kept or shown to others. */
static int bus_options_read_text(sd_bus_message *message, const char **ret)
{
	const char *text;
	int r;

	r = sd_bus_message_read(message, "v", "s", &text);
	if (r < 0)
		return r;
	if (strlen(text) > BUS_OPTIONS_LONGEST_TEXT || !utf8_is_clean(text))
		return -EINVAL;
	*ret = text;
	return 0;
}

static int bus_options_read_label(sd_bus_message *message, struct bus_options *ret)
{
	const char *label;
	int r;

	r = bus_options_read_text(message, &label);
	if (r < 0)
		return r;
	ret->label = str_empty(label) ? NULL : label;
	return 0;
}

static int bus_options_read_method(sd_bus_message *message, struct bus_options *ret)
{
	return bus_options_read_text(message, &ret->method);
}

static int bus_options_read_wait(sd_bus_message *message, struct bus_options *ret)
{
	int r = sd_bus_message_read(message, "v", "t", &ret->wait_usec);

	if (ret->wait_usec > BUS_OPTIONS_LONGEST_WAIT_USEC)
		ret->wait_usec = BUS_OPTIONS_LONGEST_WAIT_USEC;
	return r;
}

static int bus_options_read_uid(sd_bus_message *message, struct bus_options *ret)
{
	uint32_t uid;
	int r;

	r = sd_bus_message_read(message, "v", "u", &uid);
	if (r < 0)
		return r;
	if (uid == (uid_t)-1)
		return -EINVAL;
	ret->uid = uid;
	ret->for_user = true;
	return 0;
}

static int bus_options_read_bool(sd_bus_message *message, bool *ret)
{
	int value, r;

	r = sd_bus_message_read(message, "v", "b", &value);
	if (r < 0)
		return r;
	*ret = value;
	return 0;
}

static int bus_options_read_persistent(sd_bus_message *message, struct bus_options *ret)
{
	return bus_options_read_bool(message, &ret->persistent);
}

static int bus_options_read_force(sd_bus_message *message, struct bus_options *ret)
{
	return bus_options_read_bool(message, &ret->force);
}

static int bus_options_read_authorize(sd_bus_message *message, struct bus_options *ret)
{
	return bus_options_read_bool(message, &ret->authorize);
}

/*
 * Does not use sd_bus_message_read_strv(), which counts the list again for each string: the longest
 * message that the bus takes keeps the daemon busy for hours.
 */
static int bus_options_read_names(sd_bus_message *message, char ***ret)
{
	const char *name;
	size_t n = 0;
	int r;

	while ((r = sd_bus_message_read_basic(message, 's', &name)) > 0) {
		if (++n > BUS_OPTIONS_MOST_WITH || strlen(name) > BUS_OPTIONS_LONGEST_TEXT)
			return -E2BIG;
		if (strv_add(ret, name) < 0)
			return -ENOMEM;
	}
	return r;
}

static int bus_options_read_with(sd_bus_message *message, struct bus_options *ret)
{
	int r;

	r = sd_bus_message_enter_container(message, 'v', "as");
	if (r < 0)
		return r;
	r = sd_bus_message_enter_container(message, 'a', "s");
	if (r < 0)
		return r;
	r = bus_options_read_names(message, &ret->with);
	if (r < 0)
		return r;
	r = sd_bus_message_exit_container(message);
	if (r < 0)
		return r;
	return sd_bus_message_exit_container(message);
}

void bus_options_clear(struct bus_options *options)
{
	options->with = strv_free(options->with);
}

#define TEXT "at most 255 bytes of text without control characters or marks of direction (s)"

static const struct {
	const char *key;
	const char *expected;
	int (*read)(sd_bus_message *message, struct bus_options *ret);
} bus_options_table[] = {
	{ "label", TEXT, bus_options_read_label },
	{ "access", "\"fd\" or \"node\"", bus_options_read_access },
	{ "interface", "\"auto\", \"group\" or \"iommufd\"", bus_options_read_interface },
	{ "method", TEXT, bus_options_read_method },
	{ "wait", "microseconds as an unsigned 64-bit number (t)", bus_options_read_wait },
	{ "persistent", "a boolean", bus_options_read_persistent },
	{ "uid", "the number of a user (u)", bus_options_read_uid },
	{ "force", "a boolean", bus_options_read_force },
	{ "authorize", "a boolean", bus_options_read_authorize },
	{ "with", "at most 256 names of groups (as)", bus_options_read_with },
};

static bool bus_options_is_allowed(const char *const *allowed, const char *key)
{
	for (; *allowed; allowed++)
		if (str_eq(*allowed, key))
			return true;
	return false;
}

/* Reads the value of @key. 0, or negative errno with @error set. */
static int bus_options_read_value(sd_bus_message *message, const char *const *allowed,
				  const char *key, struct bus_options *ret, sd_bus_error *error)
{
	for (size_t i = 0; i < ARRAY_SIZE(bus_options_table); i++) {
		if (!str_eq(bus_options_table[i].key, key) || !bus_options_is_allowed(allowed, key))
			continue;
		if (ret->given & 1u << i)
			return bus_error_set(error, REFUSED_BAD_OPTION,
					     "The option \"%s\" is given twice. Give it once.",
					     key);
		ret->given |= 1u << i;
		if (bus_options_table[i].read(message, ret) >= 0)
			return 0;
		return bus_error_set(error, REFUSED_BAD_OPTION, "The option \"%s\" must be %s.",
				     key, bus_options_table[i].expected);
	}
	return bus_error_set(error, REFUSED_BAD_OPTION, "This call has no option \"%s\".", key);
}

/* 0 or negative errno. @error is set only where an option is at fault. */
static int bus_options_read_dict(sd_bus_message *message, const char *const *allowed,
				 struct bus_options *ret, sd_bus_error *error)
{
	const char *key;
	int r;

	r = sd_bus_message_enter_container(message, 'a', "{sv}");
	if (r < 0)
		return r;
	for (;;) {
		r = sd_bus_message_enter_container(message, 'e', "sv");
		if (r < 0)
			return r;
		if (r == 0) /* end of the array */
			return sd_bus_message_exit_container(message);
		r = sd_bus_message_read(message, "s", &key);
		if (r < 0)
			return r;
		r = bus_options_read_value(message, allowed, key, ret, error);
		if (r < 0)
			return r;
		r = sd_bus_message_exit_container(message);
		if (r < 0)
			return r;
	}
}

int bus_options_read(sd_bus_message *message, const char *const *allowed, struct bus_options *ret,
		     sd_bus_error *error)
{
	int r;

	r = bus_options_read_dict(message, allowed, ret, error);
	if (r < 0 && !sd_bus_error_is_set(error))
		return bus_error_set(error, REFUSED_BAD_OPTION, "The options cannot be read.");
	return r;
}
