/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "host-builder.h"
#include "model/json/codec.h"
#include "model/usage.h"
#include "mutate.h"

/* --- a host with one of everything --- */

static void set_text(char **field, const char *value)
{
	ck_assert_int_eq(str_set(field, value), 0);
}

static void fill_card(struct device *card)
{
	set_text(&card->sysfs, "devices/pci0000:00/0000:00:1c.4/0000:01:00.0");
	set_text(&card->parent, "0000:00:1c.4");
	set_text(&card->driver, "e1000e");
	card->has_override = true;
	set_text(&card->vfio_driver, "vfio-pci");
	set_text(&card->modalias, "pci:v00008086d000010D3sv00008086sd0000A01Fbc02sc00i00");
	set_text(&card->power_state, "D0");
	card->numa_node = 0;
	ck_assert_int_eq(strv_add(&card->reset_methods, "flr"), 0);
	ck_assert_int_eq(strv_add(&card->reset_methods, "bus"), 0);
	ck_assert_int_eq(strv_add(&card->interfaces, "net/eth0"), 0);
	card->vendor = card->subsystem_vendor = 0x8086;
	card->device = 0x10d3;
	card->subsystem_device = 0xa01f;
	card->class_code = 0x020000;
	card->revision = 3;
	card->total_vfs = 7;
	card->num_vfs = 1;
	card->resources[0] = (struct device_resource){ 0xfebc0000, 0xfebdffff, 0x40200 };
	card->resources[3] = (struct device_resource){ UINT64_MAX - 1, UINT64_MAX, UINT64_MAX };
	card->config_size = 4096;
	card->config = calloc(1, card->config_size);
	memcpy(card->config, "\x86\x80\xd3\x10\x00\xff", 6);
	card->config[255] = 0x7f;
	card->config_again = calloc(1, card->config_size);
	card->config_again[0x200] = 1;
	set_text(&card->iommu, "dmar0");
	ck_assert_int_eq(strv_add(&card->vfio_info_lines, "region 0 0x7 0x20000"), 0);
}

static void fill_uses(struct device *card)
{
	struct usage process = { .kind = (char *)USAGE_OPEN,
				 .what = (char *)"/dev/nvme0",
				 .pid = 812,
				 .name = (char *)"smartd",
				 .unit = (char *)"smartd.service" };
	struct usage mounted = { .kind = (char *)USAGE_MOUNTED,
				 .what = (char *)"/a \"b\"",
				 .through = (char *)"nvme0n1p1",
				 .pid = -1 };

	ck_assert_int_eq(usage_list_add(&card->usages, &mounted), 0);
	ck_assert_int_eq(usage_list_add(&card->usages, &process), 0);
}

static void fill_function(struct device *vf)
{
	set_text(&vf->physfn, "0000:01:00.0");
	vf->vf_index = 0;
	vf->has_override = true;
	set_text(&vf->driver_override, "vfio-pci");
	set_text(&vf->driver, "vfio-pci");
	vf->vfio_open = true;
	vf->no_reset = true;
	vf->config_size = 64; /* all zeros: written as an empty string */
	vf->config = calloc(1, vf->config_size);
}

static struct inventory *make_inventory(void)
{
	struct inventory *inv = inventory_new();
	struct iommu_group *group;
	struct device *dma;

	ck_assert_ptr_nonnull(inv);
	set_text(&inv->source, "kernel");
	set_text(&inv->kernel_release, "6.12.0");
	inv->page_size = 65536;
	inv->has_vfio = true;
	host_builder_add_device(inv, "pci", "0000:00:1c.4", 4)->header_type = 1;
	fill_card(host_builder_add_device(inv, "pci", "0000:01:00.0", 9));
	fill_uses(inventory_find(inv, "0000:01:00.0"));
	inventory_find(inv, "0000:01:00.0")->errors = (struct device_errors){
		.state = ERROR_FROZEN,
		.counted = true,
		.correctable = 3,
		.fatal = 1,
	};
	set_text(&inv->acs_override, "downstream,multifunction");
	inv->interrupt_remapping = 0;
	inv->unsafe_interrupts = true;
	fill_function(host_builder_add_device(inv, "pci", "0000:01:10.0", 10));
	host_builder_add_device(inv, "pci", "10000:e1:00.0", IOMMU_GROUP_NONE);
	dma = host_builder_add_device(inv, "platform", "fe200000.dma", 9);
	set_text(&dma->compatible, "brcm,dma");
	set_text(&dma->reset_driver, "vfio_platform_dma");
	dma->reset_required = true;
	dma->shares_msi = true;
	host_builder_add_device(inv, "mdev", "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001", 11);
	group = inventory_find_group(inv, 9);
	set_text(&group->type, "DMA-FQ");
	ck_assert_int_eq(strv_add(&group->reserved, "0x00000000fee00000 0x00000000feefffff msi"),
			 0);
	ck_assert_int_eq(strv_add(&group->vfio_info_lines, "range 0x0 0xfedfffff"), 0);
	ck_assert_int_eq(strv_add(&inv->slots, "0000:03:00 4"), 0);
	ck_assert_int_eq(strv_add(&inv->iommus, "dmar0 intel-iommu cap d2008c22260206"), 0);
	return inv;
}

static char *to_json(const struct inventory *inv, bool pretty)
{
	char *text = NULL;

	ck_assert_int_eq(codec_inventory_to_json(inv, pretty, &text), 0);
	return text;
}

static struct inventory *from_json(const char *text)
{
	_cleanup_free_ char *error = NULL;
	struct inventory *inv = NULL;

	ck_assert_msg(codec_snapshot_from_json(text, strlen(text), &inv, &error) == 0, "%s", error);
	ck_assert_ptr_null(error);
	return inv;
}

START_TEST(test_inventory_round_trip)
{
	_cleanup_inventory_ struct inventory *inv = make_inventory();

	for (int pretty = 0; pretty <= 1; pretty++) {
		_cleanup_free_ char *once = to_json(inv, pretty), *twice = NULL;
		_cleanup_inventory_ struct inventory *copy = from_json(once);

		twice = to_json(copy, pretty);
		ck_assert_str_eq(once, twice);
		/* trailing zeros are not written: here all bytes are */
		ck_assert_ptr_nonnull(
			strstr(once, pretty ? "\"config\": \"\"" : "\"config\":\"\""));
	}
}
END_TEST

static void assert_card(const struct device *card)
{
	ck_assert_ptr_nonnull(card);
	ck_assert_str_eq(card->parent, "0000:00:1c.4");
	ck_assert_int_eq(card->iommu_group, 9);
	ck_assert_str_eq(card->driver, "e1000e");
	ck_assert(card->has_override);
	ck_assert_ptr_null(card->driver_override);
	ck_assert_uint_eq(strv_length(card->reset_methods), 2);
	ck_assert_str_eq(card->interfaces[0], "net/eth0");
	ck_assert_int_eq(card->numa_node, 0);
	ck_assert_uint_eq(card->subsystem_device, 0xa01f);
	ck_assert_uint_eq(card->class_code, 0x020000);
	ck_assert_uint_eq(card->revision, 3);
	ck_assert_uint_eq(card->total_vfs, 7);
	ck_assert_int_eq(card->vf_index, -1);
	ck_assert_uint_eq(card->resources[0].end, 0xfebdffff);
	ck_assert_uint_eq(card->resources[3].flags, UINT64_MAX);
	ck_assert_uint_eq(card->config_size, 4096);
	ck_assert_mem_eq(card->config, "\x86\x80\xd3\x10\x00\xff", 6);
	ck_assert_uint_eq(card->config[255], 0x7f);
	ck_assert_uint_eq(card->config[4095], 0);
	ck_assert_uint_eq(card->config_again[0], 0);
	ck_assert_uint_eq(card->config_again[0x200], 1);
	ck_assert_str_eq(card->iommu, "dmar0");
	ck_assert_str_eq(card->vfio_info_lines[0], "region 0 0x7 0x20000");
	ck_assert_uint_eq(card->usages.n, 2);
	ck_assert_int_eq(card->errors.state, ERROR_FROZEN);
	ck_assert(card->errors.counted);
	ck_assert_uint_eq(card->errors.correctable, 3);
	ck_assert_uint_eq(card->errors.fatal, 1);
	ck_assert_str_eq(((struct usage *)card->usages.items[0])->what, "/a \"b\"");
	ck_assert_int_eq(((struct usage *)card->usages.items[0])->pid, -1);
	ck_assert_str_eq(((struct usage *)card->usages.items[1])->unit, "smartd.service");
	ck_assert_int_eq(((struct usage *)card->usages.items[1])->pid, 812);
}

START_TEST(test_inventory_values_survive)
{
	_cleanup_inventory_ struct inventory *inv = make_inventory(), *copy = NULL;
	_cleanup_free_ char *text = to_json(inv, false);
	const struct iommu_group *group;
	const struct device *vf;

	copy = from_json(text);
	ck_assert_str_eq(copy->source, "kernel");
	ck_assert_uint_eq(copy->page_size, 65536);
	ck_assert(copy->has_vfio && !copy->has_iommufd && !copy->has_vfio_cdev);
	ck_assert_ptr_null(copy->kernel_module);
	ck_assert_uint_eq(copy->devices.n, 6);
	assert_card(inventory_find(copy, "0000:01:00.0"));
	vf = inventory_find(copy, "0000:01:10.0");
	ck_assert_str_eq(vf->driver_override, "vfio-pci");
	ck_assert(vf->vfio_open && vf->no_reset);
	ck_assert_int_eq(vf->vf_index, 0);
	ck_assert_uint_eq(vf->config_size, 64);
	ck_assert(!inventory_find(copy, "0000:00:1c.4")->has_override);
	ck_assert_int_eq(inventory_find(copy, "10000:e1:00.0")->iommu_group, IOMMU_GROUP_NONE);
	ck_assert_uint_eq(copy->iommu_groups.n, 4);
	group = inventory_find_group(copy, 9);
	ck_assert_uint_eq(group->devices.n, 2);
	ck_assert_str_eq(group->type, "DMA-FQ");
	ck_assert_uint_eq(strv_length(group->reserved), 1);
	ck_assert_str_eq(group->vfio_info_lines[0], "range 0x0 0xfedfffff");
	ck_assert_str_eq(copy->slots[0], "0000:03:00 4");
	ck_assert_str_eq(copy->iommus[0], "dmar0 intel-iommu cap d2008c22260206");
}
END_TEST

/* Other programs read this form: a change here breaks them. */
START_TEST(test_inventory_has_its_documented_form)
{
	_cleanup_inventory_ struct inventory *inv = inventory_new();
	_cleanup_free_ char *text = NULL;
	struct device *device = host_builder_add_device(inv, "pci", "0000:01:00.0", 9);

	device->vendor = 0x8086;
	device->device = 0xd3;
	device->class_code = 0x20000;
	device->revision = 3;
	device->resources[1] = (struct device_resource){ 0x1000, 0x1fff, 0x200 };
	device->config = calloc(1, 64);
	device->config_size = 64;
	device->config[0] = 0x86;
	text = to_json(inv, false);
	ck_assert_str_eq(
		text,
		"{\"version\":1,\"source\":null,\"kernel-release\":null,\"page-size\":4096,"
		"\"vfio\":false,\"iommufd\":false,\"vfio-cdev\":false,\"kernel-module\":null,"
		"\"devices\":[{\"address\":\"0000:01:00.0\",\"bus\":\"pci\",\"iommu-group\":9,"
		"\"driver\":null,\"vendor\":\"8086\",\"device\":\"00d3\",\"class\":\"020000\","
		"\"revision\":\"03\",\"header-type\":0,"
		"\"resources\":[[\"0x0\",\"0x0\",\"0x0\"],[\"0x1000\",\"0x1fff\",\"0x200\"]],"
		"\"config\":\"86\",\"config-size\":64}],"
		"\"iommu-groups\":[{\"id\":9,\"devices\":[\"0000:01:00.0\"]}]}");
}
END_TEST

START_TEST(test_unknown_keys_are_ignored)
{
	_cleanup_inventory_ struct inventory *inv =
		from_json("{\"version\":1,\"new\":{\"a\":[1]},\"devices\":[{\"bus\":\"pci\","
			  "\"address\":\"0000:01:00.0\",\"new\":7}],\"iommu-groups\":[]}");

	ck_assert_uint_eq(inv->devices.n, 1);
}
END_TEST

/* The kernel allows any byte in a name. The result must be valid JSON nevertheless. */
START_TEST(test_invalid_utf8_is_replaced)
{
	_cleanup_inventory_ struct inventory *inv = inventory_new(), *copy = NULL;
	_cleanup_free_ char *text = NULL;
	struct device *device = host_builder_add_device(inv, "platform", "a.b", 1);

	set_text(&device->driver, "a\xff\"\\\x01\xc3\xbc\xc3");
	text = to_json(inv, false);
	copy = from_json(text);
	device = inventory_find(copy, "platform:a.b");
	ck_assert_str_eq(device->driver, "a\xef\xbf\xbd\"\\?\xc3\xbc\xef\xbf\xbd");
}
END_TEST

/* A recorded host may come from anybody, and is shown on a terminal. */
START_TEST(test_text_of_a_snapshot_is_clean)
{
	_cleanup_inventory_ struct inventory *inv = from_json(
		"{\"version\":1,\"kernel-release\":\"6\\u001b[2J\",\"devices\":[{\"bus\":\"pci\","
		"\"address\":\"0000:01:00.0\",\"driver\":\"a\\u009b\\u202e\","
		"\"driver-override\":\"b\\n\",\"interfaces\":[\"net/\\u0007\"],"
		"\"uses\":[{\"kind\":\"open\",\"what\":\"/dev/\\ufffe\"}]}],\"iommu-groups\":[]}");
	const struct device *device = inventory_find(inv, "0000:01:00.0");
	const struct usage *use = device->usages.items[0];

	ck_assert_str_eq(inv->kernel_release, "6?[2J");
	ck_assert_str_eq(device->driver, "a?????");
	ck_assert_str_eq(device->driver_override, "b?");
	ck_assert_str_eq(device->interfaces[0], "net/?");
	ck_assert_str_eq(use->what, "/dev/???");
}
END_TEST

#define HOST(devices, groups) \
	"{\"version\":1,\"devices\":[" devices "],\"iommu-groups\":[" groups "]}"
#define CARD(more) "{\"bus\":\"pci\",\"address\":\"0000:01:00.0\"" more "}"

static const struct {
	const char *text, *error;
} bad_inventories[] = {
	{ "", "ends here" },
	{ "[]", "expected an object, found an array" },
	{ "{}", "\"version\"" },
	{ "{\"version\":\"1\",\"devices\":[]}", "\"version\": expected a number" },
	{ "{\"version\":2,\"devices\":[]}", "another version" },
	{ "{\"version\":1}", "\"devices\"" },
	{ "{\"version\":1,\"devices\":{}}", "\"devices\": expected an array" },
	{ "{\"version\":1,\"version\":1,\"devices\":[]}", "in the object twice" },
	{ "{\"version\":1,\"page-size\":-1,\"devices\":[]}",
	  "\"page-size\": expected a whole number" },
	{ "{\"version\":1,\"vfio\":1,\"devices\":[]}", "\"vfio\": expected true or false" },
	{ "// c\n{\"version\":1,\"devices\":[]}", "without comments" },
	{ HOST("7", ""), "1:25: expected an object" },
	{ HOST("{}", ""), "\"address\"" },
	{ HOST("{\"address\":\"0000:01:00.0\"}", ""), "\"bus\"" },
	{ HOST("{\"bus\":\"pci\",\"address\":\"0000:01:00.8\"}", ""), "is not an address" },
	{ HOST("{\"bus\":\"p:q\",\"address\":\"a\"}", ""), "is not an address" },
	{ HOST("{\"bus\":\"platform\",\"address\":\"../a\"}", ""), "is not an address" },
	{ HOST(CARD("") "," CARD(""), ""), "twice" },
	{ HOST(CARD("") ",{\"bus\":\"pci\",\"address\":\"01:00.0\"}", ""), "twice" },
	{ HOST(CARD(",\"iommu-group\":4294967296"), ""), "0 to 2147483647" },
	{ HOST(CARD(",\"iommu-group\":1e3"), ""), "whole number" },
	{ HOST(CARD(",\"iommu-group\":\"9\""), ""), "expected a number, found a string" },
	{ HOST(CARD(",\"vendor\":\"808\""), ""), "4 hex digits" },
	{ HOST(CARD(",\"vendor\":32902"), ""), "\"vendor\": expected a string" },
	{ HOST(CARD(",\"class\":\"02000g\""), ""), "6 hex digits" },
	{ HOST(CARD(",\"header-type\":256"), ""), "0 to 255" },
	{ HOST(CARD(",\"reset-methods\":[\"flr\",1]"), ""), "expected a string, found a number" },
	{ HOST(CARD(",\"resources\":[[\"0x0\",\"0x1\"]]"), ""), "start, end and flags" },
	{ HOST(CARD(",\"resources\":[[\"0\",\"0x1\",\"0x0\"]]"), ""), "0x and hex digits" },
	{ HOST(CARD(",\"resources\":[[\"0x10000000000000000\",\"0x1\",\"0x0\"]]"), ""),
	  "0x and hex" },
	{ HOST(CARD(",\"resources\":[[],[],[],[],[],[],[],[]]"), ""), "7 resources at most" },
	{ HOST(CARD(",\"config\":\"868\""), ""), "two hex digits" },
	{ HOST(CARD(",\"config\":\"8x\""), ""), "two hex digits" },
	{ HOST(CARD(",\"config\":\"86\",\"config-again\":\"8\""), ""), "two hex digits" },
	{ HOST(CARD(",\"config\":\"86\",\"config-again\":\"8680\""), ""), "1 bytes at most" },
	{ HOST(CARD(",\"config\":\"8680\",\"config-size\":1"), ""), "1 bytes at most" },
	{ HOST(CARD(",\"config\":\"\",\"config-size\":1000000000"), ""), "up to 4096" },
	{ HOST("", "{\"type\":\"DMA\"}"), "\"id\"" },
	{ HOST("", "{\"id\":-1}"), "number of an IOMMU group" },
	{ HOST(CARD(",\"iommu-group\":1"), "{\"id\":2,\"devices\":[\"0000:01:00.0\"]}"),
	  "no device" },
	{ HOST("", "{\"id\":2,\"devices\":[\"0000:01:00.0\"]}"), "no device" },
	{ HOST("", "{\"id\":2,\"reserved-regions\":[[]]}"), "expected a string" },
	{ HOST(CARD(",\"new\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]"), ""), "levels deep" },
};

START_TEST(test_bad_inventory_is_refused)
{
	const char *text = bad_inventories[_i].text;
	_cleanup_free_ char *error = NULL;
	struct inventory *inv = NULL;

	ck_assert_msg(codec_snapshot_from_json(text, strlen(text), &inv, &error) == -EBADMSG,
		      "accepted: %s", text);
	ck_assert_ptr_null(inv);
	ck_assert_ptr_nonnull(error);
	ck_assert_msg(strstr(error, bad_inventories[_i].error) != NULL, "%s: %s", text, error);
}
END_TEST

START_TEST(test_truncated_inventory_is_refused)
{
	_cleanup_inventory_ struct inventory *inv = make_inventory();
	_cleanup_free_ char *text = to_json(inv, false);
	size_t size = strlen(text);

	for (size_t n = 0; n < size; n += n < 256 ? 1 : 31) {
		_cleanup_free_ char *error = NULL, *part = memcpy(malloc(n + 1), text, n);
		struct inventory *copy = NULL;

		ck_assert_int_eq(codec_snapshot_from_json(part, n, &copy, &error), -EBADMSG);
		ck_assert_ptr_nonnull(error);
	}
}
END_TEST

/* --- mutated text --- */

/* A mutant is refused with a reason, or it can be written and read again. */
START_TEST(test_mutated_inventory_is_refused_or_read)
{
	_cleanup_inventory_ struct inventory *inv = make_inventory();
	_cleanup_free_ char *text = to_json(inv, false);
	uint32_t state = 1;
	unsigned taken = 0;

	for (unsigned round = 0; round < 1500; round++) {
		size_t size;
		_cleanup_free_ char *mutant = mutate(text, strlen(text), &state, &size),
				    *error = NULL;
		_cleanup_free_ char *once = NULL, *twice = NULL;
		_cleanup_inventory_ struct inventory *copy = NULL, *again = NULL;
		int r = codec_snapshot_from_json(mutant, size, &copy, &error);

		ck_assert_msg(r == 0 || (r == -EBADMSG && error && !copy), "%d", r);
		if (r < 0)
			continue;
		once = to_json(copy, false);
		again = from_json(once);
		twice = to_json(again, false);
		ck_assert_str_eq(once, twice);
		taken++;
	}
	ck_assert_uint_gt(taken, 50);
}
END_TEST

static Suite *make_suite(void)
{
	const TTest *const tests[] = {
		test_inventory_round_trip,
		test_inventory_values_survive,
		test_inventory_has_its_documented_form,
		test_unknown_keys_are_ignored,
		test_invalid_utf8_is_replaced,
		test_text_of_a_snapshot_is_clean,
		test_truncated_inventory_is_refused,
		test_mutated_inventory_is_refused_or_read,
	};
	Suite *suite = suite_create("codec");
	TCase *tcase = tcase_create("codec");

	for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
		tcase_add_test(tcase, tests[i]);
	tcase_add_loop_test(tcase, test_bad_inventory_is_refused, 0,
			    (int)ARRAY_SIZE(bad_inventories));
	suite_add_tcase(suite, tcase);
	return suite;
}
