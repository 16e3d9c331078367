/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

#include "base/macro.h"

/*
 * Reads an attribute of a device that the kernel shows under the device's lock, as
 * driver_override (pci-sysfs.c, driver_override_show() of 6.1): where an unbinding does not return,
 * whoever reads sleeps with it, and no signal wakes him. So another process does, which is left
 * behind where it sleeps; it ends when this one has ended, or that.
 *
 * *ret as of sysfs_read(). -ETIMEDOUT after five seconds, or half a second where readers sleep
 * already.
 */
int timed_read(int dir_fd, const char *name, char **ret) _must_check_;

/* Has a reader come back since? Then what it slept in can be read. Not every end of a binding has
 * an event. */
bool timed_read_poll(void);
