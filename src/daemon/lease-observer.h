/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/lease/lease.h"

/* Passes the events of each lease on to claims, releases and the bus. userdata: struct manager. */
extern const struct lease_observer lease_observer_callbacks;
