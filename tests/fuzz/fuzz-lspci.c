/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Dumps of lspci, as lspci wrote them or as a mail program changed them. */

#include "fuzz.h"

#include <errno.h>

#include "fuzz-host.h"
#include "policy/offline/host-file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_inventory_ struct inventory *inv = NULL;
	_cleanup_free_ char *error = NULL;
	int r = host_file_parse((const char *)data, size, &inv, &error);

	if (r == 0)
		fuzz_host_check(inv);
	else
		assert(r == -EBADMSG && error && !inv);
	return 0;
}
