/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Keeps the records of leases in /run/devgroups. Each group has one file, which is written before
 * the first change to the kernel.
 */

#include <stdbool.h>

#include "base/macro.h"
#include "base/vec.h"
#include "model/record.h"

/*
 * Makes the directory if needed, and locks it while *ret_lock is open: two daemons would undo each
 * other's leases. Returns a descriptor or negative errno; -EBUSY if another daemon has it. The lock
 * is on a file that only root can open: other users may open the directory, and a lock on that
 * would be theirs to take.
 */
int run_dir_open(const char *path, int *ret_lock) _must_check_;

/*
 * Writes the record of a group; on failure the old one stays. 0 or negative errno: -EFBIG or
 * -EBADMSG for a record that run_dir_load() would not read.
 */
int run_dir_save(int dir_fd, const struct record *record) _must_check_;

/* Removes the record of @group; a missing one is no failure. 0 or negative errno. */
int run_dir_remove(int dir_fd, const char *group) _must_check_;

/* Tells whether @group has a record. */
bool run_dir_has(int dir_fd, const char *group);

/*
 * Save and load how the host had the devices of a group that stay on their VFIO drivers for the
 * next claim. 0 or negative errno: -ENOENT when there is no such file.
 */
int run_dir_save_kept(int dir_fd, const struct record *record) _must_check_;
int run_dir_load_kept(int dir_fd, const char *group, struct record **ret) _must_check_;

/*
 * Returns the path of the record of @group, for messages. The caller frees it; NULL when out of
 * memory.
 */
char *run_dir_path(int dir_fd, const char *group) _must_check_;

/* Removes files that a killed daemon left half written, and pipes without a lease. */
void run_dir_tidy(int dir_fd, bool (*is_lease)(const char *lease, void *userdata), void *userdata);

/* One file of the directory. */
struct run_dir_entry {
	char *group;
	struct record *record; /* NULL: the file cannot be used, and *error says why */
	char *error;
};

/*
 * Reads all records. *ret holds struct run_dir_entry; run_dir_entries_clear() frees it. 0 or
 * negative errno.
 */
int run_dir_load(int dir_fd, struct vec *ret) _must_check_;
void run_dir_entries_clear(struct vec *entries);
