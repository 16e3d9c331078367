/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "model/config/def-set.h"
#include "model/device.h"
#include "model/json/codec.h"
#include "mutate.h"

/* --- records --- */

static void set_text(char **field, const char *value)
{
	ck_assert_int_eq(str_set(field, value), 0);
}

static void add_record_device(struct record *record, const char *bus, const char *address,
			      int iommu_group, const char *host, const char *driver)
{
	_cleanup_device_ struct device *device = device_new(bus, address);

	ck_assert_ptr_nonnull(device);
	device->iommu_group = iommu_group;
	set_text(&device->driver, host);
	ck_assert_int_eq(record_add_device(record, device, driver), 0);
}

static struct record *make_record(void)
{
	struct record *record = record_new("nic0", "0123456789abcdef");
	struct record_device *last;

	ck_assert_ptr_nonnull(record);
	record->phase = PHASE_CLAIMED;
	record->uid = 1000;
	record->gid = 4294967294;
	record->pid = 4711;
	record->start_time = UINT64_MAX;
	set_text(&record->unit, "machine-qemu.scope");
	record->since = UINT64_C(1753440000000000);
	record->access = ACCESS_NODE;
	record->interface = INTERFACE_ANY;
	record->persistent = true;
	add_record_device(record, "pci", "0000:01:00.0", 9, "e1000e", "vfio-pci");
	add_record_device(record, "platform", "fe200000.dma", 9, NULL, "vfio-platform");
	add_record_device(record, "pci", "0000:01:10.0", 10, "vfio-pci", NULL);
	last = record->devices.items[2];
	set_text(&last->host_override, "nothing");
	return record;
}

START_TEST(test_record_round_trip)
{
	_cleanup_record_ struct record *record = make_record(), *copy = NULL;
	_cleanup_free_ char *once = NULL, *twice = NULL, *error = NULL;
	const struct record_device *device;

	ck_assert_int_eq(codec_record_to_json(record, &once), 0);
	ck_assert_msg(codec_record_from_json(once, strlen(once), &copy, &error) == 0, "%s", error);
	ck_assert_int_eq(codec_record_to_json(copy, &twice), 0);
	ck_assert_str_eq(once, twice);
	ck_assert_str_eq(copy->group, "nic0");
	ck_assert_str_eq(copy->lease, "0123456789abcdef");
	ck_assert_int_eq(copy->phase, PHASE_CLAIMED);
	ck_assert_uint_eq(copy->uid, 1000);
	ck_assert_uint_eq(copy->gid, 4294967294);
	ck_assert_int_eq(copy->pid, 4711);
	ck_assert_uint_eq(copy->start_time, UINT64_MAX);
	ck_assert_str_eq(copy->unit, "machine-qemu.scope");
	ck_assert_ptr_null(copy->label);
	ck_assert_int_eq(copy->access, ACCESS_NODE);
	ck_assert_int_eq(copy->interface, INTERFACE_ANY);
	ck_assert(copy->persistent);
	ck_assert_uint_eq(copy->devices.n, 3);
	device = record_find_device(copy, "0000:01:10.0");
	ck_assert_str_eq(device->host_driver, "vfio-pci");
	ck_assert_str_eq(device->host_override, "nothing");
	ck_assert_ptr_null(device->driver);
	ck_assert_int_eq(device->iommu_group, 10);
}
END_TEST

/*
 * Replaces @from by @to in a written record, which is then parsed with the result @expected. Only
 * optional keys may be missing.
 */
static void assert_record(const char *from, const char *to, int expected)
{
	_cleanup_record_ struct record *record = make_record(), *copy = NULL;
	_cleanup_free_ char *text = NULL, *changed = NULL, *error = NULL;
	char *at;
	int r;

	ck_assert_int_eq(codec_record_to_json(record, &text), 0);
	at = strstr(text, from);
	ck_assert_msg(at != NULL, "no %s in %s", from, text);
	changed = str_printf("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	r = codec_record_from_json(changed, strlen(changed), &copy, &error);
	ck_assert_msg(r == expected, "%s to %s: %d, %s", from, to, r, str_or(error, "accepted"));
	ck_assert_int_eq(r < 0, error != NULL);
}

START_TEST(test_missing_or_mistyped_key_is_refused)
{
	static const char *const needed[] = { "version", "phase", "access", "group",  "lease",
					      "uid",	 "gid",	  "pid",    "since",  "persistent",
					      "devices", "key",	  "bus",    "address" };
	static const char *const optional[] = { "start-time",  "unit",	 "label",
						"host-driver", "driver", "interface" };

	for (size_t i = 0; i < ARRAY_SIZE(needed) + ARRAY_SIZE(optional); i++) {
		bool must = i < ARRAY_SIZE(needed);
		const char *key = must ? needed[i] : optional[i - ARRAY_SIZE(needed)];
		_cleanup_free_ char *quoted = str_printf("\"%s\":", key);

		assert_record(quoted, "\"unknown\":", must ? -EBADMSG : 0);
	}
	assert_record("\"uid\": 1000", "\"uid\": \"1000\"", -EBADMSG);
	assert_record("\"uid\": 1000", "\"uid\": 4294967296", -EBADMSG);
	assert_record("\"pid\": 4711", "\"pid\": null", -EBADMSG);
	assert_record("\"persistent\": true", "\"persistent\": 1", -EBADMSG);
	assert_record("\"claimed\"", "\"dreaming\"", -EBADMSG);
	assert_record("\"node\"", "\"nodes\"", -EBADMSG);
	assert_record("\"nic0\"", "\"../nic0\"", -EBADMSG);
	assert_record("\"0123456789abcdef\"", "\"\"", -EBADMSG);
	assert_record("\"key\": \"0000:01:00.0\"", "\"key\": \"0000:01:00.1\"", -EBADMSG);
	assert_record("\"address\": \"0000:01:00.0\"", "\"address\": \"../../x\"", -EBADMSG);
	assert_record("\"0000:01:00.0\"", "\"0000:01:00.0\", \"key\": \"0000:01:00.0\"", -EBADMSG);
}
END_TEST

/* These become names of files: of the lease's pipe, and of directories of sysfs. */
START_TEST(test_field_that_leads_elsewhere_is_refused)
{
	static const char *const leases[] = { "01234/6789abcdef", "0123456789abcde", "..",
					      "0123456789abcdef0", "0123456789ABCDEF" };
	static const char *const drivers[] = { "", ".", "..", "a/b", "../../kernel" };

	for (size_t i = 0; i < ARRAY_SIZE(leases); i++) {
		_cleanup_free_ char *lease = str_printf("\"%s\"", leases[i]);

		assert_record("\"0123456789abcdef\"", lease, -EBADMSG);
	}
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++) {
		_cleanup_free_ char *driver = str_printf("\"%s\"", drivers[i]);

		assert_record("\"e1000e\"", driver, -EBADMSG);
		assert_record("\"vfio-platform\"", driver, -EBADMSG);
	}
	assert_record("\"devices\":", "\"kept\": [\"0000:01:00.0\"], \"devices\":", 0);
	assert_record("\"devices\":", "\"kept\": [\"../0000:01:00.0\"], \"devices\":", -EBADMSG);
	assert_record("\"devices\":", "\"vf-tokens\": [\"0000:01:00.0=x\"], \"devices\":", 0);
	assert_record("\"devices\":", "\"vf-tokens\": [\"../x=y\"], \"devices\":", -EBADMSG);
}
END_TEST

START_TEST(test_record_of_a_later_version)
{
	assert_record("\"version\": 1", "\"version\": 2", -EPROTONOSUPPORT);
	assert_record("\"version\": 1", "\"version\": 18446744073709551615", -EPROTONOSUPPORT);
	assert_record("\"version\": 1", "\"version\": 0", -EBADMSG);
	assert_record("\"version\": 1", "\"version\": 1, \"new\": []", 0);
}
END_TEST

START_TEST(test_mutated_record_is_refused_or_read)
{
	_cleanup_record_ struct record *record = make_record();
	_cleanup_free_ char *text = NULL;
	uint32_t state = 2;

	ck_assert_int_eq(codec_record_to_json(record, &text), 0);
	for (unsigned round = 0; round < 2000; round++) {
		size_t size;
		_cleanup_free_ char *mutant = mutate(text, strlen(text), &state, &size),
				    *error = NULL;
		_cleanup_record_ struct record *copy = NULL;
		int r = codec_record_from_json(mutant, size, &copy, &error);

		ck_assert_msg(r == 0 ||
				      (!copy && error && (r == -EBADMSG || r == -EPROTONOSUPPORT)),
			      "%d", r);
	}
}
END_TEST

/* --- definitions --- */

static struct def_set *parse_config(const char *text)
{
	struct def_set *config = def_set_new();

	ck_assert_int_eq(parse_definitions(config, "file", text, strlen(text)), 0);
	if (config->problems.n > 0)
		ck_abort_msg("%s", ((struct problem *)config->problems.items[0])->text);
	return config;
}

/* The canonical form: short selectors, keys in a fixed order. */
static const char full_group[] =
	"{\"groups\":{\"nic0\":{\"devices\":[\"0000:01:00.0\","
	"{\"path\":\"0000:00:1c.4/00.0\",\"vendor\":\"8086\",\"device\":\"00d3\"},"
	"{\"vf-of\":\"0000:02:00.0\",\"index\":0},"
	"{\"bus\":\"pci\",\"nth\":0,\"subsystem-vendor\":\"0000\",\"subsystem-device\":\"ffff\","
	"\"class\":\"02\"},"
	"{\"serial\":\"a \\\"b\\\"\",\"class\":\"000000\"}],"
	"\"description\":\"Z\xc3\xbcrich\",\"reserved-for\":\"router\",\"driver\":\"vfio-pci\","
	"\"bind\":\"boot\",\"on-release\":\"keep\","
	"\"reset\":{\"before\":\"require\",\"after\":\"none\",\"methods\":[\"flr\",\"bus\"]},"
	"\"access\":{\"users\":[\"qemu\",\"1000\"],\"groups\":[\"kvm\"]},\"memlock\":\"16G\","
	"\"accept\":[\"peer-to-peer\",\"vf-of-claimed-pf\"]}}}";

START_TEST(test_definition_round_trip)
{
	_cleanup_def_set_ struct def_set *config = parse_config(full_group);
	_cleanup_free_ char *text = NULL;

	ck_assert_int_eq(
		codec_config_group_to_json(def_set_find_group(config, "nic0"), false, &text), 0);
	ck_assert_str_eq(text, full_group);
}
END_TEST

START_TEST(test_defaults_are_left_out)
{
	static const char text[] =
		"{\"groups\":{\"a\":{\"devices\":[\"platform:x.y\"]},"
		"\"b\":{\"devices\":[\"0000:02:00.0\"],\"memlock\":\"infinity\"},"
		"\"c\":{\"devices\":[\"0000:03:00.0\"],\"memlock\":\"1025K\"},"
		"\"d\":{\"devices\":[\"0000:04:00.0\"],\"memlock\":\"1\"},"
		"\"e\":{\"devices\":[\"0000:05:00.0\"],\"memlock\":\"15E\"}},"
		"\"virtual-functions\":{\"0000:02:00.0\":{\"count\":3,"
		"\"autoprobe\":false}}}";
	_cleanup_def_set_ struct def_set *config = parse_config(text), *pretty_copy = NULL;
	_cleanup_free_ char *copy = NULL, *pretty = NULL;

	ck_assert_int_eq(codec_config_to_json(config, false, &copy), 0);
	ck_assert_str_eq(copy, text);
	ck_assert_int_eq(codec_config_to_json(config, true, &pretty), 0);
	pretty_copy = parse_config(pretty);
	ck_assert_uint_eq(pretty_copy->groups.n, 5);
}
END_TEST

START_TEST(test_no_definitions_make_an_empty_object)
{
	_cleanup_def_set_ struct def_set *config = def_set_new();
	_cleanup_free_ char *text = NULL;

	ck_assert_int_eq(codec_config_to_json(config, false, &text), 0);
	ck_assert_str_eq(text, "{}");
}
END_TEST

SUITE("codec-record", test_record_round_trip, test_missing_or_mistyped_key_is_refused,
      test_field_that_leads_elsewhere_is_refused, test_record_of_a_later_version,
      test_mutated_record_is_refused_or_read, test_definition_round_trip,
      test_defaults_are_left_out, test_no_definitions_make_an_empty_object)
