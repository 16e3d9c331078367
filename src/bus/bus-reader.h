/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The user who will read a message: base/private.h says what depends on that. A signal goes to all,
 * and so does every message whose receiver is not known.
 */

#include "bus/bus.h"

/* Sets the connection whose callers are looked up; NULL: none. */
void bus_reader_set_bus(const struct bus *bus);

/* Returns the user who gets @message, a reply; PRIVATE_NO_READER for any other message. */
uid_t bus_reader_of(sd_bus_message *message);

/* Returns the user who made @call. */
uid_t bus_reader_of_call(sd_bus_message *call);

/* Returns the user whose call is being handled, for an error that has no message yet. */
uid_t bus_reader_current(void);
