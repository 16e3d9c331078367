/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include "base/str.h"
#include "base/strv.h"
#include "host-builder.h"
#include "policy/offline/grouping.h"
#include "policy/report/slots.h"
#include "recorded-host.h"

/* Adds a port with the buses @bus, an ACS capability with @controls, and a slot or none. */
static struct device *add_port(struct inventory *inv, const char *address, uint8_t bus,
			       unsigned slot, uint8_t controls)
{
	struct device *port = host_builder_add_bridge(inv, address, NULL, IOMMU_GROUP_NONE);

	host_builder_add_express(port, 4);
	port->config[0x0e] = 1;
	port->config[0x19] = port->config[0x1a] = bus;
	port->config[0x43] = slot ? 1 : 0;
	host_builder_put_config32(port, 0x4c, 8 << 4);
	host_builder_put_config32(port, 0x54, slot << 19);
	host_builder_put_config32(port, 0x100, 0x1000d);
	port->config[0x104] = 0x1d;
	port->config[0x106] = controls;
	return port;
}

/* A board: slot 1 joins, slot 2 isolates and is empty, a part that is soldered, slot 3 joins. */
static struct inventory *make_board(void)
{
	struct inventory *inv = inventory_new();

	add_port(inv, "0000:00:01.0", 1, 1, 0);
	add_port(inv, "0000:00:02.0", 2, 2, 0x1d);
	add_port(inv, "0000:00:03.0", 3, 0, 0);
	add_port(inv, "0000:00:04.0", 4, 3, 0);
	host_builder_add_express(host_builder_add_pci(inv, "0000:01:00.0", "0000:00:01.0", -1), 0);
	host_builder_add_express(host_builder_add_pci(inv, "0000:03:00.0", "0000:00:03.0", -1), 0);
	ck_assert_int_eq(grouping_apply(inv), 0);
	return inv;
}

static struct slots_advice ask(const struct inventory *inv, const char *key)
{
	_cleanup_slots_finder_ struct slots_finder finder = slots_finder_of(inv);
	struct slots_advice advice;

	ck_assert_int_eq(slots_find(&finder, inventory_find(inv, key), &advice), 0);
	return advice;
}

START_TEST(test_other_slots_are_named_and_judged)
{
	_cleanup_inventory_ struct inventory *inv = make_board();
	_cleanup_slots_ struct slots_advice advice = ask(inv, "0000:01:00.0");
	const struct slot *slot;

	ck_assert_int_eq(advice.verdict, SLOTS_COMPARED);
	ck_assert_str_eq(advice.here.name, "1");
	ck_assert_int_eq(advice.here.isolation, SLOT_JOINS);
	ck_assert_uint_eq(advice.companions.n, 0);
	ck_assert_uint_eq(advice.slots.n, 2);
	slot = advice.slots.items[0];
	ck_assert_str_eq(slot->name, "2");
	ck_assert(slot->is_empty);
	ck_assert_uint_eq(slot->width, 8);
	ck_assert_int_eq(slot->isolation, SLOT_ISOLATES);
	slot = advice.slots.items[1];
	ck_assert_str_eq(slot->culprit->key, "0000:00:04.0");
}
END_TEST

START_TEST(test_soldered_device_has_no_slot)
{
	_cleanup_inventory_ struct inventory *inv = make_board();
	_cleanup_slots_ struct slots_advice advice = ask(inv, "0000:03:00.0");

	ck_assert_int_eq(advice.verdict, SLOTS_NO_SLOT);
}
END_TEST

START_TEST(test_names_of_the_system_come_first)
{
	_cleanup_inventory_ struct inventory *inv = make_board();
	_cleanup_(slots_clear) struct slots_advice advice = { 0 };

	ck_assert_int_eq(strv_add(&inv->slots, "0000:02:00 PCIe slot B"), 0);
	advice = ask(inv, "0000:01:00.0");
	ck_assert_str_eq(((struct slot *)advice.slots.items[0])->name, "PCIe slot B");
}
END_TEST

/* Functions without ACS stay together in every slot. */
START_TEST(test_functions_of_a_card_move_together)
{
	_cleanup_inventory_ struct inventory *inv = make_board();
	_cleanup_(slots_clear) struct slots_advice advice = { 0 };
	struct device *second = host_builder_add_pci(inv, "0000:01:00.1", "0000:00:01.0", -1);
	struct device *first = inventory_find(inv, "0000:01:00.0");

	host_builder_add_express(second, 0);
	first->config[0x0e] = second->config[0x0e] = 0x80;
	ck_assert_int_eq(grouping_apply(inv), 0);
	advice = ask(inv, "0000:01:00.0");
	ck_assert_uint_eq(advice.companions.n, 1);
	ck_assert_ptr_eq(advice.companions.items[0], second);
}
END_TEST

START_TEST(test_unreadable_ports_are_unknown)
{
	_cleanup_inventory_ struct inventory *inv = make_board();
	_cleanup_(slots_clear) struct slots_advice advice = { 0 };

	inventory_find(inv, "0000:00:02.0")->config_size = 0x100;
	inventory_find(inv, "0000:01:00.0")->group_unsure = false;
	advice = ask(inv, "0000:01:00.0");
	ck_assert_int_eq(((struct slot *)advice.slots.items[0])->isolation, SLOT_UNKNOWN);
	slots_clear(&advice);
	inventory_find(inv, "0000:01:00.0")->group_unsure = true;
	advice = ask(inv, "0000:01:00.0");
	ck_assert_int_eq(advice.verdict, SLOTS_UNKNOWN);
}
END_TEST

/* A group that the rules do not make, as with pcie_acs_override, tells nothing of a slot. */
START_TEST(test_groups_by_other_rules_are_unknown)
{
	_cleanup_inventory_ struct inventory *inv = make_board();
	_cleanup_(slots_clear) struct slots_advice advice = { 0 };

	inv->groups_derived = false;
	ck_assert_int_eq(inventory_set_group(inv, inventory_find(inv, "0000:00:02.0"),
					     inventory_find(inv, "0000:01:00.0")->iommu_group),
			 0);
	advice = ask(inv, "0000:01:00.0");
	ck_assert_int_eq(advice.verdict, SLOTS_UNKNOWN);
}
END_TEST

START_TEST(test_lspci_names_slots)
{
	_cleanup_inventory_ struct inventory *inv = recorded_host_load("lab-bridges-verbose.lspci");

	ck_assert(strv_contains(inv->slots, "0000:01:00 1"));
}
END_TEST

SUITE("slots", test_other_slots_are_named_and_judged, test_soldered_device_has_no_slot,
      test_names_of_the_system_come_first, test_functions_of_a_card_move_together,
      test_unreadable_ports_are_unknown, test_groups_by_other_rules_are_unknown,
      test_lspci_names_slots)
