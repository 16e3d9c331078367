/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <string.h>

#include "base/private.h"
#include "base/strv.h"
#include "big-host.h"
#include "host-builder.h"
#include "model/config/def-set.h"
#include "policy/assess/assess.h"
#include "policy/assess/resolve.h"

/*
 * A host on which nothing blocks a claim. Each test changes a little of it:
 *
 *	00:1c.0 ─ 01:00.0, 01:00.1	one IOMMU group, each with a reset of its own
 *	00:1d.0 ─ 02:00.0 ─ VF 02:10.0	alone
 *	00:1e.0 ─ 03:00.0, 03:00.1	each alone
 *	00:14.0				on the root bus
 */
static struct inventory *host;
static struct def_set *quirks; /* NULL: none */
static char **claimed;
static const char *accepted;

/* Adds a function with the reset methods @reset, which blanks separate, or without any. */
static struct device *add_pci(const char *address, const char *parent, int group, const char *reset)
{
	struct device *device = host_builder_add_pci(host, address, parent, group);

	device->no_reset = !reset;
	if (reset)
		ck_assert_int_eq(strv_split(reset, " ", &device->reset_methods), 0);
	return device;
}

static void add_bridge(const char *address, int group)
{
	host_builder_add_bridge(host, address, NULL, group)->no_reset = true;
}

static struct device *device_at(const char *address)
{
	struct device *device = inventory_find(host, address);

	ck_assert_ptr_nonnull(device);
	return device;
}

static void make_host(void)
{
	host = inventory_new();
	ck_assert_ptr_nonnull(host);
	host->has_vfio = true;
	add_pci("0000:00:14.0", NULL, 0, "flr");
	add_bridge("0000:00:1c.0", 1);
	add_bridge("0000:00:1d.0", 2);
	add_bridge("0000:00:1e.0", 3);
	add_pci("0000:01:00.0", "0000:00:1c.0", 11, "flr pm");
	add_pci("0000:01:00.1", "0000:00:1c.0", 11, "pm");
	add_pci("0000:02:00.0", "0000:00:1d.0", 12, "flr")->num_vfs = 1;
	host_builder_make_vf(add_pci("0000:02:10.0", "0000:00:1d.0", 13, "flr"), "0000:02:00.0", 0);
	add_pci("0000:03:00.0", "0000:00:1e.0", 14, "flr");
	add_pci("0000:03:00.1", "0000:00:1e.0", 15, "flr");
	for (int id = 11; id <= 15; id++)
		host_builder_set_group_type(host, id, "DMA-FQ");
}

static void free_host(void)
{
	host = inventory_free(host);
	claimed = strv_free(claimed);
	quirks = def_set_free(quirks);
	accepted = NULL;
}

/* --- definitions and their blockers --- */

static struct group_def *define_group(const char *addresses)
{
	struct group_def *def = host_builder_define_group("g", addresses);

	if (accepted)
		ck_assert_int_eq(strv_add(&def->accept, accepted), 0);
	return def;
}

static void assess_definition(const struct group_def *def, struct resolved_group *ret)
{
	_cleanup_assess_ struct assess *assess = NULL;

	ck_assert_int_eq(resolve_group(host, def, ret), 0);
	ck_assert_int_eq(assess_new(host, quirks ? &quirks->quirks : NULL, claimed, &assess), 0);
	ck_assert_int_eq(assess_group(assess, def, ret), 0);
}

/*
 * Returns "mounted! 0000:01:00.1, in-use 0000:01:00.0". An exclamation mark shows a hard blocker.
 */
static char *blocker_codes(const struct group_def *def)
{
	_cleanup_resolved_group_ struct resolved_group resolved = { 0 };
	_cleanup_strv_ char **list = NULL;

	assess_definition(def, &resolved);
	VEC_FOREACH(const struct blocker, blocker, &resolved.blockers) {
		_cleanup_free_ char *one = str_printf("%s%s %s", blocker->code,
						      blocker->hard ? "!" : "", blocker->device);

		ck_assert_int_eq(strv_add(&list, one), 0);
		/* the text names the device, the next action, and --force if it helps */
		ck_assert_ptr_nonnull(strstr(blocker->text, blocker->device));
		ck_assert(strstr(blocker->text, ". ") && !strstr(blocker->text, "(null)"));
		ck_assert_int_eq(strstr(blocker->text, "--force") != NULL, !blocker->hard);
	}
	return strv_join(list, ", ");
}

#define ck_assert_blockers(addresses, expected)                                        \
	do {                                                                           \
		_cleanup_group_def_ struct group_def *asked = define_group(addresses); \
		_cleanup_free_ char *actual = blocker_codes(asked);                    \
                                                                                       \
		ck_assert_str_eq(actual, expected);                                    \
	} while (0)

/* Returns the text of the only blocker. */
static char *text_of_only_blocker(const char *addresses)
{
	_cleanup_group_def_ struct group_def *def = define_group(addresses);
	_cleanup_resolved_group_ struct resolved_group resolved = { 0 };

	assess_definition(def, &resolved);
	ck_assert_uint_eq(resolved.blockers.n, 1);
	return strdup(((const struct blocker *)resolved.blockers.items[0])->text);
}

static void add_usage(const char *address, const char *kind, const char *what, const char *through,
		      int pid, const char *name)
{
	struct usage fact = { .owner = PRIVATE_NO_READER,
			      .kind = (char *)kind,
			      .what = (char *)what,
			      .through = (char *)through,
			      .pid = pid,
			      .name = (char *)name };

	ck_assert_int_eq(usage_list_add(&device_at(address)->usages, &fact), 0);
}

/* --- tests --- */

START_TEST(test_idle_host_has_no_blockers)
{
	ck_assert_blockers("0000:01:00.0", "");
	ck_assert_blockers("0000:01:00.0 0000:02:00.0 0000:02:10.0", "");
	ck_assert_blockers("0000:00:14.0", "");
}
END_TEST

/* A process is named to root and to its user alone. */
START_TEST(test_process_is_private)
{
	struct usage fact = { .owner = 1000,
			      .kind = (char *)USAGE_OPEN,
			      .what = (char *)"/dev/nvme1",
			      .pid = 812,
			      .name = (char *)"smartd" };
	_cleanup_free_ char *user = NULL, *other = NULL, *text = NULL;

	ck_assert_int_eq(usage_list_add(&device_at("0000:01:00.0")->usages, &fact), 0);
	text = text_of_only_blocker("0000:01:00.0");
	ck_assert_int_eq(str_set(&user, text) + str_set(&other, text), 0);
	ck_assert_ptr_nonnull(strstr(private_show(user, 1000), "/dev/nvme1 by pid 812 (smartd)"));
	ck_assert_ptr_nonnull(
		strstr(private_show(other, 1001), "in use: a process of another user."));
	ck_assert_ptr_null(strstr(other, "smartd"));
}
END_TEST

/* A usage of a companion blocks the group as well. */
START_TEST(test_each_usage_is_a_blocker)
{
	static const struct {
		const char *kind, *expected;
	} cases[] = {
		{ USAGE_ROOT_DISK, "root-disk! 0000:01:00.1" },
		{ USAGE_MOUNTED, "mounted! 0000:01:00.1" },
		{ USAGE_SWAP, "swap! 0000:01:00.1" },
		{ USAGE_HOLDERS, "holders! 0000:01:00.1" },
		{ USAGE_DEFAULT_ROUTE, "default-route! 0000:01:00.1" },
		{ USAGE_CONSOLE, "console! 0000:01:00.1" },
		{ USAGE_TPM, "tpm! 0000:01:00.1" },
		{ USAGE_VFIO, "foreign-owner! 0000:01:00.1" },
		{ USAGE_NETWORK_UP, "network-up 0000:01:00.1" },
		{ USAGE_OPEN, "in-use 0000:01:00.1" },
		{ "of a later version", "" },
	};

	add_usage("0000:01:00.1", cases[_i].kind, "what", "through", -1, NULL);
	ck_assert_blockers("0000:01:00.0", cases[_i].expected);
	ck_assert_blockers("0000:02:00.0", "");
}
END_TEST

START_TEST(test_blocker_text_lists_the_usages)
{
	_cleanup_free_ char *many = NULL, *process = NULL;
	static const char *const points[] = { "/a", "/b", "/c", "/d", "/e", "/f" };

	for (size_t i = 0; i < ARRAY_SIZE(points); i++)
		add_usage("0000:02:00.0", USAGE_MOUNTED, points[i], "nvme0n1p1", -1, NULL);
	many = text_of_only_blocker("0000:02:00.0");
	ck_assert_str_eq(
		many, "0000:02:00.0 carries mounted filesystems: /a (nvme0n1p1), /b (nvme0n1p1), "
		      "/c (nvme0n1p1), /d (nvme0n1p1) and 2 more. Unmount them first.");
	add_usage("0000:01:00.0", USAGE_OPEN, "/dev/nvme1", NULL, 812, "smartd");
	ck_assert_int_eq(
		str_set(&((struct usage *)device_at("0000:01:00.0")->usages.items[0])->unit,
			"smartd.service"),
		0);
	process = text_of_only_blocker("0000:01:00.0");
	ck_assert_ptr_nonnull(strstr(process, "/dev/nvme1 by pid 812 (smartd, smartd.service)"));
}
END_TEST

START_TEST(test_hard_blockers_come_first)
{
	_cleanup_group_def_ struct group_def *def = define_group("0000:01:00.0");
	_cleanup_resolved_group_ struct resolved_group resolved = { 0 };

	add_usage("0000:01:00.0", USAGE_OPEN, "/dev/nvme0", NULL, 1, NULL);
	add_usage("0000:01:00.0", USAGE_HOLDERS, "md0", "nvme0n1", -1, NULL);
	add_usage("0000:01:00.0", USAGE_MOUNTED, "/srv", "md0", -1, NULL);
	ck_assert_blockers("0000:01:00.0", "mounted! 0000:01:00.0, holders! 0000:01:00.0, "
					   "in-use 0000:01:00.0");
	assess_definition(def, &resolved);
	ck_assert_str_eq(blockers_first(&resolved.blockers, true)->code, "mounted");
}
END_TEST

START_TEST(test_fatal_errors_block)
{
	_cleanup_free_ char *text = NULL;

	for (unsigned state = ERROR_OK; state < ERROR_FATAL; state++) {
		device_at("0000:01:00.1")->errors.state = (enum error_state)state;
		ck_assert_blockers("0000:01:00.0", "");
	}
	for (unsigned state = ERROR_FATAL; state < ERROR_STATES; state++) {
		device_at("0000:01:00.1")->errors.state = (enum error_state)state;
		ck_assert_blockers("0000:01:00.0", "error! 0000:01:00.1");
	}
	ck_assert_blockers("0000:02:00.0", "");
	text = text_of_only_blocker("0000:01:00.0");
	ck_assert_ptr_nonnull(strstr(text, "the kernel could not recover it"));
	ck_assert_ptr_nonnull(strstr(text, "devgroupctl reset g\""));
}
END_TEST

START_TEST(test_device_open_in_vfio_is_blocked)
{
	struct device *device = device_at("0000:01:00.0");

	ck_assert_int_eq(str_set(&device->driver, "vfio-pci"), 0);
	ck_assert_blockers("0000:01:00.0", "");
	device->vfio_open = true;
	ck_assert_blockers("0000:01:00.0", "foreign-owner! 0000:01:00.0");
	add_usage("0000:01:00.0", USAGE_VFIO, "/dev/vfio/11", NULL, 812, "qemu");
	ck_assert_blockers("0000:01:00.0", "foreign-owner! 0000:01:00.0");
	/* a lease of this daemon holds it */
	ck_assert_int_eq(strv_add(&claimed, "0000:01:00.0"), 0);
	ck_assert_blockers("0000:01:00.0", "");
	ck_assert_blockers("0000:01:00.1", "");
}
END_TEST

START_TEST(test_vf_of_unclaimed_pf_on_vfio_is_blocked)
{
	_cleanup_free_ char *closed = NULL, *opened = NULL;

	ck_assert_blockers("0000:02:10.0", "");
	ck_assert_int_eq(str_set(&device_at("0000:02:00.0")->driver, "vfio-pci"), 0);
	ck_assert_blockers("0000:02:10.0", "foreign-owner! 0000:02:10.0");
	closed = text_of_only_blocker("0000:02:10.0");
	ck_assert_ptr_nonnull(
		strstr(closed, "0000:02:00.0, which is on vfio-pci without a claim: its"));
	add_usage("0000:02:00.0", USAGE_VFIO, "/dev/vfio/12", NULL, 812, "qemu");
	opened = text_of_only_blocker("0000:02:10.0");
	ck_assert_ptr_nonnull(strstr(opened, "without a claim, open as /dev/vfio/12"));
	/* the PF may need a token, which the daemon does not know, so "accept" does not help */
	accepted = "vf-of-claimed-pf";
	ck_assert_blockers("0000:02:10.0", "foreign-owner! 0000:02:10.0");
	ck_assert_int_eq(strv_add(&claimed, "0000:02:00.0"), 0);
	ck_assert_blockers("0000:02:10.0", "");
}
END_TEST

START_TEST(test_pf_and_its_vfs_block_each_other)
{
	ck_assert_int_eq(strv_add(&claimed, "0000:02:10.0"), 0);
	ck_assert_blockers("0000:02:00.0", "pf-with-claimed-vfs! 0000:02:00.0");
	ck_assert_blockers("0000:01:00.0", "");
	strv_free(claimed);
	claimed = NULL;
	ck_assert_int_eq(strv_add(&claimed, "0000:02:00.0"), 0);
	ck_assert_blockers("0000:02:10.0", "vf-of-claimed-pf! 0000:02:10.0");
	/* "accept" allows a VF only while its PF is on vfio-pci: a host driver would remove it */
	accepted = "vf-of-claimed-pf";
	ck_assert_blockers("0000:02:10.0", "vf-of-claimed-pf! 0000:02:10.0");
	ck_assert_int_eq(str_set(&device_at("0000:02:00.0")->driver, "vfio-pci"), 0);
	ck_assert_blockers("0000:02:10.0", "");
	/* a claimed device that is gone */
	ck_assert_int_eq(strv_add(&claimed, "0000:77:00.0"), 0);
	ck_assert_blockers("0000:01:00.0", "");
}
END_TEST

START_TEST(test_direct_region_blocks)
{
	struct iommu_group *group = inventory_find_group(host, 11);

	ck_assert_int_eq(strv_add(&group->reserved, "0xfee00000 0xfeefffff msi"), 0);
	ck_assert_int_eq(strv_add(&group->reserved, "0x7b800000 0x7fffffff direct-relaxable"), 0);
	ck_assert_blockers("0000:01:00.1", "");
	ck_assert_int_eq(strv_add(&group->reserved, "0x6b800000 0x6bffffff direct"), 0);
	ck_assert_blockers("0000:01:00.1", "reserved-region! 0000:01:00.0");
	ck_assert_blockers("0000:02:00.0", "");
}
END_TEST

START_TEST(test_iommu_settings_are_soft_blockers)
{
	host_builder_set_group_type(host, 12, "identity");
	ck_assert_blockers("0000:02:00.0", "iommu-identity 0000:02:00.0");
	ck_assert_blockers("0000:01:00.0", "");

	host->interrupt_remapping = 0;
	ck_assert_blockers("0000:01:00.0", "unsafe-interrupts 0000:01:00.0");
	host->unsafe_interrupts = true;
	ck_assert_blockers("0000:01:00.0", "unsafe-interrupts 0000:01:00.0");
	host->interrupt_remapping = -1;
	ck_assert_blockers("0000:01:00.0", "unsafe-interrupts 0000:01:00.0");
	host->interrupt_remapping = 1;
	ck_assert_blockers("0000:01:00.0", "");

	/* here the MSI controller decides, not the IOMMU; VFIO does not check it on POWER */
	host->interrupt_remapping = -1;
	host->unsafe_interrupts = false;
	ck_assert_blockers("0000:01:00.0", "");
	device_at("0000:01:00.1")->shares_msi = true;
	ck_assert_blockers("0000:01:00.0", "unsafe-interrupts 0000:01:00.1");
	ck_assert_blockers("0000:02:10.0", "");
	ck_assert_int_eq(strv_add(&host->iommus, "iommu-phb0000 -"), 0);
	ck_assert_blockers("0000:01:00.0", "");
	host->iommus = strv_free(host->iommus);
	device_at("0000:01:00.1")->shares_msi = false;
	host->interrupt_remapping = 1;

	ck_assert_int_eq(str_set(&host->acs_override, "downstream"), 0);
	ck_assert_blockers("0000:01:00.0", "acs-override 0000:01:00.0");
}
END_TEST

START_TEST(test_peer_to_peer_reported_by_the_module)
{
	_cleanup_group_def_ struct group_def *accepting = define_group("0000:03:00.0");
	_cleanup_free_ char *codes = NULL;

	ck_assert_int_eq(
		strv_add(&device_at("0000:03:00.0")->isolation, "peer-to-peer 0000:02:00.0"), 0);
	ck_assert_blockers("0000:03:00.0", "peer-to-peer 0000:03:00.0");
	ck_assert_blockers("0000:02:00.0", "");
	ck_assert_int_eq(strv_add(&accepting->accept, "peer-to-peer"), 0);
	codes = blocker_codes(accepting);
	ck_assert_str_eq(codes, "");
	/* no blocker when the peer is in the same group, or gone */
	ck_assert_int_eq(inventory_set_group(host, device_at("0000:02:00.0"), 14), 0);
	ck_assert_blockers("0000:03:00.0", "");
	ck_assert_int_eq(inventory_set_group(host, device_at("0000:02:00.0"), 12), 0);
	ck_assert(inventory_remove(host, "0000:02:00.0"));
	ck_assert_blockers("0000:03:00.0", "");
}
END_TEST

/* Without the kernel module: two ports of a switch, each in one group with the device below it. */
START_TEST(test_peer_to_peer_derived_without_the_module)
{
	host_builder_add_express(add_pci("0000:06:00.0", "0000:00:1c.0", 20, NULL), 5);
	host_builder_add_express(add_pci("0000:07:00.0", "0000:06:00.0", 21, NULL), 6);
	host_builder_add_express(add_pci("0000:07:01.0", "0000:06:00.0", 22, NULL), 6);
	host_builder_add_express(add_pci("0000:08:00.0", "0000:07:00.0", 21, "flr"), 0);
	host_builder_add_express(add_pci("0000:09:00.0", "0000:07:01.0", 22, "flr"), 0);
	for (int id = 20; id <= 22; id++)
		host_builder_set_group_type(host, id, "DMA-FQ");
	device_at("0000:06:00.0")->header_type = device_at("0000:07:00.0")->header_type = 1;
	device_at("0000:07:01.0")->header_type = 1;
	ck_assert_blockers("0000:08:00.0", "peer-to-peer 0000:08:00.0");
	ck_assert_blockers("0000:08:00.0 0000:09:00.0", "");
}
END_TEST

START_TEST(test_missing_driver_and_bridge_block)
{
	host_builder_add_device(host, "odd", "thing", 20);
	ck_assert_blockers("odd:thing", "driver-missing! odd:thing");
	ck_assert_blockers("0000:00:1c.0", "bridge! 0000:00:1c.0");
	host->has_vfio = false;
	ck_assert_blockers("0000:02:00.0", "driver-missing! 0000:02:00.0");
}
END_TEST

START_TEST(test_hanging_bind_blocks)
{
	device_at("0000:02:00.0")->bind_hangs = true;
	ck_assert_blockers("0000:02:00.0", "bind-hangs! 0000:02:00.0");
}
END_TEST

/*
 * VFIO refuses a device without a reset driver, unless reset_required=0. With ACPI the daemon
 * cannot know the reset driver beforehand.
 */
START_TEST(test_platform_device_needs_its_reset_driver)
{
	static const char key[] = "platform:a000000.virtio_mmio";
	_cleanup_group_def_ struct group_def *strict = define_group(key);
	_cleanup_free_ char *codes = NULL;
	struct device *device =
		host_builder_add_device(host, "platform", key + strlen("platform:"), 20);

	device->reset_required = true;
	ck_assert_blockers(key, "");
	ck_assert_int_eq(str_set(&device->compatible, "virtio,mmio"), 0);
	ck_assert_blockers(key, "driver-missing! platform:a000000.virtio_mmio");
	ck_assert_int_eq(str_set(&device->reset_driver, "lab_reset"), 0);
	ck_assert_blockers(key, "");
	ck_assert_int_eq(str_set(&device->reset_driver, NULL), 0);
	device->reset_required = false;
	ck_assert_blockers(key, "");
	/* the definition may require a reset that the driver does not */
	strict->reset_before = RESET_REQUIRE;
	codes = blocker_codes(strict);
	ck_assert_str_eq(codes, "no-reset platform:a000000.virtio_mmio");
}
END_TEST

static void lose_resets(const char *address)
{
	struct device *device = device_at(address);

	device->reset_methods = strv_free(device->reset_methods);
	device->no_reset = true;
}

START_TEST(test_device_without_reset_is_reported)
{
	_cleanup_group_def_ struct group_def *restricted = define_group("0000:01:00.0"),
					     *without = NULL;
	_cleanup_free_ char *codes = NULL, *nothing = NULL;

	lose_resets("0000:00:14.0"); /* no bridge above resets its bus */
	ck_assert_blockers("0000:00:14.0", "no-reset 0000:00:14.0");
	lose_resets("0000:02:10.0"); /* a reset of its bus would reset its PF */
	ck_assert_blockers("0000:02:10.0", "no-reset 0000:02:10.0");
	/* the definition wants no reset, or allows only some methods */
	without = define_group("0000:00:14.0");
	without->reset_before = without->reset_after = RESET_NONE;
	nothing = blocker_codes(without);
	ck_assert_str_eq(nothing, "");
	ck_assert_int_eq(strv_add(&restricted->reset_methods, "flr"), 0);
	codes = blocker_codes(restricted);
	ck_assert_str_eq(codes, "no-reset 0000:01:00.1");
}
END_TEST

/* A reset that a quirk takes away is none. The builder gives all devices the id 8086:10d3. */
START_TEST(test_forbidden_reset_is_none)
{
	static const char text[] =
		"{ \"quirks\": { \"hangs\": { \"ids\": [ \"8086:10d3\" ], \"topic\": \"flr\","
		" \"text\": \"T.\", \"source\": \"s\", \"reset\": { \"never\": [ \"flr\" ] } } } }";
	_cleanup_group_def_ struct group_def *without = define_group("0000:02:00.0");
	_cleanup_free_ char *blocker = NULL, *codes = NULL;

	quirks = def_set_new();
	quirks->kind = DEF_FILE_QUIRKS;
	ck_assert_int_eq(parse_definitions(quirks, "q.json", text, strlen(text)), 0);
	ck_assert_uint_eq(quirks->quirks.n, 1);
	VEC_FOREACH(struct device, device, &host->devices) {
		device->vendor = 0x8086;
		device->device = 0x10d3;
	}
	ck_assert_blockers("0000:02:00.0", "no-reset 0000:02:00.0");
	blocker = text_of_only_blocker("0000:02:00.0");
	ck_assert_ptr_nonnull(
		strstr(blocker, "cannot be reset (flr: forbidden by the quirk hangs)"));
	/* another method is left, or the neighbours are the reason */
	ck_assert_blockers("0000:01:00.0", "");
	device_at("0000:01:00.0")->reset_methods =
		strv_free(device_at("0000:01:00.0")->reset_methods);
	ck_assert_blockers("0000:03:00.0", "reset-reaches 0000:03:00.0");
	without->reset_before = without->reset_after = RESET_NONE;
	codes = blocker_codes(without);
	ck_assert_str_eq(codes, "");
}
END_TEST

/* vfio-pci refuses some models, unless its denylist is off. Other drivers do not. */
START_TEST(test_refused_model_blocks)
{
	static const char text[] =
		"{ \"quirks\": { \"qat\": { \"ids\": [ \"8086:37c8\" ], \"topic\": \"vfio\","
		" \"text\": \"T.\", \"source\": \"s\", \"refused-by\": \"vfio-pci\" } } }";
	_cleanup_group_def_ struct group_def *other = define_group("0000:02:00.0");
	_cleanup_free_ char *blocker = NULL, *codes = NULL;
	struct device *device = device_at("0000:02:00.0");

	quirks = def_set_new();
	quirks->kind = DEF_FILE_QUIRKS;
	ck_assert_int_eq(parse_definitions(quirks, "q.json", text, strlen(text)), 0);
	device->vendor = 0x8086;
	device->device = 0x37c8;
	ck_assert_blockers("0000:02:00.0", "driver-missing! 0000:02:00.0");
	blocker = text_of_only_blocker("0000:02:00.0");
	ck_assert_ptr_nonnull(strstr(blocker, "options vfio-pci disable_denylist=1"));
	ck_assert_int_eq(str_set(&other->driver, "qat_vfio_pci"), 0);
	codes = blocker_codes(other);
	ck_assert_str_eq(codes, "");
	host->denylist_off = true;
	ck_assert_blockers("0000:02:00.0", "");
	host->denylist_off = false;
	ck_assert_int_eq(str_set(&device->driver, "vfio-pci"), 0); /* takes the device */
	ck_assert_blockers("0000:02:00.0", "");
}
END_TEST

START_TEST(test_bus_reset_needs_the_whole_bus)
{
	/* a device alone on its bus: only if the kernel offers "bus" */
	add_pci("0000:04:00.0", "0000:00:14.0", 16, "bus");
	device_at("0000:00:14.0")->header_type = 1;
	ck_assert_blockers("0000:04:00.0", "");
	lose_resets("0000:04:00.0");
	ck_assert_blockers("0000:04:00.0", "no-reset 0000:04:00.0");
	/* several devices: by VFIO, if the claim has all of them */
	lose_resets("0000:03:00.0");
	ck_assert_blockers("0000:03:00.0", "reset-reaches 0000:03:00.0");
	ck_assert_blockers("0000:03:00.0 0000:03:00.1", "");
	lose_resets("0000:01:00.0");
	lose_resets("0000:01:00.1");
	ck_assert_blockers("0000:01:00.0", "");
	/* before Linux 5.15 the kernel does not list its methods */
	device_at("0000:04:00.0")->no_reset = false;
	ck_assert_blockers("0000:04:00.0", "");
}
END_TEST

START_TEST(test_bars_that_share_a_page_are_reported)
{
	struct device_resource *bar = device_at("0000:01:00.0")->resources;

	bar[0] = (struct device_resource){ 0xfe001000, 0xfe0010ff, 0x200 };
	device_at("0000:01:00.1")->resources[0] =
		(struct device_resource){ 0xfe001100, 0xfe0011ff, 0x200 };
	ck_assert_blockers("0000:01:00.0", ""); /* both belong to the same claim */
	device_at("0000:03:00.0")->resources[2] =
		(struct device_resource){ 0xfe001f00, 0xfe001fff, 0x200 };
	ck_assert_blockers("0000:03:00.0", "unaligned-bar 0000:03:00.0");
	ck_assert_blockers("0000:01:00.0",
			   "unaligned-bar 0000:01:00.0, unaligned-bar 0000:01:00.1");
	/* I/O ports are not mapped; a small BAR that is alone in its page is fine */
	device_at("0000:03:00.0")->resources[2].flags = 0x100;
	ck_assert_blockers("0000:01:00.0", "");
	device_at("0000:03:00.0")->resources[2] =
		(struct device_resource){ 0xfe002000, 0xfe0020ff, 0x200 };
	ck_assert_blockers("0000:01:00.0", "");
	host->page_size = 65536;
	ck_assert_blockers("0000:03:00.0", "unaligned-bar 0000:03:00.0");
}
END_TEST

/* Adds a VMD controller, and an endpoint in the domain that its driver made. */
static void add_vmd(void)
{
	struct device *controller = add_pci("0000:00:0e.0", NULL, 16, "flr"),
		      *disk = add_pci("10000:e1:00.0", NULL, 16, "flr");

	controller->class_code = 0x010400;
	ck_assert_int_eq(str_set(&disk->dma_owner, controller->key), 0);
	host_builder_set_group_type(host, 16, "DMA-FQ");
}

START_TEST(test_domain_of_vmd_stays_with_the_host)
{
	add_vmd();
	ck_assert_blockers("0000:00:0e.0 10000:e1:00.0", "vmd! 0000:00:0e.0");
	/* where no IOMMU group ties them */
	ck_assert_int_eq(inventory_set_group(host, device_at("10000:e1:00.0"), 17), 0);
	ck_assert_blockers("10000:e1:00.0", "vmd! 10000:e1:00.0");
	/* a controller whose driver is unbound has no domain */
	ck_assert(inventory_remove(host, "10000:e1:00.0"));
	ck_assert_blockers("0000:00:0e.0", "");
}
END_TEST

START_TEST(test_d3cold_is_reported_unless_on_vfio)
{
	struct device *device = device_at("0000:03:00.0");

	ck_assert_int_eq(str_set(&device->power_state, "D3cold"), 0);
	ck_assert_blockers("0000:03:00.0", "power-d3cold 0000:03:00.0");
	ck_assert_int_eq(str_set(&device->driver, "vfio-pci"), 0);
	ck_assert_blockers("0000:03:00.0", "");
	ck_assert_int_eq(str_set(&device->driver, "nvme"), 0);
	ck_assert_int_eq(str_set(&device->power_state, "D3hot"), 0);
	ck_assert_blockers("0000:03:00.0", "");
}
END_TEST

START_TEST(test_ten_thousand_functions_are_assessed)
{
	_cleanup_inventory_ struct inventory *inv = big_host_new();
	_cleanup_assess_ struct assess *assess = NULL;

	ck_assert_uint_ge(inv->devices.n, BIG_HOST_FUNCTIONS);
	ck_assert_int_eq(assess_new(inv, NULL, NULL, &assess), 0);
	for (unsigned card = 0; card < BIG_HOST_CARDS; card++) {
		_cleanup_group_def_ struct group_def *def = big_host_group(card);
		_cleanup_resolved_group_ struct resolved_group resolved = { 0 };
		_cleanup_strv_ char **list = NULL;
		_cleanup_free_ char *text = NULL;

		ck_assert_int_eq(resolve_group(inv, def, &resolved), 0);
		ck_assert_int_eq(assess_group(assess, def, &resolved), 0);
		VEC_FOREACH(const struct blocker, blocker, &resolved.blockers)
			ck_assert_int_eq(strv_add(&list, blocker->code), 0);
		text = strv_join(list, " ");
		ck_assert_uint_eq(resolved.devices.n, card % 2 ? 1 : BIG_HOST_CARD);
		ck_assert_str_eq(text, card % 2 ? "mounted reset-reaches unaligned-bar" : "");
	}
}
END_TEST

static Suite *make_suite(void)
{
	const TTest *const tests[] = {
		test_idle_host_has_no_blockers,
		test_blocker_text_lists_the_usages,
		test_process_is_private,
		test_hard_blockers_come_first,
		test_fatal_errors_block,
		test_device_open_in_vfio_is_blocked,
		test_vf_of_unclaimed_pf_on_vfio_is_blocked,
		test_pf_and_its_vfs_block_each_other,
		test_direct_region_blocks,
		test_iommu_settings_are_soft_blockers,
		test_peer_to_peer_reported_by_the_module,
		test_peer_to_peer_derived_without_the_module,
		test_missing_driver_and_bridge_block,
		test_hanging_bind_blocks,
		test_platform_device_needs_its_reset_driver,
		test_device_without_reset_is_reported,
		test_forbidden_reset_is_none,
		test_refused_model_blocks,
		test_bus_reset_needs_the_whole_bus,
		test_bars_that_share_a_page_are_reported,
		test_domain_of_vmd_stays_with_the_host,
		test_d3cold_is_reported_unless_on_vfio,
		test_ten_thousand_functions_are_assessed,
	};
	Suite *suite = suite_create("assess");
	TCase *tcase = tcase_create("assess");

	tcase_add_checked_fixture(tcase, make_host, free_host);
	tcase_add_loop_test(tcase, test_each_usage_is_a_blocker, 0, 11);
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	return suite;
}
