/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "daemon/lease/task.h"
#include "daemon/provision/prepare.h"
#include "daemon/registry-private.h"
#include "policy/plan/mdev-plan.h"
#include "sys/state/mdev-file.h"

/* One that somebody has open is looked at again after this time: its last close makes no event. */
#define RETRY_USEC (2 * 1000000ULL)

/* One that a file asks for, or that is ours, or both. */
struct mediated {
	struct mdevs *mdevs;
	char *key;
	struct mdevdef *def; /* owned; NULL: one of an earlier daemon, and no file has asked for it since */
	bool wanted;	     /* a file asks for it; else @def is what one asked for last */
	char *made;	     /* signature of what we made of it; NULL: we did not */
	bool unfinished;     /* and not all of it, as far as is known */
	bool removed;	     /* by somebody else: it is not fought for */
	bool late;	     /* somebody has it open: to be looked at again */
	char *failure;	     /* of the last try, which is not repeated */
	enum mdev_act act;   /* what the task does */
	struct task *task;
	struct problem *problem; /* owned by the registry */
};

struct mdevs {
	struct registry *registry;
	struct vec all; /* struct mediated, owned; in the order of their keys */
	sd_event_source *retry;
	bool keep; /* not all files could be read: what none of the others asks for may be asked for there */
};

static void *mediated_free(void *data)
{
	struct mediated *one = data;

	registry_drop_problem(one->mdevs->registry, one->problem);
	task_free(one->task);
	mdevdef_free(one->def);
	free(one->key);
	free(one->made);
	free(one->failure);
	free(one);
	return NULL;
}

static int compare_key(const void *key, const void *item)
{
	return str_natural_cmp(key, ((const struct mediated *)item)->key);
}

/* Made if it is not there. NULL when out of memory. */
static struct mediated *get_one(struct mdevs *mdevs, const char *key)
{
	struct mediated *one;
	size_t at;
	ptrdiff_t i = vec_find_sorted(&mdevs->all, key, compare_key, &at);

	if (i >= 0)
		return mdevs->all.items[i];
	one = calloc(1, sizeof(*one));
	if (!one)
		return NULL;
	one->mdevs = mdevs;
	one->key = strdup(key);
	if (one->key && vec_insert(&mdevs->all, at, one) >= 0)
		return one;
	return mediated_free(one);
}

/* --- what is ours, on disk ---------------------------------------------------------------------- */

static int take_entries(struct mdevs *mdevs)
{
	_cleanup_mdev_entries_ struct vec entries = { 0 };
	int r = mdevfile_load(host_run_dir(mdevs->registry->host), &entries);

	VEC_FOREACH(struct mdev_entry, entry, &entries) {
		struct mediated *one = r < 0 ? NULL : get_one(mdevs, entry->key);

		if (!one)
			return r < 0 ? r : -ENOMEM;
		free(one->made);
		one->made = TAKE_PTR(entry->made);
		one->unfinished = entry->unfinished;
	}
	return r;
}

struct mdevs *mdevs_new(struct registry *registry)
{
	struct mdevs *mdevs = calloc(1, sizeof(*mdevs));
	int r;

	if (!mdevs)
		return NULL;
	mdevs->registry = registry;
	r = take_entries(mdevs);
	if (r == -ENOMEM)
		return mdevs_free(mdevs);
	if (r < 0)
		log_error_errno(r, "Cannot read which mediated devices were made, those stay");
	return mdevs;
}

struct mdevs *mdevs_free(struct mdevs *mdevs)
{
	if (!mdevs)
		return NULL;
	sd_event_source_disable_unref(mdevs->retry);
	vec_clear(&mdevs->all, mediated_free);
	free(mdevs);
	return NULL;
}

static int save(const struct mdevs *mdevs)
{
	_cleanup_mdev_entries_ struct vec entries = { 0 };

	VEC_FOREACH(const struct mediated, one, &mdevs->all) {
		struct mdev_entry *entry;
		int r;

		if (!one->made)
			continue;
		entry = calloc(1, sizeof(*entry));
		if (!entry || vec_add(&entries, entry) < 0) {
			free(entry);
			return -ENOMEM;
		}
		entry->unfinished = one->unfinished;
		r = str_set(&entry->key, one->key);
		if (r >= 0)
			r = str_set(&entry->made, one->made);
		if (r < 0)
			return r;
	}
	return mdevfile_save(host_run_dir(mdevs->registry->host), &entries);
}

/* What is no more of ours need not be there for anything to be right: it is found out again. */
static void save_or_say(const struct mdevs *mdevs)
{
	int r = save(mdevs);

	if (r < 0)
		log_error_errno(r, "Cannot write down which mediated devices are made");
}

/* --- what files ask for ------------------------------------------------------------------------- */

void mdevs_define(struct mdevs *mdevs, struct config *config)
{
	VEC_FOREACH(struct mediated, one, &mdevs->all) {
		one->wanted = false;
		/* the registry drops all problems now, and these with them */
		registry_drop_problem(mdevs->registry, one->problem);
		one->problem = NULL;
	}
	while (config->mdevs.n > 0) {
		struct mdevdef *def = vec_remove_at(&config->mdevs, config->mdevs.n - 1);
		struct mediated *one = get_one(mdevs, def->key);

		if (!one) {
			log_error("Out of memory, %s is not made", def->key);
			mdevdef_free(def);
			continue;
		}
		mdevdef_free(one->def);
		one->def = def;
		one->wanted = true;
		one->removed = false;
		free(one->failure);
		one->failure = NULL;
	}
	mdevs->keep = config_has_errors(config);
}

static bool names(const struct devgroup *group, const char *key)
{
	VEC_FOREACH(const struct selector, selector, &group->def->selectors)
		if (str_eq(selector->address, key))
			return true;
	return false;
}

static bool has(const struct devgroup *group, const char *key)
{
	VEC_FOREACH(const struct device, device, &group->view.devices)
		if (str_eq(device->key, key))
			return true;
	return false;
}

/* A group that names one that is not there yet waits for it as well. */
bool mdevs_changes(const struct mdevs *mdevs, const struct devgroup *group)
{
	VEC_FOREACH(const struct mediated, one, &mdevs->all)
		if (one->task && (has(group, one->key) || names(group, one->key)))
			return true;
	return false;
}

/* --- one of them -------------------------------------------------------------------------------- */

/* @text NULL: there is none any more. Takes it over. */
static void set_problem(struct mediated *one, char *text)
{
	struct registry *registry = one->mdevs->registry;
	_cleanup_free_ char *owned = text;

	if (str_eq(one->problem ? one->problem->text : NULL, owned))
		return;
	registry_drop_problem(registry, one->problem);
	one->problem = NULL;
	if (owned)
		one->problem = registry_add_problem(registry, one->def ? one->def->file : "mediated-devices",
						    one->def ? one->def->line : 0, one->def ? one->def->column : 0,
						    owned);
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct mdevs *mdevs = userdata;

	VEC_FOREACH(struct mediated, one, &mdevs->all)
		one->late = false;
	mdevs->retry = sd_event_source_disable_unref(mdevs->retry);
	registry_refresh(mdevs->registry);
	return 0;
}

/* One that was not made after all has not been taken away by anybody either. */
static void forget_made(struct mediated *one)
{
	free(one->made);
	one->made = NULL;
	one->unfinished = false;
	save_or_say(one->mdevs);
}

/* A removal that failed: somebody has the device open, as a rule. */
static void look_again(struct mediated *one)
{
	struct mdevs *mdevs = one->mdevs;

	one->late = true;
	if (mdevs->retry ||
	    sd_event_add_time_relative(host_event(mdevs->registry->host), &mdevs->retry, CLOCK_MONOTONIC, RETRY_USEC, 0,
				       on_retry, mdevs) >= 0)
		return;
	log_error("Cannot wait for the last user of %s", one->key);
}

static void take_result(struct mediated *one, const char *failure)
{
	const struct inventory *inv = host_inventory(one->mdevs->registry->host);

	if (one->act == MDEV_REMOVE) {
		if (failure) {
			set_problem(one, str_printf("%s cannot be taken away yet: %s.", one->key, failure));
			look_again(one);
		} else {
			log_info("%s is taken away", one->key);
		}
		return;
	}
	if (failure) {
		set_problem(one, str_printf("%s is not made: %s.", one->key, failure));
		if (str_set(&one->failure, failure) < 0)
			log_error("Out of memory, a failure is not shown");
		/* half made: away with it */
		one->unfinished = inventory_find(inv, one->key) != NULL;
		if (!one->unfinished)
			forget_made(one);
		return;
	}
	one->unfinished = false;
	save_or_say(one->mdevs);
	log_info("%s is made, %s of %s", one->key, one->def->type, one->def->parent);
}

static void on_done(struct task *task, const char *failure, void *userdata)
{
	struct mediated *one = userdata;
	struct registry *registry = one->mdevs->registry;
	char *const keys[] = { one->key, one->def ? one->def->parent : NULL, NULL };
	_cleanup_strv_ char **copy = NULL;

	if (strv_copy(keys, &copy) < 0)
		log_error("Out of memory, what has become of %s is not read", one->key);
	/* while it counts as running nothing else is started for it */
	if (host_refresh(registry->host, copy) < 0)
		log_error("Cannot read %s", one->key);
	take_result(one, failure);
	one->task = task_free(task);
	/* @one may be gone after these */
	registry_refresh(registry);
	claims_run_queues(registry);
}

/* The file that says it is ours is there before it is. */
static int write_down(struct mediated *one)
{
	_cleanup_free_ char *signature = NULL;

	if (one->act == MDEV_REMOVE)
		return 0;
	signature = mdevdef_signature(one->def);
	if (!signature)
		return -ENOMEM;
	free(one->made);
	one->made = TAKE_PTR(signature);
	one->unfinished = true;
	return save(one->mdevs);
}

static void start(struct mediated *one, struct vec *steps, enum mdev_act act)
{
	int r;

	one->act = act;
	r = write_down(one);
	if (r >= 0)
		r = task_start(one->mdevs->registry->host, one->key, steps, on_done, one, &one->task);
	if (r >= 0)
		return;
	set_problem(one, str_printf("%s is not %s: %s.", one->key, act == MDEV_MAKE ? "made" : "taken away", strerror(-r)));
	if (act == MDEV_REMOVE)
		look_again(one);
	else if (str_set(&one->failure, strerror(-r)) < 0)
		log_error("Out of memory, a failure is not shown");
}

/* Ours no more, when it is gone: another of this UUID would be somebody else's. */
static void notice_gone(struct mediated *one)
{
	const struct inventory *inv = host_inventory(one->mdevs->registry->host);
	const struct device *parent = one->def ? inventory_find(inv, one->def->parent) : NULL;

	if (!one->made || inventory_find(inv, one->key))
		return;
	/* without its parent it had to go, and comes back with it; one that we have taken away ourselves too */
	one->removed = !one->unfinished && one->act != MDEV_REMOVE && one->wanted && parent && parent->mdev_types.n > 0;
	one->act = MDEV_LEAVE;
	forget_made(one);
}

/* Nothing is to be done, or can be, before something changes. */
static bool rests(struct mediated *one)
{
	if (one->late || (!one->wanted && one->mdevs->keep))
		return true;
	/* a half-made one is to be removed all the same */
	if (!one->wanted || !one->removed)
		return one->failure && !one->made;
	set_problem(one, str_printf("%s was taken away by somebody else. To have it made again: devgroupctl reload",
				    one->key));
	return true;
}

static void advance(struct mediated *one, char *const *claimed)
{
	struct mdev_state state;
	const struct inventory *inv = host_inventory(one->mdevs->registry->host);
	_cleanup_steps_ struct vec steps = { 0 };
	enum mdev_act act;
	char *problem;
	int r;

	notice_gone(one);
	if (rests(one))
		return;
	state = (struct mdev_state){ .made = one->made, .unfinished = one->unfinished };
	r = plan_mdev(inv, one->key, one->wanted ? one->def : NULL, &state, claimed, &steps, &act, &problem);
	if (r < 0) {
		log_error_errno(r, "%s is left as it is", one->key);
		return;
	}
	if (!one->failure)
		set_problem(one, problem);
	else
		free(problem);
	if (steps.n > 0)
		start(one, &steps, act);
}

/* --- all of them -------------------------------------------------------------------------------- */

/* Those that nobody wants and that are not, or not ours. */
static void drop_idle(struct mdevs *mdevs)
{
	for (size_t i = 0; i < mdevs->all.n;) {
		struct mediated *one = mdevs->all.items[i];

		if (!one->wanted && !one->task && !one->made)
			mediated_free(vec_remove_at(&mdevs->all, i));
		else
			i++;
	}
}

void mdevs_run(struct mdevs *mdevs)
{
	_cleanup_strv_ char **claimed = NULL;

	if (registry_claimed_keys(mdevs->registry, &claimed) < 0) {
		log_error("Out of memory, mediated devices are left as they are");
		return;
	}
	/* one after the other: they take from the room of one parent. Unless the kernel does not come back from one */
	VEC_FOREACH(struct mediated, one, &mdevs->all) {
		if (!one->task)
			advance(one, claimed);
		if (one->task && !task_is_late(one->task))
			break;
	}
	drop_idle(mdevs);
}

void mdevs_parent_changed(struct mdevs *mdevs, const char *key, bool offers)
{
	VEC_FOREACH(struct mediated, one, &mdevs->all)
		if (!offers && one->def && str_eq(one->def->parent, key)) {
			one->removed = false;
			free(one->failure);
			one->failure = NULL;
		}
}
