/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "base/log.h"
#include "base/str.h"
#include "daemon/lease/task.h"
#include "daemon/provision/sriov.h"
#include "policy/plan/sriov-plan.h"

/* One definition and how far it is. */
struct sriov_entry {
	struct sriov *sriov;
	struct vf_def *def; /* owned */
	char *seen; /* the driver that the device had when it was last looked at, "" for none */
	bool done;  /* as far as it goes, with that driver; it is not fought for with other tools */
	char *failure; /* of the last try */
	struct task *task;
	bool withdrawn; /* nobody defines it any more; it stays for as long as its task runs */
	struct problem *problem; /* owned by the registry */
};

struct sriov {
	struct registry *registry;
	void (*on_done)(void *userdata);
	void *userdata;
	struct vec wanted; /* struct wanted, owned; in the order of the devices */
};

struct sriov *sriov_new(struct registry *registry, void (*on_done)(void *userdata), void *userdata)
{
	struct sriov *sriov = calloc(1, sizeof(*sriov));

	if (!sriov)
		return NULL;
	sriov->registry = registry;
	sriov->on_done = on_done;
	sriov->userdata = userdata;
	return sriov;
}

static struct sriov_entry *sriov_entry_free(struct sriov_entry *wanted)
{
	problems_remove(registry_problems(wanted->sriov->registry), wanted->problem);
	task_free(wanted->task);
	def_set_vf_free(wanted->def);
	free(wanted->seen);
	free(wanted->failure);
	free(wanted);
	return NULL;
}

static DEFINE_VEC_CLEAR(sriov_entries_clear, struct sriov_entry, sriov_entry_free);

struct sriov *sriov_free(struct sriov *sriov)
{
	if (!sriov)
		return NULL;
	sriov_entries_clear(&sriov->wanted);
	free(sriov);
	return NULL;
}

static struct sriov_entry *sriov_take_entry(struct vec *all, const char *device)
{
	VEC_FOREACH(struct sriov_entry, wanted, all)
		if (str_eq(wanted->def->device, device)) {
			vec_remove(all, wanted);
			return wanted;
		}
	return calloc(1, sizeof(struct sriov_entry));
}

/* What runs for a device goes on, and is looked at again when it is over. */
static int sriov_define_one(struct sriov *sriov, struct vec *before, struct vf_def *def)
{
	struct sriov_entry *wanted = sriov_take_entry(before, def->device);

	if (!wanted || vec_add(&sriov->wanted, wanted) < 0) {
		free(wanted);
		return -ENOMEM;
	}
	problems_remove(registry_problems(sriov->registry), wanted->problem);
	def_set_vf_free(wanted->def);
	free(wanted->failure);
	wanted->problem = NULL;
	wanted->failure = NULL;
	wanted->sriov = sriov;
	wanted->def = def;
	wanted->done = false;
	wanted->withdrawn = false;
	return 0;
}

/* Nothing else may be done to the device, and nobody else waits for the process, while its task
 * runs. */
static void sriov_withdraw(struct sriov *sriov, struct sriov_entry *wanted)
{
	if (!wanted->task || vec_add(&sriov->wanted, wanted) < 0) {
		sriov_entry_free(wanted);
		return;
	}
	problems_remove(registry_problems(sriov->registry), wanted->problem);
	wanted->problem = NULL;
	wanted->withdrawn = true;
}

void sriov_define(struct sriov *sriov, struct vec *defs)
{
	struct vec before = sriov->wanted;

	sriov->wanted = (struct vec){ 0 };
	VEC_FOREACH(struct vf_def, def, defs) {
		if (sriov_define_one(sriov, &before, def) >= 0)
			continue;
		log_error("Out of memory, the virtual functions of %s are not made", def->device);
		def_set_vf_free(def);
	}
	vec_drop(defs);
	*defs = (struct vec){ 0 };
	VEC_FOREACH(struct sriov_entry, wanted, &before)
		sriov_withdraw(sriov, wanted);
	vec_drop(&before);
}

static bool sriov_touches(const struct sriov_entry *wanted, const struct devgroup *group)
{
	VEC_FOREACH(const struct device, device, &group->resolved.devices)
		if (str_eq(device->key, wanted->def->device) ||
		    str_eq(device->physfn, wanted->def->device))
			return true;
	return false;
}

bool sriov_is_changing(const struct sriov *sriov, const struct devgroup *group)
{
	VEC_FOREACH(const struct sriov_entry, wanted, &sriov->wanted)
		if (wanted->task && sriov_touches(wanted, group))
			return true;
	return false;
}

/* --- one definition --- */

/* @text NULL: there is none any more. Takes it over. */
static void sriov_set_problem(struct sriov_entry *wanted, char *text)
{
	_cleanup_free_ char *owned = text;

	if (str_eq(wanted->problem ? wanted->problem->text : NULL, owned))
		return;
	problems_remove(registry_problems(wanted->sriov->registry), wanted->problem);
	wanted->problem = NULL;
	if (!owned)
		return;
	wanted->problem =
		problems_add(registry_problems(wanted->sriov->registry), wanted->def->file,
			     wanted->def->line, wanted->def->column, owned);
}

static void sriov_on_task_done(struct task *task, const char *failure, void *userdata)
{
	struct sriov_entry *wanted = userdata;
	struct sriov *sriov = wanted->sriov;
	char *const keys[] = { wanted->def->device, NULL };

	wanted->task = task_free(task);
	if (str_set(&wanted->failure, failure) < 0)
		log_error("Out of memory, a failure is not shown");
	if (!failure)
		log_info("%s has its virtual functions", wanted->def->device);
	/* @wanted may be gone after these: they lead to whoever waited */
	if (host_refresh(registry_host(sriov->registry), keys) < 0)
		log_error("Cannot read %s", keys[0]);
	sriov->on_done(sriov->userdata);
}

static int sriov_start(struct sriov_entry *wanted, struct vec *steps)
{
	_cleanup_free_ char *name = str_printf("Virtual functions of %s", wanted->def->device);

	wanted->done = true;
	if (!name)
		return -ENOMEM;
	return task_start(registry_host(wanted->sriov->registry), name, steps, sriov_on_task_done,
			  wanted, &wanted->task);
}

/* A device that comes back, or whose driver does, has lost its functions. */
static void sriov_note_driver(struct sriov_entry *wanted)
{
	const struct inventory *inv = host_inventory(registry_host(wanted->sriov->registry));
	const struct device *device = inventory_find(inv, wanted->def->device);
	const char *driver = device ? str_or(device->driver, "") : NULL;

	if (wanted->seen && str_eq(wanted->seen, driver))
		return;
	wanted->done = false;
	if (str_set(&wanted->seen, driver) < 0 || str_set(&wanted->failure, NULL) < 0)
		log_error("Out of memory, %s may be left as it is", wanted->def->device);
}

static bool sriov_removes_vfs(const struct sriov_entry *wanted)
{
	const struct inventory *inv = host_inventory(registry_host(wanted->sriov->registry));
	const struct device *device = inventory_find(inv, wanted->def->device);

	return device && device->num_vfs > 0 && device->num_vfs != wanted->def->count;
}

/* *ret_problem: NULL, or the caller's, as of sriov_plan(). */
static int sriov_make_plan(const struct sriov_entry *wanted, char *const *claimed,
			   struct vec *ret_steps, char **ret_problem)
{
	_cleanup_steps_ struct vec steps = { 0 };
	_cleanup_free_ char *problem = NULL;
	struct host *host = registry_host(wanted->sriov->registry);
	int r;

	r = sriov_plan(host_inventory(host), wanted->def, claimed, &steps, &problem);
	if (r < 0)
		return r;
	if (steps.n == 0 || !sriov_removes_vfs(wanted)) {
		*ret_steps = TAKE_STRUCT(steps);
		*ret_problem = TAKE_PTR(problem);
		return 0;
	}
	/* Then it matters what the host does with them at this moment, not when it was last heard
	 * of. */
	r = host_refresh_usage(host);
	if (r < 0)
		return r;
	return sriov_plan(host_inventory(host), wanted->def, claimed, ret_steps, ret_problem);
}

static void sriov_show_failure(struct sriov_entry *wanted)
{
	if (wanted->failure)
		sriov_set_problem(wanted,
				  str_printf("The virtual functions of %s cannot be made: %s.",
					     wanted->def->device, wanted->failure));
}

static void sriov_advance(struct sriov_entry *wanted, char *const *claimed)
{
	_cleanup_steps_ struct vec steps = { 0 };
	char *problem;
	int r;

	sriov_note_driver(wanted);
	if (wanted->done) {
		sriov_show_failure(wanted);
		return;
	}
	r = sriov_make_plan(wanted, claimed, &steps, &problem);
	if (r < 0) {
		log_error_errno(r, "The virtual functions of %s are not made", wanted->def->device);
		return;
	}
	sriov_set_problem(wanted, problem);
	if (steps.n == 0)
		return;
	r = sriov_start(wanted, &steps);
	if (r < 0)
		log_error_errno(r, "Cannot make the virtual functions of %s", wanted->def->device);
}

/* --- all of them --- */

static void sriov_drop_withdrawn(struct sriov *sriov)
{
	for (size_t i = 0; i < sriov->wanted.n;) {
		const struct sriov_entry *wanted = sriov->wanted.items[i];

		if (wanted->withdrawn && !wanted->task)
			sriov_entry_free(vec_remove_at(&sriov->wanted, i));
		else
			i++;
	}
}

void sriov_run(struct sriov *sriov)
{
	_cleanup_strv_ char **claimed = NULL;

	if (registry_claimed_keys(sriov->registry, NULL, &claimed) < 0) {
		log_error("Out of memory, virtual functions are left as they are");
		return;
	}
	sriov_drop_withdrawn(sriov);
	/* one after the other, unless the kernel does not come back from one */
	VEC_FOREACH(struct sriov_entry, wanted, &sriov->wanted) {
		if (!wanted->task && !wanted->withdrawn)
			sriov_advance(wanted, claimed);
		if (wanted->task && !task_is_late(wanted->task))
			return;
	}
}

int sriov_list_defs(const struct sriov *sriov, struct vec *ret)
{
	VEC_FOREACH(const struct sriov_entry, wanted, &sriov->wanted)
		if (!wanted->withdrawn && vec_add(ret, wanted->def) < 0)
			return -ENOMEM;
	return 0;
}
