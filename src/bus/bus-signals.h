/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The signals of all objects. */

#include "daemon/registry.h"

extern const struct events_observer bus_signals_observer; /* userdata: struct bus */
