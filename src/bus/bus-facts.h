/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Facts on the bus: a dict is an a{sv}, a list is an array, a number is a t. */

#include <systemd/sd-bus.h>

#include "model/facts.h"

/* Appends @facts as an a{sv}. 0 or negative errno. */
int bus_facts_append(sd_bus_message *message, const struct vec *facts) _must_check_;
