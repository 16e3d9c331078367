/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Object paths. The caller frees a path; NULL when out of memory. */

#include "base/macro.h"

char *bus_path_group(const char *name) _must_check_;
char *bus_path_device(const char *key) _must_check_;
char *bus_path_lease(const char *lease) _must_check_;
