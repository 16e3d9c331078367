/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The work of deciding on a recorded host grows with the number of its devices, and not with the
 * square. The work is counted, not timed: this test and the sources below it are compiled so that
 * each basic block calls __sanitizer_cov_trace_pc() (-fsanitize-coverage=trace-pc).
 */

#include "test-main.h"

#include "base/str.h"
#include "base/strv.h"
#include "policy/assess/assess.h"
#include "policy/assess/resolve.h"
#include "policy/isolation/isolation.h"
#include "policy/offline/host-file.h"
#include "policy/report/advice.h"
#include "policy/report/report-card.h"

#define FEW 600u /* functions: more than fit on two buses, so that a bus is no limit */
#define MANY (4 * FEW)
#define FUNCTIONS_OF_BUS 256u

static unsigned long blocks;

void __sanitizer_cov_trace_pc(void);

#ifdef __clang__
__attribute__((no_sanitize("coverage")))
#else
__attribute__((no_sanitize_coverage))
#endif
void __sanitizer_cov_trace_pc(void)
{
	blocks++;
}

/* --- hosts --- */

/* Writes @n functions on root buses: multifunction devices, which conventional PCI does not
 * isolate. */
static void write_root_buses(FILE *out, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		fprintf(out,
			"0000:%02x:%02x.%u System peripheral [0880]: Intel X [8086:3456]\n"
			"00: 86 80 56 34 06 00 10 00 00 00 80 08 00 00 80 00\n"
			"10: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n"
			"20: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n"
			"30: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n\n",
			i / FUNCTIONS_OF_BUS, i % FUNCTIONS_OF_BUS / 8, i % 8);
}

/* Writes half as many ports, each with one device below it, in domains of 200. */
static void write_ports(FILE *out, unsigned n)
{
	for (unsigned i = 0; i < n / 2; i++) {
		unsigned domain = i / 200, at = i % 200;

		fprintf(out,
			"%04x:00:%02x.%u PCI bridge [0604]: Intel Root Port [8086:1901]\n"
			"00: 86 80 01 19 06 00 10 00 00 00 04 06 00 00 81 00\n"
			"10: 00 00 00 00 00 00 00 00 00 %02x %02x 00 00 00 00 00\n"
			"20: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n"
			"30: 00 00 00 00 40 00 00 00 00 00 00 00 00 00 00 00\n"
			"40: 10 00 42 01 00 00 00 00 00 00 00 00 00 00 00 00\n\n"
			"%04x:%02x:00.0 Ethernet controller [0200]: Intel X [8086:10d3]\n"
			"00: 86 80 d3 10 06 00 10 00 00 00 00 02 00 00 00 00\n"
			"10: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n"
			"20: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n"
			"30: 00 00 00 00 40 00 00 00 00 00 00 00 00 00 00 00\n"
			"40: 10 00 02 00 00 00 00 10 00 00 00 00 00 00 00 00\n\n",
			domain, at / 8, at % 8, at + 1, at + 1, domain, at + 1);
	}
}

static char *make_host(void (*write)(FILE *out, unsigned n), unsigned n, size_t *ret_size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_size);

	ck_assert_ptr_nonnull(out);
	write(out, n);
	ck_assert_int_eq(fclose(out), 0);
	return text;
}

/* --- work --- */

static void assess_all(const struct inventory *inv)
{
	_cleanup_assess_ struct assess *assess = NULL;

	ck_assert_int_eq(assess_new(inv, NULL, NULL, &assess), 0);
	VEC_FOREACH(const struct iommu_group, group, &inv->iommu_groups) {
		const struct device *first = group->devices.items[0];
		_cleanup_group_def_ struct group_def *def = group_def_new("test");
		_cleanup_resolved_group_ struct resolved_group resolved = { 0 };
		struct selector *selector = group_def_selector_new();

		ck_assert(def && selector && str_set(&selector->address, first->address) == 0);
		ck_assert_int_eq(vec_add(&def->selectors, selector), 0);
		ck_assert_int_eq(resolve_group(inv, def, &resolved), 0);
		ck_assert_int_eq(assess_group(assess, def, &resolved), 0);
	}
}

static void explain_all(const struct inventory *inv)
{
	VEC_FOREACH(const struct device, device, &inv->devices) {
		_cleanup_isolation_ struct vec causes = { 0 };

		ck_assert_int_eq(isolation_find(inv, device, &causes), 0);
	}
	VEC_FOREACH(const struct iommu_group, group, &inv->iommu_groups) {
		_cleanup_strv_ char **advice = NULL;

		ck_assert_int_eq(advice_find(inv, &group->devices, &advice), 0);
	}
}

/* Returns the blocks that run to read and decide on @text. */
static unsigned long count_work(const char *text, size_t size)
{
	_cleanup_inventory_ struct inventory *inv = NULL;
	_cleanup_report_card_ struct report_card card = { 0 };
	_cleanup_free_ char *error = NULL;
	unsigned long before = blocks;

	ck_assert_int_eq(host_file_parse(text, size, &inv, &error), 0);
	explain_all(inv);
	ck_assert_int_eq(report_card_make(inv, NULL, &card), 0);
	assess_all(inv);
	return blocks - before;
}

static void (*const shapes[])(FILE *out, unsigned n) = { write_root_buses, write_ports };

START_TEST(test_work_grows_with_the_devices)
{
	size_t few_size, many_size;
	_cleanup_free_ char *few = make_host(shapes[_i], FEW, &few_size),
			    *many = make_host(shapes[_i], MANY, &many_size);
	unsigned long few_work = count_work(few, few_size), many_work = count_work(many, many_size);

	ck_assert_uint_gt(few_work, FEW);
	/* searches grow with the logarithm */
	ck_assert_msg(many_work < 6 * few_work, "%lu blocks for %u functions, %lu for %u", few_work,
		      FEW, many_work, MANY);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("growth");
	TCase *tcase = tcase_create("growth");

	tcase_add_loop_test(tcase, test_work_grows_with_the_devices, 0, ARRAY_SIZE(shapes));
	tcase_set_timeout(tcase, 120);
	suite_add_tcase(suite, tcase);
	return suite;
}
