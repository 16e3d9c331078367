/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The definitions in force. */

#include "daemon/provision/provision.h"
#include "daemon/registry.h"

/*
 * Reads the definitions (@directories as for config_dirs_load(); NULL: the default ones below the
 * root of the host) and the quirks, and hands them to @registry and @provision. Claimed groups
 * stay. 0 or negative errno.
 */
int definitions_load(const char *const *directories, struct registry *registry,
		     struct provision *provision) _must_check_;
