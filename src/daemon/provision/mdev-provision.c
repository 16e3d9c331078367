/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Makes and removes mediated devices, one at a time in a worker. Never removes a device that the
 * daemon did not make.
 */

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "base/strv.h"
#include "daemon/lease/task.h"
#include "daemon/provision/mdev-provision.h"
#include "policy/plan/mdev-plan.h"
#include "sys/state/mdev-file.h"

/*
 * Delay before a removal is tried again. It usually failed because a process had the device open,
 * and the last close makes no event.
 */
#define RETRY_USEC (2 * 1000000ULL)

/* A mediated device that a file wants, or that the daemon made, or both. */
struct managed_mdev {
	struct mdev_provision *mdevs;
	char *key;
	struct mdev_def *def; /* owned; NULL: an earlier daemon made it, no file has wanted it */
	bool wanted;	      /* a file wants it; else @def is its last definition */
	char *made;	 /* signature of what the daemon made; NULL: the daemon did not make it */
	bool unfinished; /* the daemon may have made it only in part */
	bool removed;	 /* by another process: made again after a reload, or with its parent */
	bool retry_due;	 /* a removal has failed, and the timer tries it again */
	char *failure;	 /* of the last try to make it, which is not repeated; NULL: none */
	enum mdev_plan_action action; /* of the task, or of the last one */
	struct task *task;
	struct problem *problem; /* owned by the registry */
};

struct mdev_provision {
	struct registry *registry;
	void (*on_done)(void *userdata);
	void *userdata;
	struct vec all; /* struct managed_mdev, owned; sorted by key */
	sd_event_source *retry;
	bool keep_unwanted; /* a file with errors may want them: no device is removed */
};

static struct managed_mdev *managed_mdev_free(struct managed_mdev *mdev)
{
	problems_remove(registry_problems(mdev->mdevs->registry), mdev->problem);
	task_free(mdev->task);
	mdev_def_free(mdev->def);
	free(mdev->key);
	free(mdev->made);
	free(mdev->failure);
	free(mdev);
	return NULL;
}

static DEFINE_VEC_CLEAR(managed_mdevs_clear, struct managed_mdev, managed_mdev_free);

static int managed_mdev_cmp_key(const void *key, const void *item)
{
	return str_natural_cmp(key, ((const struct managed_mdev *)item)->key);
}

/* Finds or adds the entry of @key. NULL when out of memory. */
static struct managed_mdev *mdev_provision_get(struct mdev_provision *mdevs, const char *key)
{
	struct managed_mdev *mdev;
	size_t at;
	ptrdiff_t i = vec_find_sorted(&mdevs->all, key, managed_mdev_cmp_key, &at);

	if (i >= 0)
		return mdevs->all.items[i];
	mdev = calloc(1, sizeof(*mdev));
	if (!mdev)
		return NULL;
	mdev->mdevs = mdevs;
	mdev->key = strdup(key);
	if (mdev->key && vec_insert(&mdevs->all, at, mdev) >= 0)
		return mdev;
	return managed_mdev_free(mdev);
}

/* --- the file of devices that the daemon made --- */

static int mdev_provision_load(struct mdev_provision *mdevs)
{
	_cleanup_mdev_file_entries_ struct vec entries = { 0 };
	int r;

	r = mdev_file_load(host_run_dir(registry_host(mdevs->registry)), &entries);
	if (r < 0)
		return r;
	VEC_FOREACH(struct mdev_file_entry, entry, &entries) {
		struct managed_mdev *mdev = mdev_provision_get(mdevs, entry->key);

		if (!mdev)
			return -ENOMEM;
		free(mdev->made);
		mdev->made = TAKE_PTR(entry->made);
		mdev->unfinished = entry->unfinished;
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
		log_error_errno(r, "Cannot read the list of mediated devices that the daemon made, "
				   "so those stay");
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

static int managed_mdev_add_entry(const struct managed_mdev *mdev, struct vec *entries)
{
	struct mdev_file_entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return -ENOMEM;
	if (vec_add(entries, entry) < 0) {
		free(entry);
		return -ENOMEM;
	}
	entry->unfinished = mdev->unfinished;
	if (str_set(&entry->key, mdev->key) < 0)
		return -ENOMEM;
	return str_set(&entry->made, mdev->made);
}

static int mdev_provision_save(const struct mdev_provision *mdevs)
{
	_cleanup_mdev_file_entries_ struct vec entries = { 0 };

	VEC_FOREACH(const struct managed_mdev, mdev, &mdevs->all) {
		if (mdev->made && managed_mdev_add_entry(mdev, &entries) < 0)
			return -ENOMEM;
	}
	return mdev_file_save(host_run_dir(registry_host(mdevs->registry)), &entries);
}

/*
 * Only logs a failure: the old file may list devices that are gone, and the next daemon finds that
 * out.
 */
static void mdev_provision_save_or_log(const struct mdev_provision *mdevs)
{
	int r = mdev_provision_save(mdevs);

	if (r < 0)
		log_error_errno(r, "Cannot save the list of mediated devices that the daemon made");
}

/* --- definitions --- */

void mdev_provision_define(struct mdev_provision *mdevs, struct def_set *config)
{
	VEC_FOREACH(struct managed_mdev, mdev, &mdevs->all) {
		mdev->wanted = false;
		/* the definitions replace all problems next, and free these */
		problems_remove(registry_problems(mdevs->registry), mdev->problem);
		mdev->problem = NULL;
	}
	while (config->mdevs.n > 0) {
		struct mdev_def *def = vec_remove_at(&config->mdevs, config->mdevs.n - 1);
		struct managed_mdev *mdev = mdev_provision_get(mdevs, def->key);

		if (!mdev) {
			log_error("Out of memory: %s is not made", def->key);
			mdev_def_free(def);
			continue;
		}
		mdev_def_free(mdev->def);
		mdev->def = def;
		mdev->wanted = true;
		mdev->removed = false;
		free(mdev->failure);
		mdev->failure = NULL;
	}
	mdevs->keep_unwanted = def_set_has_errors(config);
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

/* A group also waits for a device that it names and that does not exist yet. */
bool mdev_provision_is_changing(const struct mdev_provision *mdevs, const struct devgroup *group)
{
	VEC_FOREACH(const struct managed_mdev, mdev, &mdevs->all)
		if (mdev->task && (mdev_provision_group_has(group, mdev->key) ||
				   mdev_provision_group_names(group, mdev->key)))
			return true;
	return false;
}

/* --- one device --- */

/* Shows @text as the problem of the device and takes it over. NULL: no problem. */
static void managed_mdev_set_problem(struct managed_mdev *mdev, char *text)
{
	struct registry *registry = mdev->mdevs->registry;
	_cleanup_free_ char *owned = text;

	if (str_eq(mdev->problem ? mdev->problem->text : NULL, owned))
		return;
	problems_remove(registry_problems(registry), mdev->problem);
	mdev->problem = NULL;
	if (owned)
		mdev->problem = problems_add(registry_problems(registry),
					     mdev->def ? mdev->def->file : "mediated-devices",
					     mdev->def ? mdev->def->line : 0,
					     mdev->def ? mdev->def->column : 0, owned);
}

static int mdev_provision_on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct mdev_provision *mdevs = userdata;

	VEC_FOREACH(struct managed_mdev, mdev, &mdevs->all)
		mdev->retry_due = false;
	mdevs->retry = sd_event_source_disable_unref(mdevs->retry);
	mdev_provision_run(mdevs);
	return 0;
}

/* Notes that the daemon has not made the device, or has removed it. */
static void managed_mdev_forget_made(struct managed_mdev *mdev)
{
	free(mdev->made);
	mdev->made = NULL;
	mdev->unfinished = false;
	mdev_provision_save_or_log(mdev->mdevs);
}

/* A removal has failed, usually because a process has the device open. */
static void managed_mdev_retry_later(struct managed_mdev *mdev)
{
	struct mdev_provision *mdevs = mdev->mdevs;

	mdev->retry_due = true;
	if (mdevs->retry || sd_event_add_time_relative(host_event(registry_host(mdevs->registry)),
						       &mdevs->retry, CLOCK_MONOTONIC, RETRY_USEC,
						       0, mdev_provision_on_retry, mdevs) >= 0)
		return;
	log_error("Cannot start the timer that retries the removal of %s", mdev->key);
}

static void managed_mdev_on_removed(struct managed_mdev *mdev, const char *failure)
{
	if (!failure) {
		log_info("%s was removed", mdev->key);
		return;
	}
	managed_mdev_set_problem(mdev,
				 str_printf("%s cannot be removed yet: %s. The daemon tries again.",
					    mdev->key, failure));
	managed_mdev_retry_later(mdev);
}

static void managed_mdev_on_made(struct managed_mdev *mdev, const char *failure)
{
	const struct inventory *inv = host_inventory(registry_host(mdev->mdevs->registry));

	if (!failure) {
		mdev->unfinished = false;
		mdev_provision_save_or_log(mdev->mdevs);
		log_info("%s was made: type %s of %s", mdev->key, mdev->def->type,
			 mdev->def->parent);
		return;
	}
	managed_mdev_set_problem(
		mdev, str_printf("%s is not made: %s. Correct the cause and run \"devgroupctl "
				 "reload\".",
				 mdev->key, failure));
	if (str_set(&mdev->failure, failure) < 0)
		log_error("Out of memory: a failure is not shown");
	/* the next run removes a device that was made in part */
	mdev->unfinished = inventory_find(inv, mdev->key) != NULL;
	if (!mdev->unfinished)
		managed_mdev_forget_made(mdev);
}

static void managed_mdev_on_task_done(struct task *task, const char *failure, void *userdata)
{
	struct managed_mdev *mdev = userdata;
	struct mdev_provision *mdevs = mdev->mdevs;
	char *const keys[] = { mdev->key, mdev->def ? mdev->def->parent : NULL, NULL };
	_cleanup_strv_ char **copy = NULL;

	if (strv_copy(keys, &copy) < 0)
		log_error("Out of memory: %s is not re-read", mdev->key);
	/* the task still counts as running here, so that no other one starts for the device */
	if (host_refresh(registry_host(mdevs->registry), copy) < 0)
		log_error("Cannot read %s", mdev->key);
	if (mdev->action == MDEV_PLAN_REMOVE)
		managed_mdev_on_removed(mdev, failure);
	else
		managed_mdev_on_made(mdev, failure);
	mdev->task = task_free(task);
	/* @mdev may be freed by these */
	mdev_provision_run(mdevs);
	mdevs->on_done(mdevs->userdata);
}

/*
 * Writes the file before the device exists. After a crash the next daemon then knows that the
 * device is the daemon's.
 */
static int managed_mdev_record(struct managed_mdev *mdev)
{
	_cleanup_free_ char *signature = NULL;

	if (mdev->action == MDEV_PLAN_REMOVE)
		return 0;
	signature = mdev_def_signature(mdev->def);
	if (!signature)
		return -ENOMEM;
	free(mdev->made);
	mdev->made = TAKE_PTR(signature);
	mdev->unfinished = true;
	return mdev_provision_save(mdev->mdevs);
}

static int managed_mdev_run_task(struct managed_mdev *mdev, struct vec *steps)
{
	int r;

	r = managed_mdev_record(mdev);
	if (r < 0)
		return r;
	return task_start(registry_host(mdev->mdevs->registry), mdev->key, steps,
			  managed_mdev_on_task_done, mdev, &mdev->task);
}

static void managed_mdev_on_not_started(struct managed_mdev *mdev, int error)
{
	managed_mdev_set_problem(mdev,
				 str_printf("%s is not %s: %s.", mdev->key,
					    mdev->action == MDEV_PLAN_CREATE ? "made" : "removed",
					    strerror(-error)));
	if (mdev->action == MDEV_PLAN_REMOVE)
		managed_mdev_retry_later(mdev);
	else if (str_set(&mdev->failure, strerror(-error)) < 0)
		log_error("Out of memory: a failure is not shown");
}

static void managed_mdev_start(struct managed_mdev *mdev, struct vec *steps,
			       enum mdev_plan_action action)
{
	int r;

	mdev->action = action;
	r = managed_mdev_run_task(mdev, steps);
	if (r < 0)
		managed_mdev_on_not_started(mdev, r);
}

/* Notes that a device is gone: another device of this UUID would not be the daemon's. */
static void managed_mdev_note_gone(struct managed_mdev *mdev)
{
	const struct inventory *inv = host_inventory(registry_host(mdev->mdevs->registry));
	const struct device *parent = mdev->def ? inventory_find(inv, mdev->def->parent) : NULL;

	if (!mdev->made || inventory_find(inv, mdev->key))
		return;
	/* not counted as removed: a device that went with its parent, or that the daemon removed */
	mdev->removed = !mdev->unfinished && mdev->action != MDEV_PLAN_REMOVE && mdev->wanted &&
			parent && parent->mdev_types.n > 0;
	mdev->action = MDEV_PLAN_KEEP;
	managed_mdev_forget_made(mdev);
}

/* Tells whether nothing can be done for the device before something changes. */
static bool managed_mdev_is_idle(struct managed_mdev *mdev)
{
	if (mdev->retry_due || (!mdev->wanted && mdev->mdevs->keep_unwanted))
		return true;
	/* a device that was made in part is removed all the same */
	if (!mdev->wanted || !mdev->removed)
		return mdev->failure && !mdev->made;
	managed_mdev_set_problem(
		mdev, str_printf("%s was removed by another process. Run \"devgroupctl reload\" "
				 "to have it made again.",
				 mdev->key));
	return true;
}

static void managed_mdev_advance(struct managed_mdev *mdev, char *const *claimed)
{
	struct mdev_state state;
	const struct inventory *inv = host_inventory(registry_host(mdev->mdevs->registry));
	_cleanup_mdev_plan_ struct mdev_plan plan = { 0 };
	int r;

	managed_mdev_note_gone(mdev);
	if (managed_mdev_is_idle(mdev))
		return;
	state = (struct mdev_state){ .made = mdev->made, .unfinished = mdev->unfinished };
	r = mdev_plan(inv, mdev->key, mdev->wanted ? mdev->def : NULL, &state, claimed, &plan);
	if (r < 0) {
		log_error_errno(r, "Cannot plan what to do with %s", mdev->key);
		return;
	}
	if (!mdev->failure)
		managed_mdev_set_problem(mdev, TAKE_PTR(plan.problem));
	if (plan.steps.n > 0)
		managed_mdev_start(mdev, &plan.steps, plan.action);
}

/* --- all devices --- */

/* Drops the entries that no file wants and whose devices the daemon did not make. */
static void mdev_provision_drop_idle(struct mdev_provision *mdevs)
{
	for (size_t i = 0; i < mdevs->all.n;) {
		struct managed_mdev *mdev = mdevs->all.items[i];

		if (!mdev->wanted && !mdev->task && !mdev->made)
			managed_mdev_free(vec_remove_at(&mdevs->all, i));
		else
			i++;
	}
}

void mdev_provision_run(struct mdev_provision *mdevs)
{
	_cleanup_strv_ char **claimed = NULL;

	if (registry_claimed_keys(mdevs->registry, NULL, &claimed) < 0) {
		log_error("Out of memory: mediated devices stay as they are");
		return;
	}
	/* one at a time, since they share the room of a parent; a hanging task does not count */
	VEC_FOREACH(struct managed_mdev, mdev, &mdevs->all) {
		if (!mdev->task)
			managed_mdev_advance(mdev, claimed);
		if (mdev->task && !task_is_late(mdev->task))
			break;
	}
	mdev_provision_drop_idle(mdevs);
}

void mdev_provision_parent_changed(struct mdev_provision *mdevs, const char *key, bool offers)
{
	VEC_FOREACH(struct managed_mdev, mdev, &mdevs->all)
		if (!offers && mdev->def && str_eq(mdev->def->parent, key)) {
			mdev->removed = false;
			free(mdev->failure);
			mdev->failure = NULL;
		}
}
