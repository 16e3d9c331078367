/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One way to reset one device, and its form in steps and records. */

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "model/group-def.h"
#include "policy/plan/reset-attempt.h"

const char *reset_attempt_find_method(const char *word)
{
	for (const char *const *name = group_def_reset_methods; *name; name++)
		if (str_eq(*name, word))
			return *name;
	if (str_eq(word, RESET_ATTEMPT_HOT))
		return RESET_ATTEMPT_HOT;
	return str_eq(word, RESET_ATTEMPT_KERNEL) ? RESET_ATTEMPT_KERNEL : NULL;
}

char *reset_attempt_format(const struct reset_attempt *attempt)
{
	const char *shutdown = attempt->nvme_shutdown ? " nvme-shutdown" : "";

	if (!attempt->delay_ms)
		return str_printf("%s%s", attempt->method, shutdown);
	return str_printf("%s%s delay-ms=%u", attempt->method, shutdown, attempt->delay_ms);
}

static int reset_attempt_parse_word(const char *word, struct reset_attempt *attempt)
{
	static const char delay[] = "delay-ms=";

	if (!attempt->method) {
		attempt->method = reset_attempt_find_method(word);
		return attempt->method ? 0 : -EINVAL;
	}
	if (str_eq(word, "nvme-shutdown")) {
		attempt->nvme_shutdown = true;
		return 0;
	}
	if (!str_starts(word, delay) ||
	    str_parse_uint(word + strlen(delay), &attempt->delay_ms) < 0)
		return -EINVAL;
	return 0;
}

int reset_attempt_parse(const char *text, struct reset_attempt *ret)
{
	_cleanup_strv_ char **words = NULL;
	struct reset_attempt attempt = { 0 };
	int r = strv_split(text, " ", &words);

	if (r < 0)
		return r;
	STRV_FOREACH(word, words) {
		r = reset_attempt_parse_word(*word, &attempt);
		if (r < 0)
			return r;
	}
	if (!attempt.method)
		return -EINVAL;
	*ret = attempt;
	return 0;
}
