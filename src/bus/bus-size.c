/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "bus/bus-size.h"

/* No value is smaller: a byte and its part of an array. */
#define LEAST_SIZE 1

static bool bus_size_is_text(char type)
{
	return type == 's' || type == 'o' || type == 'g';
}

/* Reads one value that holds no others, and takes its size off *left. */
static int bus_size_of_basic(sd_bus_message *message, char type, size_t *left)
{
	union {
		const char *text;
		uint64_t number;
	} value;
	size_t size = LEAST_SIZE;
	int r = sd_bus_message_read_basic(message, type, &value);

	if (r < 0)
		return r;
	if (bus_size_is_text(type))
		size += strlen(value.text);
	if (size > *left)
		return -E2BIG;
	*left -= size;
	return 0;
}

/* Reads all values up to the end of a container, or of the message. */
static int bus_size_of_values(sd_bus_message *message, size_t *left)
{
	const char *contents;
	char type;
	int r;

	while ((r = sd_bus_message_peek_type(message, &type, &contents)) > 0) {
		if (!contents) {
			r = bus_size_of_basic(message, type, left);
			if (r < 0)
				return r;
			continue;
		}
		r = sd_bus_message_enter_container(message, type, contents);
		if (r < 0)
			return r;
		/* sd-bus takes no deeper nesting than the specification allows, 64 levels */
		r = bus_size_of_values(message, left);
		if (r < 0)
			return r;
		r = sd_bus_message_exit_container(message);
		if (r < 0)
			return r;
		if (*left < LEAST_SIZE)
			return -E2BIG;
		*left -= LEAST_SIZE;
	}
	return r;
}

bool bus_size_is_long_path(const char *path)
{
	return path && strnlen(path, BUS_SIZE_MOST_PATH + 1) > BUS_SIZE_MOST_PATH;
}

bool bus_size_is_excessive(sd_bus_message *message)
{
	size_t left = BUS_SIZE_MOST;
	int r = bus_size_of_values(message, &left);

	return sd_bus_message_rewind(message, true) < 0 || r < 0;
}
