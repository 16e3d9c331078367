/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Sets the numbers of virtual functions. A number that another tool sets later stays until the
 * device or its driver comes back, or the definitions are reloaded.
 */

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "base/strv.h"
#include "daemon/lease/task.h"
#include "daemon/provision/sriov.h"
#include "policy/plan/sriov-plan.h"

/* The definition of one physical function, and its progress. */
struct sriov_entry {
	struct sriov *sriov;
	struct vf_def *def; /* owned */
	char *seen_driver; /* the driver of the device at the last run; "": none, NULL: no device */
	bool done;	   /* tried with that driver: changes by other tools stay */
	char *failure;	   /* of the last try; NULL: none */
	struct task *task;
	bool withdrawn;		 /* no file defines it any more; it stays while its task runs */
	struct problem *problem; /* owned by the registry */
};

struct sriov {
	struct registry *registry;
	void (*on_done)(void *userdata);
	void *userdata;
	struct vec entries; /* struct sriov_entry, owned; in the order of the devices */
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

static struct sriov_entry *sriov_entry_free(struct sriov_entry *entry)
{
	problems_remove(registry_problems(entry->sriov->registry), entry->problem);
	task_free(entry->task);
	def_set_vf_free(entry->def);
	free(entry->seen_driver);
	free(entry->failure);
	free(entry);
	return NULL;
}

static DEFINE_VEC_CLEAR(sriov_entries_clear, struct sriov_entry, sriov_entry_free);

struct sriov *sriov_free(struct sriov *sriov)
{
	if (!sriov)
		return NULL;
	sriov_entries_clear(&sriov->entries);
	free(sriov);
	return NULL;
}

static struct sriov_entry *sriov_take_entry(struct vec *all, const char *device)
{
	VEC_FOREACH(struct sriov_entry, entry, all)
		if (str_eq(entry->def->device, device)) {
			vec_remove(all, entry);
			return entry;
		}
	return calloc(1, sizeof(struct sriov_entry));
}

/* Reuses the entry of the device: a running task continues, and the next run looks again. */
static int sriov_define_one(struct sriov *sriov, struct vec *previous, struct vf_def *def)
{
	struct sriov_entry *entry = sriov_take_entry(previous, def->device);

	if (!entry || vec_add(&sriov->entries, entry) < 0) {
		free(entry);
		return -ENOMEM;
	}
	problems_remove(registry_problems(sriov->registry), entry->problem);
	def_set_vf_free(entry->def);
	free(entry->failure);
	entry->problem = NULL;
	entry->failure = NULL;
	entry->sriov = sriov;
	entry->def = def;
	entry->done = false;
	entry->withdrawn = false;
	return 0;
}

/* Keeps the entry while its task runs: no other task may touch the device until then. */
static void sriov_withdraw(struct sriov *sriov, struct sriov_entry *entry)
{
	if (!entry->task || vec_add(&sriov->entries, entry) < 0) {
		sriov_entry_free(entry);
		return;
	}
	problems_remove(registry_problems(sriov->registry), entry->problem);
	entry->problem = NULL;
	entry->withdrawn = true;
}

void sriov_define(struct sriov *sriov, struct vec *defs)
{
	struct vec previous = sriov->entries;

	sriov->entries = (struct vec){ 0 };
	VEC_FOREACH(struct vf_def, def, defs) {
		if (sriov_define_one(sriov, &previous, def) >= 0)
			continue;
		log_error("Out of memory: the virtual functions of %s are not made", def->device);
		def_set_vf_free(def);
	}
	vec_drop(defs);
	*defs = (struct vec){ 0 };
	VEC_FOREACH(struct sriov_entry, entry, &previous)
		sriov_withdraw(sriov, entry);
	vec_drop(&previous);
}

static bool sriov_touches(const struct sriov_entry *entry, const struct devgroup *group)
{
	VEC_FOREACH(const struct device, device, &group->resolved.devices)
		if (str_eq(device->key, entry->def->device) ||
		    str_eq(device->physfn, entry->def->device))
			return true;
	return false;
}

bool sriov_is_changing(const struct sriov *sriov, const struct devgroup *group)
{
	VEC_FOREACH(const struct sriov_entry, entry, &sriov->entries)
		if (entry->task && sriov_touches(entry, group))
			return true;
	return false;
}

/* --- one definition --- */

/* Shows @text as the problem of the definition and takes it over. NULL: no problem. */
static void sriov_set_problem(struct sriov_entry *entry, char *text)
{
	_cleanup_free_ char *owned = text;

	if (str_eq(entry->problem ? entry->problem->text : NULL, owned))
		return;
	problems_remove(registry_problems(entry->sriov->registry), entry->problem);
	entry->problem = NULL;
	if (!owned)
		return;
	entry->problem = problems_add(registry_problems(entry->sriov->registry), entry->def->file,
				      entry->def->line, entry->def->column, owned);
}

static void sriov_on_task_done(struct task *task, const char *failure, void *userdata)
{
	struct sriov_entry *entry = userdata;
	struct sriov *sriov = entry->sriov;
	_cleanup_free_ char *device = strdup(entry->def->device);
	char *const keys[] = { device, NULL };

	entry->task = task_free(task);
	if (str_set(&entry->failure, failure) < 0)
		log_error("Out of memory: a failure is not shown");
	if (!failure)
		log_info("%s has the virtual functions that its definition wants",
			 entry->def->device);
	/* @entry may be freed by these: claims that waited start */
	if (host_refresh(registry_host(sriov->registry), keys) < 0)
		log_error("Cannot read %s", str_or(device, "a physical function"));
	sriov->on_done(sriov->userdata);
}

static int sriov_start(struct sriov_entry *entry, struct vec *steps)
{
	_cleanup_free_ char *name = str_printf("Virtual functions of %s", entry->def->device);

	entry->done = true;
	if (!name)
		return -ENOMEM;
	return task_start(registry_host(entry->sriov->registry), name, steps, sriov_on_task_done,
			  entry, &entry->task);
}

/* Starts over when the device or its driver comes back: its functions are gone then. */
static void sriov_note_driver(struct sriov_entry *entry)
{
	const struct inventory *inv = host_inventory(registry_host(entry->sriov->registry));
	const struct device *device = inventory_find(inv, entry->def->device);
	const char *driver = device ? str_or(device->driver, "") : NULL;

	if (entry->seen_driver && str_eq(entry->seen_driver, driver))
		return;
	entry->done = false;
	if (str_set(&entry->seen_driver, driver) < 0 || str_set(&entry->failure, NULL) < 0)
		log_error("Out of memory: the virtual functions of %s may stay as they are",
			  entry->def->device);
}

static bool sriov_removes_vfs(const struct sriov_entry *entry)
{
	const struct inventory *inv = host_inventory(registry_host(entry->sriov->registry));
	const struct device *device = inventory_find(inv, entry->def->device);

	return device && device->num_vfs > 0 && device->num_vfs != entry->def->count;
}

/*
 * Plans as sriov_plan(), on the present usage if functions would be removed: until that is read
 * there are no steps. The caller frees *ret_problem. 0 or negative errno.
 */
static int sriov_make_plan(const struct sriov_entry *entry, char *const *claimed,
			   struct vec *ret_steps, char **ret_problem)
{
	_cleanup_steps_ struct vec steps = { 0 };
	_cleanup_free_ char *problem = NULL;
	struct host *host = registry_host(entry->sriov->registry);
	int r;

	r = sriov_plan(host_inventory(host), entry->def, claimed, &steps, &problem);
	if (r < 0)
		return r;
	*ret_problem = TAKE_PTR(problem);
	/* functions that go away must be unused now, not at the last event */
	if (steps.n > 0 && sriov_removes_vfs(entry) && !host_usage_is_recent(host)) {
		host_request_usage(host); /* when that is done, it is planned again */
		return 0;
	}
	*ret_steps = TAKE_STRUCT(steps);
	return 0;
}

static void sriov_show_failure(struct sriov_entry *entry)
{
	if (entry->failure)
		sriov_set_problem(
			entry,
			str_printf("The virtual functions of %s cannot be made: %s. Correct the "
				   "cause and run \"devgroupctl reload\".",
				   entry->def->device, entry->failure));
}

static void sriov_advance(struct sriov_entry *entry, char *const *claimed)
{
	_cleanup_steps_ struct vec steps = { 0 };
	char *problem;
	int r;

	sriov_note_driver(entry);
	if (entry->done) {
		sriov_show_failure(entry);
		return;
	}
	r = sriov_make_plan(entry, claimed, &steps, &problem);
	if (r < 0) {
		log_error_errno(r, "Cannot plan the virtual functions of %s", entry->def->device);
		return;
	}
	sriov_set_problem(entry, problem);
	if (steps.n == 0)
		return;
	r = sriov_start(entry, &steps);
	if (r < 0)
		log_error_errno(r, "Cannot make the virtual functions of %s", entry->def->device);
}

/* --- all definitions --- */

static void sriov_drop_withdrawn(struct sriov *sriov)
{
	for (size_t i = 0; i < sriov->entries.n;) {
		const struct sriov_entry *entry = sriov->entries.items[i];

		if (entry->withdrawn && !entry->task)
			sriov_entry_free(vec_remove_at(&sriov->entries, i));
		else
			i++;
	}
}

void sriov_run(struct sriov *sriov)
{
	_cleanup_strv_ char **claimed = NULL;

	if (registry_claimed_keys(sriov->registry, NULL, &claimed) < 0) {
		log_error("Out of memory: virtual functions stay as they are");
		return;
	}
	sriov_drop_withdrawn(sriov);
	/* one at a time; a task that hangs does not count */
	VEC_FOREACH(struct sriov_entry, entry, &sriov->entries) {
		if (!entry->task && !entry->withdrawn)
			sriov_advance(entry, claimed);
		if (entry->task && !task_is_late(entry->task))
			return;
	}
}

int sriov_list_defs(const struct sriov *sriov, struct vec *ret)
{
	VEC_FOREACH(const struct sriov_entry, entry, &sriov->entries)
		if (!entry->withdrawn && vec_add(ret, entry->def) < 0)
			return -ENOMEM;
	return 0;
}
