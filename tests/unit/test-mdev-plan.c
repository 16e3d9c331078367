/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "host-builder.h"
#include "model/step.h"
#include "policy/plan/mdev-plan.h"

#define UUID "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
#define KEY "mdev:" UUID

/* Adds a parent with @available instances of type "mtty-2", and with none of type "mtty-1". */
static void add_parent(struct inventory *inv, const char *name, unsigned available)
{
	struct device *parent = host_builder_add_device(inv, "mdev_bus", name, IOMMU_GROUP_NONE);

	for (unsigned i = 1; i <= 2; i++) {
		_cleanup_free_ char *id = str_printf("mtty-%u", i);
		struct mdev_type *type = mdev_type_new(id);

		type->available = i == 2 ? available : 0;
		ck_assert_int_eq(mdev_types_put(&parent->mdev_types, type), 0);
	}
}

static void add_mdev(struct inventory *inv, const char *type)
{
	struct device *device = host_builder_add_device(inv, "mdev", UUID, 8);

	ck_assert_int_eq(str_set(&device->mdev_parent, "mdev_bus:mtty"), 0);
	ck_assert_int_eq(str_set(&device->mdev_type, type), 0);
}

static struct mdev_def *make_definition(const char *type)
{
	struct mdev_def *def = mdev_def_new(KEY);

	ck_assert_int_eq(mdev_def_normalize_parent("mtty", &def->parent), 0);
	ck_assert_int_eq(str_set(&def->type, type), 0);
	return def;
}

/*
 * Returns the steps as "create-mdev mtty/mtty-2, set-attribute a=1". *ret_problem is the problem,
 * or NULL.
 */
static char *format_plan(const struct inventory *inv, const struct mdev_def *def,
			 const struct mdev_state *state, bool claimed, char **ret_problem)
{
	_cleanup_mdev_plan_ struct mdev_plan made = { 0 };
	_cleanup_strv_ char **words = NULL;
	char *keys[] = { claimed ? (char[]){ KEY } : NULL, NULL };
	const struct vec *steps = &made.steps;

	ck_assert_int_eq(mdev_plan(inv, KEY, def, state, keys, &made), 0);
	*ret_problem = TAKE_PTR(made.problem);
	VEC_FOREACH(const struct step, step, steps) {
		_cleanup_free_ char *word = str_printf("%s %s", step_kind_to_string(step->kind),
						       str_or(step->value, "-"));

		ck_assert_int_eq(strv_add(&words, word), 0);
		ck_assert(step->kind == STEP_PROVE_CLOSED ? step->iommu_group == 8 :
							    str_eq(step->device, KEY));
	}
	ck_assert_int_eq(made.action, steps->n == 0			    ? MDEV_PLAN_KEEP :
				      strstr(words[steps->n - 1], "remove") ? MDEV_PLAN_REMOVE :
									      MDEV_PLAN_CREATE);
	return strv_join(words, ", ");
}

static const struct mdev_state not_ours;

static void check_plan(const struct inventory *inv, const struct mdev_def *def,
		       const struct mdev_state *state, bool claimed, const char *wanted,
		       const char *problem)
{
	_cleanup_free_ char *actual_problem = NULL,
			    *steps = format_plan(inv, def, state, claimed, &actual_problem);

	ck_assert_str_eq(steps, wanted);
	if (!problem)
		ck_assert_ptr_null(actual_problem);
	else
		ck_assert_msg(actual_problem && strstr(actual_problem, problem), "no \"%s\" in: %s",
			      problem, str_or(actual_problem, "nothing"));
}

#define REMOVAL "prove-closed -, remove-mdev -"

START_TEST(test_mdev_is_created_with_attributes_in_order)
{
	_cleanup_inventory_ struct inventory *inv = inventory_new();
	_cleanup_mdev_def_ struct mdev_def *def = make_definition("mtty-2");

	ck_assert_int_eq(strv_add(&def->attributes, "b=1"), 0);
	ck_assert_int_eq(strv_add(&def->attributes, "a=x=y"), 0);
	add_parent(inv, "mtty", 1);
	check_plan(inv, def, &not_ours, false,
		   "create-mdev mtty/mtty-2, set-attribute b=1, set-attribute a=x=y", NULL);
}
END_TEST

START_TEST(test_parent_is_missing_or_full_or_lacks_the_type)
{
	_cleanup_inventory_ struct inventory *inv = inventory_new();
	_cleanup_mdev_def_ struct mdev_def *def = make_definition("mtty-2"),
					   *other = make_definition("mtty-9");

	check_plan(inv, def, &not_ours, false, "", "there is no mtty on this host");
	add_parent(inv, "mtty", 0);
	check_plan(inv, def, &not_ours, false, "", "mtty has room for no more of type mtty-2");
	check_plan(inv, other, &not_ours, false, "", "offers no type mtty-9, but mtty-1, mtty-2");
}
END_TEST

START_TEST(test_parent_without_its_driver)
{
	_cleanup_inventory_ struct inventory *inv = inventory_new();
	_cleanup_mdev_def_ struct mdev_def *def = make_definition("i915-GVTg_V5_4");
	struct device *parent = host_builder_add_pci(inv, "0000:00:02.0", NULL, IOMMU_GROUP_NONE);

	ck_assert_int_eq(str_set(&parent->driver, "vfio-pci"), 0);
	ck_assert_int_eq(str_set(&def->parent, "0000:00:02.0"), 0);
	check_plan(inv, def, &not_ours, false, "",
		   "0000:00:02.0 on driver vfio-pci offers no mediated devices");
}
END_TEST

START_TEST(test_fitting_mdev_is_left_alone)
{
	_cleanup_inventory_ struct inventory *inv = inventory_new();
	_cleanup_mdev_def_ struct mdev_def *def = make_definition("mtty-2");
	_cleanup_free_ char *signature = mdev_def_signature(def);
	const struct mdev_state made = { .made = signature };

	add_parent(inv, "mtty", 1);
	add_mdev(inv, "mtty-2");
	check_plan(inv, def, &not_ours, false, "", NULL);
	check_plan(inv, def, &made, false, "", NULL);
	check_plan(inv, def, &made, true, "", NULL);
}
END_TEST

START_TEST(test_foreign_mdev_is_never_removed)
{
	_cleanup_inventory_ struct inventory *inv = inventory_new();
	_cleanup_mdev_def_ struct mdev_def *def = make_definition("mtty-2");

	add_mdev(inv, "mtty-1");
	check_plan(inv, def, &not_ours, false, "", "exists as mtty-1 of mdev_bus:mtty, not as ");
	check_plan(inv, NULL, &not_ours, false, "", NULL);
}
END_TEST

START_TEST(test_own_mdev_is_removed_unless_claimed)
{
	_cleanup_inventory_ struct inventory *inv = inventory_new();
	_cleanup_mdev_def_ struct mdev_def *def = make_definition("mtty-2"),
					   *old = make_definition("mtty-1");
	_cleanup_free_ char *before = mdev_def_signature(old);
	const struct mdev_state made = { .made = before };

	add_mdev(inv, "mtty-1");
	check_plan(inv, NULL, &made, true, "", NULL);
	check_plan(inv, NULL, &made, false, REMOVAL, NULL);
	check_plan(inv, def, &made, true, "", "while it is claimed");
	check_plan(inv, def, &made, false, REMOVAL, NULL);
}
END_TEST

START_TEST(test_changed_attribute_removes_the_mdev)
{
	_cleanup_inventory_ struct inventory *inv = inventory_new();
	_cleanup_mdev_def_ struct mdev_def *def = make_definition("mtty-2");
	_cleanup_free_ char *before = mdev_def_signature(def);
	const struct mdev_state made = { .made = before };

	ck_assert_int_eq(strv_add(&def->attributes, "a=1"), 0);
	add_mdev(inv, "mtty-2");
	check_plan(inv, def, &made, false, REMOVAL, NULL);
}
END_TEST

START_TEST(test_unfinished_mdev_is_made_again)
{
	_cleanup_inventory_ struct inventory *inv = inventory_new();
	_cleanup_mdev_def_ struct mdev_def *def = make_definition("mtty-2");
	_cleanup_free_ char *signature = mdev_def_signature(def);
	const struct mdev_state half = { .made = signature, .unfinished = true };

	add_parent(inv, "mtty", 1);
	check_plan(inv, def, &half, false, "create-mdev mtty/mtty-2", NULL);
	add_mdev(inv, "mtty-2");
	check_plan(inv, def, &half, false, REMOVAL, NULL);
}
END_TEST

START_TEST(test_parent_names_are_normalised)
{
	static const char *const names[][2] = {
		{ "mtty", "mdev_bus:mtty" },
		{ "0.0.26ab", "mdev_bus:0.0.26ab" },
		{ "00:02.0", "0000:00:02.0" },
		{ "pci:0000:00:02.0", "0000:00:02.0" },
		{ "mdev_bus:matrix", "mdev_bus:matrix" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *key = NULL;

		ck_assert_int_eq(mdev_def_normalize_parent(names[i][0], &key), 0);
		ck_assert_str_eq(key, names[i][1]);
	}
	ck_assert_int_eq(mdev_def_normalize_parent("a/b", &(char *){ NULL }), -EINVAL);
	ck_assert_int_eq(mdev_def_normalize_parent("", &(char *){ NULL }), -EINVAL);
}
END_TEST

SUITE("mdev-plan", test_mdev_is_created_with_attributes_in_order,
      test_parent_is_missing_or_full_or_lacks_the_type, test_parent_without_its_driver,
      test_fitting_mdev_is_left_alone, test_foreign_mdev_is_never_removed,
      test_own_mdev_is_removed_unless_claimed, test_changed_attribute_removes_the_mdev,
      test_unfinished_mdev_is_made_again, test_parent_names_are_normalised)
