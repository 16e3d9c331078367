/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The records of leases in /run/devgroups: one file a group, written before the kernel is. */

#include <stdbool.h>

#include "base/macro.h"
#include "base/vec.h"
#include "model/record.h"

/*
 * Makes the directory if need be, and keeps every other daemon out of it for as long as the
 * descriptor is open: two would undo each other's leases. A descriptor or negative errno; -EBUSY:
 * another one is there.
 */
int run_dir_open(const char *path) _must_check_;

int run_dir_save(int dir_fd, const struct record *record) _must_check_;
/* A record that is not there is no error. */
/*
 * The same of a group whose devices stay on their VFIO drivers, for the next claim: how the host
 * had them. -ENOENT when there is none.
 */
int run_dir_save_kept(int dir_fd, const struct record *record) _must_check_;
int run_dir_load_kept(int dir_fd, const char *group, struct record **ret) _must_check_;
int run_dir_remove(int dir_fd, const char *group) _must_check_;

/* Where the record of @group is, for people. Caller frees; NULL when out of memory. */
char *run_dir_path(int dir_fd, const char *group) _must_check_;
bool run_dir_has(int dir_fd, const char *group);
/* Removes what a daemon that was killed left half written, and the pipes of leases that are no
 * more. */
void run_dir_tidy(int dir_fd, bool (*is_lease)(const char *lease, void *userdata), void *userdata);

/* What a file in there turned out to be. */
struct run_dir_entry {
	char *group;
	struct record *record; /* NULL: it cannot be used, *error says why */
	char *error;
};

/* *ret: struct run_dir_entry; clear with run_dir_entries_clear(). 0 or negative errno. */
int run_dir_load(int dir_fd, struct vec *ret) _must_check_;
void run_dir_entries_clear(struct vec *entries);
