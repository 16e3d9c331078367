/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "host-builder.h"
#include "model/step.h"
#include "model/usage.h"
#include "policy/plan/sriov-plan.h"

/* Returns a host with a PF that offers seven virtual functions and has @n of them. */
static struct inventory *make_host_with_vfs(unsigned n, const char *driver)
{
	struct inventory *inv = inventory_new();
	struct device *pf = host_builder_add_pci(inv, "0000:02:00.0", NULL, IOMMU_GROUP_NONE);

	pf->total_vfs = 7;
	pf->num_vfs = n;
	ck_assert_int_eq(str_set(&pf->driver, driver), 0);
	for (unsigned i = 0; i < n; i++) {
		_cleanup_free_ char *address =
			str_printf("0000:02:%02x.%u", 0x10 + i / 4, i % 4 * 2);
		struct device *vf = host_builder_add_pci(inv, address, NULL, IOMMU_GROUP_NONE);

		host_builder_make_vf(vf, pf->key, (int)i);
	}
	return inv;
}

/* Returns the steps as "set-autoprobe 0, set-vfs 3", and the problem in *ret_problem. */
static char *format_plan(const struct inventory *inv, const char *device, unsigned count,
			 bool autoprobe, const char *claimed, char **ret_problem)
{
	_cleanup_vf_def_ struct vf_def *def = def_set_vf_new(device);
	_cleanup_steps_ struct vec steps = { 0 };
	_cleanup_strv_ char **words = NULL;
	char *keys[] = { (char *)claimed, NULL };

	def->count = count;
	def->autoprobe = autoprobe;
	ck_assert_int_eq(sriov_plan(inv, def, keys, &steps, ret_problem), 0);
	VEC_FOREACH(const struct step, step, &steps) {
		_cleanup_free_ char *word =
			str_printf("%s %s", step_kind_to_string(step->kind), step->value);

		ck_assert_str_eq(step->device, device);
		ck_assert_int_eq(strv_add(&words, word), 0);
	}
	return strv_join(words, ", ");
}

static void check_plan(unsigned now, unsigned count, bool autoprobe, const char *wanted)
{
	_cleanup_inventory_ struct inventory *inv = make_host_with_vfs(now, "igb");
	_cleanup_free_ char *problem = NULL, *steps = NULL;

	steps = format_plan(inv, "0000:02:00.0", count, autoprobe, NULL, &problem);
	ck_assert_str_eq(steps, wanted);
	ck_assert_ptr_null(problem);
}

START_TEST(test_number_changes_through_zero)
{
	check_plan(0, 3, false, "set-autoprobe 0, set-vfs 3");
	check_plan(0, 3, true, "set-autoprobe 1, set-vfs 3");
	check_plan(2, 3, false, "set-autoprobe 0, set-vfs 0, set-vfs 3");
	check_plan(3, 3, false, "set-autoprobe 0");
	check_plan(3, 0, false, "set-autoprobe 0, set-vfs 0");
	check_plan(0, 0, false, "set-autoprobe 0");
}
END_TEST

static void check_problem(struct inventory *inventory, const char *device, unsigned count,
			  const char *claimed, const char *wanted, const char *text)
{
	_cleanup_inventory_ struct inventory *inv = inventory;
	_cleanup_free_ char *problem = NULL, *steps = NULL;

	steps = format_plan(inv, device, count, false, claimed, &problem);
	ck_assert_str_eq(steps, wanted);
	ck_assert_ptr_nonnull(problem);
	ck_assert_msg(strstr(problem, text) != NULL, "no \"%s\" in: %s", text, problem);
}

START_TEST(test_count_above_the_offer_is_limited)
{
	check_problem(make_host_with_vfs(0, "igb"), "0000:02:00.0", 9, NULL,
		      "set-autoprobe 0, set-vfs 7", "offers 7 virtual functions, not the 9");
	check_problem(make_host_with_vfs(7, "igb"), "0000:02:00.0", 9, NULL, "set-autoprobe 0",
		      "offers 7");
}
END_TEST

START_TEST(test_claimed_function_blocks_changes)
{
	check_problem(make_host_with_vfs(2, "igb"), "0000:02:00.0", 3, "0000:02:10.2", "",
		      "while 0000:02:10.2 is claimed");
	check_problem(make_host_with_vfs(2, "vfio-pci"), "0000:02:00.0", 3, "0000:02:00.0", "",
		      "while 0000:02:00.0 is claimed");
	/* neither a claim of another device nor an unchanged number is a problem */
	check_plan(3, 3, false, "set-autoprobe 0");
}
END_TEST

START_TEST(test_function_in_use_blocks_changes)
{
	struct inventory *inv = make_host_with_vfs(2, "igb");
	struct device *vf = inventory_find(inv, "0000:02:10.0");
	_cleanup_usage_ struct usage *usage = usage_new();

	ck_assert_int_eq(str_set(&usage->kind, USAGE_DEFAULT_ROUTE), 0);
	ck_assert_int_eq(str_set(&usage->what, "eth3"), 0);
	ck_assert_int_eq(usage_list_add(&vf->usages, usage), 0);
	check_problem(inv, "0000:02:00.0", 3, NULL, "",
		      "the host uses 0000:02:10.0 (default-route eth3)");
}
END_TEST

START_TEST(test_impossible_requests_name_their_problem)
{
	check_problem(make_host_with_vfs(0, NULL), "0000:02:00.0", 3, NULL, "",
		      "until it is bound to its host driver");
	check_problem(make_host_with_vfs(0, "vfio-pci"), "0000:02:00.0", 3, NULL, "",
		      "until it is bound to its host driver");
	check_problem(make_host_with_vfs(1, "igb"), "0000:09:00.0", 3, NULL, "",
		      "no device 0000:09:00.0");
	check_problem(make_host_with_vfs(1, "igb"), "0000:02:10.0", 3, NULL, "",
		      "is a virtual function itself");
	{
		struct inventory *inv = make_host_with_vfs(0, "igb");

		inventory_find(inv, "0000:02:00.0")->total_vfs = 0;
		check_problem(inv, "0000:02:00.0", 3, NULL, "", "offers no SR-IOV");
	}
}
END_TEST

/* Checks the steps of a claim of the PF. @count 0 stands for a definition that leaves it alone. */
static void check_claim_steps(unsigned now, const char *driver, unsigned count, bool while_claimed,
			      const char *wanted)
{
	_cleanup_inventory_ struct inventory *inv = make_host_with_vfs(now, driver);
	_cleanup_vf_def_ struct vf_def *def = def_set_vf_new("0000:02:00.0");
	_cleanup_(vec_drop) struct vec defs = { 0 };
	_cleanup_steps_ struct vec steps = { 0 };
	_cleanup_strv_ char **words = NULL;
	_cleanup_free_ char *joined = NULL;

	def->count = count;
	def->while_claimed = while_claimed;
	ck_assert_int_eq(vec_add(&defs, def), 0);
	ck_assert_int_eq(steps_add_device(&steps, STEP_BIND, inventory_find(inv, "0000:02:00.0"),
					  "vfio-pci"),
			 0);
	ck_assert_int_eq(steps_add_device(&steps, STEP_SET_VF_TOKEN,
					  inventory_find(inv, "0000:02:00.0"), NULL),
			 0);
	ck_assert_int_eq(steps_add_plain(&steps, STEP_OPEN_CONTAINER, NULL), 0);
	ck_assert_int_eq(sriov_plan_claim(inv, &defs, &steps), 0);
	VEC_FOREACH(const struct step, step, &steps) {
		_cleanup_free_ char *word =
			str_printf("%s%s%s", step_kind_to_string(step->kind),
				   step->kind == STEP_SET_VFS ? " " : "",
				   step->kind == STEP_SET_VFS ? step->value : "");

		ck_assert_int_eq(strv_add(&words, word), 0);
	}
	joined = strv_join(words, ", ");
	ck_assert_str_eq(joined, wanted);
}

START_TEST(test_claim_creates_the_functions)
{
	check_claim_steps(3, "igb", 3, true, "bind, set-vf-token, set-vfs 3, open-container");
	check_claim_steps(0, NULL, 9, true, "bind, set-vf-token, set-vfs 7, open-container");
	check_claim_steps(3, "igb", 3, false, "bind, set-vf-token, open-container");
	check_claim_steps(3, "igb", 0, true, "bind, set-vf-token, open-container");
	/* the last claim has left the PF on vfio-pci */
	check_claim_steps(3, "vfio-pci", 2, true,
			  "bind, set-vf-token, set-vfs 0, set-vfs 2, open-container");
	check_claim_steps(2, "vfio-pci", 2, true, "bind, set-vf-token, set-vfs 2, open-container");
}
END_TEST

SUITE("sriov-plan", test_claim_creates_the_functions, test_number_changes_through_zero,
      test_count_above_the_offer_is_limited, test_claimed_function_blocks_changes,
      test_function_in_use_blocks_changes, test_impossible_requests_name_their_problem)
