/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"

size_t strv_length(char *const *list)
{
	size_t n = 0;

	while (list && list[n])
		n++;
	return n;
}

bool strv_contains(char *const *list, const char *s)
{
	STRV_FOREACH(item, list)
		if (str_eq(*item, s))
			return true;
	return false;
}

int strv_add(char ***list, const char *s)
{
	size_t n = strv_length(*list);
	char **grown;

	grown = reallocarray(*list, n + 2, sizeof(char *));
	if (!grown)
		return -ENOMEM;
	*list = grown;
	grown[n + 1] = NULL;
	grown[n] = strdup(s);
	return grown[n] ? 0 : -ENOMEM;
}

struct strv_builder strv_builder_of(char **list)
{
	size_t n = strv_length(list);

	return (struct strv_builder){ .list = list, .n = n, .room = list ? n + 1 : 0 };
}

int strv_builder_add(struct strv_builder *builder, const char *s)
{
	char *copy;

	if (builder->n + 2 > builder->room) {
		size_t room = builder->room ? builder->room * 2 : 8;
		char **grown = reallocarray(builder->list, room, sizeof(char *));

		if (!grown)
			return -ENOMEM;
		grown[builder->n] = NULL;
		builder->list = grown;
		builder->room = room;
	}
	copy = strdup(s);
	if (!copy)
		return -ENOMEM;
	builder->list[builder->n++] = copy;
	builder->list[builder->n] = NULL;
	return 0;
}

char **strv_builder_take(struct strv_builder *builder)
{
	return TAKE_STRUCT(*builder).list;
}

void strv_builder_clear(struct strv_builder *builder)
{
	strv_free(strv_builder_take(builder));
}

int strv_copy(char *const *list, char ***ret)
{
	_cleanup_strv_builder_ struct strv_builder copy = { 0 };
	int r;

	STRV_FOREACH(item, list) {
		r = strv_builder_add(&copy, *item);
		if (r < 0)
			return r;
	}
	*ret = strv_builder_take(&copy);
	return 0;
}

int strv_split(const char *s, const char *separators, char ***ret)
{
	_cleanup_strv_builder_ struct strv_builder words = { 0 };
	int r;

	while (*(s += strspn(s, separators))) {
		size_t n = strcspn(s, separators);
		_cleanup_free_ char *word = strndup(s, n);

		if (!word)
			return -ENOMEM;
		r = strv_builder_add(&words, word);
		if (r < 0)
			return r;
		s += n;
	}
	*ret = strv_builder_take(&words);
	return 0;
}

char *strv_join(char *const *list, const char *separator)
{
	size_t size = 1;
	char *joined, *end;

	STRV_FOREACH(item, list)
		size += strlen(*item) + strlen(separator);
	joined = malloc(size);
	if (!joined)
		return NULL;
	end = joined;
	*end = '\0';
	STRV_FOREACH(item, list) {
		if (item != list)
			end = stpcpy(end, separator);
		end = stpcpy(end, *item);
	}
	return joined;
}

bool strv_equal(char *const *a, char *const *b)
{
	size_t n = strv_length(a);

	if (n != strv_length(b))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!str_eq(a[i], b[i]))
			return false;
	return true;
}

char **strv_free(char **list)
{
	STRV_FOREACH(item, list)
		free(*item);
	free(list);
	return NULL;
}
