// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the causes, the aliases and the filter, on made devices. A module of its own, for
 * kernels with KUnit: make DG_KUNIT=y. It includes the sources that it tests.
 */

#include <kunit/test.h>
#include <linux/iommu.h>
#include <linux/module.h>

#include "acs.c"
#include "aliases.c"
#include "config.c"
#include "isolation.c"
#include "reset.c"
#include "text.c"
#include "tree.c"

DEFINE_MUTEX(dg_registry_lock); /* as in registry.c */

#include "unittest-made.h"

static int unittest_init(struct kunit *test)
{
	INIT_LIST_HEAD(&dg_tree_roots);
	return 0;
}

/* --- causes --- */

static void unittest_device_alone(struct kunit *test)
{
	struct made *port = made_new_port(test, true, made_group_new(test));
	struct made *nic =
		made_new(test, "0000:01:00.0", port, made_group_new(test), PCI_EXP_TYPE_ENDPOINT);

	made_expect_causes(test, nic, "");
	made_expect_causes(test, port, "");
}

static void unittest_port_without_acs(struct kunit *test)
{
	struct dg_group *group = made_group_new(test);
	struct made *port =
		made_new_bridge(test, "0000:00:03.0", NULL, group, PCI_EXP_TYPE_ROOT_PORT);
	struct made *nic = made_new(test, "0000:01:00.0", port, group, PCI_EXP_TYPE_ENDPOINT);

	made_expect_causes(test, nic, "acs-missing 0000:00:03.0\n");
	made_expect_causes(test, port, "acs-missing 0000:00:03.0\n");
}

/* In different groups a missing capability means that the kernel knows the model. */
static void unittest_quirk(struct kunit *test)
{
	struct made *port = made_new_bridge(test, "0000:00:03.0", NULL, made_group_new(test),
					    PCI_EXP_TYPE_ROOT_PORT);
	struct made *nic =
		made_new(test, "0000:01:00.0", port, made_group_new(test), PCI_EXP_TYPE_ENDPOINT);

	made_expect_causes(test, nic, "acs-quirk 0000:00:03.0\n");
	made_expect_causes(test, port, "");
}

/* The cause is the state of the moment in which the kernel made the group. */
static void unittest_acs_turned_on_later(struct kunit *test)
{
	struct dg_group *group = made_group_new(test);
	struct made *port = made_new_port(test, false, group);
	struct made *nic = made_new(test, "0000:01:00.0", port, group, PCI_EXP_TYPE_ENDPOINT);

	made_expect_causes(test, nic, "acs-not-enabled 0000:00:03.0\n");
	KUNIT_EXPECT_TRUE(test, made_settle_acs(port, true));
	made_expect_causes(test, nic, "acs-not-enabled 0000:00:03.0\n");
	made_expect_causes(test, port, "acs-not-enabled 0000:00:03.0\n");
}

static void unittest_acs_cleared_later(struct kunit *test)
{
	struct made *port = made_new_port(test, true, made_group_new(test));
	struct made *nic =
		made_new(test, "0000:01:00.0", port, made_group_new(test), PCI_EXP_TYPE_ENDPOINT);

	made_set_acs(port, false);
	KUNIT_EXPECT_FALSE(test, made_sample_acs(port));
	made_expect_causes(test, nic, "");
	made_wait_for_acs(port);
	KUNIT_EXPECT_TRUE(test, made_sample_acs(port));
	made_expect_causes(test, nic, "acs-cleared 0000:00:03.0\n");
	KUNIT_EXPECT_TRUE(test, made_settle_acs(port, true));
	made_expect_causes(test, nic, "");
}

/* A reset clears the register, and the kernel restores it. */
static void unittest_acs_cleared_by_a_reset(struct kunit *test)
{
	struct made *port = made_new_port(test, true, made_group_new(test));
	struct made *nic =
		made_new(test, "0000:01:00.0", port, made_group_new(test), PCI_EXP_TYPE_ENDPOINT);

	made_set_acs(port, false);
	KUNIT_EXPECT_FALSE(test, made_sample_acs(port));
	made_set_acs(port, true);
	KUNIT_EXPECT_FALSE(test, made_sample_acs(port));
	made_set_acs(port, false);
	KUNIT_EXPECT_FALSE(test, made_sample_acs(port)); /* counts from now */
	port->pdev.block_cfg_access = 1;
	made_wait_for_acs(port);
	KUNIT_EXPECT_FALSE(test, made_sample_acs(port));
	port->pdev.block_cfg_access = 0;
	port->silent = true;
	KUNIT_EXPECT_FALSE(test, made_sample_acs(port));
	made_expect_causes(test, nic, "");
}

static void unittest_device_that_never_answered(struct kunit *test)
{
	struct dg_group *group = made_group_new(test);
	struct made *port =
		made_new_bridge(test, "0000:00:03.0", NULL, NULL, PCI_EXP_TYPE_ROOT_PORT);
	struct made *nic;

	made_give_acs(port, true);
	port->silent = true;
	made_join(port, group);
	nic = made_new(test, "0000:01:00.0", port, group, PCI_EXP_TYPE_ENDPOINT);
	made_expect_causes(test, nic, "unknown 0000:00:03.0\n");
}

static void unittest_switch(struct kunit *test)
{
	struct dg_group *first = made_group_new(test), *second = made_group_new(test);
	struct made *up = made_new_bridge(test, "0000:06:00.0", NULL, made_group_new(test),
					  PCI_EXP_TYPE_UPSTREAM);
	struct made *down =
		made_new_bridge(test, "0000:07:00.0", up, first, PCI_EXP_TYPE_DOWNSTREAM);
	struct made *other =
		made_new_bridge(test, "0000:07:01.0", up, second, PCI_EXP_TYPE_DOWNSTREAM);
	struct made *edu = made_new(test, "0000:08:00.0", down, first, PCI_EXP_TYPE_ENDPOINT);
	struct made *nic = made_new(test, "0000:09:00.0", other, second, PCI_EXP_TYPE_ENDPOINT);

	made_expect_causes(test, edu, "acs-missing 0000:07:00.0\npeer-to-peer 0000:09:00.0\n");
	made_expect_causes(test, nic, "acs-missing 0000:07:01.0\npeer-to-peer 0000:08:00.0\n");
	made_expect_causes(test, down, "acs-missing 0000:07:00.0\n");
	made_expect_causes(test, up, "");
}

/* Ports whose ACS was on, and is cleared: the switch forwards again. */
static void unittest_switch_with_acs_cleared(struct kunit *test)
{
	struct made *up = made_new_bridge(test, "0000:06:00.0", NULL, made_group_new(test),
					  PCI_EXP_TYPE_UPSTREAM);
	struct made *down =
		made_new_bridge(test, "0000:07:00.0", up, NULL, PCI_EXP_TYPE_DOWNSTREAM);
	struct made *other =
		made_new_bridge(test, "0000:07:01.0", up, NULL, PCI_EXP_TYPE_DOWNSTREAM);
	struct made *edu, *nic;

	made_give_acs(down, true);
	made_give_acs(other, true);
	made_join(down, made_group_new(test));
	made_join(other, made_group_new(test));
	edu = made_new(test, "0000:08:00.0", down, made_group_new(test), PCI_EXP_TYPE_ENDPOINT);
	nic = made_new(test, "0000:09:00.0", other, made_group_new(test), PCI_EXP_TYPE_ENDPOINT);
	made_expect_causes(test, edu, "");
	made_settle_acs(down, false);
	made_expect_causes(test, edu, "acs-cleared 0000:07:00.0\npeer-to-peer 0000:09:00.0\n");
	made_expect_causes(test, nic, "peer-to-peer 0000:08:00.0\n");
}

static void unittest_functions(struct kunit *test)
{
	struct dg_group *group = made_group_new(test);
	struct made *first = made_new_function(test, "0000:00:05.0", group);
	struct made *second = made_new_function(test, "0000:00:05.1", group);
	struct made *apart = made_new_function(test, "0000:00:05.2", made_group_new(test));

	made_expect_causes(test, first, "multifunction 0000:00:05.1\nacs-quirk 0000:00:05.2\n");
	made_expect_causes(test, second, "multifunction 0000:00:05.0\nacs-quirk 0000:00:05.2\n");
	made_expect_causes(test, apart, "acs-quirk 0000:00:05.0\nacs-quirk 0000:00:05.1\n");
}

static void unittest_functions_with_acs_cleared(struct kunit *test)
{
	struct made *first = made_new(test, "0000:00:05.0", NULL, NULL, PCI_EXP_TYPE_ENDPOINT);
	struct made *second;

	first->pdev.multifunction = 1;
	made_give_acs(first, true);
	made_join(first, made_group_new(test));
	second = made_new_function(test, "0000:00:05.1", made_group_new(test));
	made_expect_causes(test, second, "");
	made_settle_acs(first, false);
	made_expect_causes(test, first, "acs-cleared 0000:00:05.0\n");
	made_expect_causes(test, second, "acs-cleared 0000:00:05.0\n");
}

static void unittest_virtual_function_is_in_no_slot(struct kunit *test)
{
	struct dg_group *group = made_group_new(test);
	struct made *pf = made_new_function(test, "0000:00:05.0", group);
	struct made *vf = made_new(test, "0000:00:05.1", NULL, NULL, PCI_EXP_TYPE_ENDPOINT);

	vf->entry.physfn = &pf->entry;
	made_join(vf, made_group_new(test));
	made_expect_causes(test, pf, "");
	made_expect_causes(test, vf, "");
}

static void unittest_alias_in_another_slot(struct kunit *test)
{
	struct dg_group *group = made_group_new(test);
	struct made *first = made_new(test, "0000:00:05.0", NULL, group, PCI_EXP_TYPE_ENDPOINT);
	struct made *second = made_new(test, "0000:00:06.1", NULL, group, PCI_EXP_TYPE_ENDPOINT);

	made_give_alias(second, PCI_DEVFN(5, 0));
	made_expect_causes(test, first, "dma-alias 0000:00:06.1\n");
	made_expect_causes(test, second, "dma-alias 0000:00:05.0\n");
	made_expect_text(test, second, dg_aliases_print, "0000:00:06.1\n0000:00:05.0\n");
}

/* Two devices that only a third one ties: none of them is without a cause. */
static void unittest_alias_of_a_third(struct kunit *test)
{
	struct dg_group *group = made_group_new(test);
	struct made *first = made_new(test, "0000:00:05.0", NULL, group, PCI_EXP_TYPE_ENDPOINT);
	struct made *second = made_new(test, "0000:00:06.0", NULL, group, PCI_EXP_TYPE_ENDPOINT);
	struct made *third = made_new(test, "0000:00:07.0", NULL, group, PCI_EXP_TYPE_ENDPOINT);

	made_give_alias(first, PCI_DEVFN(7, 0));
	made_give_alias(second, PCI_DEVFN(7, 0));
	made_expect_causes(test, first, "dma-alias 0000:00:07.0\n");
	made_expect_causes(test, second, "dma-alias 0000:00:07.0\n");
	made_expect_causes(test, third, "dma-alias 0000:00:05.0\ndma-alias 0000:00:06.0\n");
}

static void unittest_conventional_bridge(struct kunit *test)
{
	struct dg_group *group = made_group_new(test);
	struct made *bridge =
		made_new_bridge(test, "0000:03:00.0", NULL, group, PCI_EXP_TYPE_PCI_BRIDGE);
	struct made *nic = made_new(test, "0000:04:01.0", bridge, group, -1);
	struct made *usb = made_new(test, "0000:04:02.0", bridge, group, -1);

	made_expect_causes(test, nic, "conventional-bridge 0000:03:00.0\n");
	made_expect_causes(test, usb, "conventional-bridge 0000:03:00.0\n");
	made_expect_causes(test, bridge, "conventional-bridge 0000:03:00.0\n");
	made_expect_text(test, nic, dg_aliases_print, "0000:04:01.0\n0000:04:00.0\n");
	made_expect_text(test, usb, dg_reset_print_scope, "0000:04:01.0\n0000:04:02.0\n");
	made_expect_text(test, bridge, dg_reset_print_scope, "");
}

static void unittest_no_cause(struct kunit *test)
{
	struct dg_group *group = made_group_new(test);
	struct made *first = made_new(test, "0000:01:00.0", NULL, group, PCI_EXP_TYPE_ENDPOINT);
	struct made *second = made_new(test, "0000:02:00.0", NULL, group, PCI_EXP_TYPE_ENDPOINT);

	made_expect_causes(test, first, "unknown 0000:02:00.0\n");
	made_expect_causes(test, second, "unknown 0000:01:00.0\n");
}

static void unittest_no_iommu(struct kunit *test)
{
	struct made *nic =
		made_new(test, "0000:01:00.0", NULL, made_group_new(test), PCI_EXP_TYPE_ENDPOINT);

	nic->pdev.dev.iommu = NULL;
	made_expect_causes(test, nic, "no-iommu 0000:01:00.0\n");
}

/* A group of many devices is printed in time that grows with its size, not with its square. */
static void unittest_large_group(struct kunit *test)
{
	struct dg_group *group = made_group_new(test);
	struct made *bridge =
		made_new_bridge(test, "0000:03:00.0", NULL, group, PCI_EXP_TYPE_PCI_BRIDGE);
	struct made *last = NULL;
	unsigned int i;

	for (i = 0; i < 256; i++) {
		char *name = kunit_kzalloc(test, 16, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, name);
		snprintf(name, 16, "0000:04:%02x.%d", PCI_SLOT(i), PCI_FUNC(i));
		last = made_new(test, name, bridge, group, -1);
	}
	made_expect_causes(test, last,
			   "conventional-bridge 0000:03:00.0\n"
			   "multifunction 0000:04:1f.0\nmultifunction 0000:04:1f.1\n"
			   "multifunction 0000:04:1f.2\nmultifunction 0000:04:1f.3\n"
			   "multifunction 0000:04:1f.4\nmultifunction 0000:04:1f.5\n"
			   "multifunction 0000:04:1f.6\n");
}

/* --- the filter --- */

static u32 unittest_dword(const u8 *shown, unsigned int at)
{
	u32 value;

	memcpy(&value, shown + at, sizeof(value));
	return value;
}

/* An endpoint whose every register is full, with the capabilities below. */
static struct made *made_new_full(struct kunit *test)
{
	struct made *made =
		made_new(test, "0000:01:00.0", NULL, made_group_new(test), PCI_EXP_TYPE_ENDPOINT);

	memset(made->config, 0xa5, sizeof(made->config));
	made_put_dword(made, PCI_VENDOR_ID, 0x10d38086);
	made_put_dword(made, PCI_BASE_ADDRESS_0, 0xfeb80004); /* memory, 64 bits */
	made_put_dword(made, PCI_BASE_ADDRESS_1, 0x00000012);
	made_put_dword(made, PCI_BASE_ADDRESS_2, 0x0000c001); /* ports */
	made->config[PCI_CAPABILITY_LIST] = 0x50;
	made_put_word(made, 0x50, 0x6000 | PCI_CAP_ID_MSI);
	made_put_word(made, 0x60, 0x7000 | PCI_CAP_ID_VNDR);
	made_put_word(made, 0x70, 0x0000 | 0x7f); /* of no known kind */
	made_put_dword(made, 0x100, 0x14000000 | 1 << 16 | PCI_EXT_CAP_ID_ERR);
	made_put_dword(made, 0x140, 0x18000000 | 1 << 16 | PCI_EXT_CAP_ID_VNDR);
	made_put_dword(made, 0x180, 0x00000000 | 1 << 16 | 0x7ff);
	return made;
}

static void unittest_filter_shows_identity(struct kunit *test)
{
	struct made *made = made_new_full(test);
	u8 *shown = made_filter(test, made);

	KUNIT_EXPECT_EQ(test, 0x10d38086u, unittest_dword(shown, PCI_VENDOR_ID));
	KUNIT_EXPECT_EQ(test, 0x4u, unittest_dword(shown, PCI_BASE_ADDRESS_0));
	KUNIT_EXPECT_EQ(test, 0x0u, unittest_dword(shown, PCI_BASE_ADDRESS_1));
	KUNIT_EXPECT_EQ(test, 0x1u, unittest_dword(shown, PCI_BASE_ADDRESS_2));
	KUNIT_EXPECT_EQ(test, 0x0u, unittest_dword(shown, PCI_ROM_ADDRESS));
	KUNIT_EXPECT_EQ(test, 0x50, shown[PCI_CAPABILITY_LIST]);
	KUNIT_EXPECT_EQ(test, 0x60, shown[0x51]); /* the whole list */
	KUNIT_EXPECT_EQ(test, 0x70, shown[0x61]);
	KUNIT_EXPECT_EQ(test, 0x7f, shown[0x70]);
}

/* A hidden register is not read either: a read may have effects. */
static void unittest_filter_hides_and_does_not_read(struct kunit *test)
{
	static const struct {
		unsigned int at, size;
	} hidden[] = {
		{ PCI_CARDBUS_CIS, 4 },
		{ PCI_ROM_ADDRESS, 4 },
		{ 0x54, 12 },	/* address and data of MSI */
		{ 0x63, 13 },	/* vendor-specific */
		{ 0x72, 14 },	/* of no known kind */
		{ 0x80, 0x80 }, /* outside of capabilities */
		{ 0x100 + PCI_ERR_HEADER_LOG, 16 },
		{ 0x148, 0x38 },			   /* vendor-specific */
		{ 0x184, PCI_CFG_SPACE_EXP_SIZE - 0x184 }, /* of no known kind, and the rest */
	};
	struct made *made = made_new_full(test);
	u8 *shown = made_filter(test, made);
	unsigned int i, at;

	for (i = 0; i < ARRAY_SIZE(hidden); i++)
		for (at = hidden[i].at; at < hidden[i].at + hidden[i].size; at++) {
			KUNIT_EXPECT_EQ_MSG(test, 0, shown[at], "at %x", at);
			KUNIT_EXPECT_FALSE_MSG(test, test_bit(at, made->read), "at %x", at);
		}
}

static void unittest_filter_closes_windows(struct kunit *test)
{
	struct made *made = made_new_full(test);
	u8 *shown;

	made->pdev.hdr_type = PCI_HEADER_TYPE_BRIDGE;
	shown = made_filter(test, made);
	KUNIT_EXPECT_EQ(test, 0x0000fff0u, unittest_dword(shown, PCI_MEMORY_BASE));
	KUNIT_EXPECT_EQ(test, 0xf0, shown[PCI_IO_BASE] & 0xf0);
	KUNIT_EXPECT_EQ(test, 0x00, shown[PCI_IO_LIMIT] & 0xf0);
	KUNIT_EXPECT_EQ(test, 0u, unittest_dword(shown, PCI_PREF_BASE_UPPER32));
}

/* Lists that the device forges: circles, and places at the end. */
static void unittest_filter_survives_forged_lists(struct kunit *test)
{
	struct made *made = made_new_full(test);
	u8 *shown;

	made_put_word(made, 0x50, 0x5000 | PCI_CAP_ID_MSI);
	made_put_dword(made, 0x100, 0x10000000 | 1 << 16 | PCI_EXT_CAP_ID_SRIOV);
	made_filter(test, made);
	made_put_word(made, 0x50, 0xfc00 | PCI_CAP_ID_EXP);
	made_put_word(made, 0xfc, 0x0300 | PCI_CAP_ID_EXP);
	made_put_dword(made, 0x100, 0xffc00000 | 1 << 16 | PCI_EXT_CAP_ID_ERR);
	made_put_dword(made, 0xffc, 0xffc00000 | 1 << 16 | PCI_EXT_CAP_ID_SRIOV);
	shown = made_filter(test, made);
	KUNIT_EXPECT_EQ(test, 0x10d38086u, unittest_dword(shown, PCI_VENDOR_ID));
	made->silent = true;
	made_filter(test, made);
}

static void unittest_filter_of_a_dead_device(struct kunit *test)
{
	struct config_filter *filter = kunit_kzalloc(test, sizeof(*filter), GFP_KERNEL);
	struct made *made = made_new_full(test);
	u8 byte;

	KUNIT_ASSERT_NOT_NULL(test, filter);
	filter->entry = &made->entry;
	filter->pdev = &made->pdev;
	made->entry.dead = true;
	bitmap_zero(made->read, PCI_CFG_SPACE_EXP_SIZE);
	KUNIT_EXPECT_EQ(test, (ssize_t)-ENODEV, config_copy_visible(filter, &byte, 0, 1));
	KUNIT_EXPECT_TRUE(test, bitmap_empty(made->read, PCI_CFG_SPACE_EXP_SIZE));
}

static struct kunit_case isolation_cases[] = { KUNIT_CASE(unittest_device_alone),
					       KUNIT_CASE(unittest_port_without_acs),
					       KUNIT_CASE(unittest_quirk),
					       KUNIT_CASE(unittest_acs_turned_on_later),
					       KUNIT_CASE(unittest_acs_cleared_later),
					       KUNIT_CASE(unittest_acs_cleared_by_a_reset),
					       KUNIT_CASE(unittest_device_that_never_answered),
					       KUNIT_CASE(unittest_switch),
					       KUNIT_CASE(unittest_switch_with_acs_cleared),
					       KUNIT_CASE(unittest_functions),
					       KUNIT_CASE(unittest_functions_with_acs_cleared),
					       KUNIT_CASE(unittest_virtual_function_is_in_no_slot),
					       KUNIT_CASE(unittest_no_cause),
					       KUNIT_CASE(unittest_no_iommu),
					       KUNIT_CASE(unittest_large_group),
					       {} };

static struct kunit_case aliases_cases[] = { KUNIT_CASE(unittest_alias_in_another_slot),
					     KUNIT_CASE(unittest_alias_of_a_third),
					     KUNIT_CASE(unittest_conventional_bridge),
					     {} };

static struct kunit_case filter_cases[] = { KUNIT_CASE(unittest_filter_shows_identity),
					    KUNIT_CASE(unittest_filter_hides_and_does_not_read),
					    KUNIT_CASE(unittest_filter_closes_windows),
					    KUNIT_CASE(unittest_filter_survives_forged_lists),
					    KUNIT_CASE(unittest_filter_of_a_dead_device),
					    {} };

static struct kunit_suite isolation_suite = {
	.name = "devgroups-isolation",
	.init = unittest_init,
	.test_cases = isolation_cases,
};

static struct kunit_suite aliases_suite = {
	.name = "devgroups-aliases",
	.init = unittest_init,
	.test_cases = aliases_cases,
};

static struct kunit_suite filter_suite = {
	.name = "devgroups-filter",
	.init = unittest_init,
	.test_cases = filter_cases,
};

kunit_test_suites(&isolation_suite, &aliases_suite, &filter_suite);
MODULE_DESCRIPTION("Unit tests of devgroups");
MODULE_LICENSE("GPL");
