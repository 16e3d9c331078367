/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Quirks, and the hints that they give for the devices of a recorded host. */

#include "fuzz.h"

#include "fuzz-host.h"
#include "model/config/def-set.h"
#include "policy/devinfo/quirks.h"

static struct inventory *host;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	host = fuzz_host_load("lab-vfs.json");
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_def_set_ struct def_set *defs = def_set_new();

	assert(defs);
	defs->kind = DEF_FILE_QUIRKS;
	assert(parse_definitions(defs, "fuzz.json", (const char *)data, size) == 0);
	VEC_FOREACH(const struct problem, problem, &defs->problems)
		assert(problem->line > 0 && problem->column > 0 && *problem->text);
	VEC_FOREACH(const struct device, device, &host->devices) {
		_cleanup_quirks_hints_ struct vec hints = { 0 };

		assert(quirks_hints(&defs->quirks, host, device, &hints) == 0);
		VEC_FOREACH(const struct quirk_hint, hint, &hints)
			assert(*hint->name && hint->value);
	}
	return 0;
}
