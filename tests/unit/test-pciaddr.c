/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <errno.h>
#include <string.h>

#include "model/device-bus.h"
#include "model/pciaddr.h"

static const struct {
	const char *text, *normal; /* @normal NULL: refused */
} addresses[] = {
	{ "0000:01:00.0", "0000:01:00.0" },
	{ "01:00.0", "0000:01:00.0" },
	{ "ffff:FF:1F.7", "ffff:ff:1f.7" },
	{ "10000:e1:00.0", "10000:e1:00.0" }, /* VMD */
	{ "ffffffff:00:00.0", "ffffffff:00:00.0" },
	{ "0000:01:20.0", NULL },
	{ "0000:01:00.8", NULL },
	{ "000:01:00.0", NULL },
	{ "0000:1:00.0", NULL },
	{ "0000:01:0.0", NULL },
	{ "0000:01:00", NULL },
	{ "0000:01:00.", NULL },
	{ "0000:01:00.0 ", NULL },
	{ " 0000:01:00.0", NULL },
	{ "0000:01:00.00", NULL },
	{ "0000.01.00.0", NULL },
	{ "0100.0", NULL },
	{ "01:000", NULL },
	{ "000001:00.0", NULL },
	{ "0x00:01:00.0", NULL },
	{ "100000000:01:00.0", NULL },
	{ ":01:00.0", NULL },
	{ "-001:01:00.0", NULL },
	{ "", NULL },
};

START_TEST(test_address_is_parsed)
{
	struct pciaddr addr, before;
	char buf[PCIADDR_SIZE];
	int r;

	memset(&addr, 0xa5, sizeof(addr));
	before = addr;
	r = pciaddr_parse(addresses[_i].text, &addr);
	if (!addresses[_i].normal) {
		ck_assert_int_eq(r, -EINVAL);
		ck_assert_mem_eq(&addr, &before, sizeof(addr));
		return;
	}
	ck_assert_int_eq(r, 0);
	ck_assert_str_eq(pciaddr_format(&addr, buf), addresses[_i].normal);
}
END_TEST

START_TEST(test_parts_of_an_address)
{
	struct pciaddr addr;

	ck_assert_int_eq(pciaddr_parse("0001:a2:1f.3", &addr), 0);
	ck_assert_uint_eq(addr.domain, 1);
	ck_assert_uint_eq(addr.bus, 0xa2);
	ck_assert_uint_eq(addr.slot, 0x1f);
	ck_assert_uint_eq(addr.function, 3);
}
END_TEST

START_TEST(test_order_of_addresses)
{
	static const char *const ordered[] = { "0000:00:1f.0", "0000:01:00.0", "0000:01:00.7",
					       "0000:01:01.0", "0000:0a:00.0", "0001:00:00.0",
					       "10000:00:00.0" };
	struct pciaddr a, b;

	for (size_t i = 0; i < ARRAY_SIZE(ordered); i++)
		for (size_t j = 0; j < ARRAY_SIZE(ordered); j++) {
			ck_assert_int_eq(pciaddr_parse(ordered[i], &a), 0);
			ck_assert_int_eq(pciaddr_parse(ordered[j], &b), 0);
			ck_assert_int_eq(pciaddr_cmp(&a, &b) < 0, i < j);
			ck_assert_int_eq(pciaddr_cmp(&a, &b) == 0, i == j);
		}
}
END_TEST

static const struct {
	const char *text, *normal;
} keys[] = {
	{ "01:00.0", "0000:01:00.0" },
	{ "pci:01:00.0", "0000:01:00.0" },
	{ "pci:0000:01:00.0", "0000:01:00.0" },
	{ "0000:0A:00.0", "0000:0a:00.0" },
	{ "platform:fe200000.dma", "platform:fe200000.dma" },
	{ "mdev:83b8f4f2-509f-382f-3c1e-e6bfe0fa1001",
	  "mdev:83b8f4f2-509f-382f-3c1e-e6bfe0fa1001" },
	{ "mdev:83B8F4F2-509F-382F-3C1E-E6BFE0FA1001",
	  "mdev:83b8f4f2-509f-382f-3c1e-e6bfe0fa1001" },
	{ "vmbus:a:b", "vmbus:a:b" },
	{ "mdev:83b8f4f2-509f-382f-3c1e", NULL },
	{ "mdev:83b8f4f2-509f-382f-3c1e-e6bfe0fa10011", NULL },
	{ "mdev:83b8f4f2-509f-382f-3c1e-e6bfe0fa100x", NULL },
	{ "PCI:0000:01:00.0", NULL },
	{ "0000:01:00.9", NULL },
	{ "pci:fe200000.dma", NULL },
	{ "platform:", NULL },
	{ ":x", NULL },
	{ "e1000e", NULL },
	{ "platform:../../x", NULL },
	{ "platform:.x", NULL },
	{ "a/b:c", NULL },
	{ "platform:a b", NULL },
	{ "platform:a\n", NULL },
	{ "", NULL },
};

START_TEST(test_key_is_normalised)
{
	_cleanup_free_ char *key = NULL;
	int r = device_bus_key_normalize(keys[_i].text, &key);

	if (!keys[_i].normal) {
		ck_assert_int_eq(r, -EINVAL);
		ck_assert_ptr_null(key);
		return;
	}
	ck_assert_int_eq(r, 0);
	ck_assert_str_eq(key, keys[_i].normal);
}
END_TEST

START_TEST(test_normalised_key_is_stable)
{
	_cleanup_free_ char *pci = device_bus_key_new("pci", "0000:01:00.0");
	_cleanup_free_ char *mdev = device_bus_key_new("mdev", "uuid");
	_cleanup_free_ char *again = NULL, *longest = NULL;
	char name[200] = "platform:";

	ck_assert_str_eq(pci, "0000:01:00.0");
	ck_assert_str_eq(mdev, "mdev:uuid");
	ck_assert_int_eq(device_bus_key_normalize(pci, &again), 0);
	ck_assert_str_eq(again, pci);

	memset(name + strlen(name), 'x', 128);
	ck_assert_int_eq(device_bus_key_normalize(name, &longest), 0);
	strcat(name, "x");
	ck_assert_int_eq(device_bus_key_normalize(name, &(char *){ NULL }), -EINVAL);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("pciaddr");
	TCase *tcase = tcase_create("pciaddr");

	tcase_add_loop_test(tcase, test_address_is_parsed, 0, ARRAY_SIZE(addresses));
	tcase_add_test(tcase, test_parts_of_an_address);
	tcase_add_test(tcase, test_order_of_addresses);
	tcase_add_loop_test(tcase, test_key_is_normalised, 0, ARRAY_SIZE(keys));
	tcase_add_test(tcase, test_normalised_key_is_stable);
	suite_add_tcase(suite, tcase);
	return suite;
}
