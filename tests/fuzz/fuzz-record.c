/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Records of leases, and the release that they lead to on a recorded host. */

#include "fuzz.h"

#include <errno.h>

#include "base/str.h"
#include "fuzz-host.h"
#include "model/json/codec.h"
#include "policy/plan/plan.h"

static struct inventory *host;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	host = fuzz_host_load("lab-vfs.json");
	return 0;
}

static void record_check_identity(const struct record *record)
{
	_cleanup_free_ char *once = NULL, *twice = NULL, *error = NULL;
	_cleanup_record_ struct record *copy = NULL;

	assert(codec_record_to_json(record, &once) == 0);
	assert(codec_record_from_json(once, strlen(once), &copy, &error) == 0);
	assert(codec_record_to_json(copy, &twice) == 0);
	assert(str_eq(once, twice));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_record_ struct record *record = NULL;
	_cleanup_steps_ struct vec steps = { 0 };
	_cleanup_free_ char *error = NULL;
	int r = codec_record_from_json((const char *)data, size, &record, &error);

	if (r < 0) {
		assert((r == -EBADMSG || r == -EPROTONOSUPPORT) && error && !record);
		return 0;
	}
	/* The lease becomes the name of files. */
	assert(!strchr(record->lease, '/') && !strchr(record->group, '/'));
	record_check_identity(record);
	assert(plan_release(host, record, &steps) == 0);
	return 0;
}
