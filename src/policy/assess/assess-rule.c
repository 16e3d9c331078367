/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Helpers that the rules of an assessment share: blockers, lists of names, the claimed devices. */

#include <errno.h>
#include <stdarg.h>

#include "base/str.h"
#include "base/strv.h"
#include "policy/assess/assess-rule.h"

#define LIST_MAX 4

int assess_rule_block(const struct assessment *ctx, const struct device *device, const char *format,
		      ...)
{
	const struct rule *rule = ctx->rule;
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, format);
	text = str_vprintf(format, ap);
	va_end(ap);
	if (!text)
		return -ENOMEM;
	return blocker_add(&ctx->resolved->blockers, rule->hard, rule->code, device->key, "%s%s",
			   text, rule->hard ? "" : " To claim it anyway, add --force.");
}

bool assess_rule_is_claimed(const struct assess *assess, const struct device *device)
{
	return vec_find_sorted(&assess->claimed, device, device_cmp, NULL) >= 0;
}

char *assess_rule_list(size_t n, char *(*name)(const void *things, size_t i), const void *things)
{
	_cleanup_strv_ char **names = NULL;
	_cleanup_free_ char *joined = NULL;

	for (size_t i = 0; i < n && i < LIST_MAX; i++) {
		_cleanup_free_ char *one = name(things, i);

		if (!one || strv_add(&names, one) < 0)
			return NULL;
	}
	joined = strv_join(names, ", ");
	if (!joined || n <= LIST_MAX)
		return TAKE_PTR(joined);
	return str_printf("%s and %zu more", joined, n - LIST_MAX);
}
