/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A recorded host: a snapshot of devgroupd's, or a dump of "lspci -xxxx". Of a dump
 * the rest is worked out from configuration space: who is below whom, which are VFs, which resets
 * there are and, unless the dump tells them (lspci -v), the IOMMU groups.
 */

#include <stddef.h>

#include "base/macro.h"
#include "model/inventory.h"

/* -EBADMSG with *ret_error (the caller's) saying what is wrong with the text, or -ENOMEM. */
int host_file_parse(const char *text, size_t size, struct inventory **ret,
		    char **ret_error) _must_check_;
