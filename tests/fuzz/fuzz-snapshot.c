/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Snapshots of hosts, which users send to each other. */

#include "fuzz.h"

#include <errno.h>

#include "fuzz-host.h"
#include "model/json/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_inventory_ struct inventory *inv = NULL;
	_cleanup_free_ char *error = NULL;
	int r = codec_snapshot_from_json((const char *)data, size, &inv, &error);

	if (r == 0)
		fuzz_host_check(inv);
	else
		assert(r == -EBADMSG && error && !inv);
	return 0;
}
