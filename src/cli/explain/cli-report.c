/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "base/str.h"
#include "base/strv.h"
#include "cli/explain/cli-report.h"
#include "cli/print/cli-term.h"
#include "policy/devinfo/iommu-unit.h"
#include "policy/report/report-card.h"

/* --- as JSON --- */

static json_object *cli_report_mark_to_json(const struct report_mark *mark)
{
	return CLI_JSON_NEW({ "quality", json_object_new_string(mark->quality) },
			    { "text", json_object_new_string(mark->text) },
			    { "good", json_object_new_uint64(mark->good) },
			    { "of", json_object_new_uint64(mark->of) });
}

static json_object *cli_report_advice_to_json(const struct report_advice *advice)
{
	const char *place = report_card_place_to_string(advice->place);
	_cleanup_json_ json_object *devices = json_object_new_array();

	STRV_FOREACH(key, advice->devices)
		if (cli_json_append(devices, json_object_new_string(*key)) < 0)
			return NULL;
	return CLI_JSON_NEW({ "place", json_object_new_string(place) },
			    { "code", json_object_new_string(advice->code) },
			    { "devices", TAKE_PTR(devices) },
			    { "text", json_object_new_string(advice->text) });
}

static json_object *cli_report_list_marks(const struct report_card *card)
{
	_cleanup_json_ json_object *marks = json_object_new_array();

	for (size_t i = 0; i < REPORT_MARKS; i++)
		if (cli_json_append(marks, cli_report_mark_to_json(&card->marks[i])) < 0)
			return NULL;
	return TAKE_PTR(marks);
}

static json_object *cli_report_list_advice(const struct report_card *card)
{
	_cleanup_json_ json_object *advice = json_object_new_array();

	VEC_FOREACH(const struct report_advice, item, &card->advice)
		if (cli_json_append(advice, cli_report_advice_to_json(item)) < 0)
			return NULL;
	return TAKE_PTR(advice);
}

json_object *cli_report_to_json(const struct cli_host *host)
{
	const struct inventory *inv = host->inv;
	_cleanup_report_card_ struct report_card card = { 0 };

	if (report_card_make(inv, &host->quirks->quirks, &card) < 0)
		return NULL;
	return CLI_JSON_NEW({ "kind", json_object_new_string("host") },
			    { "source", json_object_new_string(str_or(inv->source, "")) },
			    { "kernel-release",
			      json_object_new_string(str_or(inv->kernel_release, "")) },
			    { "devices", json_object_new_uint64(inv->devices.n) },
			    { "iommu-groups", json_object_new_uint64(inv->iommu_groups.n) },
			    { "groups-derived", json_object_new_boolean(inv->groups_derived) },
			    { "iommu-off", json_object_new_boolean(inv->iommu_off) },
			    { "iommu", json_object_new_string(iommu_unit_kind(inv)) },
			    { "marks", cli_report_list_marks(&card) },
			    { "advice", cli_report_list_advice(&card) });
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
	if (cli_json_get_bool(object, "iommu-off"))
		printf("No IOMMU was on when the recording was made: these are the groups that the "
		       "kernel makes when it is on.\n");
	else if (cli_json_get_bool(object, "groups-derived"))
		printf("The recording has no IOMMU groups: these are derived by the kernel's "
		       "rules.\n");
}

static void cli_report_print_marks(json_object *marks)
{
	printf("\n%sFunctions that could be assigned%s\n", cli_term_begin(TINT_BOLD),
	       cli_term_end(TINT_BOLD));
	for (size_t i = 0; i < cli_json_list_length(marks); i++) {
		json_object *mark = json_object_array_get_idx(marks, i);
		long long good = cli_json_get_int(mark, "good", 0),
			  of = cli_json_get_int(mark, "of", 0);

		if (of == 0)
			printf("  unknown    %s\n", cli_json_get_str(mark, "text"));
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
	printf("\n%sImprovements, the most effective first%s\n", cli_term_begin(TINT_BOLD),
	       cli_term_end(TINT_BOLD));
	if (cli_json_list_length(list) == 0)
		printf("  %s\n", known ? "None: this machine needs no improvement." :
					 "None that this recording shows. A snapshot shows more "
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
