/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Signals of all objects: what the daemon layer reports goes out on the bus. */

#include "daemon/registry.h"

extern const struct events_observer bus_signals_observer; /* userdata: struct bus */
