/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The names of the groups in a file that cannot be used, however broken its JSON is. */

#include <errno.h>
#include <string.h>

#include "base/strv.h"
#include "model/config/parser.h"

static size_t parse_names_skip_blanks(const char *text, size_t size, size_t at)
{
	while (at < size && memchr(" \t\r\n", text[at], 4))
		at++;
	return at;
}

/* Tells whether an object is the value of the key that ends before @at. */
static bool parse_names_is_object(const char *text, size_t size, size_t at)
{
	at = parse_names_skip_blanks(text, size, at);
	if (at == size || text[at] != ':')
		return false;
	at = parse_names_skip_blanks(text, size, at + 1);
	return at < size && text[at] == '{';
}

static int parse_names_add(struct strv_builder *names, const char *start, size_t n)
{
	_cleanup_free_ char *name = strndup(start, n);

	if (!name)
		return -ENOMEM;
	if (!group_def_name_valid(name))
		return 0;
	return strv_builder_add(names, name);
}

/* Every quote may open a name: after a forgotten one, closing quotes look like opening ones. */
int parse_names(const char *text, size_t size, char ***ret)
{
	_cleanup_strv_builder_ struct strv_builder names = { 0 };
	const char *limit = text + size, *end, *quote = memchr(text, '"', size);

	for (; quote; quote = end) {
		end = memchr(quote + 1, '"', (size_t)(limit - quote - 1));
		if (!end || !parse_names_is_object(text, size, (size_t)(end + 1 - text)))
			continue;
		if (parse_names_add(&names, quote + 1, (size_t)(end - quote - 1)) < 0)
			return -ENOMEM;
	}
	*ret = strv_builder_take(&names);
	return 0;
}
