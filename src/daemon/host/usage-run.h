/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One run of the process that reads the usage of devices (sys/usage/usage-scanner.h): it collects
 * the report in parts, and kills a process that is late.
 */

#include <systemd/sd-event.h>

#include <stdbool.h>

#include "base/macro.h"
#include "model/inventory.h"
#include "sys/sysfs.h"
#include "sys/usage/usage-set.h"

struct usage_run;

struct usage_run_handler {
	/*
	 * Called once at the end of the run, which the handler frees. 0; -ETIMEDOUT: it was late;
	 * -EBADMSG: its report is not whole; other negative errno. @set is the report, borrowed.
	 */
	void (*ended)(struct usage_run *run, int r, const struct usage_set *set, void *userdata);
	void *userdata;
};

/* Starts to read @sources. Keeps @inv only in the other process. 0 or negative errno. */
int usage_run_start(sd_event *event, const struct sysfs_root *root, const struct inventory *inv,
		    unsigned sources, const struct usage_run_handler *handler,
		    struct usage_run **ret) _must_check_;
/* Kills the process if it still runs. Its end is waited for, without the handler. */
struct usage_run *usage_run_free(struct usage_run *run);
DEFINE_CLEANUP(struct usage_run *, usage_run_freep, usage_run_free)

unsigned usage_run_sources(const struct usage_run *run);

/*
 * Waits for a part of the report and handles it. The handler may be called, which frees @run. Only
 * for the start of the daemon: later, the event loop does that.
 */
void usage_run_wait(struct usage_run *run);

/* Forgets the processes that have not ended yet, before the event loop ends. */
void usage_run_forget_all(void);
