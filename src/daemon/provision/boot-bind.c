/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "base/fileio.h"
#include "base/log.h"
#include "base/str.h"
#include "daemon/lease/task.h"
#include "daemon/provision/prepare.h"
#include "daemon/registry-private.h"
#include "model/boot-index.h"
#include "policy/plan/plan.h"

#define INDEX_FILE "boot-index"

/* One group that the host driver got hold of in spite of all, on its way to where it belongs. */
struct move {
	struct bootbind *bootbind;
	char *group;
	struct task *task;
	char *obstacle; /* what keeps it from that, as it was told */
	bool failed;	/* not tried again before a reload, or before it was away */
};

struct bootbind {
	struct registry *registry;
	struct vec moves; /* struct move, owned */
};

struct bootbind *bootbind_new(struct registry *registry)
{
	struct bootbind *bootbind = calloc(1, sizeof(*bootbind));

	if (bootbind)
		bootbind->registry = registry;
	return bootbind;
}

static void *move_free(void *data)
{
	struct move *move = data;

	task_free(move->task);
	free(move->group);
	free(move->obstacle);
	free(move);
	return NULL;
}

struct bootbind *bootbind_free(struct bootbind *bootbind)
{
	if (!bootbind)
		return NULL;
	vec_clear(&bootbind->moves, move_free);
	free(bootbind);
	return NULL;
}

static struct move *find_move(const struct bootbind *bootbind, const char *group)
{
	VEC_FOREACH(struct move, move, &bootbind->moves)
		if (str_eq(move->group, group))
			return move;
	return NULL;
}

bool bootbind_changes(const struct bootbind *bootbind, const struct devgroup *group)
{
	VEC_FOREACH(const struct move, move, &bootbind->moves) {
		const struct devgroup *other = registry_find(bootbind->registry, move->group);

		if (!move->task || !other)
			continue;
		VEC_FOREACH(const struct device, device, &other->view.devices)
			if (groupview_has(&group->view, device))
				return true;
	}
	return false;
}

void bootbind_define(struct bootbind *bootbind, const struct config *config)
{
	_cleanup_free_ char *text = NULL;
	int r = bootindex_format(&config->groups, &text);

	if (r >= 0)
		r = file_write_atomic_at(host_run_dir(bootbind->registry->host), INDEX_FILE, text,
					 strlen(text), 0644);
	if (r < 0)
		log_warning_errno(r, "Devices that are plugged in will not find their groups of \"bind\": "
				     "\"boot\"");
	/* what failed under the old definitions may work under these */
	VEC_FOREACH(struct move, move, &bootbind->moves)
		move->failed = false;
}

/* --- one group --------------------------------------------------------------------------------- */

static int refresh_members(const struct bootbind *bootbind, const struct devgroup *group)
{
	_cleanup_strv_ char **keys = NULL;

	if (!group)
		return 0;
	VEC_FOREACH(const struct device, device, &group->view.devices)
		if (strv_add(&keys, device->key) < 0)
			return -ENOMEM;
	return host_refresh(bootbind->registry->host, keys);
}

static void on_done(struct task *task, const char *failure, void *userdata)
{
	struct move *move = userdata;
	struct bootbind *bootbind = move->bootbind;

	move->failed = failure;
	move->task = task_free(task);
	if (!failure)
		log_info("Group %s is taken from its host drivers, as \"bind\": \"boot\" says",
			 move->group);
	if (refresh_members(bootbind, registry_find(bootbind->registry, move->group)) < 0)
		log_error("Cannot read the devices of group %s", move->group);
	claims_run_queues(bootbind->registry);
}

static struct move *get_move(struct bootbind *bootbind, const char *group)
{
	struct move *move = find_move(bootbind, group);

	if (move)
		return move;
	move = calloc(1, sizeof(*move));
	if (!move)
		return NULL;
	move->bootbind = bootbind;
	move->group = strdup(group);
	if (!move->group || vec_add(&bootbind->moves, move) < 0)
		return move_free(move);
	return move;
}

/* It is where it belongs, or not there at all: what may come is another story. */
static void start_anew(struct bootbind *bootbind, const struct devgroup *group)
{
	struct move *move = find_move(bootbind, group->def->name);

	if (!move)
		return;
	move->failed = false;
	free(move->obstacle);
	move->obstacle = NULL;
}

static void tell_obstacle(struct move *move, const struct blocker *obstacle)
{
	if (str_eq(move->obstacle, obstacle->text))
		return;
	if (str_set(&move->obstacle, obstacle->text) < 0)
		log_error("Out of memory, this may be said again:");
	log_notice("Group %s stays with its host drivers although it is \"bind\": \"boot\" (%s): %s",
		   move->group, obstacle->code, obstacle->text);
}

static int start(struct move *move, struct devgroup *group)
{
	struct host *host = move->bootbind->registry->host;
	_cleanup_steps_ struct vec steps = { 0 };
	_cleanup_free_ char *name = NULL;
	int r;

	/* by now it is not boot any more: at this moment, not as it was last heard of: now is when it would hurt */
	if (!group_find_obstacle(group, NULL)) {
		r = host_refresh_uses(host);
		if (r < 0)
			return r;
	}
	if (group_find_obstacle(group, NULL)) {
		tell_obstacle(move, group_find_obstacle(group, NULL));
		return 0;
	}
	r = plan_boot(group->def, &group->view, &steps);
	if (r < 0 || steps.n == 0)
		return r;
	name = str_printf("Group %s", group->def->name);
	return name ? task_start(host, name, &steps, on_done, move, &move->task) : -ENOMEM;
}

static int bring(struct bootbind *bootbind, struct devgroup *group)
{
	_cleanup_steps_ struct vec steps = { 0 };
	struct move *move;
	int r = group->view.absent ? 0 : plan_boot(group->def, &group->view, &steps);

	if (r < 0)
		return r;
	if (steps.n == 0) {
		start_anew(bootbind, group);
		return 0;
	}
	move = get_move(bootbind, group->def->name);
	if (!move)
		return -ENOMEM;
	return move->task || move->failed ? 0 : start(move, group);
}

/* --- all of them ------------------------------------------------------------------------------- */

void bootbind_run(struct bootbind *bootbind)
{
	VEC_FOREACH(struct devgroup, group, &bootbind->registry->groups) {
		int r;

		if (group->def->bind != BIND_BOOT || group->lease || group->set_aside ||
		    group->orphan || group->waiting.n > 0 ||
		    vfs_changes(bootbind->registry->vfs, group))
			continue;
		r = bring(bootbind, group);
		if (r < 0)
			log_error_errno(r, "Cannot take group %s from its host drivers",
					group->def->name);
	}
}
