/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <errno.h>
#include <string.h>

#include "policy/devinfo/pcicap.h"

#define SPACE 4096

/*
 * Returns a device with an empty configuration space of @size bytes. It has an allocation of its
 * own, so that a sanitizer detects a read behind its end.
 */
static struct device *make_device(size_t size)
{
	struct device *device = device_new("pci", "0000:01:00.0");

	device->config = calloc(1, size + !size);
	device->config_size = size;
	return device;
}

static void put_config16(struct device *device, size_t at, unsigned value)
{
	device->config[at] = (uint8_t)value;
	device->config[at + 1] = (uint8_t)(value >> 8);
}

static void put_capability(struct device *device, size_t at, unsigned id, unsigned next)
{
	put_config16(device, 0x06, 0x10);
	put_config16(device, at, id | next << 8);
}

START_TEST(test_capabilities_are_found)
{
	_cleanup_device_ struct device *device = make_device(256);

	ck_assert_int_eq(pcicap_find(device, PCICAP_PM), 0);
	put_capability(device, 0x40, PCICAP_PM, 0x50);
	put_capability(device, 0x50, PCICAP_EXPRESS, 0);
	device->config[0x34] = 0x40;
	put_config16(device, 0x52, 0x0062);
	ck_assert_int_eq(pcicap_find(device, PCICAP_PM), 0x40);
	ck_assert_int_eq(pcicap_find(device, PCICAP_EXPRESS), 0x50);
	ck_assert_int_eq(pcicap_find(device, PCICAP_AF), 0);
	ck_assert_int_eq(pcicap_express_type(device), EXPRESS_DOWNSTREAM);
	/* only 256 bytes are known: the device may have more */
	ck_assert_int_eq(pcicap_find_ext(device, PCICAP_EXT_ACS), -ENODATA);
	put_config16(device, 0x06, 0);
	ck_assert_int_eq(pcicap_find(device, PCICAP_PM), 0);
	ck_assert_int_eq(pcicap_express_type(device), -ENOENT);
}
END_TEST

START_TEST(test_missing_config_space_has_no_data)
{
	_cleanup_device_ struct device *none = device_new("pci", "0000:01:00.0");
	_cleanup_device_ struct device *empty = make_device(0), *half = make_device(0x20);
	_cleanup_device_ struct device *gone = make_device(SPACE);

	memset(gone->config, 0xff, SPACE);
	const struct device *const devices[] = { none, empty, half, gone };
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		uint8_t first, last;

		ck_assert_int_eq(pcicap_find(devices[i], PCICAP_PM), -ENODATA);
		ck_assert_int_eq(pcicap_find_ext(devices[i], PCICAP_EXT_ACS), -ENODATA);
		ck_assert_int_eq(pcicap_express_type(devices[i]), -ENODATA);
		ck_assert(!pcicap_buses(devices[i], &first, &last));
	}
	ck_assert_uint_eq(pcicap_u32(none, 0), 0);
	ck_assert_uint_eq(pcicap_u32(half, 0x1e), 0);
	ck_assert_uint_eq(pcicap_u8(half, SIZE_MAX), 0);
}
END_TEST

/* Chains that form a circle, point to themselves, or leave the known bytes. */
START_TEST(test_circular_chain_ends)
{
	_cleanup_device_ struct device *device = make_device(SPACE), *half = make_device(0x48);

	put_capability(device, 0x40, 0x05, 0x50);
	put_capability(device, 0x50, 0x11, 0x40);
	device->config[0x34] = 0x40;
	ck_assert_int_eq(pcicap_find(device, PCICAP_PM), 0);
	put_capability(device, 0x50, 0x11, 0x50);
	ck_assert_int_eq(pcicap_find(device, PCICAP_PM), 0);
	put_capability(device, 0x50, 0x11, 0x20); /* into the header */
	ck_assert_int_eq(pcicap_find(device, PCICAP_PM), 0);
	put_capability(half, 0x40, 0x05, 0x48);
	half->config[0x34] = 0x40;
	ck_assert_int_eq(pcicap_find(half, PCICAP_PM), -ENODATA);

	put_config16(device, 0x100, 0x0001);
	put_config16(device, 0x102, 0x1501);
	put_config16(device, 0x150, 0x0003);
	put_config16(device, 0x152, 0x1001);
	ck_assert_int_eq(pcicap_find_ext(device, PCICAP_EXT_ACS), 0);
	put_config16(device, 0x152, 0xffc1); /* the last four bytes have no room for a capability */
	put_config16(device, 0xffc, 0x000d);
	put_config16(device, 0xffe, 0x0001);
	ck_assert_int_eq(pcicap_find_ext(device, PCICAP_EXT_ACS), -ENODATA);
	put_config16(device, 0x152, 0x2001);
	put_config16(device, 0x200, 0x000d);
	put_config16(device, 0x202, 0x0001);
	ck_assert_int_eq(pcicap_find_ext(device, PCICAP_EXT_ACS), 0x200);
}
END_TEST

START_TEST(test_multifunction_devices)
{
	_cleanup_device_ struct device *device = make_device(64);
	_cleanup_device_ struct device *second = device_new("pci", "0000:01:00.1");

	ck_assert(!pcicap_is_multifunction(device));
	device->config[0x0e] = 0x80;
	ck_assert(pcicap_is_multifunction(device));
	ck_assert(pcicap_is_multifunction(second));
	second->physfn = strdup("0000:01:00.0");
	ck_assert(!pcicap_is_multifunction(second));
}
END_TEST

SUITE("pcicap", test_capabilities_are_found, test_missing_config_space_has_no_data,
      test_circular_chain_ends, test_multifunction_devices)
