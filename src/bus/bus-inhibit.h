/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Keeps the host from suspending while a group is claimed. */

#include "bus/bus.h"

int bus_inhibit_start(struct bus *bus) _must_check_;
/* To be called when a lease has come or gone. */
void bus_inhibit_update(struct bus *bus);
void bus_inhibit_stop(struct bus *bus);
