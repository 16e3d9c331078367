/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Fault points, for tests: each kernel operation of a claim or a release passes through one. They
 * are compiled in with ./configure --enable-fault-injection (DG_FAULT_INJECTION). Without it the
 * functions here do nothing but the operation itself.
 *
 * With the option --fault-dir=DIR, a test makes the Nth operation fail, hang, or be the last one of
 * its worker. The test writes "N ACTION" to DIR/GROUP.VERB. VERB is:
 *
 *	claim, release, task	the operations of that worker
 *	record			the operations of the daemon itself for the group: in its run
 *				directory, a refresh of its devices, the start of a worker
 *
 * Each operation counts N down in the file. The operation that finds 1 removes the file and acts:
 *
 *	EIO		fails with this errno and has done nothing
 *	then-EIO	fails with this errno after it was done; operations that only read are
 *			not counted
 *	pause		opens DIR/GROUP.fifo, and continues after the test has opened it for writing
 *			and closed it
 *	kill		sends SIGKILL to its own process
 *
 * DIR/GROUP.trace lists all operations. Without --fault-dir each point is one comparison.
 */

#include <errno.h>
#include <stdbool.h>
#include <sys/ioctl.h>

#include "base/macro.h"

#ifdef DG_FAULT_INJECTION

/* Keeps @path by reference. */
void fault_use_directory(const char *path);

/* Assigns all further points of this process to @verb on @group; keeps both by reference. */
void fault_begin(const char *verb, const char *group);

/* Stands before an operation: 0, or the negative errno that it fails with instead of being done. */
int fault_point(const char *operation, const char *subject) _must_check_;

/* Stands after an operation: returns @r, or the negative errno that a test wants in its place. */
int fault_after(int r) _must_check_;

/* Runs ioctl(2) as an operation. Returns its result, or negative errno. */
int fault_ioctl(int fd, unsigned long request, const char *name, const void *argument) _must_check_;

/* Stands before an operation of the daemon itself for @group. 0 or negative errno. */
int fault_record(const char *operation, const char *group) _must_check_;

/* Makes driver_override disappear from all devices, as on kernels before 3.16. */
void fault_hide_driver_override(void);
bool fault_hides_driver_override(void) _must_check_;

#else

static inline void fault_begin(const char *verb, const char *group)
{
}

static inline int _must_check_ fault_point(const char *operation, const char *subject)
{
	return 0;
}

static inline int _must_check_ fault_after(int r)
{
	return r;
}

static inline int _must_check_ fault_ioctl(int fd, unsigned long request, const char *name,
					   const void *argument)
{
	int r = ioctl(fd, request, argument);

	return r < 0 ? -errno : r;
}

static inline int _must_check_ fault_record(const char *operation, const char *group)
{
	return 0;
}

static inline bool _must_check_ fault_hides_driver_override(void)
{
	return false;
}

#endif
