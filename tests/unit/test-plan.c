/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "host-builder.h"
#include "model/device.h"
#include "policy/plan/new-id.h"
#include "policy/plan/plan.h"
#include "policy/plan/reset-plan.h"
#include "policy/plan/vfio-choice.h"

/* The group of five: a bridge on shpchp with two NICs and a USB pair behind it. */
static struct inventory *make_group_of_five(void)
{
	static const struct {
		const char *address, *driver;
		uint8_t header_type;
		uint32_t class_code;
	} members[] = {
		{ "0000:03:00.0", "shpchp", 1, 0x060400 },
		{ "0000:04:01.0", "e1000", 0, 0x020000 },
		{ "0000:04:02.0", NULL, 0, 0x020000 },
		{ "0000:04:03.0", "uhci_hcd", 0, 0x0c0300 },
		{ "0000:04:03.7", "ehci-pci", 0, 0x0c0320 },
	};
	struct inventory *inv = inventory_new();

	inv->has_vfio = true;
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		struct device *device = host_builder_add_pci(inv, members[i].address, NULL, 11);

		device->has_override = true;
		device->header_type = members[i].header_type;
		device->class_code = members[i].class_code;
		ck_assert_int_eq(str_set(&device->driver, members[i].driver), 0);
	}
	return inv;
}

/* Returns one line for each step, such as "unbind 0000:04:01.0 from e1000". */
static char *format_steps(const struct vec *steps)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	VEC_FOREACH(const struct step, step, steps) {
		_cleanup_free_ char *subject = step_subject(step), *detail = step_detail(step);

		fprintf(out, "%s %s %s\n", step_kind_to_string(step->kind), subject, detail);
	}
	fclose(out);
	return text;
}

static struct record *plan_whole_claim(const struct inventory *inv, enum access_mode access,
				       struct vec *steps)
{
	_cleanup_group_def_ struct group_def *def =
		host_builder_define_group("conv", "0000:04:01.0");
	_cleanup_resolved_group_ struct resolved_group resolved = {};
	struct record *record = record_new("conv", "1");

	record->uid = 1000;
	record->access = access;
	ck_assert_int_eq(resolve_group(inv, def, &resolved), 0);
	ck_assert_int_eq(plan_claim(def, &resolved, NULL, record, steps), 0);
	return record;
}

/*
 * Checks that no companion is on VFIO while a host driver drives its EHCI: in current kernels that
 * driver writes into the state that VFIO keeps of the companion.
 */
static void check_companions(const struct inventory *inv, const struct step *step)
{
	const struct device *ehci = inventory_find(inv, step->device);

	if (vfio_choice_is_vfio(step->value))
		return;
	VEC_FOREACH(const struct device, device, &inv->devices)
		ck_assert_msg(!device_is_companion_of(device, ehci) ||
				      !vfio_choice_is_vfio(device->driver),
			      "%s %s %s", step_kind_to_string(step->kind), step->device,
			      step->value);
}

/* Applies the first @n steps to the inventory as the kernel would to the host. */
static void apply_steps(struct inventory *inv, const struct vec *steps, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct step *step = steps->items[i];
		struct device *device = step->device ? inventory_find(inv, step->device) : NULL;
		int r = 0;

		if (step->kind == STEP_UNBIND || step->kind == STEP_REBIND)
			check_companions(inv, step);
		if (step->kind == STEP_SET_OVERRIDE)
			r = str_set(&device->driver_override, step->value);
		else if (step->kind == STEP_UNBIND)
			r = str_set(&device->driver, NULL);
		else if (step->kind == STEP_BIND || step->kind == STEP_REBIND)
			r = str_set(&device->driver, step->value);
		ck_assert_int_eq(r, 0);
	}
}

static void check_restored(const struct inventory *inv, const char *when)
{
	_cleanup_inventory_ struct inventory *before = make_group_of_five();

	VEC_FOREACH(const struct device, device, &before->devices)
		ck_assert_msg(device_equal(device, inventory_find(inv, device->key)), "%s %s", when,
			      device->key);
}

START_TEST(test_claim_takes_the_whole_group_in_order)
{
	_cleanup_inventory_ struct inventory *inv = make_group_of_five();
	_cleanup_steps_ struct vec steps = {};
	_cleanup_record_ struct record *record = plan_whole_claim(inv, ACCESS_FD, &steps);
	_cleanup_free_ char *text = format_steps(&steps);

	ck_assert_str_eq(text, "load-module vfio-pci \n"
			       "set-override 0000:03:00.0 none\n"
			       "set-override 0000:04:01.0 vfio-pci\n"
			       "set-override 0000:04:02.0 vfio-pci\n"
			       "set-override 0000:04:03.0 vfio-pci\n"
			       "set-override 0000:04:03.7 vfio-pci\n"
			       "unbind 0000:04:01.0 from e1000\n"
			       "unbind 0000:04:03.0 from uhci_hcd\n"
			       "unbind 0000:04:03.7 from ehci-pci\n"
			       "unbind 0000:03:00.0 from shpchp\n"
			       "bind 0000:04:01.0 to vfio-pci\n"
			       "bind 0000:04:02.0 to vfio-pci\n"
			       "bind 0000:04:03.0 to vfio-pci\n"
			       "bind 0000:04:03.7 to vfio-pci\n"
			       "open-container  /dev/vfio/vfio\n"
			       "open-group IOMMU group 11 /dev/vfio/11\n");
	ck_assert_uint_eq(record->devices.n, 5);
	ck_assert_str_eq(record_find_device(record, "0000:03:00.0")->host_driver, "shpchp");
	ck_assert_ptr_null(record_find_device(record, "0000:03:00.0")->driver);
}
END_TEST

START_TEST(test_node_access_grants_instead_of_opening)
{
	_cleanup_inventory_ struct inventory *inv = make_group_of_five();
	_cleanup_steps_ struct vec steps = {};
	_cleanup_record_ struct record *record = plan_whole_claim(inv, ACCESS_NODE, &steps);
	const struct step *last = steps.items[steps.n - 1];

	ck_assert_int_eq(last->kind, STEP_GRANT);
	ck_assert_uint_eq(last->uid, 1000);
	VEC_FOREACH(const struct step, step, &steps)
		ck_assert(step->kind != STEP_OPEN_GROUP && step->kind != STEP_OPEN_CONTAINER);
	ck_assert_uint_eq(record->devices.n, 5);
}
END_TEST

/* Returns the last steps of a claim, those that open or grant. */
static char *format_opening_steps(const struct inventory *inv, enum access_mode access,
				  enum vfio_interface interface, struct record **ret_record)
{
	_cleanup_group_def_ struct group_def *def =
		host_builder_define_group("conv", "0000:04:01.0");
	_cleanup_resolved_group_ struct resolved_group resolved = {};
	_cleanup_steps_ struct vec steps = {};
	_cleanup_free_ char *text = NULL;
	struct record *record = record_new("conv", "1");

	record->uid = 1000;
	record->access = access;
	record->interface = interface;
	ck_assert_int_eq(resolve_group(inv, def, &resolved), 0);
	ck_assert_int_eq(plan_claim(def, &resolved, NULL, record, &steps), 0);
	text = format_steps(&steps);
	*ret_record = record;
	return strdup(strstr(text, "bind 0000:04:03.7 to vfio-pci\n") +
		      strlen("bind 0000:04:03.7 to vfio-pci\n"));
}

START_TEST(test_interface_decides_what_is_opened)
{
	_cleanup_inventory_ struct inventory *inv = make_group_of_five();
	_cleanup_record_ struct record *by_fd = NULL, *by_path = NULL;
	_cleanup_free_ char *fds = format_opening_steps(inv, ACCESS_FD, INTERFACE_IOMMUFD, &by_fd);
	_cleanup_free_ char *paths =
		format_opening_steps(inv, ACCESS_NODE, INTERFACE_ANY, &by_path);
	_cleanup_steps_ struct vec release = {};
	_cleanup_free_ char *text = NULL;

	ck_assert_str_eq(fds, "open-iommufd  /dev/iommu\n"
			      "open-device 0000:04:01.0 its own node\n"
			      "open-device 0000:04:02.0 its own node\n"
			      "open-device 0000:04:03.0 its own node\n"
			      "open-device 0000:04:03.7 its own node\n");
	ck_assert_str_eq(paths, "grant IOMMU group 11 /dev/vfio/11, uid 1000\n"
				"grant /dev/iommu /dev/iommu, uid 1000\n"
				"grant 0000:04:01.0 its own node, uid 1000\n"
				"grant 0000:04:02.0 its own node, uid 1000\n"
				"grant 0000:04:03.0 its own node, uid 1000\n"
				"grant 0000:04:03.7 its own node, uid 1000\n");
	/* /dev/iommu stays granted: another lease of the user may need it */
	ck_assert_int_eq(plan_release(inv, by_path, &release), 0);
	text = format_steps(&release);
	ck_assert(str_starts(text, "revoke IOMMU group 11 /dev/vfio/11, uid 1000\n"
				   "revoke 0000:04:01.0 its own node, uid 1000\n"
				   "revoke 0000:04:02.0 its own node, uid 1000\n"
				   "revoke 0000:04:03.0 its own node, uid 1000\n"
				   "revoke 0000:04:03.7 its own node, uid 1000\n"
				   "prove-closed IOMMU group 11 /dev/vfio/11\n"));
}
END_TEST

START_TEST(test_interface_choice)
{
	_cleanup_inventory_ struct inventory *inv = make_group_of_five();
	struct device mdev = { .bus = (char[]){ "mdev" } };
	_cleanup_vec_ struct vec mixed = { 0 };
	const struct vec *all = &inv->devices;

	ck_assert_int_eq(vfio_choice_interface(inv, all, INTERFACE_AUTO, ACCESS_FD),
			 INTERFACE_GROUP);
	ck_assert_int_eq(vfio_choice_interface(inv, all, INTERFACE_AUTO, ACCESS_NODE),
			 INTERFACE_GROUP);
	ck_assert_ptr_nonnull(strstr(vfio_choice_why_no_iommufd(inv), "CONFIG_IOMMUFD."));
	inv->has_iommufd = true;
	ck_assert_int_eq(vfio_choice_interface(inv, all, INTERFACE_AUTO, ACCESS_FD),
			 INTERFACE_GROUP);
	ck_assert_ptr_nonnull(strstr(vfio_choice_why_no_iommufd(inv), "CONFIG_VFIO_DEVICE_CDEV."));
	inv->has_vfio_cdev = true;
	ck_assert_ptr_null(vfio_choice_why_no_iommufd(inv));
	ck_assert_ptr_null(vfio_choice_why_no_iommufd_for(inv, all));
	ck_assert_int_eq(vfio_choice_interface(inv, all, INTERFACE_AUTO, ACCESS_FD),
			 INTERFACE_IOMMUFD);
	ck_assert_int_eq(vfio_choice_interface(inv, all, INTERFACE_AUTO, ACCESS_NODE),
			 INTERFACE_ANY);
	ck_assert_int_eq(vfio_choice_interface(inv, all, INTERFACE_GROUP, ACCESS_NODE),
			 INTERFACE_GROUP);
	/* nothing unbinds a mediated device, so nothing proves that its own node is closed */
	ck_assert_int_eq(vec_add(&mixed, all->items[1]), 0);
	ck_assert_int_eq(vec_add(&mixed, &mdev), 0);
	ck_assert_ptr_nonnull(vfio_choice_why_no_iommufd_for(inv, &mixed));
	ck_assert_int_eq(vfio_choice_interface(inv, &mixed, INTERFACE_AUTO, ACCESS_FD),
			 INTERFACE_GROUP);
	ck_assert_int_eq(vfio_choice_interface(inv, &mixed, INTERFACE_AUTO, ACCESS_NODE),
			 INTERFACE_GROUP);
}
END_TEST

/* A release that is planned at any point of a claim restores every device. */
START_TEST(test_release_undoes_a_claim_from_every_point)
{
	_cleanup_inventory_ struct inventory *first = make_group_of_five();
	_cleanup_steps_ struct vec claim_steps = {};
	_cleanup_record_ struct record *record = plan_whole_claim(first, ACCESS_FD, &claim_steps);

	for (size_t n = 0; n <= claim_steps.n; n++) {
		_cleanup_inventory_ struct inventory *inv = make_group_of_five();
		_cleanup_steps_ struct vec release = {}, again = {};

		apply_steps(inv, &claim_steps, n);
		ck_assert_int_eq(plan_release(inv, record, &release), 0);
		apply_steps(inv, &release, release.n);
		check_restored(inv, "after a part of a claim");
		/* a second release only checks */
		ck_assert_int_eq(plan_release(inv, record, &again), 0);
		VEC_FOREACH(const struct step, step, &again)
			ck_assert_int_eq(step->kind, STEP_PROVE_CLOSED);
	}
}
END_TEST

START_TEST(test_interrupted_release_can_be_completed)
{
	_cleanup_inventory_ struct inventory *first = make_group_of_five();
	_cleanup_steps_ struct vec claim_steps = {}, whole = {};
	_cleanup_record_ struct record *record = plan_whole_claim(first, ACCESS_FD, &claim_steps);

	apply_steps(first, &claim_steps, claim_steps.n);
	ck_assert_int_eq(plan_release(first, record, &whole), 0);
	for (size_t n = 0; n <= whole.n; n++) {
		_cleanup_inventory_ struct inventory *inv = make_group_of_five();
		_cleanup_steps_ struct vec rest = {};

		apply_steps(inv, &claim_steps, claim_steps.n);
		apply_steps(inv, &whole, n);
		ck_assert_int_eq(plan_release(inv, record, &rest), 0);
		apply_steps(inv, &rest, rest.n);
		check_restored(inv, "after a part of a release");
	}
}
END_TEST

static struct inventory *make_group_with_uhci_on_vfio(void)
{
	struct inventory *inv = make_group_of_five();
	struct device *uhci = inventory_find(inv, "0000:04:03.0");

	ck_assert_int_eq(str_set(&uhci->driver, "vfio-pci"), 0);
	ck_assert_int_eq(str_set(&uhci->driver_override, "vfio-pci"), 0);
	return inv;
}

static void check_release_restores(struct inventory *inv, const struct record *record,
				   const char *when)
{
	_cleanup_inventory_ struct inventory *before = make_group_with_uhci_on_vfio();
	_cleanup_steps_ struct vec release = {};

	ck_assert_int_eq(plan_release(inv, record, &release), 0);
	apply_steps(inv, &release, release.n);
	ck_assert(plan_release_is_complete(inv, record));
	VEC_FOREACH(const struct device, device, &before->devices)
		ck_assert_msg(device_equal(device, inventory_find(inv, device->key)), "%s %s", when,
			      device->key);
}

/*
 * The companion was on its VFIO driver before the claim, and its EHCI on a host driver.
 * check_companions() fails if both are ever in that state again.
 */
START_TEST(test_companion_moves_before_its_ehci)
{
	_cleanup_inventory_ struct inventory *first = make_group_with_uhci_on_vfio();
	_cleanup_steps_ struct vec claim_steps = {}, whole = {};
	_cleanup_record_ struct record *record = plan_whole_claim(first, ACCESS_FD, &claim_steps);

	for (size_t n = 0; n <= claim_steps.n; n++) {
		_cleanup_inventory_ struct inventory *inv = make_group_with_uhci_on_vfio();

		apply_steps(inv, &claim_steps, n);
		check_release_restores(inv, record, "after a part of a claim");
	}
	apply_steps(first, &claim_steps, claim_steps.n);
	ck_assert_str_eq(inventory_find(first, "0000:04:03.0")->driver, "vfio-pci");
	ck_assert_str_eq(inventory_find(first, "0000:04:03.7")->driver, "vfio-pci");
	ck_assert_int_eq(plan_release(first, record, &whole), 0);
	for (size_t n = 0; n <= whole.n; n++) {
		_cleanup_inventory_ struct inventory *inv = make_group_with_uhci_on_vfio();

		apply_steps(inv, &claim_steps, claim_steps.n);
		apply_steps(inv, &whole, n);
		check_release_restores(inv, record, "after a part of a release");
	}
}
END_TEST

START_TEST(test_unbind_follows_proof_of_closing)
{
	_cleanup_inventory_ struct inventory *inv = make_group_of_five();
	_cleanup_steps_ struct vec claim_steps = {}, release = {};
	_cleanup_record_ struct record *record = plan_whole_claim(inv, ACCESS_NODE, &claim_steps);
	bool proven = false, revoked = false;

	apply_steps(inv, &claim_steps, claim_steps.n);
	ck_assert_int_eq(plan_release(inv, record, &release), 0);
	VEC_FOREACH(const struct step, step, &release) {
		revoked = revoked || step->kind == STEP_REVOKE;
		if (step->kind == STEP_PROVE_CLOSED) {
			ck_assert(revoked);
			proven = true;
		}
		ck_assert(step->kind != STEP_UNBIND || proven);
	}
	ck_assert(proven);
}
END_TEST

START_TEST(test_device_on_vfio_is_proven_closed_first)
{
	_cleanup_inventory_ struct inventory *inv = make_group_of_five();
	_cleanup_steps_ struct vec steps = {};
	_cleanup_record_ struct record *record = NULL;
	const struct step *step;

	ck_assert_int_eq(str_set(&inventory_find(inv, "0000:04:02.0")->driver, "vfio-pci"), 0);
	record = plan_whole_claim(inv, ACCESS_FD, &steps);
	step = steps.items[0];
	ck_assert_int_eq(step->kind, STEP_PROVE_CLOSED);
	ck_assert_int_eq(step->iommu_group, 11);
	/* the device is on vfio-pci already, and the record says so */
	VEC_FOREACH(const struct step, other, &steps)
		ck_assert(other->kind != STEP_BIND || !str_eq(other->device, "0000:04:02.0"));
	ck_assert_str_eq(record_find_device(record, "0000:04:02.0")->host_driver, "vfio-pci");
}
END_TEST

START_TEST(test_port_stays_on_pcieport)
{
	_cleanup_inventory_ struct inventory *inv = make_group_of_five();
	_cleanup_steps_ struct vec steps = {};
	_cleanup_record_ struct record *record = NULL;

	ck_assert_int_eq(str_set(&inventory_find(inv, "0000:03:00.0")->driver, "pcieport"), 0);
	record = plan_whole_claim(inv, ACCESS_FD, &steps);
	VEC_FOREACH(const struct step, step, &steps)
		ck_assert(!str_eq(step->device, "0000:03:00.0"));
	ck_assert_uint_eq(record->devices.n, 5);
}
END_TEST

START_TEST(test_release_leaves_rebound_devices)
{
	_cleanup_inventory_ struct inventory *inv = make_group_of_five();
	_cleanup_steps_ struct vec claim_steps = {}, release = {};
	_cleanup_record_ struct record *record = plan_whole_claim(inv, ACCESS_FD, &claim_steps);
	struct device *device = inventory_find(inv, "0000:04:01.0");

	apply_steps(inv, &claim_steps, claim_steps.n);
	ck_assert_int_eq(str_set(&device->driver, "uio_pci_generic"), 0);
	ck_assert_int_eq(str_set(&device->driver_override, "uio_pci_generic"), 0);
	ck_assert(inventory_remove(inv, "0000:04:03.7"));
	ck_assert_int_eq(plan_release(inv, record, &release), 0);
	VEC_FOREACH(const struct step, step, &release) {
		ck_assert(!str_eq(step->device, "0000:04:01.0"));
		ck_assert(!str_eq(step->device, "0000:04:03.7"));
	}
}
END_TEST

/*
 * While a bind hangs, driver_override cannot be read. The release still clears the override of the
 * claim.
 */
START_TEST(test_release_of_a_device_whose_bind_hangs)
{
	_cleanup_inventory_ struct inventory *inv = make_group_of_five();
	_cleanup_steps_ struct vec claim_steps = {}, release = {};
	_cleanup_record_ struct record *record = plan_whole_claim(inv, ACCESS_FD, &claim_steps);
	struct device *device = inventory_find(inv, "0000:04:01.0");

	apply_steps(inv, &claim_steps, claim_steps.n);
	ck_assert_int_eq(str_set(&device->driver_override, NULL), 0);
	device->bind_hangs = true;
	ck_assert_int_eq(plan_release(inv, record, &release), 0);
	ck_assert_int_eq(str_set(&device->driver_override, "vfio-pci"), 0);
	device->bind_hangs = false;
	apply_steps(inv, &release, release.n);
	check_restored(inv, "after a bind that hung");
}
END_TEST

static void plan_boot_bind(const struct inventory *inv, struct vec *steps)
{
	_cleanup_group_def_ struct group_def *def =
		host_builder_define_group("conv", "0000:04:01.0");
	_cleanup_resolved_group_ struct resolved_group resolved = {};

	ck_assert_int_eq(resolve_group(inv, def, &resolved), 0);
	ck_assert_int_eq(plan_boot(def, &resolved, steps), 0);
}

START_TEST(test_boot_bind_is_a_claim_that_opens_nothing)
{
	_cleanup_inventory_ struct inventory *inv = make_group_of_five();
	_cleanup_steps_ struct vec steps = {}, of_claim = {};
	_cleanup_record_ struct record *record = plan_whole_claim(inv, ACCESS_FD, &of_claim);
	_cleanup_free_ char *text = NULL, *claim_text = format_steps(&of_claim);

	ck_assert_ptr_nonnull(record);
	plan_boot_bind(inv, &steps);
	text = format_steps(&steps);
	ck_assert_uint_eq(steps.n, of_claim.n - 2);
	ck_assert_int_eq(strncmp(text, claim_text, strlen(text)), 0);
}
END_TEST

/* A daemon that was killed at any step continues after its restart. */
START_TEST(test_boot_bind_continues_from_every_point)
{
	_cleanup_steps_ struct vec all = {};
	_cleanup_inventory_ struct inventory *first = make_group_of_five();

	plan_boot_bind(first, &all);
	for (size_t n = 0; n <= all.n; n++) {
		_cleanup_inventory_ struct inventory *inv = make_group_of_five();
		_cleanup_steps_ struct vec rest = {}, none = {};

		apply_steps(inv, &all, n);
		plan_boot_bind(inv, &rest);
		apply_steps(inv, &rest, rest.n);
		plan_boot_bind(inv, &none);
		ck_assert_uint_eq(none.n, 0);
		ck_assert(n < all.n || rest.n == 0);
	}
}
END_TEST

/*
 * A device behind a bridge cannot be reset after its siblings have returned to the host. A clean
 * device needs no reset.
 */
START_TEST(test_release_resets_no_clean_device)
{
	_cleanup_inventory_ struct inventory *inv = make_group_of_five();
	_cleanup_steps_ struct vec claim_steps = {}, release = {}, again = {};
	_cleanup_record_ struct record *record = plan_whole_claim(inv, ACCESS_FD, &claim_steps);
	struct record_device *member = record_find_device(record, "0000:04:01.0");

	record->used = true;
	apply_steps(inv, &claim_steps, claim_steps.n);
	ck_assert_int_eq(strv_add(&member->resets, "hot"), 0);
	member->clean = true;
	ck_assert_int_eq(plan_release(inv, record, &release), 0);
	VEC_FOREACH(const struct step, step, &release)
		ck_assert(step->kind != STEP_RESET && step->kind != STEP_VERIFY_RESET);
	record_mark_used(record);
	ck_assert_int_eq(plan_release(inv, record, &again), 0);
	ck_assert_uint_eq(again.n, release.n + 2);
}
END_TEST

/*
 * Before a reset the device is bound, and the driver has removed the ids and released other devices
 * that matched them.
 */
START_TEST(test_new_ids_are_removed_before_resets)
{
	_cleanup_inventory_ struct inventory *inv = make_group_of_five();
	_cleanup_group_def_ struct group_def *def =
		host_builder_define_group("conv", "0000:04:01.0");
	_cleanup_resolved_group_ struct resolved_group resolved = {};
	_cleanup_record_ struct record *record = record_new("conv", "1");
	_cleanup_steps_ struct vec steps = {};
	_cleanup_(vec_drop) struct vec attempts = {}, resets = {};
	struct reset_attempt attempt = { .method = "flr" };
	struct reset_plan plan = { .device = inventory_find(inv, "0000:04:01.0") };
	_cleanup_free_ char *text = NULL;

	VEC_FOREACH(struct device, device, &inv->devices) {
		device->has_override = false;
		device->device = str_eq(device->key, "0000:04:03.7") ? 3 :
				 str_eq(device->key, "0000:04:03.0") ? 2 :
								       1;
	}
	ck_assert_int_eq(vec_add(&attempts, &attempt), 0);
	plan.attempts = attempts;
	ck_assert_int_eq(vec_add(&resets, &plan), 0);
	ck_assert_int_eq(resolve_group(inv, def, &resolved), 0);
	ck_assert_int_eq(plan_claim(def, &resolved, &resets, record, &steps), 0);
	ck_assert_int_eq(new_id_record(inv, &steps, record), 0);
	text = format_steps(&steps);
	ck_assert_str_eq(text, "load-module vfio-pci \n"
			       "unbind 0000:04:01.0 from e1000\n"
			       "unbind 0000:04:03.0 from uhci_hcd\n"
			       "unbind 0000:04:03.7 from ehci-pci\n"
			       "unbind 0000:03:00.0 from shpchp\n"
			       "add-id 0000:04:01.0 to vfio-pci\n"
			       "add-id 0000:04:03.0 to vfio-pci\n"
			       "add-id 0000:04:03.7 to vfio-pci\n"
			       "bind 0000:04:01.0 to vfio-pci\n"
			       "bind 0000:04:02.0 to vfio-pci\n"
			       "bind 0000:04:03.0 to vfio-pci\n"
			       "bind 0000:04:03.7 to vfio-pci\n"
			       "remove-id 0000:04:01.0 from vfio-pci\n"
			       "remove-id 0000:04:03.0 from vfio-pci\n"
			       "remove-id 0000:04:03.7 from vfio-pci\n"
			       "spare-others vfio-pci \n"
			       "reset 0000:04:01.0 by flr\n"
			       "verify-reset 0000:04:01.0 \n"
			       "open-container  /dev/vfio/vfio\n"
			       "open-group IOMMU group 11 /dev/vfio/11\n");
	ck_assert(record->new_ids);
}
END_TEST

/* --- errors --- */

/*
 * Returns the steps that release the NIC at 04:01.0, which has a port above it, with this error
 * state and record.
 */
static char *format_release_of_lost(enum error_state state, bool used, bool recovery,
				    const char *physfn)
{
	_cleanup_inventory_ struct inventory *inv = make_group_of_five();
	_cleanup_steps_ struct vec steps = {}, to_host = {};
	_cleanup_record_ struct record *record = plan_whole_claim(inv, ACCESS_FD, &steps);
	struct device *nic = inventory_find(inv, "0000:04:01.0");

	apply_steps(inv, &steps, steps.n);
	record->used = used;
	record->recovery = recovery;
	nic->errors.state = state;
	ck_assert_int_eq(str_set(&nic->parent, "0000:03:00.0"), 0);
	ck_assert_int_eq(str_set(&nic->physfn, physfn), 0);
	ck_assert_int_eq(plan_release(inv, record, &to_host), 0);
	ck_assert(!plan_release_is_complete(inv, record));
	return format_steps(&to_host);
}

START_TEST(test_device_with_lost_state_stays_on_vfio)
{
	_cleanup_free_ char *held = format_release_of_lost(ERROR_FATAL, true, false, NULL);
	_cleanup_free_ char *lesser = format_release_of_lost(ERROR_RECOVERED, true, false, NULL);
	_cleanup_free_ char *unused = format_release_of_lost(ERROR_FAILED, false, false, NULL);

	ck_assert_str_eq(held, "prove-closed IOMMU group 11 /dev/vfio/11\n");
	ck_assert_ptr_nonnull(strstr(lesser, "unbind 0000:04:01.0 from vfio-pci\n"));
	/* a device that was never handed over returns as it is */
	ck_assert_ptr_nonnull(strstr(unused, "rebind 0000:04:01.0 to e1000\n"));
	ck_assert_ptr_null(strstr(unused, "replug"));
}
END_TEST

START_TEST(test_requested_reset_replugs_a_lost_device)
{
	_cleanup_free_ char *fatal = format_release_of_lost(ERROR_FATAL, true, true, NULL);
	_cleanup_free_ char *failed = format_release_of_lost(ERROR_FAILED, true, true, NULL);
	_cleanup_free_ char *vf = format_release_of_lost(ERROR_FAILED, true, true, "0000:04:00.0");
	_cleanup_free_ char *well = format_release_of_lost(ERROR_OK, true, true, NULL);
	const char *unbind = strstr(failed, "unbind 0000:04:01.0"),
		   *replug = strstr(failed, "replug");

	ck_assert_ptr_nonnull(
		strstr(fatal, "replug 0000:04:01.0 unless its configuration is intact\n"));
	ck_assert_ptr_nonnull(strstr(failed, "replug 0000:04:01.0 \n"));
	ck_assert(unbind && unbind < replug &&
		  replug < strstr(failed, "set-override 0000:04:01.0"));
	ck_assert_ptr_null(strstr(vf, "replug"));
	ck_assert_ptr_null(strstr(well, "replug"));
}
END_TEST

/*
 * The recovery of an unclaimed device binds it, resets it and returns it to the host, although it
 * was never handed over.
 */
START_TEST(test_recovery_of_an_unclaimed_device)
{
	_cleanup_inventory_ struct inventory *inv = make_group_of_five();
	_cleanup_group_def_ struct group_def *def =
		host_builder_define_group("conv", "0000:04:01.0");
	_cleanup_resolved_group_ struct resolved_group resolved = {};
	_cleanup_record_ struct record *record = record_new("conv", "1");
	_cleanup_steps_ struct vec to_vfio = {}, to_host = {};
	_cleanup_free_ char *to_vfio_text = NULL, *to_host_text = NULL;

	def->on_release = ON_RELEASE_KEEP;
	inventory_find(inv, "0000:04:01.0")->errors.state = ERROR_FAILED;
	ck_assert_int_eq(resolve_group(inv, def, &resolved), 0);
	ck_assert_int_eq(plan_recovery(def, &resolved, record, &to_vfio), 0);
	ck_assert(record->recovery && !record->used && record->on_release == ON_RELEASE_RESTORE);
	to_vfio_text = format_steps(&to_vfio);
	ck_assert_ptr_nonnull(strstr(to_vfio_text, "bind 0000:04:01.0 to vfio-pci\n"));
	ck_assert_ptr_null(strstr(to_vfio_text, "open"));
	ck_assert_ptr_null(strstr(to_vfio_text, "reset"));
	apply_steps(inv, &to_vfio, to_vfio.n);
	ck_assert_int_eq(strv_add(&record_find_device(record, "0000:04:01.0")->resets, "flr"), 0);
	ck_assert_int_eq(plan_release(inv, record, &to_host), 0);
	to_host_text = format_steps(&to_host);
	ck_assert_ptr_nonnull(strstr(
		to_host_text, "reset 0000:04:01.0 by flr\nverify-reset 0000:04:01.0 required\n"));
	ck_assert_ptr_null(strstr(to_host_text, "reset 0000:04:02.0"));
	apply_steps(inv, &to_host, to_host.n);
	inventory_find(inv, "0000:04:01.0")->errors.state = ERROR_OK;
	check_restored(inv, "recovered");
}
END_TEST

SUITE("plan", test_device_with_lost_state_stays_on_vfio, test_requested_reset_replugs_a_lost_device,
      test_recovery_of_an_unclaimed_device, test_claim_takes_the_whole_group_in_order,
      test_node_access_grants_instead_of_opening, test_interface_decides_what_is_opened,
      test_interface_choice, test_release_undoes_a_claim_from_every_point,
      test_interrupted_release_can_be_completed, test_companion_moves_before_its_ehci,
      test_unbind_follows_proof_of_closing, test_device_on_vfio_is_proven_closed_first,
      test_port_stays_on_pcieport, test_boot_bind_is_a_claim_that_opens_nothing,
      test_boot_bind_continues_from_every_point, test_release_leaves_rebound_devices,
      test_release_of_a_device_whose_bind_hangs, test_release_resets_no_clean_device,
      test_new_ids_are_removed_before_resets)
