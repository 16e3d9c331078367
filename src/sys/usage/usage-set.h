/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Usage found so far, device by device, and what all readers need: paths of sysfs, small files, and
 * the device that a path belongs to. Nothing here opens a device node.
 */

#include <stdint.h>
#include <stdio.h>

#include "model/inventory.h"
#include "model/usage.h"
#include "sys/sysfs.h"

struct usage_set {
	const struct sysfs_root *root;
	const struct inventory *inv;
	struct vec entries; /* struct usage_entry, owned, sorted by key */
	struct vec gaps;    /* users whose processes were not all looked at, as numbers */
	uint64_t work_usec; /* how long another process has worked for it; 0: none has */
};

void usage_set_clear(struct usage_set *set);

/*
 * Adds a copy of @usage, unless the set has it, or has enough of its kind for the device. The
 * device need not exist. 0 or -ENOMEM.
 */
int usage_set_add(struct usage_set *set, const char *key, const struct usage *usage) _must_check_;

/* Tells whether @set has a usage of that kind for the device. */
bool usage_set_has(const struct usage_set *set, const char *key, const char *kind) _must_check_;

/* Calls @fn for each usage. 0, or the first negative errno of @fn. */
typedef int (*usage_set_each_fn)(const char *key, const struct usage *usage, void *userdata);
int usage_set_each(const struct usage_set *set, usage_set_each_fn fn, void *userdata) _must_check_;

/*
 * Replaces in @inv what @sources (enum usage_source) reported before by what @set has of them.
 * @only names the devices of @inv that get it (not owned, sorted by vec_cmp_pointer()); all others
 * end up without usage of @sources. NULL: all devices get it. *ret_changed (may be NULL) tells
 * whether anything is different now. 0 or -ENOMEM.
 */
int usage_set_apply(const struct usage_set *set, struct inventory *inv, unsigned sources,
		    const struct vec *only, bool *ret_changed) _must_check_;

/* --- helpers of the readers --- */

/*
 * Finds the device of the inventory that a thing of sysfs belongs to. @link is a link below the
 * root ("sys/class/net/eth0"). *ret is the device's key, or NULL if the thing is virtual or of no
 * interest; the caller frees it. 0 or -ENOMEM.
 */
int usage_set_owner(const struct usage_set *set, const char *link, char **ret) _must_check_;

/* Does the same for a path of sysfs from "devices/" on. */
int usage_set_owner_of_devpath(const struct usage_set *set, const char *devpath,
			       char **ret) _must_check_;

/*
 * Reads the target of a link below the root, from "devices/" on; the whole target if it does not
 * contain that. *ret is NULL if @link is no link. The caller frees *ret. 0 or -ENOMEM.
 */
int usage_set_devpath(const struct usage_set *set, const char *link, char **ret) _must_check_;

/* Appends the names in a directory below the root; a missing one has none. 0 or -ENOMEM. */
int usage_set_list_dir(const struct usage_set *set, const char *path, char ***ret) _must_check_;

/*
 * Calls @fn for each line of a file below the root; a missing file has none. Ends at the first
 * negative errno of @fn, and returns it; else 0.
 */
typedef int (*usage_set_line_fn)(struct usage_set *set, char *line);
int usage_set_each_line(struct usage_set *set, const char *path, usage_set_line_fn fn) _must_check_;

/* Open a file, relative to a directory or to the root. Return NULL if it cannot be opened. */
FILE *usage_set_open_file_at(int dir_fd, const char *path);
FILE *usage_set_open_file(const struct usage_set *set, const char *path);

/* Reads one short value below the root; *ret is NULL where there is none. 0 or -ENOMEM. */
int usage_set_read_value(const struct usage_set *set, char **ret, const char *format, ...)
	_printf_(3, 4) _must_check_;
