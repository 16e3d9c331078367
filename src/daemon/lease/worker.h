/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Runs the steps of one claim or release in a process of its own, and reports each step. A kernel
 * write that does not return then blocks only its own group.
 */

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "base/macro.h"
#include "model/step.h"
#include "sys/sysfs.h"

struct worker;

struct worker_result {
	int error;	/* 0, or negative errno of the first step that failed */
	unsigned index; /* the index of that step; the number of steps if none is to blame */
	char *cause;	/* details beside the errno, or NULL; owned by the worker */
};

struct worker_handlers {
	/*
	 * Report that a step begins, and that it has ended. @error is 0, negative errno, or 1 if
	 * there was nothing left to do.
	 */
	void (*step_begins)(struct worker *worker, unsigned index, void *userdata);
	void (*step_ended)(struct worker *worker, unsigned index, int error, void *userdata);
	/* Receives a descriptor for the claimer. The handler takes @fd over. */
	void (*on_fd)(struct worker *worker, const char *kind, const char *name, int fd,
		      void *userdata);
	/*
	 * Reports a step that has passed its deadline. The worker goes on: nothing can end a
	 * process that sleeps in the kernel.
	 */
	void (*late)(struct worker *worker, unsigned index, void *userdata);
	/* Called when the process is gone. The handler may free the worker. */
	void (*ended)(struct worker *worker, const struct worker_result *result, void *userdata);
};

struct worker_plan {
	const struct sysfs_root *root;
	int run_dir;		 /* the directory with the file of locks */
	const char *name;	 /* the group or the task; workers of one name run in turn */
	const char *verb;	 /* "claim", "release" or "task" */
	const struct vec *steps; /* struct step; kept by reference while the worker lives */
	bool undoing; /* continue after a failure; a missing device counts as given back */
	uint64_t deadline_usec; /* deadline of each step, in microseconds */
};

/*
 * Starts a worker. @handlers, @userdata and plan->steps are kept by reference. 0 or negative errno.
 */
int worker_start(sd_event *event, const struct worker_plan *plan,
		 const struct worker_handlers *handlers, void *userdata,
		 struct worker **ret) _must_check_;
/* Forgets the worker: its process ends at its next report, which has no reader. */
struct worker *worker_free(struct worker *worker);
DEFINE_CLEANUP(struct worker *, worker_freep, worker_free)

pid_t worker_pid(const struct worker *worker);

/*
 * Returns the worker of an earlier daemon that this worker waits for, or 0. It was killed with its
 * daemon and sleeps in the kernel, where no signal reaches it. It completes one more operation when
 * it wakes up.
 */
pid_t worker_predecessor(const struct worker *worker);

/*
 * Describes a failure in one line: "step 3 of 9, unbind 0000:01:00.0 from e1000e: EBUSY (Device or
 * resource busy): …". The caller frees it; NULL when out of memory.
 */
char *worker_describe_failure(const struct vec *steps,
			      const struct worker_result *result) _must_check_;
