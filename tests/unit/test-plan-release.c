/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <limits.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "host-builder.h"
#include "model/device.h"
#include "policy/plan/plan.h"

#define NIC "0000:01:00.0"

/* A NIC alone in its IOMMU group, and its claim, which was handed over. */
struct claimed_nic {
	struct inventory *inv;
	struct device *nic;
	struct record *record;
};

/* @driver, @override: those of the host before the claim. */
static struct claimed_nic claim_nic(const char *driver, const char *override,
				    enum vfio_interface interface,
				    enum group_def_on_release on_release)
{
	struct claimed_nic claimed = { .inv = inventory_new() };
	struct record_device *member;

	claimed.nic = host_builder_add_pci(claimed.inv, NIC, NULL, 7);
	claimed.nic->has_override = true;
	ck_assert_int_eq(str_set(&claimed.nic->driver, driver), 0);
	ck_assert_int_eq(str_set(&claimed.nic->driver_override, override), 0);
	claimed.record = record_new("nic", "1");
	ck_assert_int_eq(record_add_device(claimed.record, claimed.nic, "vfio-pci"), 0);
	member = claimed.record->devices.items[0];
	ck_assert_str_eq(member->driver, "vfio-pci");
	claimed.record->interface = interface;
	claimed.record->on_release = on_release;
	claimed.record->used = true;
	ck_assert_int_eq(str_set(&claimed.nic->driver, "vfio-pci"), 0);
	ck_assert_int_eq(str_set(&claimed.nic->driver_override, "vfio-pci"), 0);
	return claimed;
}

static void release_nic(struct claimed_nic *claimed)
{
	record_free(claimed->record);
	inventory_free(claimed->inv);
}

/* Returns the steps of the release as one text, such as "unbind vfio-pci, rebind e1000e". */
static char *plan_text(const struct claimed_nic *claimed)
{
	_cleanup_steps_ struct vec steps = {};
	_cleanup_strv_ char **words = NULL;

	ck_assert_int_eq(plan_release(claimed->inv, claimed->record, &steps), 0);
	VEC_FOREACH(const struct step, step, &steps) {
		_cleanup_free_ char *word = NULL;

		if (step->kind == STEP_PROVE_CLOSED)
			continue;
		word = str_printf("%s %s", step_kind_to_string(step->kind),
				  str_or(step->value, "-"));
		ck_assert_int_eq(strv_add(&words, word), 0);
	}
	return words ? strv_join(words, ", ") : strdup("");
}

/*
 * Applies the first steps of the release to the inventory, and notes an unbind as the daemon does.
 * Returns whether @most were enough for all.
 */
static bool run_steps(struct claimed_nic *claimed, unsigned most)
{
	_cleanup_steps_ struct vec steps = {};
	struct record_device *member = claimed->record->devices.items[0];

	ck_assert_int_eq(plan_release(claimed->inv, claimed->record, &steps), 0);
	VEC_FOREACH(const struct step, step, &steps) {
		if (most-- == 0)
			return false;
		if (step->kind == STEP_UNBIND) {
			ck_assert_int_eq(str_set(&claimed->nic->driver, NULL), 0);
			member->left = true;
		} else if (step->kind == STEP_REBIND) {
			ck_assert_int_eq(str_set(&claimed->nic->driver, step->value), 0);
		} else if (step->kind == STEP_SET_OVERRIDE) {
			ck_assert_int_eq(str_set(&claimed->nic->driver_override, step->value), 0);
		}
	}
	return true;
}

static void run_release(struct claimed_nic *claimed)
{
	ck_assert(run_steps(claimed, UINT_MAX));
}

/*
 * The holder may have sent a descriptor of the device's own node into a socket, where no walk over
 * processes finds it. Only an unbind waits for it.
 */
START_TEST(test_own_node_is_proven_closed_by_an_unbind)
{
	static const struct {
		const char *driver, *override; /* of the host */
		enum group_def_on_release on_release;
		const char *expected;
	} cases[] = {
		{ "e1000e", NULL, ON_RELEASE_RESTORE,
		  "unbind vfio-pci, set-override -, rebind e1000e" },
		{ "e1000e", NULL, ON_RELEASE_NONE, "unbind vfio-pci, set-override -" },
		{ "e1000e", NULL, ON_RELEASE_KEEP, "unbind vfio-pci, rebind vfio-pci" },
		/* bound at boot */
		{ "vfio-pci", "vfio-pci", ON_RELEASE_RESTORE, "unbind vfio-pci, rebind vfio-pci" },
		{ "vfio-pci", "vfio-pci", ON_RELEASE_KEEP, "unbind vfio-pci, rebind vfio-pci" },
		/* bound by hand: the override is needed once more */
		{ "vfio-pci", NULL, ON_RELEASE_RESTORE,
		  "unbind vfio-pci, rebind vfio-pci, set-override -" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (size_t j = 0; j < 2; j++) {
			struct claimed_nic claimed =
				claim_nic(cases[i].driver, cases[i].override,
					  j == 0 ? INTERFACE_IOMMUFD : INTERFACE_ANY,
					  cases[i].on_release);
			_cleanup_free_ char *text = plan_text(&claimed), *rest = NULL;

			ck_assert_str_eq(text, cases[i].expected);
			ck_assert(!plan_release_is_complete(claimed.inv, claimed.record));
			run_release(&claimed);
			ck_assert(plan_release_is_complete(claimed.inv, claimed.record));
			rest = plan_text(&claimed);
			ck_assert_str_eq(rest, "");
			release_nic(&claimed);
		}
	}
}
END_TEST

/* The node of an IOMMU group opens once: its proof needs no unbind. */
START_TEST(test_group_node_needs_no_unbind)
{
	struct claimed_nic kept = claim_nic("e1000e", NULL, INTERFACE_GROUP, ON_RELEASE_KEEP);
	struct claimed_nic booted =
		claim_nic("vfio-pci", "vfio-pci", INTERFACE_GROUP, ON_RELEASE_RESTORE);
	_cleanup_free_ char *of_kept = plan_text(&kept), *of_booted = plan_text(&booted);

	ck_assert_str_eq(of_kept, "");
	ck_assert_str_eq(of_booted, "");
	ck_assert(plan_release_is_complete(kept.inv, kept.record));
	ck_assert(plan_release_is_complete(booted.inv, booted.record));
	release_nic(&kept);
	release_nic(&booted);
}
END_TEST

/* A descriptor that was never handed over is nowhere. */
START_TEST(test_unused_lease_needs_no_unbind)
{
	struct claimed_nic claimed =
		claim_nic("vfio-pci", "vfio-pci", INTERFACE_IOMMUFD, ON_RELEASE_KEEP);
	_cleanup_free_ char *text = NULL;

	claimed.record->used = false;
	text = plan_text(&claimed);
	ck_assert_str_eq(text, "");
	release_nic(&claimed);
}
END_TEST

/* The daemon was killed after the unbind. */
START_TEST(test_interrupted_proof_continues)
{
	struct claimed_nic claimed = claim_nic("e1000e", NULL, INTERFACE_IOMMUFD, ON_RELEASE_KEEP);
	struct record_device *member = claimed.record->devices.items[0];
	_cleanup_free_ char *text = NULL, *again = NULL;

	ck_assert_int_eq(str_set(&claimed.nic->driver, NULL), 0);
	member->left = true;
	text = plan_text(&claimed);
	ck_assert_str_eq(text, "rebind vfio-pci");
	/* a process had it open in the meantime */
	ck_assert_int_eq(str_set(&claimed.nic->driver, "vfio-pci"), 0);
	record_mark_used(claimed.record);
	again = plan_text(&claimed);
	ck_assert_str_eq(again, "unbind vfio-pci, rebind vfio-pci");
	release_nic(&claimed);
}
END_TEST

/* Another program has given the device to another driver: the release leaves it there. */
START_TEST(test_device_of_another_driver_is_left_alone)
{
	struct claimed_nic claimed = claim_nic("e1000e", NULL, INTERFACE_IOMMUFD, ON_RELEASE_KEEP);
	_cleanup_free_ char *text = NULL;

	ck_assert_int_eq(str_set(&claimed.nic->driver, "igb_uio"), 0);
	text = plan_text(&claimed);
	ck_assert_str_eq(text, "");
	ck_assert(plan_release_is_complete(claimed.inv, claimed.record));
	release_nic(&claimed);
}
END_TEST

/*
 * A worker that is killed in a reset leaves one method. The kernel may accept only a part of the
 * list afterwards, so the list is no condition for the end.
 */
START_TEST(test_reset_methods_are_restored_and_do_not_count)
{
	struct claimed_nic claimed = claim_nic("e1000e", NULL, INTERFACE_GROUP, ON_RELEASE_RESTORE);
	struct record_device *member = claimed.record->devices.items[0];
	_cleanup_free_ char *text = NULL;

	ck_assert_int_eq(strv_split("pm bus", " ", &member->host_reset_methods), 0);
	ck_assert_int_eq(strv_split("pm", " ", &claimed.nic->reset_methods), 0);
	text = plan_text(&claimed);
	ck_assert_str_eq(text, "set-reset-methods pm bus, unbind vfio-pci, set-override -, "
			       "rebind e1000e");
	run_release(&claimed);
	ck_assert(plan_release_is_complete(claimed.inv, claimed.record));
	release_nic(&claimed);
}
END_TEST

/*
 * The host has written an override after its driver was bound, as driverctl does: the driver takes
 * the device back only with another override. The release may be interrupted after each step.
 */
START_TEST(test_override_that_refuses_the_host_driver)
{
	static const struct {
		const char *override; /* of the host */
		enum group_def_on_release on_release;
		const char *expected, *driver, *after;
	} cases[] = {
		{ "x", ON_RELEASE_RESTORE,
		  "unbind vfio-pci, set-override e1000e, rebind e1000e, set-override x", "e1000e",
		  "x" },
		{ "vfio-pci", ON_RELEASE_RESTORE,
		  "unbind vfio-pci, set-override e1000e, rebind e1000e, set-override vfio-pci",
		  "e1000e", "vfio-pci" },
		{ "x", ON_RELEASE_NONE, "unbind vfio-pci, set-override x", NULL, "x" },
		{ "x", ON_RELEASE_KEEP, "", "vfio-pci", "vfio-pci" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (unsigned most = 0; most < 7; most++) {
			struct claimed_nic claimed =
				claim_nic("e1000e", cases[i].override, INTERFACE_GROUP,
					  cases[i].on_release);
			_cleanup_free_ char *text = plan_text(&claimed);

			ck_assert_str_eq(text, cases[i].expected);
			run_steps(&claimed, most);
			run_release(&claimed);
			ck_assert_pstr_eq(claimed.nic->driver, cases[i].driver);
			ck_assert_pstr_eq(claimed.nic->driver_override, cases[i].after);
			ck_assert(plan_release_is_complete(claimed.inv, claimed.record));
			release_nic(&claimed);
		}
}
END_TEST

/* An earlier daemon has left the device with the host's override and without a driver. */
START_TEST(test_override_that_was_restored_too_early)
{
	struct claimed_nic claimed = claim_nic("e1000e", "x", INTERFACE_GROUP, ON_RELEASE_RESTORE);
	_cleanup_free_ char *text = NULL;

	ck_assert_int_eq(str_set(&claimed.nic->driver, NULL), 0);
	ck_assert_int_eq(str_set(&claimed.nic->driver_override, "x"), 0);
	text = plan_text(&claimed);
	ck_assert_str_eq(text, "set-override e1000e, rebind e1000e, set-override x");
	/* another program decides about the device */
	ck_assert_int_eq(str_set(&claimed.nic->driver_override, "other"), 0);
	free(text);
	text = plan_text(&claimed);
	ck_assert_str_eq(text, "rebind e1000e");
	release_nic(&claimed);
}
END_TEST

SUITE("plan-release", test_own_node_is_proven_closed_by_an_unbind, test_group_node_needs_no_unbind,
      test_unused_lease_needs_no_unbind, test_interrupted_proof_continues,
      test_device_of_another_driver_is_left_alone, test_reset_methods_are_restored_and_do_not_count,
      test_override_that_refuses_the_host_driver, test_override_that_was_restored_too_early)
