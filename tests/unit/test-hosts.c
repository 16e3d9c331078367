/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "describe-host.h"
#include "host-builder.h"
#include "model/config/config-dirs.h"
#include "policy/assess/assess.h"
#include "policy/assess/resolve.h"
#include "policy/devinfo/quirks.h"
#include "policy/plan/reset-plan.h"
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
 *
 * Lines about a claim of the IOMMU group of A, with the project's quirks.d. They are checked where
 * they stand:
 *
 *   blocker A CODE       a blocker, perhaps among others
 *   free A               no hard blocker
 *   idle A               no blocker
 *   ways A [METHOD …]    the resets of A that are used, in their order
 *   hints A [NAME=VALUE …]   the settings for a VMM
 *   quirks A [NAME …]    the quirks that match
 *   unknown A [WORD …]   what the recording does not show: place, group, resets
 */
static const char *const hosts[] = {
	"acs-models.lspci",
	"alias-of-vf.lspci",
	"alias.lspci",
	"conventional.lspci",
	"cut-off.lspci",
	"desktop.lspci",
	"forbidden-resets.lspci",
	"graphics-vfs.lspci",
	"iommu-off.lspci",
	"kernel-rules.lspci",
	"lab-amd-iommu.json",
	"lab-arm64-platform.json",
	"lab-bridge-in-switch.json",
	"lab-bridges-verbose.lspci",
	"lab-bridges.json",
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
	"msix-64bit.lspci",
	"no-root.lspci",
	"nvme-switch.lspci",
	"part.lspci",
	"pasid-vfs.lspci",
	"quirk-conditions.lspci",
	"server.lspci",
	"slot-aliases.lspci",
	"vmd.lspci",
	"wrong-port-types.lspci",
};

/* --- claims --- */

static struct def_set *quirks;

static void load_quirks(void)
{
	_cleanup_free_ char *directory = source_tree_path("quirks.d");
	const char *const directories[] = { directory, NULL };

	ck_assert_int_eq(config_dirs_load_quirks(directories, &quirks), 0);
	ck_assert_uint_eq(quirks->problems.n, 0);
	ck_assert_uint_gt(quirks->quirks.n, 0);
}

static void free_quirks(void)
{
	quirks = def_set_free(quirks);
}

static void assess_group_of(const struct inventory *inv, const char *key,
			    struct resolved_group *ret)
{
	_cleanup_group_def_ struct group_def *def = host_builder_define_group("test", key);
	_cleanup_assess_ struct assess *all = NULL;

	ck_assert_int_eq(resolve_group(inv, def, ret), 0);
	ck_assert_int_eq(assess_new(inv, &quirks->quirks, NULL, &all), 0);
	ck_assert_int_eq(assess_group(all, def, ret), 0);
}

/* Returns the codes of all blockers, or of the hard ones. */
static char *list_blockers(const struct inventory *inv, const char *key, bool hard)
{
	_cleanup_resolved_group_ struct resolved_group resolved = { 0 };
	_cleanup_strv_ char **codes = NULL;

	assess_group_of(inv, key, &resolved);
	VEC_FOREACH(const struct blocker, blocker, &resolved.blockers)
		if (blocker->hard || !hard)
			ck_assert_int_eq(strv_add(&codes, blocker->code), 0);
	return strv_join(codes, " ");
}

static char *list_ways(const struct inventory *inv, const char *key)
{
	_cleanup_resolved_group_ struct resolved_group resolved = { 0 };
	_cleanup_reset_plan_ struct reset_plan plan = { 0 };
	_cleanup_strv_ char **ways = NULL;
	const struct reset_plan_request request = { .inv = inv,
						    .quirks = &quirks->quirks,
						    .claimed = &resolved.devices };

	assess_group_of(inv, key, &resolved);
	ck_assert_int_eq(reset_plan_device(&request, inventory_find(inv, key), &plan), 0);
	ck_assert_int_eq(reset_plan_format(&plan, &ways), 0);
	return strv_join(ways, " ");
}

static char *list_hints(const struct inventory *inv, const char *key)
{
	_cleanup_quirks_hints_ struct vec hints = { 0 };
	_cleanup_strv_ char **list = NULL;

	ck_assert_int_eq(quirks_hints(&quirks->quirks, inv, inventory_find(inv, key), &hints), 0);
	VEC_FOREACH(const struct quirk_hint, hint, &hints) {
		_cleanup_free_ char *text = str_printf("%s=%s", hint->name, hint->value);

		ck_assert_int_eq(strv_add(&list, text), 0);
	}
	return strv_join(list, " ");
}

static char *list_quirks(const struct inventory *inv, const char *key)
{
	_cleanup_vec_ struct vec found = { 0 };
	_cleanup_strv_ char **list = NULL;

	ck_assert_int_eq(quirks_find(&quirks->quirks, inventory_find(inv, key), &found), 0);
	VEC_FOREACH(const struct quirk, quirk, &found)
		ck_assert_int_eq(strv_add(&list, quirk->name), 0);
	return strv_join(list, " ");
}

static char *list_unknown(const struct inventory *inv, const char *key)
{
	const struct device *device = inventory_find(inv, key);
	_cleanup_strv_ char **list = NULL;

	if (device->place_unknown)
		ck_assert_int_eq(strv_add(&list, "place"), 0);
	if (device->group_unsure)
		ck_assert_int_eq(strv_add(&list, "group"), 0);
	if (device->more_resets)
		ck_assert_int_eq(strv_add(&list, "resets"), 0);
	return strv_join(list, " ");
}

/* Returns what the line @words is about, or NULL if it is no line about a claim. */
static char *describe_claim(const struct inventory *inv, char **words)
{
	if (str_eq(words[0], "blocker") || str_eq(words[0], "idle"))
		return list_blockers(inv, words[1], false);
	if (str_eq(words[0], "free"))
		return list_blockers(inv, words[1], true);
	if (str_eq(words[0], "ways"))
		return list_ways(inv, words[1]);
	if (str_eq(words[0], "hints"))
		return list_hints(inv, words[1]);
	if (str_eq(words[0], "unknown"))
		return list_unknown(inv, words[1]);
	return str_eq(words[0], "quirks") ? list_quirks(inv, words[1]) : NULL;
}

/* Checks a line about a claim, split into @words. False: it is another line. */
static bool check_claim(const char *name, const struct inventory *inv, char **words)
{
	_cleanup_free_ char *actual = NULL, *wanted = NULL;
	_cleanup_strv_ char **list = NULL;

	if (!words[1] || !inventory_find(inv, words[1]))
		return false;
	actual = describe_claim(inv, words);
	if (!actual)
		return false;
	wanted = strv_join(words + 2, " ");
	if (!str_eq(words[0], "blocker")) {
		ck_assert_msg(str_eq(actual, wanted), "%s: %s of %s: %s", name, words[0], words[1],
			      actual);
		return true;
	}
	ck_assert_int_eq(strv_split(actual, " ", &list), 0);
	ck_assert_msg(strv_contains(list, wanted), "%s: %s is not %s", name, words[1], wanted);
	return true;
}

/* --- the expected file --- */

/*
 * Reads the expected file. Checks its lines about claims, drops its comments, and returns the rest.
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
		if (!check_claim(name, inv, words))
			ck_assert_int_eq(strv_add(&kept, *line), 0);
	}
	rest = strv_join(kept, "\n");
	return str_printf("%s\n", rest);
}

START_TEST(test_host_matches_its_expected_file)
{
	const char *name = hosts[_i];
	_cleanup_inventory_ struct inventory *inv = recorded_host_load(name);
	_cleanup_free_ char *actual = describe_host_text(inv), *expected = read_expected(name, inv);

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

	tcase_add_unchecked_fixture(tcase, load_quirks, free_quirks);
	tcase_add_loop_test(tcase, test_host_matches_its_expected_file, 0, ARRAY_SIZE(hosts));
	tcase_add_test(tcase, test_dump_and_snapshot_agree);
	suite_add_tcase(suite, tcase);
	return suite;
}
