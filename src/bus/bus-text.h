/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Text in messages. The bus refuses a message for one string that is not UTF-8, and with it every
 * list that holds the string. All text is clean before it gets here; this is the last line, so that
 * a forgotten one costs a '?' and no message. Parts that only some users may read (base/private.h)
 * are shown to the receiver of a reply, and hidden in signals. Layer bus appends text only by these
 * functions.
 */

#include <systemd/sd-bus.h>

#include "base/macro.h"

/*
 * Appends values as sd_bus_message_append() does, with what the bus refuses in strings replaced. A
 * NULL string is an empty one. @types: s, o, b, i, u, t and h, and structs and dict entries of
 * these. 0 or negative errno.
 */
int bus_text_append(sd_bus_message *message, const char *types, ...) _must_check_;
/* Sends a signal with such values. 0 or more, or negative errno. */
int bus_text_emit(sd_bus *connection, const char *path, const char *interface, const char *member,
		  const char *types, ...) _must_check_;
/* Appends an as. 0 or negative errno. */
int bus_text_append_strv(sd_bus_message *message, char *const *list) _must_check_;

/* Getters of properties that are a char * or a list of them at the offset in the vtable. */
int bus_text_get(sd_bus *connection, const char *path, const char *interface, const char *property,
		 sd_bus_message *reply, void *userdata, sd_bus_error *error);
int bus_text_get_strv(sd_bus *connection, const char *path, const char *interface,
		      const char *property, sd_bus_message *reply, void *userdata,
		      sd_bus_error *error);
