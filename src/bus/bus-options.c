/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "base/str.h"
#include "bus/bus-options.h"

static int bus_options_read_access(sd_bus_message *message, struct bus_options *ret)
{
	const char *word;
	int r = sd_bus_message_read(message, "v", "s", &word);

	return r < 0 ? r : record_access_from_string(word, &ret->access);
}

static int bus_options_read_interface(sd_bus_message *message, struct bus_options *ret)
{
	const char *word;
	int r = sd_bus_message_read(message, "v", "s", &word);

	if (r >= 0)
		r = record_interface_from_string(word, &ret->interface);
	return r >= 0 && ret->interface == INTERFACE_ANY ? -EINVAL : r;
}

static int bus_options_read_label(sd_bus_message *message, struct bus_options *ret)
{
	const char *word;
	int r = sd_bus_message_read(message, "v", "s", &word);

	if (r >= 0)
		ret->label = str_empty(word) ? NULL : word;
	return r;
}

static int bus_options_read_method(sd_bus_message *message, struct bus_options *ret)
{
	return sd_bus_message_read(message, "v", "s", &ret->method);
}

static int bus_options_read_wait(sd_bus_message *message, struct bus_options *ret)
{
	return sd_bus_message_read(message, "v", "t", &ret->wait_usec);
}

static int bus_options_read_bool(sd_bus_message *message, bool *ret)
{
	int value, r = sd_bus_message_read(message, "v", "b", &value);

	if (r >= 0)
		*ret = value;
	return r;
}

static int bus_options_read_uid(sd_bus_message *message, struct bus_options *ret)
{
	uint32_t uid;
	int r = sd_bus_message_read(message, "v", "u", &uid);

	if (r < 0 || uid == (uid_t)-1)
		return r < 0 ? r : -EINVAL;
	ret->uid = uid;
	ret->for_user = true;
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

static int bus_options_read_with(sd_bus_message *message, struct bus_options *ret)
{
	int r = sd_bus_message_enter_container(message, 'v', "as");

	strv_free(ret->with);
	ret->with = NULL;
	if (r >= 0)
		r = sd_bus_message_read_strv(message, &ret->with);
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

void bus_options_clear(struct bus_options *options)
{
	strv_free(options->with);
}

static const struct {
	const char *key;
	const char *expected;
	int (*read)(sd_bus_message *message, struct bus_options *ret);
} bus_options_table[] = {
	{ "label", "a string", bus_options_read_label },
	{ "access", "\"fd\" or \"node\"", bus_options_read_access },
	{ "interface", "\"auto\", \"group\" or \"iommufd\"", bus_options_read_interface },
	{ "method", "a string", bus_options_read_method },
	{ "wait", "microseconds as an unsigned 64-bit number (t)", bus_options_read_wait },
	{ "persistent", "a boolean", bus_options_read_persistent },
	{ "uid", "the number of a user (u)", bus_options_read_uid },
	{ "force", "a boolean", bus_options_read_force },
	{ "authorize", "a boolean", bus_options_read_authorize },
	{ "with", "names of groups (as)", bus_options_read_with },
};

static bool bus_options_is_allowed(const char *const *allowed, const char *key)
{
	for (; *allowed; allowed++)
		if (str_eq(*allowed, key))
			return true;
	return false;
}

static bool bus_options_read_option(sd_bus_message *message, const char *const *allowed,
				    const char *key, struct bus_options *ret,
				    struct refusal *ret_refusal)
{
	for (size_t i = 0; i < ARRAY_SIZE(bus_options_table); i++) {
		if (!str_eq(bus_options_table[i].key, key) || !bus_options_is_allowed(allowed, key))
			continue;
		if (bus_options_table[i].read(message, ret) >= 0)
			return true;
		return refusal_set(ret_refusal, REFUSED_BAD_OPTION, "The option \"%s\" must be %s.",
				   key, bus_options_table[i].expected);
	}
	return refusal_set(ret_refusal, REFUSED_BAD_OPTION, "This call has no option \"%s\".", key);
}

bool bus_options_read(sd_bus_message *message, const char *const *allowed, struct bus_options *ret,
		      struct refusal *ret_refusal)
{
	int r = sd_bus_message_enter_container(message, 'a', "{sv}");

	while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
		const char *key;

		r = sd_bus_message_read(message, "s", &key);
		if (r < 0)
			break;
		if (!bus_options_read_option(message, allowed, key, ret, ret_refusal))
			return false;
		r = sd_bus_message_exit_container(message);
	}
	if (r >= 0)
		r = sd_bus_message_exit_container(message);
	if (r >= 0)
		return true;
	return refusal_set(ret_refusal, REFUSED_BAD_OPTION, "The options cannot be read.");
}
