/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <string.h>

#include "base/str.h"
#include "host-builder.h"
#include "policy/report/doctor.h"

static struct inventory *make_good_host(void)
{
	struct inventory *inv = inventory_new();

	host_builder_add_pci(inv, "0000:01:00.0", NULL, 9);
	inv->has_vfio = inv->has_iommufd = inv->has_vfio_cdev = true;
	inv->interrupt_remapping = 1;
	ck_assert_int_eq(str_set(&inv->kernel_module, "1"), 0);
	return inv;
}

/* Returns the level of the last finding about @subject, or -1 without one. */
static int level_of_finding(const struct inventory *inv, const char *subject)
{
	_cleanup_findings_ struct vec findings = {};
	int level = -1;

	ck_assert_int_eq(doctor_check(inv, &findings), 0);
	VEC_FOREACH(const struct finding, finding, &findings)
		if (str_eq(finding->subject, subject))
			level = (int)finding->level;
	return level;
}

START_TEST(test_good_host_has_only_good_findings)
{
	_cleanup_inventory_ struct inventory *inv = make_good_host();
	_cleanup_findings_ struct vec findings = {};

	ck_assert_int_eq(doctor_check(inv, &findings), 0);
	ck_assert_uint_eq(findings.n, 5);
	VEC_FOREACH(const struct finding, finding, &findings)
		ck_assert_msg(finding->level == FINDING_OK, "%s", finding->text);
}
END_TEST

START_TEST(test_missing_parts_are_reported)
{
	_cleanup_inventory_ struct inventory *inv = make_good_host(), *none = inventory_new();

	inv->interrupt_remapping = 0;
	ck_assert_int_eq(level_of_finding(inv, "interrupts"), FINDING_FAIL);
	inv->unsafe_interrupts = true;
	ck_assert_int_eq(level_of_finding(inv, "interrupts"), FINDING_WARN);
	inv->has_vfio_cdev = false;
	ck_assert_int_eq(level_of_finding(inv, "iommufd"), FINDING_HINT);
	inv->has_vfio = false;
	ck_assert_int_eq(level_of_finding(inv, "vfio"), FINDING_FAIL);
	ck_assert_int_eq(level_of_finding(inv, "acs"), -1);
	ck_assert_int_eq(str_set(&inv->acs_override, "downstream"), 0);
	ck_assert_int_eq(level_of_finding(inv, "acs"), FINDING_WARN);
	ck_assert_int_eq(level_of_finding(none, "iommu"), FINDING_FAIL);
	ck_assert_int_eq(level_of_finding(none, "module"), FINDING_HINT);
}
END_TEST

SUITE("doctor", test_good_host_has_only_good_findings, test_missing_parts_are_reported)
