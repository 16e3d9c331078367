/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Steps that the host itself needs and no claim: a worker runs them, and one call tells what came
 * of it. */

#include "daemon/host/host.h"
#include "daemon/lease/worker.h"

struct task;

/* @failure: what went wrong, as worker_describe_failure() says it; NULL: all is done. The task may
 * be freed here. */
typedef void (*task_fn)(struct task *task, const char *failure, void *userdata);

/*
 * @name is what the log calls it. @steps are taken over. A step that does not return is logged, and
 * task_is_late() from then on. 0 or negative errno.
 */
int task_start(struct host *host, const char *name, struct vec *steps, task_fn fn, void *userdata,
	       struct task **ret) _must_check_;
/* Forgets it: what runs goes on to its end. */
struct task *task_free(struct task *task);
DEFINE_CLEANUP(struct task *, task_freep, task_free)

bool task_is_late(const struct task *task);
