/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "host-builder.h"
#include "policy/assess/assess.h"
#include "policy/assess/resolve.h"
#include "policy/devinfo/cap-space.h"
#include "policy/isolation/isolation.h"
#include "policy/offline/grouping.h"
#include "policy/plan/reset-scope.h"
#include "recorded-host.h"

/*
 * Describes each recorded host tests/hosts/NAME. The result must be NAME.expected:
 *
 *   group A B …          one IOMMU group
 *   derived A B …        one group by configuration space, but not to the kernel
 *   none A               a device without a group
 *   cause A CODE B       a cause of isolation_find()
 *   reset A METHOD B …   the other devices that a reset reaches
 *   virtual A KIND STATE AT   the place for a capability of the PF in A; "as-pf": as in the PF
 *   blocker A CODE       a blocker of A's group, perhaps among others
 *   free A               no hard blocker
 */
static const char *const hosts[] = {
	"alias.lspci",
	"conventional.lspci",
	"cut-off.lspci",
	"desktop.lspci",
	"lab-amd-iommu.json",
	"lab-arm64-platform.json",
	"lab-bridge-in-switch.json",
	"lab-bridges.json",
	"lab-bridges-verbose.lspci",
	"lab-default.json",
	"lab-default.lspci",
	"lab-eight.json",
	"lab-multifunction.json",
	"lab-no-acs.json",
	"lab-no-iommu.json",
	"lab-pseries.json",
	"lab-twenty.json",
	"lab-vfs.json",
	"lab-vfs.lspci",
	"lab-virtio-iommu.json",
	"laptop.lspci",
	"nvme-switch.lspci",
	"pasid-vfs.lspci",
	"server.lspci",
};

/* --- what comes out, as lines --- */

static void print_keys(FILE *out, const char *word, const struct vec *devices)
{
	fputs(word, out);
	VEC_FOREACH(const struct device, device, devices)
		fprintf(out, " %s", device->key);
	fputc('\n', out);
}

static void print_groups(FILE *out, const struct inventory *inv)
{
	VEC_FOREACH(const struct iommu_group, group, &inv->iommu_groups)
		print_keys(out, "group", &group->devices);
	VEC_FOREACH(const struct device, device, &inv->devices)
		if (device->iommu_group < 0)
			fprintf(out, "none %s\n", device->key);
}

/*
 * Adds the devices with the derived number @number to @ret. Returns true if the kernel has the same
 * IOMMU group.
 */
static bool matches_iommu_group(const struct inventory *inv, const int *numbers, int number,
				struct vec *ret)
{
	const struct iommu_group *group;

	for (size_t i = 0; i < inv->devices.n; i++)
		if (numbers[i] == number)
			ck_assert_int_eq(vec_add(ret, inv->devices.items[i]), 0);
	group = inventory_find_group(inv, ((struct device *)ret->items[0])->iommu_group);
	return group && group->devices.n == ret->n &&
	       memcmp(group->devices.items, ret->items, ret->n * sizeof(void *)) == 0;
}

/* Prints nothing if the kernel has no groups at all: the host has no IOMMU. */
static void print_derived(FILE *out, const struct inventory *inv)
{
	_cleanup_free_ int *numbers = NULL;
	int next = 0;

	ck_assert_int_eq(grouping_derive(inv, &numbers), 0);
	for (size_t i = 0; inv->iommu_groups.n > 0 && i < inv->devices.n; i++) {
		_cleanup_vec_ struct vec devices = { 0 };

		if (numbers[i] != next)
			continue;
		if (!matches_iommu_group(inv, numbers, next++, &devices))
			print_keys(out, "derived", &devices);
	}
}

static void print_causes(FILE *out, const struct inventory *inv, const struct device *device)
{
	_cleanup_isolation_ struct vec causes = { 0 };

	ck_assert_int_eq(isolation_find(inv, device, &causes), 0);
	VEC_FOREACH(const struct isolation_cause, cause, &causes) {
		_cleanup_free_ char *text = isolation_text(inv, device, cause);

		ck_assert_ptr_nonnull(text);
		fprintf(out, "cause %s %s %s\n", device->key, isolation_code_to_string(cause->code),
			cause->peer);
	}
}

static void print_resets(FILE *out, const struct inventory *inv, struct device *device)
{
	STRV_FOREACH(method, device->reset_methods) {
		_cleanup_vec_ struct vec devices = { 0 };
		_cleanup_free_ char *word = str_printf("reset %s %s", device->key, *method);

		ck_assert_int_eq(reset_scope_devices(inv, device, *method, &devices), 0);
		ck_assert(vec_remove(&devices, device));
		print_keys(out, word, &devices);
	}
}

static void print_virtual(FILE *out, const struct inventory *inv, const struct device *vf)
{
	struct cap_space space[CAP_SPACE_KINDS];

	if (!vf->physfn)
		return;
	cap_space_find(vf, inventory_find(inv, vf->physfn), space);
	for (enum cap_space_kind kind = 0; kind < CAP_SPACE_KINDS; kind++)
		if (space[kind].at)
			fprintf(out, "virtual %s %s %s %#x%s\n", vf->key,
				cap_space_kind_to_string(kind),
				cap_space_state_to_string(space[kind].state), space[kind].place.at,
				space[kind].place.as_pf ? " as-pf" : "");
}

static char *describe_host(const struct inventory *inv)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	print_groups(out, inv);
	print_derived(out, inv);
	VEC_FOREACH(const struct device, device, &inv->devices)
		print_causes(out, inv, device);
	VEC_FOREACH(struct device, device, &inv->devices)
		print_resets(out, inv, device);
	VEC_FOREACH(const struct device, device, &inv->devices)
		print_virtual(out, inv, device);
	ck_assert_int_eq(fclose(out), 0);
	return text;
}

/* --- blockers --- */

static void assess_group_of(const struct inventory *inv, const char *key,
			    struct resolved_group *ret)
{
	_cleanup_group_def_ struct group_def *def = host_builder_define_group("test", key);
	_cleanup_assess_ struct assess *all = NULL;

	ck_assert_int_eq(resolve_group(inv, def, ret), 0);
	ck_assert_int_eq(assess_new(inv, NULL, &all), 0);
	ck_assert_int_eq(assess_group(all, def, ret), 0);
}

static bool has_blocker(const struct resolved_group *resolved, const char *code)
{
	VEC_FOREACH(const struct blocker, blocker, &resolved->blockers)
		if (str_eq(blocker->code, code))
			return true;
	return false;
}

/* Checks a line "blocker A CODE" or "free A", split into @words. */
static void check_blocker(const char *name, const struct inventory *inv, char **words)
{
	_cleanup_resolved_group_ struct resolved_group resolved = { 0 };

	ck_assert_ptr_nonnull(words[1]);
	assess_group_of(inv, words[1], &resolved);
	if (str_eq(words[0], "blocker"))
		ck_assert_msg(has_blocker(&resolved, words[2]), "%s: %s is not %s", name, words[1],
			      words[2]);
	else
		ck_assert_msg(!blockers_first(&resolved.blockers, true), "%s: %s: %s", name,
			      words[1], blockers_first(&resolved.blockers, true)->code);
}

/* --- the expected file --- */

/*
 * Reads the expected file. Checks its lines about blockers, drops its comments, and returns the
 * rest.
 */
static char *read_expected(const char *name, const struct inventory *inv)
{
	_cleanup_free_ char *file = str_printf("%s.expected", name), *rest = NULL;
	_cleanup_free_ char *text = recorded_host_read(file, NULL);
	_cleanup_strv_ char **lines = NULL, **kept = NULL;

	ck_assert_int_eq(strv_split(text, "\n", &lines), 0);
	STRV_FOREACH(line, lines) {
		_cleanup_strv_ char **words = NULL;

		if ((*line)[0] == '#')
			continue;
		ck_assert_int_eq(strv_split(*line, " ", &words), 0);
		if (str_eq(words[0], "blocker") || str_eq(words[0], "free"))
			check_blocker(name, inv, words);
		else
			ck_assert_int_eq(strv_add(&kept, *line), 0);
	}
	rest = strv_join(kept, "\n");
	return str_printf("%s\n", rest);
}

START_TEST(test_host_matches_its_expected_file)
{
	const char *name = hosts[_i];
	_cleanup_inventory_ struct inventory *inv = recorded_host_load(name);
	_cleanup_free_ char *actual = describe_host(inv), *expected = read_expected(name, inv);

	if (!str_eq(actual, expected))
		fprintf(stderr, "--- %s comes out as\n%s---\n", name, actual);
	ck_assert_msg(str_eq(actual, expected), "%s", name);
	ck_assert_int_eq(inv->groups_derived, strstr(name, ".lspci") && !strstr(name, "verbose"));
}
END_TEST

/*
 * The dump and the snapshot of one host give the same devices, although the dump has no answers of
 * a kernel.
 */
START_TEST(test_dump_and_snapshot_agree)
{
	_cleanup_inventory_ struct inventory *snapshot = recorded_host_load("lab-default.json");
	_cleanup_inventory_ struct inventory *dump = recorded_host_load("lab-default.lspci");

	VEC_FOREACH(const struct device, device, &snapshot->devices) {
		const struct device *same = inventory_find(dump, device->key);

		ck_assert_msg(same != NULL, "%s", device->key);
		ck_assert_msg(str_eq(device->parent, same->parent), "%s", device->key);
		ck_assert_uint_eq(device->vendor, same->vendor);
		ck_assert_uint_eq(device->device, same->device);
		ck_assert_uint_eq(device->class_code, same->class_code);
		ck_assert_uint_eq(device->header_type, same->header_type);
		ck_assert_uint_eq(device->revision, same->revision);
		ck_assert_uint_eq(device->subsystem_device, same->subsystem_device);
	}
	ck_assert_uint_eq(snapshot->devices.n, dump->devices.n);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("hosts");
	TCase *tcase = tcase_create("hosts");

	tcase_add_loop_test(tcase, test_host_matches_its_expected_file, 0, ARRAY_SIZE(hosts));
	tcase_add_test(tcase, test_dump_and_snapshot_agree);
	suite_add_tcase(suite, tcase);
	return suite;
}
