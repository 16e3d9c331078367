/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include "base/str.h"
#include "model/device.h"
#include "model/step.h"

START_TEST(test_names_are_complete_and_unique)
{
	for (unsigned i = 0; i < STEP_KIND_COUNT; i++) {
		ck_assert(!str_empty(step_kind_to_string(i)));
		for (unsigned j = 0; j < i; j++)
			ck_assert_str_ne(step_kind_to_string(i), step_kind_to_string(j));
	}
	ck_assert_str_eq(step_kind_to_string(STEP_SET_OVERRIDE), "set-override");
}
END_TEST

static void check_text(const struct step *step, const char *subject, const char *detail)
{
	_cleanup_free_ char *is_subject = step_subject(step), *is_detail = step_detail(step);

	ck_assert_str_eq(is_subject, subject);
	ck_assert_str_eq(is_detail, detail);
}

START_TEST(test_steps_keep_copies)
{
	_cleanup_steps_ struct vec steps = {};
	struct device *device = device_new("pci", "0000:01:00.0");
	char driver[] = "vfio-pci";
	const struct step *step;

	device->iommu_group = 11;
	ck_assert_int_eq(steps_add_plain(&steps, STEP_LOAD_MODULE, driver), 0);
	ck_assert_int_eq(steps_add_device(&steps, STEP_SET_OVERRIDE, device, driver), 0);
	ck_assert_int_eq(steps_add_device(&steps, STEP_SET_OVERRIDE, device, NULL), 0);
	ck_assert_int_eq(steps_add_group(&steps, STEP_GRANT, 11, 1000), 0);
	device_free(device);
	driver[0] = 'X';

	ck_assert_uint_eq(steps.n, 4);
	step = steps.items[0];
	ck_assert_int_eq(step->kind, STEP_LOAD_MODULE);
	ck_assert_int_eq(step->iommu_group, IOMMU_GROUP_NONE);
	check_text(step, "vfio-pci", "");
	step = steps.items[1];
	ck_assert_str_eq(step->bus, "pci");
	ck_assert_str_eq(step->device, "0000:01:00.0");
	ck_assert_str_eq(step->address, "0000:01:00.0");
	ck_assert_int_eq(step->iommu_group, 11);
	check_text(step, "0000:01:00.0", "vfio-pci");
	check_text(steps.items[2], "0000:01:00.0", "(none)");
	step = steps.items[3];
	ck_assert_uint_eq(step->uid, 1000);
	check_text(step, "IOMMU group 11", "/dev/vfio/11, uid 1000");
}
END_TEST

/* A step needs the key and the address of its device. They differ on every bus but PCI. */
START_TEST(test_step_has_key_and_address_of_the_device)
{
	_cleanup_steps_ struct vec steps = {};
	_cleanup_device_ struct device *device = device_new("platform", "fe200000.dma");
	const struct step *step;

	ck_assert_int_eq(steps_add_device(&steps, STEP_UNBIND, device, "dma-pl330"), 0);
	step = steps.items[0];
	ck_assert_str_eq(step->device, "platform:fe200000.dma");
	ck_assert_str_eq(step->address, "fe200000.dma");
	check_text(step, "platform:fe200000.dma", "from dma-pl330");
}
END_TEST

START_TEST(test_every_step_has_text)
{
	for (unsigned i = 0; i < STEP_KIND_COUNT; i++) {
		const struct step step = { .kind = i, .iommu_group = IOMMU_GROUP_NONE };
		_cleanup_free_ char *subject = step_subject(&step), *detail = step_detail(&step);

		ck_assert_ptr_nonnull(subject);
		ck_assert_ptr_nonnull(detail);
	}
}
END_TEST

/* Every client on the bus can read the text of a step. */
START_TEST(test_vf_token_is_not_shown)
{
	const struct step step = { .kind = STEP_SET_VF_TOKEN,
				   .device = (char[]){ "0000:02:00.0" },
				   .iommu_group = 9,
				   .value = (char[]){ "secret" } };

	check_text(&step, "0000:02:00.0", "");
}
END_TEST

SUITE("step", test_names_are_complete_and_unique, test_steps_keep_copies,
      test_step_has_key_and_address_of_the_device, test_every_step_has_text,
      test_vf_token_is_not_shown)
