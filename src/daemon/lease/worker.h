/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A worker: a process of its own that runs the steps of one claim or release and reports each, so
 * that a write which sleeps for ever holds up nothing but its own group.
 */

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "base/macro.h"
#include "model/step.h"
#include "sys/sysfs.h"

struct worker;

struct worker_result {
	int error;	/* 0, or negative errno of the first step that failed */
	unsigned index; /* of that step; the number of steps if no step is to blame */
	char *cause;	/* more than the errno says, or NULL; owned by the worker */
};

struct worker_handlers {
	/* A step begins, or has ended with @error (0 or negative errno; 1: there was nothing left
	 * to do). */
	void (*step_begins)(struct worker *worker, unsigned index, void *userdata);
	void (*step_ended)(struct worker *worker, unsigned index, int error, void *userdata);
	/* A descriptor for the claimer; @fd is the handler's. */
	void (*on_fd)(struct worker *worker, const char *kind, const char *name, int fd,
		      void *userdata);
	/* The step @index takes longer than it may. The worker is not ended: what sleeps in the
	 * kernel cannot be. */
	void (*late)(struct worker *worker, unsigned index, void *userdata);
	/* The process is over. The handler may free the worker. */
	void (*ended)(struct worker *worker, const struct worker_result *result, void *userdata);
};

struct worker_plan {
	const struct sysfs_root *root;
	int run_dir;		 /* has the locks of all workers */
	const char *name;	 /* of the group, or what else the steps are for */
	const char *verb;	 /* "claim", "release" or "task" */
	const struct vec *steps; /* struct step; kept by reference while the worker lives */
	bool undoing;		 /* go on after a failure, and take what is gone as given back */
	uint64_t deadline_usec;	 /* for each step */
};

/* @handlers and @userdata are kept by reference. 0 or negative errno. */
int worker_start(sd_event *event, const struct worker_plan *plan,
		 const struct worker_handlers *handlers, void *userdata,
		 struct worker **ret) _must_check_;
/* Forgets the worker: its process goes on if it still runs. */
struct worker *worker_free(struct worker *worker);
DEFINE_CLEANUP(struct worker *, worker_freep, worker_free)

pid_t worker_pid(const struct worker *worker);

/*
 * The worker of an earlier daemon for the same name, if this one waits for its end: killed with its
 * daemon, it sleeps in the kernel where no signal reaches it, and will do one more thing when it
 * wakes up. 0: there is none.
 */
pid_t worker_predecessor(const struct worker *worker);

/*
 * What became of @steps, in one line: "step 3 of 9, unbind 0000:01:00.0 from e1000e: EBUSY (Device
 * or resource busy): …". The caller frees it; NULL when out of memory.
 */
char *worker_describe_failure(const struct vec *steps,
			      const struct worker_result *result) _must_check_;
