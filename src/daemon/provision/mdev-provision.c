/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "daemon/lease/task.h"
#include "daemon/provision/mdev-provision.h"
#include "policy/plan/mdev-plan.h"
#include "sys/state/mdev-file.h"

/* One that somebody has open is looked at again after this time: its last close makes no event. */
#define RETRY_USEC (2 * 1000000ULL)

/* One that a file asks for, or that is ours, or both. */
struct managed_mdev {
	struct mdev_provision *mdevs;
	char *key;
	struct mdev_def *
		def; /* owned; NULL: one of an earlier daemon, and no file has asked for it since */
	bool wanted; /* a file asks for it; else @def is what one asked for last */
	char *made;  /* signature of what we made of it; NULL: we did not */
	bool unfinished;	   /* and not all of it, as far as is known */
	bool removed;		   /* by somebody else: it is not fought for */
	bool late;		   /* somebody has it open: to be looked at again */
	char *failure;		   /* of the last try, which is not repeated */
	enum mdev_plan_action act; /* what the task does */
	struct task *task;
	struct problem *problem; /* owned by the registry */
};

struct mdev_provision {
	struct registry *registry;
	void (*on_done)(void *userdata);
	void *userdata;
	struct vec all; /* struct mediated, owned; in the order of their keys */
	sd_event_source *retry;
	bool keep; /* not all files could be read: what none of the others asks for may be asked for
		      there */
};

static struct managed_mdev *managed_mdev_free(struct managed_mdev *one)
{
	problems_remove(registry_problems(one->mdevs->registry), one->problem);
	task_free(one->task);
	mdev_def_free(one->def);
	free(one->key);
	free(one->made);
	free(one->failure);
	free(one);
	return NULL;
}

static DEFINE_VEC_CLEAR(managed_mdevs_clear, struct managed_mdev, managed_mdev_free);

static int managed_mdev_cmp_key(const void *key, const void *item)
{
	return str_natural_cmp(key, ((const struct managed_mdev *)item)->key);
}

/* Made if it is not there. NULL when out of memory. */
static struct managed_mdev *mdev_provision_get(struct mdev_provision *mdevs, const char *key)
{
	struct managed_mdev *one;
	size_t at;
	ptrdiff_t i = vec_find_sorted(&mdevs->all, key, managed_mdev_cmp_key, &at);

	if (i >= 0)
		return mdevs->all.items[i];
	one = calloc(1, sizeof(*one));
	if (!one)
		return NULL;
	one->mdevs = mdevs;
	one->key = strdup(key);
	if (one->key && vec_insert(&mdevs->all, at, one) >= 0)
		return one;
	return managed_mdev_free(one);
}

/* --- what is ours, on disk --- */

static int mdev_provision_load(struct mdev_provision *mdevs)
{
	_cleanup_mdev_file_entries_ struct vec entries = { 0 };
	int r;

	r = mdev_file_load(host_run_dir(registry_host(mdevs->registry)), &entries);
	if (r < 0)
		return r;
	VEC_FOREACH(struct mdev_file_entry, entry, &entries) {
		struct managed_mdev *one = mdev_provision_get(mdevs, entry->key);

		if (!one)
			return -ENOMEM;
		free(one->made);
		one->made = TAKE_PTR(entry->made);
		one->unfinished = entry->unfinished;
	}
	return 0;
}

struct mdev_provision *mdev_provision_new(struct registry *registry,
					  void (*on_done)(void *userdata), void *userdata)
{
	struct mdev_provision *mdevs = calloc(1, sizeof(*mdevs));
	int r;

	if (!mdevs)
		return NULL;
	mdevs->registry = registry;
	mdevs->on_done = on_done;
	mdevs->userdata = userdata;
	r = mdev_provision_load(mdevs);
	if (r == -ENOMEM)
		return mdev_provision_free(mdevs);
	if (r < 0)
		log_error_errno(r, "Cannot read which mediated devices were made, those stay");
	return mdevs;
}

struct mdev_provision *mdev_provision_free(struct mdev_provision *mdevs)
{
	if (!mdevs)
		return NULL;
	sd_event_source_disable_unref(mdevs->retry);
	managed_mdevs_clear(&mdevs->all);
	free(mdevs);
	return NULL;
}

static int managed_mdev_add_entry(const struct managed_mdev *one, struct vec *entries)
{
	struct mdev_file_entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return -ENOMEM;
	if (vec_add(entries, entry) < 0) {
		free(entry);
		return -ENOMEM;
	}
	entry->unfinished = one->unfinished;
	if (str_set(&entry->key, one->key) < 0)
		return -ENOMEM;
	return str_set(&entry->made, one->made);
}

static int mdev_provision_save(const struct mdev_provision *mdevs)
{
	_cleanup_mdev_file_entries_ struct vec entries = { 0 };

	VEC_FOREACH(const struct managed_mdev, one, &mdevs->all) {
		if (one->made && managed_mdev_add_entry(one, &entries) < 0)
			return -ENOMEM;
	}
	return mdev_file_save(host_run_dir(registry_host(mdevs->registry)), &entries);
}

/* What is no more of ours need not be there for anything to be right: it is found out again. */
static void mdev_provision_save_or_log(const struct mdev_provision *mdevs)
{
	int r = mdev_provision_save(mdevs);

	if (r < 0)
		log_error_errno(r, "Cannot write down which mediated devices are made");
}

/* --- what files ask for --- */

void mdev_provision_define(struct mdev_provision *mdevs, struct def_set *config)
{
	VEC_FOREACH(struct managed_mdev, one, &mdevs->all) {
		one->wanted = false;
		/* the registry drops all problems now, and these with them */
		problems_remove(registry_problems(mdevs->registry), one->problem);
		one->problem = NULL;
	}
	while (config->mdevs.n > 0) {
		struct mdev_def *def = vec_remove_at(&config->mdevs, config->mdevs.n - 1);
		struct managed_mdev *one = mdev_provision_get(mdevs, def->key);

		if (!one) {
			log_error("Out of memory, %s is not made", def->key);
			mdev_def_free(def);
			continue;
		}
		mdev_def_free(one->def);
		one->def = def;
		one->wanted = true;
		one->removed = false;
		free(one->failure);
		one->failure = NULL;
	}
	mdevs->keep = def_set_has_errors(config);
}

static bool mdev_provision_group_names(const struct devgroup *group, const char *key)
{
	VEC_FOREACH(const struct selector, selector, &group->def->selectors)
		if (str_eq(selector->address, key))
			return true;
	return false;
}

static bool mdev_provision_group_has(const struct devgroup *group, const char *key)
{
	VEC_FOREACH(const struct device, device, &group->resolved.devices)
		if (str_eq(device->key, key))
			return true;
	return false;
}

/* A group that names one that is not there yet waits for it as well. */
bool mdev_provision_is_changing(const struct mdev_provision *mdevs, const struct devgroup *group)
{
	VEC_FOREACH(const struct managed_mdev, one, &mdevs->all)
		if (one->task && (mdev_provision_group_has(group, one->key) ||
				  mdev_provision_group_names(group, one->key)))
			return true;
	return false;
}

/* --- one of them --- */

/* @text NULL: there is none any more. Takes it over. */
static void managed_mdev_set_problem(struct managed_mdev *one, char *text)
{
	struct registry *registry = one->mdevs->registry;
	_cleanup_free_ char *owned = text;

	if (str_eq(one->problem ? one->problem->text : NULL, owned))
		return;
	problems_remove(registry_problems(registry), one->problem);
	one->problem = NULL;
	if (owned)
		one->problem = problems_add(registry_problems(registry),
					    one->def ? one->def->file : "mediated-devices",
					    one->def ? one->def->line : 0,
					    one->def ? one->def->column : 0, owned);
}

static int mdev_provision_on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct mdev_provision *mdevs = userdata;

	VEC_FOREACH(struct managed_mdev, one, &mdevs->all)
		one->late = false;
	mdevs->retry = sd_event_source_disable_unref(mdevs->retry);
	mdev_provision_run(mdevs);
	return 0;
}

/* One that was not made after all has not been taken away by anybody either. */
static void managed_mdev_forget_made(struct managed_mdev *one)
{
	free(one->made);
	one->made = NULL;
	one->unfinished = false;
	mdev_provision_save_or_log(one->mdevs);
}

/* A removal that failed: somebody has the device open, as a rule. */
static void managed_mdev_retry_later(struct managed_mdev *one)
{
	struct mdev_provision *mdevs = one->mdevs;

	one->late = true;
	if (mdevs->retry || sd_event_add_time_relative(host_event(registry_host(mdevs->registry)),
						       &mdevs->retry, CLOCK_MONOTONIC, RETRY_USEC,
						       0, mdev_provision_on_retry, mdevs) >= 0)
		return;
	log_error("Cannot wait for the last user of %s", one->key);
}

static void managed_mdev_on_removed(struct managed_mdev *one, const char *failure)
{
	if (!failure) {
		log_info("%s is taken away", one->key);
		return;
	}
	managed_mdev_set_problem(one,
				 str_printf("%s cannot be taken away yet: %s.", one->key, failure));
	managed_mdev_retry_later(one);
}

static void managed_mdev_on_made(struct managed_mdev *one, const char *failure)
{
	const struct inventory *inv = host_inventory(registry_host(one->mdevs->registry));

	if (!failure) {
		one->unfinished = false;
		mdev_provision_save_or_log(one->mdevs);
		log_info("%s is made, %s of %s", one->key, one->def->type, one->def->parent);
		return;
	}
	managed_mdev_set_problem(one, str_printf("%s is not made: %s.", one->key, failure));
	if (str_set(&one->failure, failure) < 0)
		log_error("Out of memory, a failure is not shown");
	/* half made: away with it */
	one->unfinished = inventory_find(inv, one->key) != NULL;
	if (!one->unfinished)
		managed_mdev_forget_made(one);
}

static void managed_mdev_on_task_done(struct task *task, const char *failure, void *userdata)
{
	struct managed_mdev *one = userdata;
	struct mdev_provision *mdevs = one->mdevs;
	char *const keys[] = { one->key, one->def ? one->def->parent : NULL, NULL };
	_cleanup_strv_ char **copy = NULL;

	if (strv_copy(keys, &copy) < 0)
		log_error("Out of memory, what has become of %s is not read", one->key);
	/* while it counts as running nothing else is started for it */
	if (host_refresh(registry_host(mdevs->registry), copy) < 0)
		log_error("Cannot read %s", one->key);
	if (one->act == MDEV_PLAN_REMOVE)
		managed_mdev_on_removed(one, failure);
	else
		managed_mdev_on_made(one, failure);
	one->task = task_free(task);
	/* @one may be gone after these */
	mdev_provision_run(mdevs);
	mdevs->on_done(mdevs->userdata);
}

/* The file that says it is ours is there before it is. */
static int managed_mdev_record(struct managed_mdev *one)
{
	_cleanup_free_ char *signature = NULL;

	if (one->act == MDEV_PLAN_REMOVE)
		return 0;
	signature = mdev_def_signature(one->def);
	if (!signature)
		return -ENOMEM;
	free(one->made);
	one->made = TAKE_PTR(signature);
	one->unfinished = true;
	return mdev_provision_save(one->mdevs);
}

static int managed_mdev_run_task(struct managed_mdev *one, struct vec *steps)
{
	int r;

	r = managed_mdev_record(one);
	if (r < 0)
		return r;
	return task_start(registry_host(one->mdevs->registry), one->key, steps,
			  managed_mdev_on_task_done, one, &one->task);
}

static void managed_mdev_on_not_started(struct managed_mdev *one, int error)
{
	managed_mdev_set_problem(one,
				 str_printf("%s is not %s: %s.", one->key,
					    one->act == MDEV_PLAN_CREATE ? "made" : "taken away",
					    strerror(-error)));
	if (one->act == MDEV_PLAN_REMOVE)
		managed_mdev_retry_later(one);
	else if (str_set(&one->failure, strerror(-error)) < 0)
		log_error("Out of memory, a failure is not shown");
}

static void managed_mdev_start(struct managed_mdev *one, struct vec *steps,
			       enum mdev_plan_action act)
{
	int r;

	one->act = act;
	r = managed_mdev_run_task(one, steps);
	if (r < 0)
		managed_mdev_on_not_started(one, r);
}

/* Ours no more, when it is gone: another of this UUID would be somebody else's. */
static void managed_mdev_note_gone(struct managed_mdev *one)
{
	const struct inventory *inv = host_inventory(registry_host(one->mdevs->registry));
	const struct device *parent = one->def ? inventory_find(inv, one->def->parent) : NULL;

	if (!one->made || inventory_find(inv, one->key))
		return;
	/* without its parent it had to go, and comes back with it; one that we have taken away
	 * ourselves too */
	one->removed = !one->unfinished && one->act != MDEV_PLAN_REMOVE && one->wanted && parent &&
		       parent->mdev_types.n > 0;
	one->act = MDEV_PLAN_KEEP;
	managed_mdev_forget_made(one);
}

/* Nothing is to be done, or can be, before something changes. */
static bool managed_mdev_is_idle(struct managed_mdev *one)
{
	if (one->late || (!one->wanted && one->mdevs->keep))
		return true;
	/* a half-made one is to be removed all the same */
	if (!one->wanted || !one->removed)
		return one->failure && !one->made;
	managed_mdev_set_problem(one, str_printf("%s was taken away by somebody else. To have it "
						 "made again: devgroupctl reload",
						 one->key));
	return true;
}

static void managed_mdev_advance(struct managed_mdev *one, char *const *claimed)
{
	struct mdev_state state;
	const struct inventory *inv = host_inventory(registry_host(one->mdevs->registry));
	_cleanup_mdev_plan_ struct mdev_plan plan = { 0 };
	int r;

	managed_mdev_note_gone(one);
	if (managed_mdev_is_idle(one))
		return;
	state = (struct mdev_state){ .made = one->made, .unfinished = one->unfinished };
	r = mdev_plan(inv, one->key, one->wanted ? one->def : NULL, &state, claimed, &plan);
	if (r < 0) {
		log_error_errno(r, "%s is left as it is", one->key);
		return;
	}
	if (!one->failure)
		managed_mdev_set_problem(one, TAKE_PTR(plan.problem));
	if (plan.steps.n > 0)
		managed_mdev_start(one, &plan.steps, plan.action);
}

/* --- all of them --- */

/* Those that nobody wants and that are not, or not ours. */
static void mdev_provision_drop_idle(struct mdev_provision *mdevs)
{
	for (size_t i = 0; i < mdevs->all.n;) {
		struct managed_mdev *one = mdevs->all.items[i];

		if (!one->wanted && !one->task && !one->made)
			managed_mdev_free(vec_remove_at(&mdevs->all, i));
		else
			i++;
	}
}

void mdev_provision_run(struct mdev_provision *mdevs)
{
	_cleanup_strv_ char **claimed = NULL;

	if (registry_claimed_keys(mdevs->registry, NULL, &claimed) < 0) {
		log_error("Out of memory, mediated devices are left as they are");
		return;
	}
	/* one after the other: they take from the room of one parent. Unless the kernel does not
	 * come back from one */
	VEC_FOREACH(struct managed_mdev, one, &mdevs->all) {
		if (!one->task)
			managed_mdev_advance(one, claimed);
		if (one->task && !task_is_late(one->task))
			break;
	}
	mdev_provision_drop_idle(mdevs);
}

void mdev_provision_parent_changed(struct mdev_provision *mdevs, const char *key, bool offers)
{
	VEC_FOREACH(struct managed_mdev, one, &mdevs->all)
		if (!offers && one->def && str_eq(one->def->parent, key)) {
			one->removed = false;
			free(one->failure);
			one->failure = NULL;
		}
}
