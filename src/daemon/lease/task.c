/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Runs the steps of the daemon itself in a worker, and logs how they end. */

#include <errno.h>

#include "base/log.h"
#include "base/str.h"
#include "daemon/lease/task.h"

struct task {
	char *name;
	struct vec steps; /* struct step, owned */
	struct worker *worker;
	bool late;
	task_fn fn;
	void *userdata;
};

static void task_on_step_begins(struct worker *worker, unsigned index, void *userdata)
{
	const struct task *task = userdata;
	const struct step *step = task->steps.items[index];
	_cleanup_free_ char *subject = step_subject(step), *detail = step_detail(step);

	log_debug("%s: %s %s %s", task->name, step_kind_to_string(step->kind), str_or(subject, "?"),
		  str_or(detail, ""));
}

static void task_on_step_ended(struct worker *worker, unsigned index, int error, void *userdata)
{
	((struct task *)userdata)->late = false;
}

/* The steps of tasks open no descriptors. Closes one if it comes all the same. */
static void task_on_fd(struct worker *worker, const char *kind, const char *name, int fd,
		       void *userdata)
{
	fd_close(fd);
}

static void task_on_late(struct worker *worker, unsigned index, void *userdata)
{
	struct task *task = userdata;
	const struct step *step = task->steps.items[index];
	_cleanup_free_ char *subject = step_subject(step);

	task->late = true;
	log_warning("%s: %s of %s does not return: its process %d waits in the kernel", task->name,
		    step_kind_to_string(step->kind), str_or(subject, "?"), (int)worker_pid(worker));
}

static void task_on_ended(struct worker *worker, const struct worker_result *result, void *userdata)
{
	struct task *task = userdata;
	_cleanup_free_ char *failure = NULL;

	task->late = false;
	if (result->error >= 0) {
		task->fn(task, NULL, task->userdata);
		return;
	}
	failure = worker_describe_failure(&task->steps, result);
	log_warning("%s: %s", task->name, str_or(failure, "it failed"));
	task->fn(task, str_or(failure, "it failed"), task->userdata);
}

int task_start(struct host *host, const char *name, struct vec *steps, task_fn fn, void *userdata,
	       struct task **ret)
{
	static const struct worker_handlers handlers = {
		.step_begins = task_on_step_begins,
		.step_ended = task_on_step_ended,
		.on_fd = task_on_fd,
		.late = task_on_late,
		.ended = task_on_ended,
	};
	_cleanup_(task_freep) struct task *task = calloc(1, sizeof(*task));
	struct worker_plan plan;
	int r;

	if (!task)
		return -ENOMEM;
	task->steps = TAKE_STRUCT(*steps);
	task->fn = fn;
	task->userdata = userdata;
	r = str_set(&task->name, name);
	if (r < 0)
		return r;
	plan = (struct worker_plan){
		.root = host_root(host),
		.run_dir = host_run_dir(host),
		.name = task->name,
		.verb = "task",
		.steps = &task->steps,
		.deadline_usec = host_step_usec(host),
	};
	r = worker_start(host_event(host), &plan, &handlers, task, &task->worker);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(task);
	return 0;
}

struct task *task_free(struct task *task)
{
	if (!task)
		return NULL;
	worker_free(task->worker);
	steps_clear(&task->steps);
	free(task->name);
	free(task);
	return NULL;
}

bool task_is_late(const struct task *task)
{
	return task->late;
}
