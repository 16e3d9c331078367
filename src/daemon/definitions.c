/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads the definitions at the start and at a reload, and leaves claimed groups as they are. */

#include <errno.h>

#include "base/log.h"
#include "base/str.h"
#include "base/strv.h"
#include "daemon/claims.h"
#include "daemon/definitions.h"
#include "model/config/config-dirs.h"
#include "model/json/codec.h"

/* Removes groups that no file defines any more. A claimed one keeps its last good definition. */
static void definitions_drop_undefined(struct registry *registry, const struct def_set *config)
{
	const struct vec *groups = registry_groups(registry);

	for (size_t i = groups->n; i-- > 0;) {
		struct devgroup *group = groups->items[i];

		if (def_set_find_group(config, group->def->name))
			continue;
		if (group->lease || group->record_problem) {
			group->orphan = true;
			continue;
		}
		claims_drop(group);
		registry_remove_group(registry, group);
	}
}

static bool definitions_same_place(const struct group_def *a, const struct group_def *b)
{
	return str_eq(a->file, b->file) && a->line == b->line && a->column == b->column;
}

/* Moves the definitions out of @config into the groups. */
static int definitions_take_groups(struct registry *registry, struct def_set *config)
{
	while (config->groups.n > 0) {
		struct group_def *def = vec_remove_at(&config->groups, config->groups.n - 1);
		struct devgroup *group = registry_find(registry, def->name);

		if (!group) {
			if (!registry_add_group(registry, def))
				return -ENOMEM;
			continue;
		}
		group->redefined = group->redefined || !codec_config_same_group(group->def, def) ||
				   !definitions_same_place(group->def, def);
		group_def_free(group->def);
		group->def = def;
		group->orphan = false;
	}
	return 0;
}

static int definitions_read(const char *const *directories, const char *root, struct def_set **ret)
{
	_cleanup_strv_ char **below = NULL;
	int r;

	if (directories)
		return config_dirs_load(directories, ret);
	r = config_dirs_below(root, config_dirs_default, &below);
	if (r < 0)
		return r;
	return config_dirs_load((const char *const *)below, ret);
}

static int definitions_read_quirks(const char *root, struct def_set **ret)
{
	_cleanup_strv_ char **below = NULL;
	int r = config_dirs_below(root, config_dirs_quirks, &below);

	if (r < 0)
		return r;
	return config_dirs_load_quirks((const char *const *)below, ret);
}

int definitions_load(const char *const *directories, struct registry *registry,
		     struct provision *provision)
{
	const char *root = host_root(registry_host(registry))->path;
	_cleanup_def_set_ struct def_set *config = NULL, *quirks = NULL;
	int r;

	r = definitions_read(directories, root, &config);
	if (r < 0)
		return r;
	r = definitions_read_quirks(root, &quirks);
	if (r < 0)
		return r;
	r = vec_move(&config->problems, &quirks->problems);
	if (r < 0)
		return r;
	registry_set_quirks(registry, TAKE_PTR(quirks));
	provision_define(provision, config);
	problems_replace(registry_problems(registry), &config->problems);
	definitions_drop_undefined(registry, config);
	return definitions_take_groups(registry, config);
}
