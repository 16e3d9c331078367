/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The definitions in force: read at the start and at a reload, without touching what is claimed. */

#include <errno.h>

#include "base/log.h"
#include "base/str.h"
#include "daemon/registry-private.h"
#include "model/config/config-dirs.h"
#include "model/json/codec.h"

/* What no file defines any more goes, unless it is claimed: then the last good definition stays in
 * force. */
static void definitions_drop_undefined(struct registry *registry, const struct def_set *config)
{
	for (size_t i = registry->groups.n; i-- > 0;) {
		struct devgroup *group = registry->groups.items[i];

		if (def_set_find_group(config, group->def->name))
			continue;
		if (group->lease || group->record_problem)
			group->orphan = true;
		else
			registry_remove_group(registry, group);
	}
}

/* Moves the definitions out of @def_set into the groups. */
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
		group->redefined = group->redefined || !codec_config_same_group(group->def, def);
		group_def_free(group->def);
		group->def = def;
		group->orphan = false;
	}
	return 0;
}

int definitions_load(struct registry *registry)
{
	_cleanup_def_set_ struct def_set *config = NULL, *quirks = NULL;
	int r = config_dirs_load(registry->directories, &config);

	if (r >= 0)
		r = config_dirs_load_quirks(NULL, &quirks);
	if (r >= 0)
		r = vec_move(&config->problems, &quirks->problems);
	if (r < 0)
		return r;
	def_set_free(registry->quirks);
	registry->quirks = TAKE_PTR(quirks);
	provision_define(registry->provision, config);
	problems_replace(&registry->problems, &config->problems);
	definitions_drop_undefined(registry, config);
	r = definitions_take_groups(registry, config);
	return r < 0 ? r : restart_report_bad_records(registry);
}

int definitions_reload(struct registry *registry)
{
	int r = definitions_load(registry);

	if (r < 0)
		return log_error_errno(r, "Cannot read the definitions");
	registry_refresh(registry);
	claims_run_queues(registry);
	if (registry->events.observer)
		registry->events.observer->problems_changed(registry->events.userdata);
	log_info("%zu groups are defined", registry->groups.n);
	return 0;
}
