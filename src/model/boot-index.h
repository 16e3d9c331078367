/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The groups with "bind": "boot" in a form that is quick to read. The helper of the udev rule needs
 * it: udev calls it for each PCI device, and reading all files would take too long. A group is a
 * line ("group NAME DRIVER"), and each selector a line below it ("device vendor=8086 device=10d3").
 */

#include <stddef.h>

#include "base/macro.h"
#include "base/vec.h"

#define BOOT_INDEX_MAX (1u << 20) /* bytes */

/*
 * Writes the groups of @groups (struct group_def) that bind at boot. Leaves out selectors with
 * "nth", which needs the whole host, and with "serial", which may need a host driver: the daemon
 * handles these. The caller frees *ret. 0 or -ENOMEM.
 */
int boot_index_format(const struct vec *groups, char **ret) _must_check_;

/*
 * Appends to @ret_groups (struct group_def, owned by the caller). 0, -ENOMEM, or -EINVAL for
 * invalid text or another version; on failure nothing is appended.
 */
int boot_index_parse(const char *text, struct vec *ret_groups) _must_check_;
