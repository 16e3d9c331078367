/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <string.h>

#include "base/private.h"
#include "base/str.h"
#include "host-builder.h"
#include "model/json/codec.h"
#include "model/usage.h"
#include "policy/devinfo/cap-chain.h"
#include "policy/devinfo/device-view.h"
#include "policy/devinfo/pcicap.h"

#define ALICE 1000
#define BOB 1001

static struct inventory *inv;
static struct device *card;

static void put(size_t at, size_t size, uint64_t value)
{
	for (size_t i = 0; i < size; i++)
		card->config[at + i] = (uint8_t)(value >> 8 * i);
}

/* A card with MSI, PCI Express and a vendor capability; errors, serial number and ACS behind. */
static void make_host(void)
{
	inv = inventory_new();
	card = host_builder_add_pci(inv, "0000:01:00.0", NULL, 1);
	free(card->config);
	card->config_size = CAP_CHAIN_CONFIG_SIZE;
	card->config = malloc(card->config_size);
	memset(card->config, 0xa5, card->config_size);
	put(0x06, 2, 0x0010);
	put(0x0e, 1, 0);
	put(0x34, 1, 0x50);
	put(0x50, 4, 0x00817005);  /* MSI, with an address of 64 bits */
	put(0x70, 4, 0x0002a010);  /* PCI Express */
	put(0xa0, 4, 0xa5100009);  /* vendor */
	put(0x100, 4, 0x14010001); /* errors */
	put(0x140, 4, 0x15010003); /* serial number */
	put(0x150, 4, 0x0001000d); /* ACS */
	ck_assert_int_eq(str_set(&card->serial, "00-1b-21"), 0);
}

static void free_host(void)
{
	inv = inventory_free(inv);
}

static void add_usage(const char *what, int pid, uid_t owner)
{
	struct usage usage = { .kind = (char *)USAGE_OPEN,
			       .what = (char *)what,
			       .pid = pid,
			       .name = (char *)(pid < 0 ? NULL : "secret"),
			       .owner = owner };

	ck_assert_int_eq(usage_list_add(&card->usages, &usage), 0);
}

/* Returns the snapshot that @reader gets. */
static char *snapshot_for(uid_t reader)
{
	_cleanup_device_view_list_ struct device_view_list view = { 0 };
	char *text = NULL;

	ck_assert_int_eq(device_view_list_make(inv, reader, &view), 0);
	ck_assert_int_eq(codec_inventory_to_json(&view.inv, false, &text), 0);
	return text;
}

START_TEST(test_secrets_of_config_are_zero)
{
	uint8_t *masked = malloc(card->config_size);

	memcpy(masked, card->config, card->config_size);
	device_view_mask_config(card, masked, card->config_size);
	ck_assert_mem_eq(masked, card->config, 64);
	for (size_t at = 0x54; at < 0x70; at++) /* message address and data */
		ck_assert_uint_eq(masked[at], 0);
	ck_assert_mem_eq(masked + 0x70, card->config + 0x70, 0x30); /* PCI Express */
	for (size_t at = 0xac; at < 0x100; at++)		    /* of the vendor */
		ck_assert_uint_eq(masked[at], 0);
	for (size_t at = 0x11c; at < 0x140; at++) /* logged header */
		ck_assert_uint_eq(masked[at], 0);
	for (size_t at = 0x144; at < 0x150; at++) /* serial number */
		ck_assert_uint_eq(masked[at], 0);
	ck_assert_mem_eq(masked + 0x150, card->config + 0x150, 12); /* ACS */
	for (size_t at = 0x15c; at < card->config_size; at++)
		ck_assert_uint_eq(masked[at], 0);
	free(masked);
}
END_TEST

START_TEST(test_view_reads_as_the_device)
{
	_cleanup_free_ char *text = snapshot_for(BOB), *error = NULL;
	_cleanup_inventory_ struct inventory *seen = NULL;
	const struct device *device;
	struct cap_chain chain;

	ck_assert_ptr_null(strstr(text, "00-1b-21"));
	ck_assert_msg(codec_snapshot_from_json(text, strlen(text), &seen, &error) == 0, "%s",
		      error);
	device = inventory_find(seen, "0000:01:00.0");
	ck_assert(device->config_masked);
	ck_assert_uint_eq(device->config_size, card->config_size);
	ck_assert_int_eq(pcicap_find_ext(device, PCICAP_EXT_ACS), 0x150);
	ck_assert_int_eq(pcicap_find(device, PCICAP_EXPRESS), 0x70);
	ck_assert_int_eq(pcicap_express_type(device), pcicap_express_type(card));
	/* the registers between capabilities are not known to be free */
	ck_assert_int_eq(cap_chain_read(device, &chain), 0);
	ck_assert(!chain.complete);
}
END_TEST

START_TEST(test_processes_of_others_are_hidden)
{
	_cleanup_free_ char *bob = NULL, *alice = NULL;

	add_usage("/dev/nvme0n1", 4711, ALICE);
	add_usage("/srv", -1, PRIVATE_NO_READER);
	bob = snapshot_for(BOB);
	alice = snapshot_for(ALICE);
	ck_assert_ptr_null(strstr(bob, "4711"));
	ck_assert_ptr_null(strstr(bob, "secret"));
	ck_assert_ptr_null(strstr(bob, "/dev/nvme0n1"));
	ck_assert_ptr_nonnull(strstr(bob, "a process of another user"));
	ck_assert_ptr_nonnull(strstr(bob, "/srv"));
	ck_assert_ptr_nonnull(strstr(alice, "4711"));
	ck_assert_ptr_nonnull(strstr(alice, "/dev/nvme0n1"));
}
END_TEST

START_TEST(test_short_config)
{
	for (size_t size = 0; size <= 256; size++) {
		uint8_t config[256];

		memset(config, 0xff, sizeof(config));
		device_view_mask_config(card, config, size);
		for (size_t at = size; at < sizeof(config); at++)
			ck_assert_uint_eq(config[at], 0xff);
	}
}
END_TEST

SUITE_WITH_FIXTURE("device-view", make_host, free_host, test_secrets_of_config_are_zero,
		   test_view_reads_as_the_device, test_processes_of_others_are_hidden,
		   test_short_config)
