/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "base/private.h"
#include "base/str.h"
#include "base/strv.h"
#include "base/utf8.h"
#include "bus/bus-reader.h"
#include "bus/bus-text.h"

static int bus_text_append_string(sd_bus_message *message, const char *text)
{
	_cleanup_free_ char *clean = strdup(str_or(text, ""));

	if (!clean)
		return -ENOMEM;
	private_show(clean, bus_reader_of(message));
	return sd_bus_message_append_basic(message, 's', utf8_clean_for_bus(clean));
}

/* Appends the next argument, of one basic type. */
static int bus_text_append_value(sd_bus_message *message, char type, va_list *ap)
{
	uint64_t number64;
	uint32_t number32;
	int number;

	switch (type) {
	case 's':
		return bus_text_append_string(message, va_arg(*ap, const char *));
	case 'o':
		return sd_bus_message_append_basic(message, type, va_arg(*ap, const char *));
	case 'b':
	case 'h':
	case 'i':
		number = va_arg(*ap, int);
		return sd_bus_message_append_basic(message, type, &number);
	case 'u':
		number32 = va_arg(*ap, uint32_t);
		return sd_bus_message_append_basic(message, type, &number32);
	case 't':
		number64 = va_arg(*ap, uint64_t);
		return sd_bus_message_append_basic(message, type, &number64);
	}
	return -EINVAL;
}

/* Opens the struct or dict entry whose types @types starts with. It holds basic types only. */
static int bus_text_open(sd_bus_message *message, const char *types)
{
	_cleanup_free_ char *contents = strndup(types + 1, strcspn(types, ")}") - 1);

	if (!contents)
		return -ENOMEM;
	return sd_bus_message_open_container(message, types[0] == '(' ? 'r' : 'e', contents);
}

static int bus_text_append_all(sd_bus_message *message, const char *types, va_list *ap)
{
	for (; *types; types++) {
		int r;

		if (*types == '(' || *types == '{')
			r = bus_text_open(message, types);
		else if (*types == ')' || *types == '}')
			r = sd_bus_message_close_container(message);
		else
			r = bus_text_append_value(message, *types, ap);
		if (r < 0)
			return r;
	}
	return 0;
}

int bus_text_append(sd_bus_message *message, const char *types, ...)
{
	va_list ap;
	int r;

	va_start(ap, types);
	r = bus_text_append_all(message, types, &ap);
	va_end(ap);
	return r;
}

int bus_text_emit(sd_bus *connection, const char *path, const char *interface, const char *member,
		  const char *types, ...)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *signal = NULL;
	va_list ap;
	int r;

	r = sd_bus_message_new_signal(connection, &signal, path, interface, member);
	if (r < 0)
		return r;
	va_start(ap, types);
	r = bus_text_append_all(signal, types, &ap);
	va_end(ap);
	if (r < 0)
		return r;
	return sd_bus_send(connection, signal, NULL);
}

int bus_text_append_strv(sd_bus_message *message, char *const *list)
{
	int r;

	r = sd_bus_message_open_container(message, 'a', "s");
	if (r < 0)
		return r;
	STRV_FOREACH(text, list) {
		r = bus_text_append_string(message, *text);
		if (r < 0)
			return r;
	}
	return sd_bus_message_close_container(message);
}

int bus_text_get(sd_bus *connection, const char *path, const char *interface, const char *property,
		 sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	return bus_text_append_string(reply, *(char *const *)userdata);
}

int bus_text_get_strv(sd_bus *connection, const char *path, const char *interface,
		      const char *property, sd_bus_message *reply, void *userdata,
		      sd_bus_error *error)
{
	return bus_text_append_strv(reply, *(char **const *)userdata);
}
