/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Runs steps that belong to no claim in a worker, and reports once how they ended. */

#include "daemon/host/host.h"
#include "daemon/lease/worker.h"

struct task;

/*
 * Reports the end: @failure is the text of worker_describe_failure(), or NULL if all steps are
 * done. The task may be freed here.
 */
typedef void (*task_fn)(struct task *task, const char *failure, void *userdata);

/*
 * Starts @steps, which are taken over. @name stands for the task in the log and orders it with
 * other workers of that name. A step that hangs is logged. 0 or negative errno.
 */
int task_start(struct host *host, const char *name, struct vec *steps, task_fn fn, void *userdata,
	       struct task **ret) _must_check_;
/* Forgets the task. A step that runs continues to its end. */
struct task *task_free(struct task *task);
DEFINE_CLEANUP(struct task *, task_freep, task_free)

/* Tells whether a step hangs. */
bool task_is_late(const struct task *task);
