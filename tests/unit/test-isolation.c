/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "host-builder.h"
#include "policy/isolation/isolation.h"
#include "policy/offline/grouping.h"

/* Returns "acs-missing 0000:07:00.0, …". */
static char *causes_of(const struct inventory *inv, const char *key)
{
	_cleanup_isolation_ struct vec causes = { 0 };
	_cleanup_strv_ char **words = NULL;

	ck_assert_int_eq(isolation_find(inv, inventory_find(inv, key), &causes), 0);
	VEC_FOREACH(const struct isolation_cause, cause, &causes) {
		_cleanup_free_ char *word =
			str_printf("%s %s", isolation_code_to_string(cause->code), cause->peer);

		ck_assert_int_eq(strv_add(&words, word), 0);
	}
	return strv_join(words, ", ");
}

#define ck_assert_causes(inv, key, expected)                       \
	do {                                                       \
		_cleanup_free_ char *actual = causes_of(inv, key); \
                                                                   \
		ck_assert_str_eq(actual, expected);                \
	} while (0)

START_TEST(test_causes_of_the_module_take_precedence)
{
	_cleanup_inventory_ struct inventory *inv = inventory_new();
	struct device *device = host_builder_add_pci(inv, "0000:01:00.0", NULL, 1);

	host_builder_add_pci(inv, "0000:02:00.0", NULL, 1);
	ck_assert_int_eq(strv_add(&device->isolation, "acs-missing 0000:00:01.0"), 0);
	ck_assert_int_eq(strv_add(&device->isolation, "something-new 0000:00:01.0"), 0);
	ck_assert_int_eq(strv_add(&device->isolation, "platform-pe"), 0);
	ck_assert_causes(inv, "0000:01:00.0", "acs-missing 0000:00:01.0, platform-pe ");
	ck_assert(isolation_is_from_module(device));
}
END_TEST

/* A switch without ACS, each of its ports in one group with the device below it. */
START_TEST(test_ports_without_acs_pass_peer_traffic)
{
	_cleanup_inventory_ struct inventory *inv = inventory_new();

	host_builder_add_express(host_builder_add_pci(inv, "0000:06:00.0", NULL, 1), 5);
	host_builder_add_express(host_builder_add_pci(inv, "0000:07:00.0", "0000:06:00.0", 2), 6);
	host_builder_add_express(host_builder_add_pci(inv, "0000:07:01.0", "0000:06:00.0", 3), 6);
	host_builder_add_express(host_builder_add_pci(inv, "0000:08:00.0", "0000:07:00.0", 2), 0);
	host_builder_add_express(host_builder_add_pci(inv, "0000:09:00.0", "0000:07:01.0", 3), 0);
	ck_assert_causes(inv, "0000:08:00.0",
			 "acs-missing 0000:07:00.0, peer-to-peer 0000:09:00.0");
	/* the kernel has a quirk for one port; the other still forwards peer traffic */
	ck_assert_int_eq(inventory_set_group(inv, inventory_find(inv, "0000:08:00.0"), 4), 0);
	ck_assert_causes(inv, "0000:08:00.0", "acs-quirk 0000:07:00.0, peer-to-peer 0000:09:00.0");
	ck_assert_int_eq(inventory_set_group(inv, inventory_find(inv, "0000:09:00.0"), 5), 0);
	ck_assert_causes(inv, "0000:08:00.0", "acs-quirk 0000:07:00.0");
	ck_assert_causes(inv, "0000:09:00.0", "acs-quirk 0000:07:01.0");
}
END_TEST

START_TEST(test_unexplained_group_is_unknown)
{
	_cleanup_inventory_ struct inventory *inv = inventory_new();

	host_builder_add_express(host_builder_add_pci(inv, "0000:01:00.0", NULL, 1), 0);
	host_builder_add_express(host_builder_add_pci(inv, "0000:02:00.0", NULL, 1), 0);
	host_builder_add_express(host_builder_add_pci(inv, "0000:03:00.0", NULL, 2), 0);
	ck_assert_causes(inv, "0000:01:00.0", "unknown 0000:02:00.0");
	ck_assert_causes(inv, "0000:02:00.0", "unknown 0000:01:00.0");
	ck_assert_causes(inv, "0000:03:00.0", "");
	ck_assert_int_eq(str_set(&inventory_find_group(inv, 1)->name, "domain0-pe1"), 0);
	ck_assert_causes(inv, "0000:02:00.0", "platform-pe 0000:01:00.0");
}
END_TEST

/* A port without ACS and the card below it: each names the port. */
START_TEST(test_port_and_card_name_the_same_cause)
{
	_cleanup_inventory_ struct inventory *inv = inventory_new();
	struct device *port = host_builder_add_pci(inv, "0000:00:01.0", NULL, 1);
	struct device *card = host_builder_add_pci(inv, "0000:01:00.0", "0000:00:01.0", 1);

	host_builder_add_express(port, 4);
	port->header_type = 1;
	port->config[0x19] = port->config[0x1a] = 1;
	host_builder_add_express(card, 0);
	ck_assert_causes(inv, "0000:00:01.0", "acs-missing 0000:00:01.0");
	ck_assert_causes(inv, "0000:01:00.0", "acs-missing 0000:00:01.0");
	/* separate groups mean that the kernel has a quirk for the port */
	ck_assert_int_eq(inventory_set_group(inv, card, 2), 0);
	ck_assert_causes(inv, "0000:00:01.0", "");
	ck_assert_causes(inv, "0000:01:00.0", "acs-quirk 0000:00:01.0");
	ck_assert_int_eq(inventory_set_group(inv, card, IOMMU_GROUP_NONE), 0);
	ck_assert_causes(inv, "0000:01:00.0", "");
}
END_TEST

/* Gives the device an ACS capability whose controls are all off, or on. */
static void set_acs(struct device *device, bool on)
{
	device->config[0x100] = 0x0d;
	device->config[0x102] = 1;
	device->config[0x104] = 0x1d;
	device->config[0x106] = on ? 0x1d : 0;
}

/* The kernel turned ACS on, separated the devices, and a program turned ACS off. */
START_TEST(test_cleared_access_control_is_no_quirk)
{
	_cleanup_inventory_ struct inventory *inv = inventory_new();
	struct device *first, *second;

	host_builder_add_express(host_builder_add_pci(inv, "0000:06:00.0", NULL, 1), 5);
	first = host_builder_add_pci(inv, "0000:07:00.0", "0000:06:00.0", 2);
	second = host_builder_add_pci(inv, "0000:07:01.0", "0000:06:00.0", 3);
	host_builder_add_express(first, 6);
	host_builder_add_express(second, 6);
	host_builder_add_express(host_builder_add_pci(inv, "0000:08:00.0", "0000:07:00.0", 4), 0);
	host_builder_add_express(host_builder_add_pci(inv, "0000:09:00.0", "0000:07:01.0", 5), 0);
	set_acs(first, true);
	set_acs(second, true);
	ck_assert_causes(inv, "0000:08:00.0", "");
	set_acs(first, false);
	ck_assert_causes(inv, "0000:08:00.0",
			 "acs-cleared 0000:07:00.0, peer-to-peer 0000:09:00.0");
	ck_assert_causes(inv, "0000:09:00.0", "peer-to-peer 0000:08:00.0");
	/* ACS was off when the kernel made the groups */
	ck_assert_int_eq(inventory_set_group(inv, inventory_find(inv, "0000:08:00.0"), 2), 0);
	ck_assert_causes(inv, "0000:08:00.0",
			 "acs-not-enabled 0000:07:00.0, peer-to-peer 0000:09:00.0");
}
END_TEST

/* A snapshot is a file that any user can write, with a circle in it. */
START_TEST(test_circle_of_bridges_ends)
{
	_cleanup_inventory_ struct inventory *inv = inventory_new();
	_cleanup_free_ int *numbers = NULL;
	static const char *const keys[] = { "0000:00:01.0", "0000:01:00.0", "0000:02:00.0" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		struct device *bridge =
			host_builder_add_pci(inv, keys[i], keys[(i + 1) % ARRAY_SIZE(keys)], 1);

		host_builder_add_express(bridge, 6);
		bridge->header_type = 1;
		bridge->config[0x19] = 1;
		bridge->config[0x1a] = 0xff;
	}
	host_builder_add_pci(inv, "0000:03:00.0", "0000:03:00.0", 1);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		_cleanup_free_ char *causes = causes_of(inv, keys[i]);

		ck_assert_ptr_nonnull(causes);
	}
	ck_assert_int_eq(grouping_derive(inv, &numbers), 0);
	free(numbers);
	ck_assert_int_eq(grouping_derive_by(inv, KERNEL_RULES_NEXT, &numbers), 0);
	free(numbers);
	ck_assert_int_eq(grouping_derive_below(inv, inv->devices.items[0], &numbers), 0);
}
END_TEST

/* The aliases of a Switchtec bridge are in its registers, so the groups on its bus are not known.
 */
START_TEST(test_hidden_aliases_make_groups_unsure)
{
	_cleanup_inventory_ struct inventory *inv = inventory_new();
	struct device *port = host_builder_add_bridge(inv, "0000:00:01.0", NULL, 1),
		      *manager = host_builder_add_pci(inv, "0000:01:00.0", "0000:00:01.0", 2),
		      *ntb = host_builder_add_pci(inv, "0000:01:00.1", "0000:00:01.0", 3);

	host_builder_add_express(port, 4);
	host_builder_add_express(manager, 0);
	host_builder_add_express(ntb, 0);
	manager->vendor = ntb->vendor = 0x11f8;
	manager->device = ntb->device = 0x8536;
	ntb->class_code = 0x058000;
	ck_assert(!grouping_is_unsure(inv, manager));
	ntb->class_code = 0x068000;
	ck_assert(grouping_is_unsure(inv, manager));
	ck_assert(grouping_is_unsure(inv, ntb));
	ck_assert(!grouping_is_unsure(inv, port));
}
END_TEST

START_TEST(test_code_names_round_trip)
{
	for (size_t i = 0; i < ISOLATION_CODES; i++) {
		enum isolation_code code;

		ck_assert_int_eq(isolation_code_from_string(
					 isolation_code_to_string((enum isolation_code)i), &code),
				 0);
		ck_assert_uint_eq(code, i);
	}
}
END_TEST

SUITE("isolation", test_cleared_access_control_is_no_quirk,
      test_causes_of_the_module_take_precedence, test_ports_without_acs_pass_peer_traffic,
      test_unexplained_group_is_unknown, test_port_and_card_name_the_same_cause,
      test_circle_of_bridges_ends, test_hidden_aliases_make_groups_unsure,
      test_code_names_round_trip)
