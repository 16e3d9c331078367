/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <string.h>

#include "big-host.h"
#include "host-builder.h"
#include "model/config/def-set.h"
#include "policy/assess/overlap.h"

/*
 * The host of each test:
 *
 *	00:1c.4 ─ 01:00.0		alone
 *	00:1e.0 ─ 02:00.0, 02:00.1	one IOMMU group
 */
static struct inventory *host;

static void add_pci(const char *address, const char *parent, int group)
{
	host_builder_add_pci(host, address, parent, group)->vendor = 0x8086;
}

static void make_host(void)
{
	host = inventory_new();
	ck_assert_ptr_nonnull(host);
	add_pci("0000:00:1c.4", NULL, 1);
	add_pci("0000:00:1e.0", NULL, 2);
	add_pci("0000:01:00.0", "0000:00:1c.4", 11);
	add_pci("0000:02:00.0", "0000:00:1e.0", 12);
	add_pci("0000:02:00.1", "0000:00:1e.0", 12);
}

static void free_host(void)
{
	host = inventory_free(host);
}

static struct def_set *read_groups(const char *groups)
{
	_cleanup_free_ char *text = str_printf("{\"groups\":{%s}}", groups);
	struct def_set *config = def_set_new();

	ck_assert(text && config);
	ck_assert_int_eq(parse_definitions(config, "test.json", text, strlen(text)), 0);
	ck_assert_int_eq(def_set_check_devices(config), 0);
	ck_assert_uint_eq(config->problems.n, 0);
	return config;
}

static struct overlap *compare_groups(const struct def_set *config)
{
	struct overlap *overlap = overlap_new();

	ck_assert_ptr_nonnull(overlap);
	VEC_FOREACH(const struct group_def, def, &config->groups) {
		_cleanup_resolved_group_ struct resolved_group resolved = { 0 };

		ck_assert_int_eq(resolve_group(host, def, &resolved), 0);
		ck_assert_int_eq(overlap_add(overlap, def, &resolved), 0);
	}
	ck_assert_int_eq(overlap_decide(overlap), 0);
	return overlap;
}

/*
 * Asserts that group @name has one blocker, @code with @text in its text. NULL stands for no
 * blocker.
 */
static void assert_blocker(const char *groups, const char *name, const char *code, const char *text)
{
	_cleanup_def_set_ struct def_set *config = read_groups(groups);
	_cleanup_overlap_ struct overlap *overlap = compare_groups(config);
	_cleanup_resolved_group_ struct resolved_group resolved = { 0 };
	const struct group_def *def = def_set_find_group(config, name);
	const struct blocker *blocker;

	ck_assert_int_eq(resolve_group(host, def, &resolved), 0);
	ck_assert_int_eq(overlap_assess(overlap, def, &resolved), 0);
	if (!code) {
		ck_assert_msg(resolved.blockers.n == 0, "%s is blocked", name);
		return;
	}
	ck_assert_msg(resolved.blockers.n == 1, "%s is not blocked", name);
	blocker = resolved.blockers.items[0];
	ck_assert_str_eq(blocker->code, code);
	ck_assert(blocker->hard);
	ck_assert_msg(strstr(blocker->text, text), "no \"%s\" in: %s", text, blocker->text);
}

#define BY_PATH "\"a\":{\"devices\":[{\"path\":\"0000:00:1c.4/00.0\"}]}"
#define BY_ADDRESS "\"b\":{\"devices\":[\"01:00.0\"]}"
#define ALL_INTEL "\"c\":{\"devices\":[{\"vendor\":\"8086\"}]}"

START_TEST(test_device_in_two_groups_blocks_the_later)
{
	assert_blocker(BY_PATH "," BY_ADDRESS, "a", NULL, NULL);
	assert_blocker(BY_PATH "," BY_ADDRESS, "b", "two-groups", "already named by group a");
	/* the order of the file counts, not that of the names */
	assert_blocker(BY_ADDRESS "," BY_PATH, "b", NULL, NULL);
	assert_blocker(BY_ADDRESS "," BY_PATH, "a", "two-groups", "0000:01:00.0");
}
END_TEST

/* A group that is blocked by an overlap takes no devices from others. */
START_TEST(test_blocked_group_takes_no_device)
{
	const char *groups = BY_PATH "," ALL_INTEL ",\"d\":{\"devices\":[\"02:00.1\"]}";

	assert_blocker(groups, "c", "two-groups", "group a");
	assert_blocker(groups, "d", NULL, NULL);
}
END_TEST

START_TEST(test_companions_may_be_in_two_groups)
{
	const char *groups = "\"a\":{\"devices\":[\"02:00.0\"]},\"b\":{\"devices\":[\"02:00.1\"]}";

	assert_blocker(groups, "a", NULL, NULL);
	assert_blocker(groups, "b", NULL, NULL);
}
END_TEST

/* A reservation of a device covers its companions. */
START_TEST(test_reserved_device_reserves_its_companions)
{
#define FIRST(more) "\"a\":{\"devices\":[\"02:00.0\"]" more "}"
#define SECOND(more) "\"b\":{\"devices\":[\"02:00.1\"]" more "}"
#define FOR(label) ",\"reserved-for\":\"" label "\""
	assert_blocker(FIRST("") "," SECOND(FOR("vm")), "a", "reserved", "reserved for vm");
	assert_blocker(FIRST("") "," SECOND(FOR("vm")), "b", NULL, NULL);
	assert_blocker(FIRST(FOR("vm")) "," SECOND(FOR("vm")), "a", NULL, NULL);
	assert_blocker(FIRST(FOR("vm")) "," SECOND(FOR("vm")), "b", NULL, NULL);
	/* two labels: the group that was read first wins */
	assert_blocker(FIRST(FOR("vm")) "," SECOND(FOR("db")), "a", NULL, NULL);
	assert_blocker(FIRST(FOR("vm")) "," SECOND(FOR("db")), "b", "reserved", "group a");
	assert_blocker(FIRST(FOR("vm")) "," BY_ADDRESS, "b", NULL, NULL);
}
END_TEST

/* The time for the groups of ten thousand functions must not be quadratic. */
START_TEST(test_ten_thousand_functions_are_compared)
{
	_cleanup_inventory_ struct inventory *inv = big_host_new();
	_cleanup_overlap_ struct overlap *overlap = overlap_new();
	struct group_def *defs[BIG_HOST_CARDS];

	for (unsigned i = 0; i < BIG_HOST_CARDS; i++) {
		_cleanup_resolved_group_ struct resolved_group resolved = { 0 };

		defs[i] = big_host_group(i);
		ck_assert_int_eq(resolve_group(inv, defs[i], &resolved), 0);
		ck_assert_int_eq(overlap_add(overlap, defs[i], &resolved), 0);
	}
	ck_assert_int_eq(overlap_decide(overlap), 0);
	for (unsigned i = 0; i < BIG_HOST_CARDS; i++) {
		_cleanup_resolved_group_ struct resolved_group resolved = { 0 };

		ck_assert_int_eq(resolve_group(inv, defs[i], &resolved), 0);
		ck_assert_int_eq(overlap_assess(overlap, defs[i], &resolved), 0);
		ck_assert_uint_eq(resolved.blockers.n, 0);
		group_def_free(defs[i]);
	}
}
END_TEST

SUITE_WITH_FIXTURE("overlap", make_host, free_host, test_device_in_two_groups_blocks_the_later,
		   test_blocked_group_takes_no_device, test_companions_may_be_in_two_groups,
		   test_reserved_device_reserves_its_companions,
		   test_ten_thousand_functions_are_compared)
