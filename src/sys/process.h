/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What /proc and the service manager know of a process. */

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/macro.h"

/* Has the process whose directory in /proc is @proc_fd ended? Then its number may be that of
 * another. */
bool process_is_gone(int proc_fd) _must_check_;
/* Field 22 of /proc/PID/stat: a pid that is used again has another one. -ESRCH if there is no such
 * process. */
int process_start_time(pid_t pid, uint64_t *ret) _must_check_;
int process_parent(pid_t pid, pid_t *ret) _must_check_;
/* Caller frees both; -ESRCH or -ENODATA where there is none. */
int process_name(pid_t pid, char **ret) _must_check_;
int process_unit(pid_t pid, char **ret) _must_check_;
/* What the descriptor @name of @dir_fd, a /proc/PID/fd, is: a path, "anon_inode:[…]". False: it is
 * closed. */
bool process_fd_target(int dir_fd, const char *name, char ret[static PATH_MAX]) _must_check_;
/*
 * Is the file @target, its link, open there, and still? Not if the descriptor only names it
 * (O_PATH), as udev's does when it sets the owner of a node: nothing is opened by that.
 */
bool process_fd_is_open(int dir_fd, const char *name, const char *target) _must_check_;
/* Is a descriptor whose link is @target one of a VFIO device that was opened through its group, and
 * so has no node? */
bool process_fd_is_vfio_device(const char *target) _must_check_;
/*
 * Where the device of such a one is in sysfs: "devices/pci0000:00/…". Linux tells it from 6.18 on
 * (vfio-device-syspath in Documentation/filesystems/proc.rst). Caller frees; NULL where it is not
 * told, or when out of memory.
 */
char *process_fd_vfio_devpath(int dir_fd, const char *name) _must_check_;
/* Where it sleeps in the kernel, "?" if that cannot be told. Caller frees; NULL when out of memory.
 */
char *process_wchan(pid_t pid) _must_check_;
