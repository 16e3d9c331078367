/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * For tests alone: makes the Nth kernel operation of a claim or a release fail, hang, or be the
 *last of its worker. Without --fault-dir, which no help text names, every point is one comparison.
 *
 * The test arms one by writing "N ACTION" to DIR/GROUP.VERB, VERB being claim, release or task (the
 *operations of that worker) or record (what the daemon does itself for the group: in its run
 *directory, to look at the devices, to start the worker). Each operation counts N down in the file;
 *the one that finds 1 removes it and acts:
 *
 *	EIO		fails with this errno and has done nothing
 *	then-EIO	fails with this errno and has been done all the same; what only looks does
 *not
 *count pause		opens DIR/GROUP.fifo and goes on when the test has opened it for writing and
 *closed it kill		SIGKILL to the process itself
 *
 * All operations are written down in DIR/GROUP.trace.
 */

#include "base/macro.h"

/* @path is kept by reference. */
void fault_use_directory(const char *path);
/* From here on the points of this process are operations of @verb on @group, both kept by
 * reference. */
void fault_begin(const char *verb, const char *group);

/* Before an operation. 0, or the negative errno that it is to fail with instead of being done. */
int fault_point(const char *operation, const char *subject) _must_check_;
/* After it: @r, or the negative errno that it is to look as if it had failed with. */
int fault_after(int r) _must_check_;
/* ioctl(2), as an operation. What it returns, or negative errno. */
int fault_ioctl(int fd, unsigned long request, const char *name, const void *argument) _must_check_;
/* An operation of the daemon itself, on the record of @group or for its worker. */
int fault_record(const char *operation, const char *group) _must_check_;
