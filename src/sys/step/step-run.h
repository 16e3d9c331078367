/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Runs steps on the kernel, one after the other, in a worker process: each of these calls may sleep
 * for seconds, or hang in D state. A step is done when its effect was read back.
 */

#include <stdbool.h>

#include "base/macro.h"
#include "model/step.h"
#include "sys/sysfs.h"

struct step_runner;

/*
 * Kind of a message without a descriptor: a line that the kernel reported of an IOMMU group or a
 * device while it was open, for host_vfio_info_add().
 */
#define STEP_RUN_VFIO_INFO "vfio-info"

/*
 * Receives each descriptor that goes to the claimer. The runner owns @fd: pass it on, or dup() it.
 */
typedef void (*step_run_fd_fn)(const char *kind, const char *name, int fd, void *userdata);

/*
 * Makes a runner; keeps @root by reference. @undoing: the steps give devices back, so a device that
 * is gone needs nothing and is no failure. @locks: the file of locks (byte-lock.h), which stays the
 * caller's. Returns NULL when out of memory.
 */
struct step_runner *step_run_new(const struct sysfs_root *root, bool undoing, int locks,
				 step_run_fd_fn send_fd, void *userdata);
/* Closes all that the steps have opened. */
struct step_runner *step_run_free(struct step_runner *runner);
DEFINE_CLEANUP(struct step_runner *, step_run_freep, step_run_free)

/*
 * Runs one step. 0, or 1 if nothing was left to do, or negative errno. *ret_cause then explains
 * more than the errno where possible, else it is NULL; the caller frees it. -EBUSY from
 * STEP_PROVE_CLOSED: a process holds the group.
 */
int step_run(struct step_runner *runner, const struct step *step, char **ret_cause) _must_check_;
