/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

#include "base/macro.h"

/*
 * Reads an attribute that the kernel shows under the lock of its device, as driver_override
 * (pci-sysfs.c, driver_override_show() of 6.1). While an unbind of the device hangs, every reader
 * hangs with it, and no signal wakes the reader. So a helper process reads in place of the daemon.
 * A helper that hangs is left behind, and ends after its read or after the daemon.
 *
 * Sets *ret as sysfs_read() does. -ETIMEDOUT after five seconds, or after half a second while other
 * helpers hang.
 */
int timed_read(int dir_fd, const char *name, char **ret) _must_check_;

/*
 * Tells whether a helper has returned since the last call, so its attribute can be read again. The
 * end of a binding does not always have an event.
 */
bool timed_read_poll(void);
