/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Keeps the host from suspending while a group is claimed. */

#include "bus/bus.h"

/* Inhibits suspend as long as it is needed, from now on. 0 or negative errno. */
int bus_inhibit_start(struct bus *bus) _must_check_;
/* Inhibits or allows suspend, after a lease was added or removed. */
void bus_inhibit_update(struct bus *bus);
/* Allows suspend. */
void bus_inhibit_stop(struct bus *bus);
