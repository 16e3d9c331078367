/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include <fcntl.h>

#include "base/fileio.h"
#include "base/str.h"
#include "fuzz-host.h"
#include "model/json/codec.h"
#include "policy/assess/assess.h"
#include "policy/devinfo/device-facts.h"
#include "policy/isolation/isolation.h"
#include "policy/offline/grouping.h"
#include "policy/offline/host-file.h"
#include "policy/report/report-card.h"
#include "policy/report/rules-diff.h"
#include "policy/report/slots.h"

#define HOST_MAX (1u << 20)

struct inventory *fuzz_host_load(const char *name)
{
	_cleanup_free_ char *path =
		str_printf("%s/tests/hosts/%s", str_or(getenv("top_srcdir"), "."), name);
	_cleanup_free_ char *text = NULL, *error = NULL;
	struct inventory *inv = NULL;
	size_t size;

	assert(path);
	assert(fileio_read_at(AT_FDCWD, path, HOST_MAX, &text, &size) == 0);
	assert(host_file_parse(text, size, &inv, &error) == 0);
	return inv;
}

static void fuzz_host_judge_device(const struct inventory *inv, const struct device *device,
				   const struct device_facts *device_facts)
{
	_cleanup_facts_ struct vec facts = { 0 };
	_cleanup_isolation_ struct vec causes = { 0 };

	assert(device_facts_add(device_facts, device, &facts) == 0);
	assert(isolation_find(inv, device, &causes) == 0);
	VEC_FOREACH(const struct isolation_cause, cause, &causes) {
		_cleanup_free_ char *text = isolation_text(inv, device, cause);

		assert(text);
	}
}

static void fuzz_host_compare_rules(const struct inventory *inv)
{
	_cleanup_slots_finder_ struct slots_finder finder = slots_finder_of(inv);
	_cleanup_rules_diff_ struct rules_diff diff = { 0 };

	assert(rules_diff_find(inv, KERNEL_RULES_NEXT, &diff) == 0);
	VEC_FOREACH(const struct device, device, &inv->devices) {
		_cleanup_slots_ struct slots_advice advice;

		assert(slots_find(&finder, device, &advice) == 0);
	}
}

void fuzz_host_judge(const struct inventory *inv)
{
	_cleanup_device_facts_ struct device_facts *device_facts = device_facts_new(inv);
	_cleanup_report_card_ struct report_card card = { 0 };
	_cleanup_assess_ struct assess *assess = NULL;
	_cleanup_free_ int *groups = NULL;

	assert(device_facts);
	VEC_FOREACH(const struct device, device, &inv->devices)
		fuzz_host_judge_device(inv, device, device_facts);
	assert(assess_new(inv, NULL, NULL, &assess) == 0);
	assert(report_card_make(inv, NULL, &card) == 0);
	assert(grouping_derive(inv, &groups) == 0);
	fuzz_host_compare_rules(inv);
}

void fuzz_host_check(const struct inventory *inv)
{
	_cleanup_free_ char *once = NULL, *twice = NULL, *error = NULL;
	_cleanup_inventory_ struct inventory *copy = NULL;

	assert(codec_inventory_to_json(inv, false, &once) == 0);
	assert(codec_snapshot_from_json(once, strlen(once), &copy, &error) == 0);
	assert(codec_inventory_to_json(copy, false, &twice) == 0);
	assert(str_eq(once, twice));
	fuzz_host_judge(inv);
}
