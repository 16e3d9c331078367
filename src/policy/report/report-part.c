/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Advice of a report card, and questions about one device that several parts ask. */

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "policy/plan/reset-plan.h"
#include "policy/report/report-part.h"

void report_part_free_advice(struct report_advice *advice)
{
	if (!advice)
		return;
	strv_free(advice->devices);
	free(advice->text);
	free(advice);
}

int report_part_add(struct report_card *card, const struct report_advice *kind, char ***devices,
		    char *text)
{
	_cleanup_(report_part_free_advicep) struct report_advice *advice = NULL;
	_cleanup_free_ char *owned = text;
	int r;

	if (!owned)
		return -ENOMEM;
	advice = malloc(sizeof(*advice));
	if (!advice)
		return -ENOMEM;
	*advice = *kind;
	advice->text = TAKE_PTR(owned);
	if (devices)
		advice->devices = TAKE_PTR(*devices);
	r = vec_add(&card->advice, advice);
	if (r < 0)
		return r;
	advice = NULL;
	return 0;
}

char *report_part_list(char *const *devices)
{
	size_t n = strv_length(devices);
	_cleanup_strv_ char **some = NULL;
	_cleanup_free_ char *text = NULL;

	for (size_t i = 0; i < n && i < REPORT_SHOWN; i++)
		if (strv_add(&some, devices[i]) < 0)
			return NULL;
	text = strv_join(some, ", ");
	if (!text || n <= REPORT_SHOWN)
		return TAKE_PTR(text);
	return str_printf("%s and %zu more", text, n - REPORT_SHOWN);
}

bool report_part_is_endpoint(const struct device *device)
{
	return device_is_pci(device) && !device_is_bridge(device) &&
	       device->class_code >> 16 != 0x06; /* host and ISA bridges have header type 0 */
}

bool report_part_has_reserved(const struct inventory *inv, const struct device *device)
{
	const struct iommu_group *group = inventory_find_group(inv, device->iommu_group);

	STRV_FOREACH(line, group ? group->reserved : NULL) {
		const char *space = strrchr(*line, ' ');

		if (space && str_eq(space + 1, "direct"))
			return true;
	}
	return false;
}

int report_part_judge_reset(const struct report_host *host, const struct device *device,
			    enum report_reset *ret)
{
	const struct reset_plan_request request = { .inv = host->inv,
						    .quirks = host->quirks,
						    .claimed = &host->inv->devices };
	_cleanup_reset_plan_ struct reset_plan plan = { 0 };
	int r;

	*ret = REPORT_RESET_OWN;
	if (reset_plan_has_own(&request, device))
		return 0;
	r = reset_plan_device(&request, device, &plan);
	if (r < 0)
		return r;
	if (reset_plan_is_unsure(&plan))
		*ret = REPORT_RESET_UNKNOWN;
	else
		*ret = plan.attempts.n > 0 ? REPORT_RESET_WIDE : REPORT_RESET_NONE;
	return 0;
}
