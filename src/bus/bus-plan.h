/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Plan: the steps of a claim or release, and nothing is changed. */

#include "bus/bus.h"

/* The handler of Plan. @userdata: struct bus. */
int bus_plan_method(sd_bus_message *message, void *userdata, sd_bus_error *error);
