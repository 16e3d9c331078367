/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Reads a recorded host: a snapshot of devgroupd, or a dump of "lspci -xxxx". For a dump it derives
 * from configuration space the parents, the VFs, the resets and, unless the dump names them (lspci
 * -v), the IOMMU groups.
 */

#include <stddef.h>

#include "base/macro.h"
#include "model/inventory.h"

/*
 * Parses @size bytes of @text; the caller frees *ret. 0, -ENOMEM, or -EBADMSG for text that is no
 * host: *ret_error, owned by the caller, then says what is wrong.
 */
int host_file_parse(const char *text, size_t size, struct inventory **ret,
		    char **ret_error) _must_check_;
