/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A whole file: its keys, and how its definitions come into force. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/config/parser.h"

/* The language itself is six levels deep. */
#define MAX_DEPTH 32

/* Physical functions in one file. */
#define VFS_MAX 4096u

/* Mediated devices in one file. */
#define MDEVS_MAX 4096u

static int parse_groups(struct config_parser *p, const struct jsontext_node *value, void *target)
{
	return parse_value_each(p, value, JSONTEXT_OBJECT, SIZE_MAX, parse_group, target);
}

static int parse_virtual_functions(struct config_parser *p, const struct jsontext_node *value,
				   void *target)
{
	return parse_value_each(p, value, JSONTEXT_OBJECT, VFS_MAX, parse_vfs, target);
}

static int parse_mdevs(struct config_parser *p, const struct jsontext_node *value, void *target)
{
	return parse_value_each(p, value, JSONTEXT_OBJECT, MDEVS_MAX, parse_mdev, target);
}

static int parse_quirks(struct config_parser *p, const struct jsontext_node *value, void *target)
{
	return parse_value_each(p, value, JSONTEXT_OBJECT, SIZE_MAX, parse_quirk, target);
}

/* Accepts the schema, which only editors use. */
static int parse_schema(struct config_parser *p, const struct jsontext_node *value, void *target)
{
	int r = parse_value_is(p, value, JSONTEXT_STRING);

	if (r < 0)
		return r;
	return 0;
}

/* Accepts a boolean. parse_is_lenient() has read it before all other keys. */
static int parse_strict(struct config_parser *p, const struct jsontext_node *value, void *target)
{
	int r = parse_value_is(p, value, JSONTEXT_BOOL);

	if (r < 0)
		return r;
	return 0;
}

/* Tells whether the file says "strict": false, wherever it does. */
static bool parse_is_lenient(const struct jsontext_node *root)
{
	if (root->type != JSONTEXT_OBJECT)
		return false;
	JSONTEXT_FOREACH(member, root)
		if (strcmp(member->key, "strict") == 0 && member->type == JSONTEXT_BOOL)
			return !member->boolean;
	return false;
}

/* The keys of devgroups.d come first, those of quirks.d last: a kind of file takes a range. */
static const struct config_key file_keys[] = {
	{ "groups", parse_groups },	     { "virtual-functions", parse_virtual_functions },
	{ "mediated-devices", parse_mdevs }, { "$schema", parse_schema },
	{ "strict", parse_strict },	     { "quirks", parse_quirks },
};

static const struct {
	size_t first, n;
} keys_of[] = {
	[DEF_FILE_GROUPS] = { 0, 5 },
	[DEF_FILE_QUIRKS] = { 3, 3 },
	[DEF_FILE_ANY] = { 0, 6 },
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

/* Puts the groups until one fails. *ret_n is how many were put, also after a failure. */
static int parse_put_groups(struct def_set *defs, const struct vec *groups, size_t *ret_n)
{
	int r;

	for (*ret_n = 0; *ret_n < groups->n; ++*ret_n) {
		r = def_set_put_group(defs, groups->items[*ret_n]);
		if (r < 0)
			return r;
	}
	return 0;
}

static int parse_commit_groups(struct def_set *defs, struct vec *groups)
{
	struct vec added;
	size_t n;
	int r;

	if (groups->n == 0)
		return 0;
	vec_sort(groups, parse_compare_names); /* so that most are put at the end */
	r = parse_put_groups(defs, groups, &n);
	/* also after a failure: @defs owns the groups that were put */
	groups->n -= n;
	memmove(groups->items, groups->items + n, groups->n * sizeof(void *));
	added = (struct vec){ .items = defs->in_order.items + defs->in_order.n - n, .n = n };
	vec_sort(&added, parse_compare_places); /* back into the order of the file */
	return r;
}

static int parse_commit_vfs(struct def_set *defs, struct def_set *staged)
{
	int r;

	for (; staged->sriov.n > 0; staged->sriov.n--) {
		r = def_set_put_vfs(defs, staged->sriov.items[staged->sriov.n - 1]);
		if (r < 0)
			return r;
	}
	return 0;
}

static int parse_commit_mdevs(struct def_set *defs, struct def_set *staged)
{
	int r;

	for (; staged->mdevs.n > 0; staged->mdevs.n--) {
		r = def_set_put_mdev(defs, staged->mdevs.items[staged->mdevs.n - 1]);
		if (r < 0)
			return r;
	}
	return 0;
}

static int parse_commit_quirks(struct def_set *defs, struct def_set *staged)
{
	int r;

	while (staged->quirks.n > 0) {
		_cleanup_quirk_ struct quirk *quirk = vec_remove_at(&staged->quirks, 0);

		r = def_set_put_quirk(defs, quirk);
		if (r < 0)
			return r;
		TAKE_PTR(quirk);
	}
	return 0;
}

/* Puts all definitions of a file without errors into force. */
static int parse_commit(struct def_set *defs, struct def_set *staged)
{
	int r = parse_commit_groups(defs, &staged->groups);

	if (r < 0)
		return r;
	r = parse_commit_vfs(defs, staged);
	if (r < 0)
		return r;
	r = parse_commit_mdevs(defs, staged);
	if (r < 0)
		return r;
	return parse_commit_quirks(defs, staged);
}

static int parse_document(struct def_set *defs, const char *file, const struct jsontext *doc)
{
	_cleanup_def_set_ struct def_set *staged = def_set_new();
	struct config_parser p = { .defs = defs, .staged = staged, .file = file, .doc = doc };
	int r;

	if (!staged)
		return -ENOMEM;
	p.lenient = parse_is_lenient(jsontext_root(doc));
	r = parse_value_members(&p, jsontext_root(doc), file_keys + keys_of[defs->kind].first,
				keys_of[defs->kind].n, NULL);
	if (r < 0 || p.errors > 0)
		return r;
	return parse_commit(defs, staged);
}

static int parse_text(struct def_set *defs, const char *file, const char *text, size_t size)
{
	static const struct jsontext_rules rules = { .comments = true, .max_depth = MAX_DEPTH };
	_cleanup_jsontext_ struct jsontext *doc = NULL;
	struct jsontext_error error;
	int r;

	r = jsontext_parse(text, size, &rules, &doc, &error);
	if (r == -EBADMSG)
		return def_set_add_problem(defs, file, error.at.line, error.at.column, false, "%s",
					   error.text);
	if (r < 0)
		return r;
	return parse_document(defs, file, doc);
}

/* Returns the first error among the problems from @start on, or NULL. */
static struct problem *parse_first_error(const struct def_set *defs, size_t start)
{
	for (size_t i = start; i < defs->problems.n; i++) {
		struct problem *problem = defs->problems.items[i];

		if (!problem->warning)
			return problem;
	}
	return NULL;
}

int parse_definitions(struct def_set *defs, const char *file, const char *text, size_t size)
{
	size_t start = defs->problems.n;
	struct problem *error;
	int r;

	r = parse_text(defs, file, text, size);
	if (r < 0)
		return r;
	error = parse_first_error(defs, start);
	if (!error)
		return 0;
	r = parse_names(text, size, &error->groups);
	if (r < 0 || error->groups)
		return r;
	error->groups = calloc(1, sizeof(char *)); /* known: none */
	return error->groups ? 0 : -ENOMEM;
}
