/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Runs steps on the kernel, one after the other, in a worker process: every one of these calls may
 * sleep for seconds, or for ever in D state. A step is done when what was read back says so.
 */

#include <stdbool.h>

#include "base/macro.h"
#include "model/step.h"
#include "sys/sysfs.h"

struct step_runner;

/*
 * What is given without a descriptor: a line that the kernel said of an IOMMU group while it was
 * open, for host_add_vfio_info().
 */
#define STEP_RUN_VFIO_INFO "vfio-info"

/* Called for each descriptor that goes to the claimer. @fd stays the execution's: pass it on, or
 * dup() it. */
typedef void (*step_run_fd_fn)(const char *kind, const char *name, int fd, void *userdata);

/*
 * @root is kept by reference. @undoing: the steps give devices back, so a device that is gone needs
 * nothing more and is no failure. NULL when out of memory.
 */
struct step_runner *step_run_new(const struct sysfs_root *root, bool undoing,
				 step_run_fd_fn send_fd, void *userdata);
/* Closes what the steps have opened. */
struct step_runner *step_run_free(struct step_runner *runner);
DEFINE_CLEANUP(struct step_runner *, step_run_freep, step_run_free)

/*
 * 0; 1 if there was nothing left to do; or negative errno with a cause in *ret_cause where more is
 * known than the errno says (the caller frees it; it may be NULL). -EBUSY from STEP_PROVE_CLOSED:
 * somebody holds the group.
 */
int step_run(struct step_runner *runner, const struct step *step, char **ret_cause) _must_check_;
