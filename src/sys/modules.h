/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Finds out about kernel modules without loading one: which module has an alias, and which value a
 * parameter will have.
 */

#include <stdbool.h>

#include "base/macro.h"
#include "sys/sysfs.h"

struct modules;

/* Keeps @root by reference, copies @release. Returns NULL when out of memory. */
struct modules *modules_new(const struct sysfs_root *root, const char *release) _must_check_;
struct modules *modules_free(struct modules *modules);
DEFINE_CLEANUP(struct modules *, modules_freep, modules_free)
#define _cleanup_modules_ _cleanup_(modules_freep)

/*
 * Finds the module with which VFIO resets a device that a device tree calls @compatible. *ret is
 * NULL if none is known; the caller frees it. 0 or -ENOMEM.
 */
int modules_find_reset(struct modules *modules, const char *compatible, char **ret) _must_check_;

/*
 * Reads a boolean parameter of @module (with underscores): its current value if the module is
 * loaded, else that of modprobe.d and the kernel's command line, else @fallback. 0 or -ENOMEM.
 */
int modules_bool_param(const struct modules *modules, const char *module, const char *parameter,
		       bool fallback, bool *ret) _must_check_;
