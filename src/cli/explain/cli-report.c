/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/explain/cli-report.h"
#include "cli/print/cli-term.h"
#include "policy/devinfo/iommu-unit.h"
#include "policy/report/report-card.h"

/* --- as JSON --- */

static json_object *cli_report_mark_to_json(const struct report_mark *mark)
{
	_cleanup_json_ json_object *object = json_object_new_object();

	if (!object || cli_json_set_str(object, "quality", mark->quality) < 0 ||
	    cli_json_set_str(object, "text", mark->text) < 0 ||
	    cli_json_set(object, "good", json_object_new_uint64(mark->good)) < 0 ||
	    cli_json_set(object, "of", json_object_new_uint64(mark->of)) < 0)
		return NULL;
	return TAKE_PTR(object);
}

static json_object *cli_report_advice_to_json(const struct report_advice *advice)
{
	_cleanup_json_ json_object *object = json_object_new_object();
	_cleanup_json_ json_object *devices = json_object_new_array();

	STRV_FOREACH(key, advice->devices)
		if (!devices || cli_json_append(devices, json_object_new_string(*key)) < 0)
			return NULL;
	if (!object ||
	    cli_json_set_str(object, "place", report_card_place_to_string(advice->place)) < 0 ||
	    cli_json_set_str(object, "code", advice->code) < 0 ||
	    cli_json_set(object, "devices", TAKE_PTR(devices)) < 0 ||
	    cli_json_set_str(object, "text", advice->text) < 0)
		return NULL;
	return TAKE_PTR(object);
}

static int cli_report_fill_lists(json_object *object, const struct report_card *card)
{
	_cleanup_json_ json_object *marks = json_object_new_array();
	_cleanup_json_ json_object *advice = json_object_new_array();

	for (size_t i = 0; i < REPORT_MARKS; i++)
		if (!marks || cli_json_append(marks, cli_report_mark_to_json(&card->marks[i])) < 0)
			return -1;
	VEC_FOREACH(const struct report_advice, item, &card->advice)
		if (!advice || cli_json_append(advice, cli_report_advice_to_json(item)) < 0)
			return -1;
	return cli_json_set(object, "marks", TAKE_PTR(marks)) < 0 ||
			       cli_json_set(object, "advice", TAKE_PTR(advice)) < 0 ?
		       -1 :
		       0;
}

json_object *cli_report_to_json(const struct cli_host *host)
{
	const struct inventory *inv = host->inv;
	_cleanup_json_ json_object *object = json_object_new_object();
	_cleanup_report_card_ struct report_card card = { 0 };

	if (!object || report_card_make(inv, &card) < 0 ||
	    cli_json_set_str(object, "kind", "host") < 0 ||
	    cli_json_set_str(object, "source", str_or(inv->source, "")) < 0 ||
	    cli_json_set_str(object, "kernel-release", str_or(inv->kernel_release, "")) < 0 ||
	    cli_json_set(object, "devices", json_object_new_uint64(inv->devices.n)) < 0 ||
	    cli_json_set(object, "iommu-groups", json_object_new_uint64(inv->iommu_groups.n)) < 0 ||
	    cli_json_set(object, "groups-derived", json_object_new_boolean(inv->groups_derived)) <
		    0 ||
	    cli_json_set_str(object, "iommu", iommu_unit_kind(inv)) < 0 ||
	    cli_report_fill_lists(object, &card) < 0)
		return NULL;
	return TAKE_PTR(object);
}

/* --- for people --- */

static void cli_report_print_head(json_object *object)
{
	_cleanup_free_ char *release = cli_term_clean(cli_json_get_str(object, "kernel-release"));
	const char *iommu = cli_json_get_str(object, "iommu");

	printf("%sThis machine%s: %lld devices in %lld IOMMU groups%s%s", cli_term_begin(TINT_BOLD),
	       cli_term_end(TINT_BOLD), (long long)cli_json_get_int(object, "devices", 0),
	       (long long)cli_json_get_int(object, "iommu-groups", 0),
	       str_empty(iommu) ? "" : " of ", iommu);
	printf("%s%s\n", str_empty(release) ? "" : ", kernel ", str_or(release, ""));
	if (cli_json_get_bool(object, "groups-derived"))
		printf("No kernel was asked: the IOMMU groups are what its rules make of this "
		       "host.\n");
}

static void cli_report_print_marks(json_object *marks)
{
	printf("\n%sFunctions that could be given away%s\n", cli_term_begin(TINT_BOLD),
	       cli_term_end(TINT_BOLD));
	for (size_t i = 0; i < cli_json_list_length(marks); i++) {
		json_object *mark = json_object_array_get_idx(marks, i);
		long long good = cli_json_get_int(mark, "good", 0),
			  of = cli_json_get_int(mark, "of", 0);

		if (of == 0)
			printf("  not known  %s\n", cli_json_get_str(mark, "text"));
		else
			printf("  %s%4lld of %lld%s %s\n",
			       cli_term_begin(good < of ? TINT_WAITING : TINT_NONE), good, of,
			       cli_term_end(TINT_NONE), cli_json_get_str(mark, "text"));
	}
}

static bool cli_report_all_known(json_object *marks)
{
	for (size_t i = 0; i < cli_json_list_length(marks); i++)
		if (cli_json_get_int(json_object_array_get_idx(marks, i), "of", 0) == 0)
			return false;
	return true;
}

static void cli_report_print_advice(json_object *list, bool known)
{
	printf("\n%sWhat would make it better, the most effective first%s\n",
	       cli_term_begin(TINT_BOLD), cli_term_end(TINT_BOLD));
	if (cli_json_list_length(list) == 0)
		printf("  %s\n", known ? "Nothing: it is as good as it can be." :
					 "Nothing in what is known here; a snapshot tells more "
					 "than a dump of lspci.");
	for (size_t i = 0; i < cli_json_list_length(list); i++) {
		json_object *item = json_object_array_get_idx(list, i);
		_cleanup_free_ char *text = cli_term_clean(cli_json_get_str(item, "text"));
		size_t n = cli_json_list_length(cli_json_get_list(item, "devices"));

		printf("  %zu. %s (%s", i + 1, cli_json_get_str(item, "place"),
		       cli_json_get_str(item, "code"));
		if (n > 0)
			printf(", %zu device%s", n, n == 1 ? "" : "s");
		printf(")\n     %s\n", str_or(text, ""));
	}
}

void cli_report_print(json_object *object)
{
	cli_report_print_head(object);
	cli_report_print_marks(cli_json_get_list(object, "marks"));
	cli_report_print_advice(cli_json_get_list(object, "advice"),
				cli_report_all_known(cli_json_get_list(object, "marks")));
}
