/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "model/config/parser.h"

/* The language itself is six levels deep. */
#define MAX_DEPTH 32

/* Physical functions in one file. */
#define VFS_MAX 4096u

static int parse_groups(struct config_parser *p, const struct jsontext_node *value, void *target)
{
	int r = parse_value_is(p, value, JSONTEXT_OBJECT);

	if (r <= 0)
		return r;
	JSONTEXT_FOREACH(member, value) {
		r = parse_group(p, member);
		if (r < 0)
			return r;
	}
	return 0;
}

static int parse_virtual_functions(struct config_parser *p, const struct jsontext_node *value,
				   void *target)
{
	int r = parse_value_is(p, value, JSONTEXT_OBJECT);

	if (r <= 0)
		return r;
	if (value->n > VFS_MAX)
		return parse_value_error(p, value->offset,
					 "\"virtual-functions\": expected %u at most, found %zu",
					 VFS_MAX, value->n);
	JSONTEXT_FOREACH(member, value) {
		r = parse_group_vfs(p, member);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Editors look here for the schema; it means nothing to us. */
static int parse_schema(struct config_parser *p, const struct jsontext_node *value, void *target)
{
	int r = parse_value_is(p, value, JSONTEXT_STRING);

	return r < 0 ? r : 0;
}

/* Those of devgroups.d first, those of quirks.d last: a file has one part of them or all. */
static const struct config_key file_keys[] = {
	{ "groups", parse_groups },	     { "virtual-functions", parse_virtual_functions },
	{ "mediated-devices", parse_mdevs }, { "$schema", parse_schema },
	{ "quirks", parse_quirks },
};

static const struct {
	size_t first, n;
} keys_of[] = {
	[DEF_FILE_GROUPS] = { 0, 4 },
	[DEF_FILE_QUIRKS] = { 3, 2 },
	[DEF_FILE_ANY] = { 0, 5 },
};

static int parse_compare_names(const void *a, const void *b)
{
	return strcmp(((const struct group_def *)a)->name, ((const struct group_def *)b)->name);
}

static int parse_compare_places(const void *a, const void *b)
{
	const struct group_def *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return (x->column > y->column) - (x->column < y->column);
}

/* The definitions of a file without an error come into force, all of them. */
static int parse_commit_groups(struct def_set *config, struct vec *groups)
{
	struct vec new = { 0 };
	size_t n = 0;
	int r = 0;

	if (groups->n == 0)
		return 0;
	vec_sort(groups, parse_compare_names); /* so that each is put at the end, mostly */
	for (; n < groups->n && r >= 0; n += r >= 0)
		r = def_set_put_group(config, groups->items[n]);
	/* what came through has a new owner */
	groups->n -= n;
	memmove(groups->items, groups->items + n, groups->n * sizeof(void *));
	/* and stands in the order of the file again */
	new = (struct vec){ .items = config->in_order.items + config->in_order.n - n, .n = n };
	vec_sort(&new, parse_compare_places);
	return r;
}

static int parse_commit_vfs(struct def_set *config, struct def_set *staged)
{
	int r;

	for (; staged->sriov.n > 0; staged->sriov.n--) {
		r = def_set_put_vfs(config, staged->sriov.items[staged->sriov.n - 1]);
		if (r < 0)
			return r;
	}
	return 0;
}

static int parse_commit_mdevs(struct def_set *config, struct def_set *staged)
{
	int r;

	for (; staged->mdevs.n > 0; staged->mdevs.n--) {
		r = def_set_put_mdev(config, staged->mdevs.items[staged->mdevs.n - 1]);
		if (r < 0)
			return r;
	}
	return 0;
}

static int parse_commit_quirks(struct def_set *config, struct def_set *staged)
{
	while (staged->quirks.n > 0) {
		struct quirk *quirk = vec_remove_at(&staged->quirks, 0);
		int r = def_set_put_quirk(config, quirk);

		if (r < 0) {
			quirk_free(quirk);
			return r;
		}
	}
	return 0;
}

static int parse_commit(struct def_set *config, struct def_set *staged)
{
	int r = parse_commit_groups(config, &staged->groups);

	if (r >= 0)
		r = parse_commit_vfs(config, staged);
	if (r >= 0)
		r = parse_commit_mdevs(config, staged);
	return r < 0 ? r : parse_commit_quirks(config, staged);
}

static int parse_document(struct def_set *config, const char *file, const struct jsontext *doc)
{
	_cleanup_def_set_ struct def_set *staged = def_set_new();
	struct config_parser p = { .config = config, .staged = staged, .file = file, .doc = doc };
	int r;

	if (!staged)
		return -ENOMEM;
	r = parse_value_members(&p, jsontext_root(doc), file_keys + keys_of[config->kind].first,
				keys_of[config->kind].n, NULL);
	return r < 0 || p.errors > 0 ? r : parse_commit(config, staged);
}

int parse_definitions(struct def_set *config, const char *file, const char *text, size_t size)
{
	static const struct jsontext_rules rules = { .comments = true, .max_depth = MAX_DEPTH };
	_cleanup_jsontext_ struct jsontext *doc = NULL;
	struct jsontext_error error;
	int r;

	r = jsontext_parse(text, size, &rules, &doc, &error);
	if (r == -EBADMSG)
		return def_set_add_problem(config, file, error.at.line, error.at.column, false,
					   "%s", error.text);
	return r < 0 ? r : parse_document(config, file, doc);
}
