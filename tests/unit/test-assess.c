/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <string.h>

#include "bighost.h"
#include "base/strv.h"
#include "policy/assess/assess.h"
#include "policy/assess/resolve.h"

/*
 * A host on which nothing stands against anything, of which each test changes a little:
 *
 *	00:1c.0 ─ 01:00.0, 01:00.1	one IOMMU group, each with a reset of its own
 *	00:1d.0 ─ 02:00.0 ─ VF 02:10.0	alone
 *	00:1e.0 ─ 03:00.0, 03:00.1	each alone
 *	00:14.0				on the root bus
 */
static struct inventory *host;
static char **claimed;
static const char *accepted;

static struct device *add(const char *address, const char *parent, int group, const char *reset)
{
	struct device *device = device_new("pci", address);

	ck_assert_ptr_nonnull(device);
	device->iommu_group = group;
	device->no_reset = !reset;
	ck_assert_int_eq(str_set(&device->parent, parent), 0);
	if (reset)
		ck_assert_int_eq(strv_split(reset, " ", &device->reset_methods), 0);
	ck_assert_int_eq(inventory_put(host, device), 0);
	return device;
}

static struct device *at(const char *address)
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
	add("0000:00:14.0", NULL, 0, "flr");
	add("0000:00:1c.0", NULL, 1, NULL)->header_type = 1;
	add("0000:00:1d.0", NULL, 2, NULL)->header_type = 1;
	add("0000:00:1e.0", NULL, 3, NULL)->header_type = 1;
	add("0000:01:00.0", "0000:00:1c.0", 11, "flr pm");
	add("0000:01:00.1", "0000:00:1c.0", 11, "pm");
	add("0000:02:00.0", "0000:00:1d.0", 12, "flr")->num_vfs = 1;
	add("0000:02:10.0", "0000:00:1d.0", 13, "flr")->vf_index = 0;
	ck_assert_int_eq(str_set(&at("0000:02:10.0")->physfn, "0000:02:00.0"), 0);
	add("0000:03:00.0", "0000:00:1e.0", 14, "flr");
	add("0000:03:00.1", "0000:00:1e.0", 15, "flr");
	for (int id = 11; id <= 15; id++)
		ck_assert_int_eq(str_set(&inventory_find_group(host, id)->type, "DMA-FQ"), 0);
}

static void free_host(void)
{
	host = inventory_free(host);
	claimed = strv_free(claimed);
	accepted = NULL;
}

/* --- asking --- */

static struct group_def *define(const char *addresses)
{
	struct group_def *def = group_def_new("g");
	_cleanup_strv_ char **list = NULL;

	ck_assert_ptr_nonnull(def);
	ck_assert_int_eq(strv_split(addresses, " ", &list), 0);
	if (accepted)
		ck_assert_int_eq(strv_add(&def->accept, accepted), 0);
	STRV_FOREACH(address, list) {
		struct selector *selector = group_def_selector_new();

		ck_assert_int_eq(str_set(&selector->address, *address), 0);
		ck_assert_int_eq(vec_add(&def->selectors, selector), 0);
	}
	return def;
}

static void look(const struct group_def *def, struct resolved_group *ret)
{
	_cleanup_assess_ struct assess *assess = NULL;

	ck_assert_int_eq(resolve_group(host, def, ret), 0);
	ck_assert_int_eq(assess_new(host, claimed, &assess), 0);
	ck_assert_int_eq(assess_group(assess, def, ret), 0);
}

/* "mounted! 0000:01:00.1, in-use 0000:01:00.0": the hard ones with an exclamation mark. */
static char *codes(const struct group_def *def)
{
	_cleanup_resolved_group_ struct resolved_group view = { 0 };
	_cleanup_strv_ char **list = NULL;

	look(def, &view);
	VEC_FOREACH(const struct blocker, blocker, &view.blockers) {
		_cleanup_free_ char *one = str_printf("%s%s %s", blocker->code,
						      blocker->hard ? "!" : "", blocker->device);

		ck_assert_int_eq(strv_add(&list, one), 0);
		/* names the device, says what can be done, and whether force helps */
		ck_assert_ptr_nonnull(strstr(blocker->text, blocker->device));
		ck_assert(strstr(blocker->text, ". ") && !strstr(blocker->text, "(null)"));
		ck_assert_int_eq(strstr(blocker->text, "--force") != NULL, !blocker->hard);
	}
	return strv_join(list, ", ");
}

#define ck_assert_blockers(addresses, expected)                                  \
	do {                                                                     \
		_cleanup_group_def_ struct group_def *asked = define(addresses); \
		_cleanup_free_ char *actual = codes(asked);                      \
                                                                                 \
		ck_assert_str_eq(actual, expected);                              \
	} while (0)

/* The text of the only blocker. */
static char *only_text(const char *addresses)
{
	_cleanup_group_def_ struct group_def *def = define(addresses);
	_cleanup_resolved_group_ struct resolved_group view = { 0 };

	look(def, &view);
	ck_assert_uint_eq(view.blockers.n, 1);
	return strdup(((const struct blocker *)view.blockers.items[0])->text);
}

static void usage(const char *address, const char *kind, const char *what, const char *through,
		  int pid, const char *name)
{
	struct usage fact = { .kind = (char *)kind,
			      .what = (char *)what,
			      .through = (char *)through,
			      .pid = pid,
			      .name = (char *)name };

	ck_assert_int_eq(usage_list_add(&at(address)->uses, &fact), 0);
}

/* --- tests --- */

START_TEST(test_nothing)
{
	ck_assert_blockers("0000:01:00.0", "");
	ck_assert_blockers("0000:01:00.0 0000:02:00.0 0000:02:10.0", "");
	ck_assert_blockers("0000:00:14.0", "");
}
END_TEST

/* What lies in a companion counts as well. */
START_TEST(test_uses)
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

	usage("0000:01:00.1", cases[_i].kind, "what", "through", -1, NULL);
	ck_assert_blockers("0000:01:00.0", cases[_i].expected);
	ck_assert_blockers("0000:02:00.0", "");
}
END_TEST

START_TEST(test_text_of_uses)
{
	_cleanup_free_ char *many = NULL, *process = NULL;
	static const char *const points[] = { "/a", "/b", "/c", "/d", "/e", "/f" };

	for (size_t i = 0; i < ARRAY_SIZE(points); i++)
		usage("0000:02:00.0", USAGE_MOUNTED, points[i], "nvme0n1p1", -1, NULL);
	many = only_text("0000:02:00.0");
	ck_assert_str_eq(
		many, "0000:02:00.0 carries mounted filesystems: /a (nvme0n1p1), /b (nvme0n1p1), "
		      "/c (nvme0n1p1), /d (nvme0n1p1) and 2 more. Unmount them first.");
	usage("0000:01:00.0", USAGE_OPEN, "/dev/nvme1", NULL, 812, "smartd");
	ck_assert_int_eq(str_set(&((struct usage *)at("0000:01:00.0")->uses.items[0])->unit,
				 "smartd.service"),
			 0);
	process = only_text("0000:01:00.0");
	ck_assert_ptr_nonnull(strstr(process, "/dev/nvme1 by pid 812 (smartd, smartd.service)"));
}
END_TEST

START_TEST(test_order)
{
	_cleanup_group_def_ struct group_def *def = define("0000:01:00.0");
	_cleanup_resolved_group_ struct resolved_group view = { 0 };

	usage("0000:01:00.0", USAGE_OPEN, "/dev/nvme0", NULL, 1, NULL);
	usage("0000:01:00.0", USAGE_HOLDERS, "md0", "nvme0n1", -1, NULL);
	usage("0000:01:00.0", USAGE_MOUNTED, "/srv", "md0", -1, NULL);
	ck_assert_blockers("0000:01:00.0", "mounted! 0000:01:00.0, holders! 0000:01:00.0, "
					   "in-use 0000:01:00.0");
	look(def, &view);
	ck_assert_str_eq(blockers_first(&view.blockers, true)->code, "mounted");
}
END_TEST

START_TEST(test_errors)
{
	_cleanup_free_ char *text = NULL;

	for (unsigned state = ERROR_OK; state < ERROR_FATAL; state++) {
		at("0000:01:00.1")->errors.state = (enum error_state)state;
		ck_assert_blockers("0000:01:00.0", "");
	}
	for (unsigned state = ERROR_FATAL; state < ERROR_STATES; state++) {
		at("0000:01:00.1")->errors.state = (enum error_state)state;
		ck_assert_blockers("0000:01:00.0", "error! 0000:01:00.1");
	}
	ck_assert_blockers("0000:02:00.0", "");
	text = only_text("0000:01:00.0");
	ck_assert_ptr_nonnull(strstr(text, "the kernel could not recover it"));
	ck_assert_ptr_nonnull(strstr(text, "devgroupctl reset g\""));
}
END_TEST

START_TEST(test_owners)
{
	struct device *device = at("0000:01:00.0");

	ck_assert_int_eq(str_set(&device->driver, "vfio-pci"), 0);
	ck_assert_blockers("0000:01:00.0", "");
	device->vfio_open = true;
	ck_assert_blockers("0000:01:00.0", "foreign-owner! 0000:01:00.0");
	usage("0000:01:00.0", USAGE_VFIO, "/dev/vfio/11", NULL, 812, "qemu");
	ck_assert_blockers("0000:01:00.0", "foreign-owner! 0000:01:00.0");
	/* ours: told by who knows of leases */
	ck_assert_int_eq(strv_add(&claimed, "0000:01:00.0"), 0);
	ck_assert_blockers("0000:01:00.0", "");
	ck_assert_blockers("0000:01:00.1", "");
}
END_TEST

START_TEST(test_foreign_pf)
{
	_cleanup_free_ char *nobody = NULL, *somebody = NULL;

	ck_assert_blockers("0000:02:10.0", "");
	ck_assert_int_eq(str_set(&at("0000:02:00.0")->driver, "vfio-pci"), 0);
	ck_assert_blockers("0000:02:10.0", "foreign-owner! 0000:02:10.0");
	nobody = only_text("0000:02:10.0");
	ck_assert_ptr_nonnull(
		strstr(nobody, "0000:02:00.0, which is on vfio-pci without a claim: its"));
	usage("0000:02:00.0", USAGE_VFIO, "/dev/vfio/12", NULL, 812, "qemu");
	somebody = only_text("0000:02:10.0");
	ck_assert_ptr_nonnull(strstr(somebody, "without a claim, open as /dev/vfio/12"));
	/* nobody here knows the token that it may have set, so there is nothing to accept */
	accepted = "vf-of-claimed-pf";
	ck_assert_blockers("0000:02:10.0", "foreign-owner! 0000:02:10.0");
	ck_assert_int_eq(strv_add(&claimed, "0000:02:00.0"), 0);
	ck_assert_blockers("0000:02:10.0", "");
}
END_TEST

START_TEST(test_functions_of_one)
{
	ck_assert_int_eq(strv_add(&claimed, "0000:02:10.0"), 0);
	ck_assert_blockers("0000:02:00.0", "pf-with-claimed-vfs! 0000:02:00.0");
	ck_assert_blockers("0000:01:00.0", "");
	strv_free(claimed);
	claimed = NULL;
	ck_assert_int_eq(strv_add(&claimed, "0000:02:00.0"), 0);
	ck_assert_blockers("0000:02:10.0", "vf-of-claimed-pf! 0000:02:10.0");
	/* who accepts to share it gets one of VFIO's making, and none that goes with the host
	 * driver */
	accepted = "vf-of-claimed-pf";
	ck_assert_blockers("0000:02:10.0", "vf-of-claimed-pf! 0000:02:10.0");
	ck_assert_int_eq(str_set(&at("0000:02:00.0")->driver, "vfio-pci"), 0);
	ck_assert_blockers("0000:02:10.0", "");
	/* gone since */
	ck_assert_int_eq(strv_add(&claimed, "0000:77:00.0"), 0);
	ck_assert_blockers("0000:01:00.0", "");
}
END_TEST

START_TEST(test_reserved_regions)
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

START_TEST(test_iommu)
{
	ck_assert_int_eq(str_set(&inventory_find_group(host, 12)->type, "identity"), 0);
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

	/* where interrupts are no matter of the IOMMU's, but on POWER VFIO does not ask */
	host->interrupt_remapping = -1;
	host->unsafe_interrupts = false;
	ck_assert_blockers("0000:01:00.0", "");
	at("0000:01:00.1")->shares_msi = true;
	ck_assert_blockers("0000:01:00.0", "unsafe-interrupts 0000:01:00.1");
	ck_assert_blockers("0000:02:10.0", "");
	ck_assert_int_eq(strv_add(&host->iommus, "iommu-phb0000 -"), 0);
	ck_assert_blockers("0000:01:00.0", "");
	host->iommus = strv_free(host->iommus);
	at("0000:01:00.1")->shares_msi = false;
	host->interrupt_remapping = 1;

	ck_assert_int_eq(str_set(&host->acs_override, "downstream"), 0);
	ck_assert_blockers("0000:01:00.0", "acs-override 0000:01:00.0");
}
END_TEST

START_TEST(test_peer_to_peer)
{
	_cleanup_group_def_ struct group_def *accepting = define("0000:03:00.0");
	_cleanup_free_ char *found = NULL;

	ck_assert_int_eq(strv_add(&at("0000:03:00.0")->isolation, "peer-to-peer 0000:02:00.0"), 0);
	ck_assert_blockers("0000:03:00.0", "peer-to-peer 0000:03:00.0");
	ck_assert_blockers("0000:02:00.0", "");
	ck_assert_int_eq(strv_add(&accepting->accept, "peer-to-peer"), 0);
	found = codes(accepting);
	ck_assert_str_eq(found, "");
	/* with the other it is no concern, nor is one that is gone */
	ck_assert_int_eq(inventory_set_group(host, at("0000:02:00.0"), 14), 0);
	ck_assert_blockers("0000:03:00.0", "");
	ck_assert_int_eq(inventory_set_group(host, at("0000:02:00.0"), 12), 0);
	ck_assert(inventory_remove(host, "0000:02:00.0"));
	ck_assert_blockers("0000:03:00.0", "");
}
END_TEST

/* A PCI Express function of this type, without ACS. */
static void make_express(struct device *device, unsigned type)
{
	device->config_size = 4096;
	device->config = calloc(1, device->config_size);
	ck_assert_ptr_nonnull(device->config);
	device->config[0x06] = 0x10;
	device->config[0x34] = 0x40;
	device->config[0x40] = 0x10;
	device->config[0x42] = (uint8_t)(2 | type << 4);
}

/* The same without the kernel module: ports of a switch, each in a group with what is below it. */
START_TEST(test_peer_to_peer_without_module)
{
	make_express(add("0000:06:00.0", "0000:00:1c.0", 20, NULL), 5);
	make_express(add("0000:07:00.0", "0000:06:00.0", 21, NULL), 6);
	make_express(add("0000:07:01.0", "0000:06:00.0", 22, NULL), 6);
	make_express(add("0000:08:00.0", "0000:07:00.0", 21, "flr"), 0);
	make_express(add("0000:09:00.0", "0000:07:01.0", 22, "flr"), 0);
	for (int id = 20; id <= 22; id++)
		ck_assert_int_eq(str_set(&inventory_find_group(host, id)->type, "DMA-FQ"), 0);
	at("0000:06:00.0")->header_type = at("0000:07:00.0")->header_type = 1;
	at("0000:07:01.0")->header_type = 1;
	ck_assert_blockers("0000:08:00.0", "peer-to-peer 0000:08:00.0");
	ck_assert_blockers("0000:08:00.0 0000:09:00.0", "");
}
END_TEST

START_TEST(test_drivers_and_bridges)
{
	struct device *odd = device_new("odd", "thing");

	odd->iommu_group = 20;
	ck_assert_int_eq(inventory_put(host, odd), 0);
	ck_assert_blockers("odd:thing", "driver-missing! odd:thing");
	ck_assert_blockers("0000:00:1c.0", "bridge! 0000:00:1c.0");
	host->has_vfio = false;
	ck_assert_blockers("0000:02:00.0", "driver-missing! 0000:02:00.0");
}
END_TEST

START_TEST(test_held_up)
{
	at("0000:02:00.0")->bind_hangs = true;
	ck_assert_blockers("0000:02:00.0", "bind-hangs! 0000:02:00.0");
}
END_TEST

/* VFIO refuses what it cannot reset, unless it is told not to; with ACPI nobody can tell before. */
START_TEST(test_reset_required)
{
	static const char key[] = "platform:a000000.virtio_mmio";
	_cleanup_group_def_ struct group_def *strict = define(key);
	_cleanup_free_ char *found = NULL;
	struct device *device = device_new("platform", key + strlen("platform:"));

	device->iommu_group = 20;
	ck_assert_int_eq(inventory_put(host, device), 0);
	device->reset_required = true;
	ck_assert_blockers(key, "");
	ck_assert_int_eq(str_set(&device->compatible, "virtio,mmio"), 0);
	ck_assert_blockers(key, "driver-missing! platform:a000000.virtio_mmio");
	ck_assert_int_eq(str_set(&device->reset_driver, "lab_reset"), 0);
	ck_assert_blockers(key, "");
	ck_assert_int_eq(str_set(&device->reset_driver, NULL), 0);
	device->reset_required = false;
	ck_assert_blockers(key, "");
	/* the group's file may want what the driver does not */
	strict->reset_before = RESET_REQUIRE;
	found = codes(strict);
	ck_assert_str_eq(found, "no-reset platform:a000000.virtio_mmio");
}
END_TEST

static void lose_resets(const char *address)
{
	struct device *device = at(address);

	device->reset_methods = strv_free(device->reset_methods);
	device->no_reset = true;
}

START_TEST(test_no_reset)
{
	_cleanup_group_def_ struct group_def *restricted = define("0000:01:00.0"), *without = NULL;
	_cleanup_free_ char *found = NULL, *nothing = NULL;

	lose_resets("0000:00:14.0"); /* no bridge to reset it by */
	ck_assert_blockers("0000:00:14.0", "no-reset 0000:00:14.0");
	lose_resets("0000:02:10.0"); /* its bus is its PF's */
	ck_assert_blockers("0000:02:10.0", "no-reset 0000:02:10.0");
	/* the definition does not want one, or allows only some */
	without = define("0000:00:14.0");
	without->reset_before = without->reset_after = RESET_NONE;
	nothing = codes(without);
	ck_assert_str_eq(nothing, "");
	ck_assert_int_eq(strv_add(&restricted->reset_methods, "flr"), 0);
	found = codes(restricted);
	ck_assert_str_eq(found, "no-reset 0000:01:00.1");
}
END_TEST

START_TEST(test_bus_reset)
{
	/* on the bus alone: only if the kernel offers it */
	add("0000:04:00.0", "0000:00:14.0", 16, "bus");
	at("0000:00:14.0")->header_type = 1;
	ck_assert_blockers("0000:04:00.0", "");
	lose_resets("0000:04:00.0");
	ck_assert_blockers("0000:04:00.0", "no-reset 0000:04:00.0");
	/* with others: by VFIO, if all of them are in the claim */
	lose_resets("0000:03:00.0");
	ck_assert_blockers("0000:03:00.0", "reset-reaches 0000:03:00.0");
	ck_assert_blockers("0000:03:00.0 0000:03:00.1", "");
	lose_resets("0000:01:00.0");
	lose_resets("0000:01:00.1");
	ck_assert_blockers("0000:01:00.0", "");
	/* before Linux 5.15 the methods are not told */
	at("0000:04:00.0")->no_reset = false;
	ck_assert_blockers("0000:04:00.0", "");
}
END_TEST

START_TEST(test_bars)
{
	struct device_resource *bar = at("0000:01:00.0")->resources;

	bar[0] = (struct device_resource){ 0xfe001000, 0xfe0010ff, 0x200 };
	at("0000:01:00.1")->resources[0] =
		(struct device_resource){ 0xfe001100, 0xfe0011ff, 0x200 };
	ck_assert_blockers("0000:01:00.0", ""); /* both go to the same user */
	at("0000:03:00.0")->resources[2] =
		(struct device_resource){ 0xfe001f00, 0xfe001fff, 0x200 };
	ck_assert_blockers("0000:03:00.0", "unaligned-bar 0000:03:00.0");
	ck_assert_blockers("0000:01:00.0",
			   "unaligned-bar 0000:01:00.0, unaligned-bar 0000:01:00.1");
	/* ports are not mapped, and in a page of their own they may be small */
	at("0000:03:00.0")->resources[2].flags = 0x100;
	ck_assert_blockers("0000:01:00.0", "");
	at("0000:03:00.0")->resources[2] =
		(struct device_resource){ 0xfe002000, 0xfe0020ff, 0x200 };
	ck_assert_blockers("0000:01:00.0", "");
	host->page_size = 65536;
	ck_assert_blockers("0000:03:00.0", "unaligned-bar 0000:03:00.0");
}
END_TEST

START_TEST(test_power)
{
	struct device *device = at("0000:03:00.0");

	ck_assert_int_eq(str_set(&device->power_state, "D3cold"), 0);
	ck_assert_blockers("0000:03:00.0", "power-d3cold 0000:03:00.0");
	ck_assert_int_eq(str_set(&device->driver, "vfio-pci"), 0);
	ck_assert_blockers("0000:03:00.0", "");
	ck_assert_int_eq(str_set(&device->driver, "nvme"), 0);
	ck_assert_int_eq(str_set(&device->power_state, "D3hot"), 0);
	ck_assert_blockers("0000:03:00.0", "");
}
END_TEST

START_TEST(test_ten_thousand_functions)
{
	_cleanup_inventory_ struct inventory *inv = bighost_new();
	_cleanup_assess_ struct assess *assess = NULL;

	ck_assert_uint_ge(inv->devices.n, BIGHOST_FUNCTIONS);
	ck_assert_int_eq(assess_new(inv, NULL, &assess), 0);
	for (unsigned card = 0; card < BIGHOST_CARDS; card++) {
		_cleanup_group_def_ struct group_def *def = bighost_group(card);
		_cleanup_resolved_group_ struct resolved_group view = { 0 };
		_cleanup_strv_ char **list = NULL;
		_cleanup_free_ char *text = NULL;

		ck_assert_int_eq(resolve_group(inv, def, &view), 0);
		ck_assert_int_eq(assess_group(assess, def, &view), 0);
		VEC_FOREACH(const struct blocker, blocker, &view.blockers)
			ck_assert_int_eq(strv_add(&list, blocker->code), 0);
		text = strv_join(list, " ");
		ck_assert_uint_eq(view.devices.n, card % 2 ? 1 : BIGHOST_CARD);
		ck_assert_str_eq(text, card % 2 ? "mounted reset-reaches unaligned-bar" : "");
	}
}
END_TEST

static Suite *make_suite(void)
{
	const TTest *const tests[] = {
		test_nothing,
		test_text_of_uses,
		test_order,
		test_errors,
		test_owners,
		test_foreign_pf,
		test_functions_of_one,
		test_reserved_regions,
		test_iommu,
		test_peer_to_peer,
		test_peer_to_peer_without_module,
		test_drivers_and_bridges,
		test_held_up,
		test_reset_required,
		test_no_reset,
		test_bus_reset,
		test_bars,
		test_power,
		test_ten_thousand_functions,
	};
	Suite *suite = suite_create("assess");
	TCase *tcase = tcase_create("assess");

	tcase_add_checked_fixture(tcase, make_host, free_host);
	tcase_add_loop_test(tcase, test_uses, 0, 11);
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	return suite;
}
