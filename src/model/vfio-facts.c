/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Parses and updates the lines of VFIO info. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "model/vfio-facts.h"

static bool vfio_facts_parse_number(const char *word, uint64_t *ret)
{
	bool hex = str_starts(word, "0x");

	return str_parse_u64(hex ? word + 2 : word, hex ? 16 : 10, UINT64_MAX, ret) >= 0;
}

bool vfio_facts_parse(const char *line, struct vfio_facts_line *ret)
{
	_cleanup_strv_ char **words = NULL;
	struct vfio_facts_line result = { 0 };

	if (strv_split(line, " ", &words) < 0 || !words || strlen(words[0]) >= sizeof(result.name))
		return false;
	memcpy(result.name, words[0], strlen(words[0]) + 1);
	STRV_FOREACH(word, words + 1)
		if (result.n < VFIO_FACTS_NUMBERS &&
		    vfio_facts_parse_number(*word, &result.numbers[result.n]))
			result.n++;
	*ret = result;
	return true;
}

bool vfio_facts_next(char *const **cursor, const char *name, struct vfio_facts_line *ret)
{
	while (*cursor && **cursor) {
		char *const *line = (*cursor)++;

		if (vfio_facts_parse(*line, ret) && str_eq(ret->name, name))
			return true;
	}
	return false;
}

const char *vfio_facts_word(char *const *lines, const char *name)
{
	STRV_FOREACH(line, lines)
		if (str_starts(*line, name) && (*line)[strlen(name)] == ' ')
			return *line + strlen(name) + 1;
	return NULL;
}

/* Removes all lines called @name. */
static void vfio_facts_drop(char **lines, const char *name)
{
	size_t n = strlen(name), kept = 0;

	for (size_t i = 0; lines && lines[i]; i++) {
		if (str_starts(lines[i], name) && strchr(" ", lines[i][n]))
			free(lines[i]);
		else
			lines[kept++] = lines[i];
	}
	if (lines)
		lines[kept] = NULL;
}

int vfio_facts_add(char ***lines, const char *line)
{
	static const char *const replaced[] = { "source", "refused", "range" };
	_cleanup_free_ char *name = strndup(line, strcspn(line, " "));

	if (!name)
		return -ENOMEM;
	if (str_eq(name, "source") || str_eq(name, "refused"))
		for (size_t i = 0; i < ARRAY_SIZE(replaced); i++)
			vfio_facts_drop(*lines, replaced[i]);
	if (!str_eq(name, "range")) /* a group has several of these lines */
		vfio_facts_drop(*lines, name);
	return strv_add(lines, line);
}
