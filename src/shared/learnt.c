/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "learnt.h"
#include "strutil.h"

static bool parse_number(const char *word, uint64_t *ret)
{
	bool hex = str_starts(word, "0x");

	return parse_u64(hex ? word + 2 : word, hex ? 16 : 10, UINT64_MAX, ret) >= 0;
}

bool learnt_parse(const char *line, struct learnt_line *ret)
{
	_cleanup_strv_ char **words = NULL;
	struct learnt_line result = { 0 };

	if (strv_split(line, " ", &words) < 0 || !words || strlen(words[0]) >= sizeof(result.name))
		return false;
	memcpy(result.name, words[0], strlen(words[0]) + 1);
	STRV_FOREACH(word, words + 1)
		if (result.n < LEARNT_NUMBERS && parse_number(*word, &result.numbers[result.n]))
			result.n++;
	*ret = result;
	return true;
}

bool learnt_next(char *const **cursor, const char *name, struct learnt_line *ret)
{
	while (*cursor && **cursor) {
		char *const *line = (*cursor)++;

		if (learnt_parse(*line, ret) && str_eq(ret->name, name))
			return true;
	}
	return false;
}

const char *learnt_word(char *const *lines, const char *name)
{
	STRV_FOREACH(line, lines)
		if (str_starts(*line, name) && (*line)[strlen(name)] == ' ')
			return *line + strlen(name) + 1;
	return NULL;
}
