/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Moves groups of "bind": "boot" that a host driver bound first, unless the host works with them.
 * Writes the index by which the udev rule prevents that for devices that are plugged in later.
 */

#include <errno.h>
#include <string.h>

#include "base/fileio.h"
#include "base/log.h"
#include "base/str.h"
#include "base/strv.h"
#include "daemon/lease/task.h"
#include "daemon/provision/boot-bind.h"
#include "model/boot-index.h"
#include "policy/plan/plan.h"

#define INDEX_FILE "boot-index"

/* A bind=boot group that a host driver bound first and that is being moved to VFIO. */
struct boot_move {
	struct boot_bind *boot_bind;
	char *group;
	struct task *task;
	char *obstacle; /* the last logged reason why it stays; NULL: none */
	bool failed; /* tried again only after a reload, or after the group was absent or on VFIO */
};

struct boot_bind {
	struct registry *registry;
	const struct sriov *sriov; /* not owned */
	void (*on_done)(void *userdata);
	void *userdata;
	struct vec moves; /* struct boot_move, owned */
};

struct boot_bind *boot_bind_new(struct registry *registry, const struct sriov *sriov,
				void (*on_done)(void *userdata), void *userdata)
{
	struct boot_bind *boot_bind = calloc(1, sizeof(*boot_bind));

	if (!boot_bind)
		return NULL;
	boot_bind->registry = registry;
	boot_bind->sriov = sriov;
	boot_bind->on_done = on_done;
	boot_bind->userdata = userdata;
	return boot_bind;
}

static struct boot_move *boot_move_free(struct boot_move *move)
{
	task_free(move->task);
	free(move->group);
	free(move->obstacle);
	free(move);
	return NULL;
}

static DEFINE_VEC_CLEAR(boot_moves_clear, struct boot_move, boot_move_free);

struct boot_bind *boot_bind_free(struct boot_bind *boot_bind)
{
	if (!boot_bind)
		return NULL;
	boot_moves_clear(&boot_bind->moves);
	free(boot_bind);
	return NULL;
}

static struct boot_move *boot_bind_find_move(const struct boot_bind *boot_bind, const char *group)
{
	VEC_FOREACH(struct boot_move, move, &boot_bind->moves)
		if (str_eq(move->group, group))
			return move;
	return NULL;
}

bool boot_bind_is_changing(const struct boot_bind *boot_bind, const struct devgroup *group)
{
	VEC_FOREACH(const struct boot_move, move, &boot_bind->moves) {
		const struct devgroup *other = registry_find(boot_bind->registry, move->group);

		if (!move->task || !other)
			continue;
		VEC_FOREACH(const struct device, device, &other->resolved.devices)
			if (resolved_group_has(&group->resolved, device))
				return true;
	}
	return false;
}

static int boot_bind_write_index(const struct boot_bind *boot_bind, const struct def_set *config)
{
	_cleanup_free_ char *text = NULL;
	int r;

	r = boot_index_format(&config->groups, &text);
	if (r < 0)
		return r;
	return fileio_write_atomic_at(host_run_dir(registry_host(boot_bind->registry)), INDEX_FILE,
				      text, strlen(text), 0644);
}

void boot_bind_define(struct boot_bind *boot_bind, const struct def_set *config)
{
	int r;

	r = boot_bind_write_index(boot_bind, config);
	if (r < 0)
		log_warning_errno(r, "Cannot write the index of \"bind\": \"boot\" groups, so host "
				     "drivers may bind devices that are plugged in");
	/* a move that failed under the previous definitions may work now */
	VEC_FOREACH(struct boot_move, move, &boot_bind->moves)
		move->failed = false;
}

/* --- one group --- */

static int boot_bind_refresh_members(const struct boot_bind *boot_bind,
				     const struct devgroup *group)
{
	_cleanup_strv_ char **keys = NULL;

	if (!group)
		return 0;
	if (group_keys(group, &keys) < 0)
		return -ENOMEM;
	return host_refresh(registry_host(boot_bind->registry), keys);
}

static void boot_bind_on_task_done(struct task *task, const char *failure, void *userdata)
{
	struct boot_move *move = userdata;
	struct boot_bind *boot_bind = move->boot_bind;

	move->failed = failure;
	move->task = task_free(task);
	if (!failure)
		log_info("Group %s was moved from its host drivers to VFIO, as \"bind\": "
			 "\"boot\" says",
			 move->group);
	if (boot_bind_refresh_members(boot_bind, registry_find(boot_bind->registry, move->group)) <
	    0)
		log_error("Cannot read the devices of group %s", move->group);
	boot_bind->on_done(boot_bind->userdata);
}

static struct boot_move *boot_bind_get_move(struct boot_bind *boot_bind, const char *group)
{
	struct boot_move *move = boot_bind_find_move(boot_bind, group);

	if (move)
		return move;
	move = calloc(1, sizeof(*move));
	if (!move)
		return NULL;
	move->boot_bind = boot_bind;
	move->group = strdup(group);
	if (!move->group || vec_add(&boot_bind->moves, move) < 0)
		return boot_move_free(move);
	return move;
}

/* The group is on its VFIO driver, or absent: forgets the failure so that a later event retries. */
static void boot_bind_reset_move(struct boot_bind *boot_bind, const struct devgroup *group)
{
	struct boot_move *move = boot_bind_find_move(boot_bind, group->def->name);

	if (!move)
		return;
	move->failed = false;
	free(move->obstacle);
	move->obstacle = NULL;
}

static void boot_bind_log_obstacle(struct boot_move *move, const struct blocker *obstacle)
{
	if (str_eq(move->obstacle, obstacle->text))
		return;
	if (str_set(&move->obstacle, obstacle->text) < 0)
		log_error("Out of memory: the next message may be repeated");
	log_notice("Group %s stays with its host drivers despite \"bind\": \"boot\" "
		   "(%s): %s",
		   move->group, obstacle->code, obstacle->text);
}

static int boot_bind_start(struct boot_move *move, struct devgroup *group)
{
	struct host *host = registry_host(move->boot_bind->registry);
	_cleanup_steps_ struct vec steps = { 0 };
	_cleanup_free_ char *name = NULL;
	int r;

	/* the host is up and may work with the devices: decide on their present use */
	if (!group_find_obstacle(group, NULL) && !host_usage_is_recent(host)) {
		host_request_usage(host); /* when that is done, it is tried again */
		return 0;
	}
	if (group_find_obstacle(group, NULL)) {
		boot_bind_log_obstacle(move, group_find_obstacle(group, NULL));
		return 0;
	}
	r = plan_boot(group->def, &group->resolved, &steps);
	if (r < 0 || steps.n == 0)
		return r;
	name = str_printf("Group %s", group->def->name);
	if (!name)
		return -ENOMEM;
	return task_start(host, name, &steps, boot_bind_on_task_done, move, &move->task);
}

static int boot_bind_check_group(struct boot_bind *boot_bind, struct devgroup *group)
{
	_cleanup_steps_ struct vec steps = { 0 };
	struct boot_move *move;
	int r;

	if (!group->resolved.absent) {
		r = plan_boot(group->def, &group->resolved, &steps);
		if (r < 0)
			return r;
	}
	if (steps.n == 0) {
		boot_bind_reset_move(boot_bind, group);
		return 0;
	}
	move = boot_bind_get_move(boot_bind, group->def->name);
	if (!move)
		return -ENOMEM;
	if (move->task || move->failed)
		return 0;
	return boot_bind_start(move, group);
}

/* --- all of them --- */

void boot_bind_run(struct boot_bind *boot_bind)
{
	VEC_FOREACH(struct devgroup, group, registry_groups(boot_bind->registry)) {
		int r;

		if (group->def->bind != BIND_BOOT || group->lease || group->record_problem ||
		    group->orphan || group->waiting.n > 0 ||
		    sriov_is_changing(boot_bind->sriov, group))
			continue;
		r = boot_bind_check_group(boot_bind, group);
		if (r < 0)
			log_error_errno(r, "Cannot move group %s from its host drivers to VFIO",
					group->def->name);
	}
}
