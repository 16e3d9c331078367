/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Definitions of groups: read, written and read again, and used on a recorded host. */

#include "fuzz.h"

#include "base/str.h"
#include "fuzz-host.h"
#include "model/config/def-set.h"
#include "model/json/codec.h"
#include "policy/assess/assess.h"
#include "policy/plan/plan.h"

static struct inventory *host;
static struct assess *assess;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	host = fuzz_host_load("lab-vfs.json");
	return assess_new(host, NULL, NULL, &assess);
}

static struct def_set *definitions_read(const char *text, size_t size)
{
	struct def_set *defs = def_set_new();

	assert(defs);
	assert(parse_definitions(defs, "fuzz.json", text, size) == 0);
	assert(def_set_check_devices(defs) == 0);
	VEC_FOREACH(const struct problem, problem, &defs->problems)
		assert(problem->line > 0 && problem->column > 0 && *problem->text);
	return defs;
}

/* Accepted definitions can be written, and are the same afterwards. */
static void definitions_check_identity(const struct def_set *defs)
{
	_cleanup_free_ char *once = NULL, *twice = NULL;
	_cleanup_def_set_ struct def_set *copy = NULL;

	assert(codec_config_to_json(defs, false, &once) == 0);
	copy = definitions_read(once, strlen(once));
	assert(!def_set_has_errors(copy));
	assert(copy->groups.n == defs->groups.n);
	for (size_t i = 0; i < defs->groups.n; i++)
		assert(codec_config_same_group(defs->groups.items[i], copy->groups.items[i]));
	assert(codec_config_to_json(copy, false, &twice) == 0);
	assert(str_eq(once, twice));
}

static void definitions_use_group(const struct group_def *def)
{
	_cleanup_resolved_group_ struct resolved_group resolved = { 0 };
	_cleanup_record_ struct record *record = record_new(def->name, "0123456789abcdef");
	_cleanup_steps_ struct vec steps = { 0 };

	assert(record);
	assert(resolve_group(host, def, &resolved) == 0);
	assert(assess_group(assess, def, &resolved) == 0);
	if (!resolved.absent)
		assert(plan_claim(def, &resolved, NULL, record, &steps) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_def_set_ struct def_set *defs = definitions_read((const char *)data, size);

	if (def_set_has_errors(defs))
		return 0;
	definitions_check_identity(defs);
	VEC_FOREACH(const struct group_def, def, &defs->groups)
		definitions_use_group(def);
	return 0;
}
