/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The groups of "bind": "boot" in a form that is read in an instant, for the helper of the udev
 * rule, which is called for each PCI device and has no time for all the files: one line a group
 * ("group NAME DRIVER"), and below it one for each selector ("device vendor=8086 device=10d3").
 */

#include <stddef.h>

#include "base/macro.h"
#include "base/vec.h"

#define BOOT_INDEX_MAX (1u << 20)

/*
 * @groups: struct groupdef, whatever their "bind". What only a whole host can tell is left out, and
 * is up to the daemon: "nth", and "serial", for which a host driver may be needed. The caller frees
 * *ret. 0 or -ENOMEM.
 */
int boot_index_format(const struct vec *groups, char **ret) _must_check_;

/*
 * Appends to @ret_groups (struct groupdef, owned by the caller). 0, -ENOMEM, or -EINVAL for what is
 * none, or of another version: then nothing was appended.
 */
int boot_index_parse(const char *text, struct vec *ret_groups) _must_check_;
