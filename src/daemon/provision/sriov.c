/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "base/log.h"
#include "base/str.h"
#include "daemon/lease/task.h"
#include "daemon/provision/prepare.h"
#include "daemon/registry-private.h"
#include "policy/plan/sriov-plan.h"

/* One definition and how far it is. */
struct wanted {
	struct vfs *vfs;
	struct vfdef *def; /* owned */
	char *seen;	   /* the driver that the device had when it was last looked at, "" for none */
	bool done;	   /* as far as it goes, with that driver; it is not fought for with other tools */
	char *failure;	   /* of the last try */
	struct task *task;
	bool withdrawn; /* nobody defines it any more; it stays for as long as its task runs */
	struct problem *problem; /* owned by the registry */
};

struct vfs {
	struct registry *registry;
	struct vec wanted; /* struct wanted, owned; in the order of the devices */
};

struct vfs *vfs_new(struct registry *registry)
{
	struct vfs *vfs = calloc(1, sizeof(*vfs));

	if (vfs)
		vfs->registry = registry;
	return vfs;
}

static void *wanted_free(void *data)
{
	struct wanted *wanted = data;

	registry_drop_problem(wanted->vfs->registry, wanted->problem);
	task_free(wanted->task);
	vfdef_free(wanted->def);
	free(wanted->seen);
	free(wanted->failure);
	free(wanted);
	return NULL;
}

struct vfs *vfs_free(struct vfs *vfs)
{
	if (!vfs)
		return NULL;
	vec_clear(&vfs->wanted, wanted_free);
	free(vfs);
	return NULL;
}

static struct wanted *take_wanted(struct vec *all, const char *device)
{
	VEC_FOREACH(struct wanted, wanted, all)
		if (str_eq(wanted->def->device, device)) {
			vec_remove(all, wanted);
			return wanted;
		}
	return calloc(1, sizeof(struct wanted));
}

/* What runs for a device goes on, and is looked at again when it is over. */
static int define_one(struct vfs *vfs, struct vec *before, struct vfdef *def)
{
	struct wanted *wanted = take_wanted(before, def->device);

	if (!wanted || vec_add(&vfs->wanted, wanted) < 0) {
		free(wanted);
		return -ENOMEM;
	}
	registry_drop_problem(vfs->registry, wanted->problem);
	vfdef_free(wanted->def);
	free(wanted->failure);
	wanted->problem = NULL;
	wanted->failure = NULL;
	wanted->vfs = vfs;
	wanted->def = def;
	wanted->done = false;
	wanted->withdrawn = false;
	return 0;
}

/* Nothing else may be done to the device, and nobody else waits for the process, while its task runs. */
static void withdraw(struct vfs *vfs, struct wanted *wanted)
{
	if (!wanted->task || vec_add(&vfs->wanted, wanted) < 0) {
		wanted_free(wanted);
		return;
	}
	registry_drop_problem(vfs->registry, wanted->problem);
	wanted->problem = NULL;
	wanted->withdrawn = true;
}

void vfs_define(struct vfs *vfs, struct vec *defs)
{
	struct vec before = vfs->wanted;

	vfs->wanted = (struct vec){ 0 };
	VEC_FOREACH(struct vfdef, def, defs) {
		if (define_one(vfs, &before, def) >= 0)
			continue;
		log_error("Out of memory, the virtual functions of %s are not made", def->device);
		vfdef_free(def);
	}
	vec_drop(defs);
	*defs = (struct vec){ 0 };
	VEC_FOREACH(struct wanted, wanted, &before)
		withdraw(vfs, wanted);
	vec_drop(&before);
}

static bool touches(const struct wanted *wanted, const struct devgroup *group)
{
	VEC_FOREACH(const struct device, device, &group->view.devices)
		if (str_eq(device->key, wanted->def->device) ||
		    str_eq(device->physfn, wanted->def->device))
			return true;
	return false;
}

bool vfs_changes(const struct vfs *vfs, const struct devgroup *group)
{
	VEC_FOREACH(const struct wanted, wanted, &vfs->wanted)
		if (wanted->task && touches(wanted, group))
			return true;
	return false;
}

/* --- one definition ---------------------------------------------------------------------------- */

/* @text NULL: there is none any more. Takes it over. */
static void set_problem(struct wanted *wanted, char *text)
{
	_cleanup_free_ char *owned = text;

	if (str_eq(wanted->problem ? wanted->problem->text : NULL, owned))
		return;
	registry_drop_problem(wanted->vfs->registry, wanted->problem);
	wanted->problem = NULL;
	if (!owned)
		return;
	wanted->problem = registry_add_problem(wanted->vfs->registry, wanted->def->file,
					       wanted->def->line, wanted->def->column, owned);
}

static void on_done(struct task *task, const char *failure, void *userdata)
{
	struct wanted *wanted = userdata;
	struct registry *registry = wanted->vfs->registry;
	char *const keys[] = { wanted->def->device, NULL };

	wanted->task = task_free(task);
	if (str_set(&wanted->failure, failure) < 0)
		log_error("Out of memory, a failure is not shown");
	if (!failure)
		log_info("%s has its virtual functions", wanted->def->device);
	/* @wanted may be gone after these: they lead to whoever waited */
	if (host_refresh(registry->host, keys) < 0)
		log_error("Cannot read %s", keys[0]);
	claims_run_queues(registry);
}

static void start(struct wanted *wanted, struct vec *steps)
{
	_cleanup_free_ char *name = str_printf("Virtual functions of %s", wanted->def->device);
	int r = name ? 0 : -ENOMEM;

	wanted->done = true;
	if (r >= 0)
		r = task_start(wanted->vfs->registry->host, name, steps, on_done, wanted,
			       &wanted->task);
	if (r < 0)
		log_error_errno(r, "Cannot make the virtual functions of %s", wanted->def->device);
}

/* A device that comes back, or whose driver does, has lost its functions. */
static void notice_driver(struct wanted *wanted)
{
	const struct inventory *inv = host_inventory(wanted->vfs->registry->host);
	const struct device *device = inventory_find(inv, wanted->def->device);
	const char *driver = device ? str_or(device->driver, "") : NULL;

	if (wanted->seen && str_eq(wanted->seen, driver))
		return;
	wanted->done = false;
	if (str_set(&wanted->seen, driver) < 0 || str_set(&wanted->failure, NULL) < 0)
		log_error("Out of memory, %s may be left as it is", wanted->def->device);
}

/* Then it matters what the host does with them at this moment, not when it was last heard of. */
static bool takes_away(const struct wanted *wanted)
{
	const struct inventory *inv = host_inventory(wanted->vfs->registry->host);
	const struct device *device = inventory_find(inv, wanted->def->device);

	return device && device->num_vfs > 0 && device->num_vfs != wanted->def->count;
}

static void advance(struct wanted *wanted, char *const *claimed)
{
	_cleanup_steps_ struct vec steps = { 0 };
	struct registry *registry = wanted->vfs->registry;
	char *problem;
	int r;

	notice_driver(wanted);
	if (wanted->done) {
		if (wanted->failure)
			set_problem(wanted, str_printf("The virtual functions of %s cannot be made: %s.",
						       wanted->def->device, wanted->failure));
		return;
	}
	r = plan_vfs(host_inventory(registry->host), wanted->def, claimed, &steps, &problem);
	if (r >= 0 && steps.n > 0 && takes_away(wanted)) {
		steps_clear(&steps);
		free(problem);
		problem = NULL;
		r = host_refresh_uses(registry->host);
		if (r >= 0)
			r = plan_vfs(host_inventory(registry->host), wanted->def, claimed, &steps,
				     &problem);
	}
	if (r < 0) {
		log_error_errno(r, "The virtual functions of %s are not made", wanted->def->device);
		return;
	}
	set_problem(wanted, problem);
	if (steps.n > 0)
		start(wanted, &steps);
}

/* --- all of them ------------------------------------------------------------------------------- */

static void drop_withdrawn(struct vfs *vfs)
{
	for (size_t i = 0; i < vfs->wanted.n;) {
		const struct wanted *wanted = vfs->wanted.items[i];

		if (wanted->withdrawn && !wanted->task)
			wanted_free(vec_remove_at(&vfs->wanted, i));
		else
			i++;
	}
}

void vfs_run(struct vfs *vfs)
{
	_cleanup_strv_ char **claimed = NULL;

	if (registry_claimed_keys(vfs->registry, &claimed) < 0) {
		log_error("Out of memory, virtual functions are left as they are");
		return;
	}
	drop_withdrawn(vfs);
	/* one after the other, unless the kernel does not come back from one */
	VEC_FOREACH(struct wanted, wanted, &vfs->wanted) {
		if (!wanted->task && !wanted->withdrawn)
			advance(wanted, claimed);
		if (wanted->task && !task_is_late(wanted->task))
			return;
	}
}

int vfs_list(const struct vfs *vfs, struct vec *ret)
{
	VEC_FOREACH(const struct wanted, wanted, &vfs->wanted)
		if (!wanted->withdrawn && vec_add(ret, wanted->def) < 0)
			return -ENOMEM;
	return 0;
}
