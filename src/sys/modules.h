/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What can be known of the kernel's modules without loading one: which has an alias, and
 * what a parameter is going to be.
 */

#include <stdbool.h>

#include "base/macro.h"
#include "sys/sysfs.h"

struct modules;

/* @root is kept by reference, @release copied. NULL when out of memory. */
struct modules *modules_new(const struct sysfs_root *root, const char *release) _must_check_;
struct modules *modules_free(struct modules *modules);
DEFINE_CLEANUP(struct modules *, modules_freep, modules_free)
#define _cleanup_modules_ _cleanup_(modules_freep)

/*
 * The module with which VFIO resets what a device tree calls @compatible; NULL in *ret, the
 * caller's to free, if none is known. 0 or -ENOMEM.
 */
int modules_find_reset(struct modules *modules, const char *compatible, char **ret) _must_check_;

/*
 * A switch of @module (with underscores): as it is where the module is loaded, else as modprobe.d
 * and the kernel's command line say, else @fallback. 0 or -ENOMEM.
 */
int modules_bool_param(const struct modules *modules, const char *module, const char *parameter,
		       bool fallback, bool *ret) _must_check_;
