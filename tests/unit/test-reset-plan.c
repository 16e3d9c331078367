/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "model/config/def-set.h"
#include "model/group-def.h"
#include "policy/plan/reset-absent.h"
#include "policy/plan/reset-plan.h"
#include "recorded-host.h"

struct quirk_text {
	const char *name, *ids, *reset;
};

/* Parses @n quirks that concern resets. */
static struct def_set *parse_quirks(const struct quirk_text *quirks, size_t n)
{
	_cleanup_strv_ char **members = NULL;
	_cleanup_free_ char *joined = NULL, *text = NULL;
	struct def_set *config = def_set_new();

	for (size_t i = 0; i < n; i++) {
		_cleanup_free_ char *member =
			str_printf("\"%s\": { \"ids\": [ \"%s\" ], \"topic\": \"reset\", "
				   "\"text\": \"No.\", \"source\": \"s\", \"reset\": %s }",
				   quirks[i].name, quirks[i].ids, quirks[i].reset);

		ck_assert_int_eq(strv_add(&members, member), 0);
	}
	joined = strv_join(members, ", ");
	text = str_printf("{ \"quirks\": { %s } }", joined);
	config->kind = DEF_FILE_QUIRKS;
	ck_assert_int_eq(parse_definitions(config, "q.json", text, strlen(text)), 0);
	ck_assert_uint_eq(config->problems.n, 0);
	return config;
}

/*
 * Returns "flr bus | pm: why": the attempts, and the refused methods behind the bar. @claimed is a
 * list of keys that ends with NULL.
 */
static char *format_plan(const struct inventory *inv, const char *key, const char *const *claimed,
			 const char *methods, const struct vec *quirks)
{
	_cleanup_vec_ struct vec devices = { 0 };
	_cleanup_reset_plan_ struct reset_plan made = { 0 };
	_cleanup_strv_ char **words = NULL, **ways = NULL;
	_cleanup_free_ char *joined = NULL, *why = NULL;
	struct reset_plan_request request = { .inv = inv, .quirks = quirks, .claimed = &devices };
	const struct device *device = inventory_find(inv, key);

	ck_assert_msg(device != NULL, "%s", key);
	for (; *claimed; claimed++)
		ck_assert_int_eq(vec_add(&devices, inventory_find(inv, *claimed)), 0);
	vec_sort(&devices, device_cmp);
	if (methods)
		ck_assert_int_eq(strv_split(methods, " ", &words), 0);
	request.methods = words;
	ck_assert_int_eq(reset_plan_device(&request, device, &made), 0);
	ck_assert_int_eq(reset_plan_format(&made, &ways), 0);
	joined = strv_join(ways, ", ");
	why = made.refused.n > 0 ? reset_plan_why_none(&made) : strdup("");
	return str_printf("%s | %s", joined, why);
}

#define ALONE(key)            \
	(const char *const[]) \
	{                     \
		key, NULL     \
	}

static void expect_plan(const char *wanted, char *got)
{
	ck_assert_str_eq(got, wanted);
	free(got);
}

static const char *const group_of_five[] = { "0000:03:00.0", "0000:04:01.0", "0000:04:02.0",
					     "0000:04:03.0", "0000:04:03.7", NULL };

START_TEST(test_methods_follow_the_order_of_the_kernel)
{
	_cleanup_inventory_ struct inventory *inv = recorded_host_load("lab-default.json");

	expect_plan("pm, bus | ",
		    format_plan(inv, "0000:01:00.0", ALONE("0000:01:00.0"), NULL, NULL));
	expect_plan("flr, pm, bus | ",
		    format_plan(inv, "0000:02:00.0", ALONE("0000:02:00.0"), NULL, NULL));
	expect_plan("flr, bus | ",
		    format_plan(inv, "0000:05:00.0", ALONE("0000:05:00.0"), NULL, NULL));
}
END_TEST

START_TEST(test_methods_of_the_group_take_precedence)
{
	_cleanup_inventory_ struct inventory *inv = recorded_host_load("lab-default.json");
	const char *const *nic = ALONE("0000:01:00.0");

	expect_plan("bus, pm | ", format_plan(inv, "0000:01:00.0", nic, "bus pm", NULL));
	expect_plan("pm | flr: the kernel does not offer it",
		    format_plan(inv, "0000:01:00.0", nic, "flr pm", NULL));
	expect_plan("bus | ", format_plan(inv, "0000:01:00.0", nic, "bus slot", NULL));
	expect_plan(" | cxl_bus: the kernel does not offer it",
		    format_plan(inv, "0000:01:00.0", nic, "cxl_bus", NULL));
}
END_TEST

/* A bus reset needs all devices of the bus. */
START_TEST(test_bus_reset_needs_all_devices_of_the_bus)
{
	_cleanup_inventory_ struct inventory *inv = recorded_host_load("lab-default.json");

	expect_plan("hot | ", format_plan(inv, "0000:04:02.0", group_of_five, NULL, NULL));
	expect_plan("hot | ", format_plan(inv, "0000:04:01.0", group_of_five, "bus", NULL));
	expect_plan("hot | ", format_plan(inv, "0000:04:03.7", group_of_five, "slot", NULL));
	expect_plan(" | bus: it would also reset 0000:04:01.0 (e1000), which is not in the group",
		    format_plan(inv, "0000:04:02.0", ALONE("0000:04:02.0"), NULL, NULL));
}
END_TEST

START_TEST(test_neighbour_is_named)
{
	_cleanup_inventory_ struct inventory *inv = recorded_host_load("lab-multifunction.json");
	static const char *const both[] = { "0000:02:00.0", "0000:02:00.1", NULL };
	char *got = format_plan(inv, "0000:02:00.0", ALONE("0000:02:00.0"), "bus", NULL);

	ck_assert_msg(strstr(got, "it would also reset 0000:02:00.1 (") != NULL, "%s", got);
	free(got);
	expect_plan("hot | ", format_plan(inv, "0000:02:00.0", both, "bus", NULL));
}
END_TEST

/* Virtual functions are removed before a reset of their PF, so they block none. */
START_TEST(test_virtual_functions_do_not_block_the_pf)
{
	_cleanup_inventory_ struct inventory *inv = recorded_host_load("lab-vfs.json");
	const struct device *vf = NULL;

	VEC_FOREACH(const struct device, device, &inv->devices)
		vf = vf ? vf : device->physfn ? device : NULL;
	ck_assert_ptr_nonnull(vf);
	expect_plan("flr | ", format_plan(inv, vf->physfn, ALONE(vf->physfn), "flr", NULL));
	expect_plan("flr | ", format_plan(inv, vf->key, ALONE(vf->key), NULL, NULL));
	expect_plan(" | bus: the kernel does not offer it",
		    format_plan(inv, vf->key, ALONE(vf->key), "bus", NULL));
}
END_TEST

START_TEST(test_quirks_change_methods)
{
	static const struct quirk_text quirks[] = {
		{ "nic", "8086:10d3", "{ \"never\": [ \"pm\" ], \"delay-ms\": 5 }" },
		{ "conv", "8086:100e", "{ \"never\": [ \"bus\" ] }" },
		{ "disk", "1b36:0010",
		  "{ \"prefer\": [ \"bus\", \"acpi\" ], \"nvme-shutdown\": true }" },
		{ "igb", "8086:10c9", "{ \"prefer\": [ \"pm\" ] }" },
	};
	_cleanup_inventory_ struct inventory *inv = recorded_host_load("lab-default.json");
	_cleanup_def_set_ struct def_set *config = parse_quirks(quirks, ARRAY_SIZE(quirks));

	expect_plan("bus delay-ms=5 | pm: No. (quirk nic)",
		    format_plan(inv, "0000:01:00.0", ALONE("0000:01:00.0"), NULL, &config->quirks));
	expect_plan("bus nvme-shutdown, flr nvme-shutdown | ",
		    format_plan(inv, "0000:05:00.0", ALONE("0000:05:00.0"), NULL, &config->quirks));
	expect_plan("pm, flr, bus | ",
		    format_plan(inv, "0000:02:00.0", ALONE("0000:02:00.0"), NULL, &config->quirks));
	/* the order of the definition overrides the preference of a quirk, but not its ban */
	expect_plan("flr, pm | ", format_plan(inv, "0000:02:00.0", ALONE("0000:02:00.0"), "flr pm",
					      &config->quirks));
	expect_plan(" | pm: No. (quirk nic)",
		    format_plan(inv, "0000:01:00.0", ALONE("0000:01:00.0"), "pm", &config->quirks));
	/* a device that does not survive the reset bans it for its whole bus */
	expect_plan(" | bus: 0000:04:01.0 does not survive it: No. (quirk conv)",
		    format_plan(inv, "0000:04:03.0", group_of_five, NULL, &config->quirks));
}
END_TEST

START_TEST(test_preferred_and_refused_methods)
{
	static const struct quirk_text preferring[] = {
		{ "a", "8086:10d3", "{ \"prefer\": [ \"flr\", \"bus\" ] }" },
		{ "b", "8086:10d3", "{ \"prefer\": [ \"bus\" ] }" },
	};
	static const struct quirk_text refusing[] = {
		{ "a", "8086:10d3", "{ \"prefer\": [ \"bus\" ] }" },
		{ "b", "8086:10d3", "{ \"never\": [ \"bus\" ] }" },
	};
	static const char *const both[] = { "0000:02:00.0", "0000:02:00.1", NULL };
	_cleanup_inventory_ struct inventory *inv = recorded_host_load("lab-multifunction.json");
	_cleanup_def_set_ struct def_set *bus = parse_quirks(preferring, ARRAY_SIZE(preferring));
	_cleanup_def_set_ struct def_set *refused = parse_quirks(refusing, ARRAY_SIZE(refusing));

	/* VFIO offers "hot" where the kernel does not offer "bus"; the device has no "flr" */
	expect_plan("hot, pm | ", format_plan(inv, "0000:02:00.1", both, NULL, &bus->quirks));
	/* two quirks about one method give one refusal */
	expect_plan("pm | bus: No. (quirk b)",
		    format_plan(inv, "0000:02:00.0", both, NULL, &refused->quirks));
}
END_TEST

START_TEST(test_kernel_without_a_list_of_methods)
{
	_cleanup_inventory_ struct inventory *inv = recorded_host_load("lab-default.json");
	struct device *device = inventory_find(inv, "0000:01:00.0");

	strv_free(device->reset_methods);
	device->reset_methods = NULL;
	expect_plan("kernel | ",
		    format_plan(inv, "0000:01:00.0", ALONE("0000:01:00.0"), NULL, NULL));
	device->no_reset = true;
	expect_plan(" | ", format_plan(inv, "0000:01:00.0", ALONE("0000:01:00.0"), NULL, NULL));
}
END_TEST

START_TEST(test_attempt_text_round_trips)
{
	static const char *const good[] = { "flr", "hot", "kernel",
					    "flr nvme-shutdown delay-ms=250", "pm delay-ms=1" };
	static const char *const bad[] = { "", "kick", "flr often", "flr delay-ms=x",
					   "nvme-shutdown" };
	struct reset_attempt attempt;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		_cleanup_free_ char *text = NULL;

		ck_assert_int_eq(reset_attempt_parse(good[i], &attempt), 0);
		text = reset_attempt_format(&attempt);
		ck_assert_str_eq(text, good[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_msg(reset_attempt_parse(bad[i], &attempt) == -EINVAL, "%s", bad[i]);
}
END_TEST

START_TEST(test_first_device_without_reset_is_found)
{
	_cleanup_inventory_ struct inventory *inv = recorded_host_load("lab-default.json");
	_cleanup_vec_ struct vec devices = { 0 };
	_cleanup_reset_plans_ struct vec plans = { 0 };
	_cleanup_strv_ char **methods = NULL;
	struct reset_plan_request request = { .inv = inv, .claimed = &devices };

	for (size_t i = 0; group_of_five[i]; i++)
		ck_assert_int_eq(vec_add(&devices, inventory_find(inv, group_of_five[i])), 0);
	ck_assert_int_eq(reset_plan_all(&request, &plans), 0);
	ck_assert_uint_eq(plans.n, 4); /* no plan for the bridge */
	ck_assert_ptr_null(reset_plan_find_empty(&plans));
	reset_plans_clear(&plans);
	ck_assert_int_eq(strv_add(&methods, "flr"), 0);
	request.methods = methods;
	ck_assert_int_eq(reset_plan_all(&request, &plans), 0);
	ck_assert_str_eq(reset_plan_find_empty(&plans)->device->key, "0000:04:01.0");
}
END_TEST

/*
 * The lab's group of a conventional bridge, with 04:03.0 turned into a bridge: VFIO then resets no
 * device on that bus.
 */
START_TEST(test_bridge_on_the_bus_excludes_a_hot_reset)
{
	_cleanup_inventory_ struct inventory *inv = recorded_host_load("lab-default.json");

	inventory_find(inv, "0000:04:03.0")->header_type = 1;
	expect_plan(" | bus: the bridge 0000:04:03.0 is on the same bus, and VFIO resets no bus "
		    "with a bridge on it",
		    format_plan(inv, "0000:04:02.0", group_of_five, NULL, NULL));
	/* a device outside the claim is no longer the reason: a larger group would not help */
	expect_plan(" | bus: the bridge 0000:04:03.0 is on the same bus, and VFIO resets no bus "
		    "with a bridge on it",
		    format_plan(inv, "0000:04:02.0", ALONE("0000:04:02.0"), "bus", NULL));
}
END_TEST

START_TEST(test_quirk_of_the_port_counts_for_its_bus)
{
	static const struct quirk_text port[] = { { "port", "1b36:000c",
						    "{ \"never\": [ \"bus\", \"flr\" ] }" } };
	_cleanup_inventory_ struct inventory *inv = recorded_host_load("lab-default.json");
	_cleanup_def_set_ struct def_set *config = parse_quirks(port, ARRAY_SIZE(port));

	expect_plan("pm | bus: 0000:00:03.0 does not survive it: No. (quirk port)",
		    format_plan(inv, "0000:01:00.0", ALONE("0000:01:00.0"), NULL, &config->quirks));
	expect_plan("flr, pm | bus: 0000:00:04.0 does not survive it: No. (quirk port)",
		    format_plan(inv, "0000:02:00.0", ALONE("0000:02:00.0"), NULL, &config->quirks));
}
END_TEST

/* Virtual functions do not exist while their PF is reset. */
START_TEST(test_quirk_of_a_virtual_function_is_not_for_its_pf)
{
	static const struct quirk_text vf[] = { { "vf", "8086:10ca",
						  "{ \"never\": [ \"flr\" ] }" } };
	_cleanup_inventory_ struct inventory *inv = recorded_host_load("lab-vfs.json");
	_cleanup_def_set_ struct def_set *config = parse_quirks(vf, ARRAY_SIZE(vf));

	VEC_FOREACH(const struct device, device, &inv->devices)
		if (device->physfn && device->device == 0x10ca)
			expect_plan("flr | ",
				    format_plan(inv, device->physfn, ALONE(device->physfn), "flr",
						&config->quirks));
}
END_TEST

/* Returns "flr: why; pm? why": the methods without a reset, "?" where that is not known. */
static char *format_absent(const struct inventory *inv, const char *key)
{
	_cleanup_strv_ char **words = NULL;

	for (const char *const *method = group_def_reset_methods; *method; method++) {
		bool known;
		const char *why =
			reset_absent_find_reason(inv, inventory_find(inv, key), *method, &known);
		_cleanup_free_ char *word =
			str_printf("%s%s %s", *method, known ? ":" : "?", str_or(why, ""));

		if (why)
			ck_assert_int_eq(strv_add(&words, word), 0);
	}
	return strv_join(words, "; ");
}

START_TEST(test_each_method_that_is_absent_has_a_reason)
{
	_cleanup_inventory_ struct inventory *live = recorded_host_load("lab-default.json"),
					     *dump = recorded_host_load("lab-default.lspci"),
					     *short_dump = recorded_host_load("no-root.lspci");
	_cleanup_free_ char *of_live = format_absent(live, "0000:09:00.0"),
			    *of_dump = format_absent(dump, "0000:09:00.0"),
			    *of_short = format_absent(short_dump, "0000:01:00.0");

	ck_assert_str_eq(of_live, "device_specific: the kernel has none for this model; "
				  "acpi: the firmware has no _RST method for it; "
				  "flr: its PCI Express capability has no function level reset; "
				  "af_flr: it has no Advanced Features capability; "
				  "cxl_bus: no CXL port is above it");
	ck_assert_ptr_nonnull(strstr(of_dump, "acpi? a dump does not show"));
	ck_assert_ptr_nonnull(strstr(of_dump, "flr: its PCI Express capability has no"));
	ck_assert_ptr_nonnull(strstr(of_short, "flr? the recording ends before"));
	ck_assert_ptr_nonnull(strstr(of_short, "pm? the recording ends before"));
}
END_TEST

/*
 * A kernel that chooses the method itself must not choose a forbidden one. 02:00.0 has FLR and PM,
 * 01:00.0 has PM alone.
 */
START_TEST(test_quirk_excludes_the_choice_of_the_kernel)
{
	static const struct quirk_text quirks[] = {
		{ "igb", "8086:10c9", "{ \"never\": [ \"pm\", \"bus\" ] }" },
		{ "nic", "8086:10d3", "{ \"never\": [ \"pm\" ] }" },
	};
	_cleanup_inventory_ struct inventory *inv = recorded_host_load("lab-default.json");
	_cleanup_def_set_ struct def_set *config = parse_quirks(quirks, ARRAY_SIZE(quirks));

	VEC_FOREACH(struct device, device, &inv->devices)
		device->reset_methods = strv_free(device->reset_methods);
	expect_plan("kernel | ",
		    format_plan(inv, "0000:02:00.0", ALONE("0000:02:00.0"), NULL, &config->quirks));
	expect_plan(" | kernel: No. (quirk nic)",
		    format_plan(inv, "0000:01:00.0", ALONE("0000:01:00.0"), NULL, &config->quirks));
	/* capabilities that are not known may be the forbidden ones */
	inventory_find(inv, "0000:02:00.0")->config_size = 64;
	expect_plan(" | kernel: No. (quirk igb)",
		    format_plan(inv, "0000:02:00.0", ALONE("0000:02:00.0"), NULL, &config->quirks));
}
END_TEST

SUITE("reset-plan", test_bridge_on_the_bus_excludes_a_hot_reset,
      test_quirk_of_the_port_counts_for_its_bus, test_quirk_of_a_virtual_function_is_not_for_its_pf,
      test_quirk_excludes_the_choice_of_the_kernel, test_each_method_that_is_absent_has_a_reason,
      test_methods_follow_the_order_of_the_kernel, test_methods_of_the_group_take_precedence,
      test_bus_reset_needs_all_devices_of_the_bus, test_neighbour_is_named,
      test_virtual_functions_do_not_block_the_pf, test_quirks_change_methods,
      test_preferred_and_refused_methods, test_kernel_without_a_list_of_methods,
      test_attempt_text_round_trips, test_first_device_without_reset_is_found)
