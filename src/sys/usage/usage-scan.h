/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the host does with its devices (use.h), read from /proc and /sys into an inventory.
 * Nothing here waits for a device: no node is opened, and no file of somebody else's filesystem is
 * looked at.
 */

#include "model/inventory.h"
#include "model/usage.h"
#include "sys/sysfs.h"

/*
 * Reads what @sources (enum usage_source, without processes: uses-process.h) tell and replaces what
 * they told before. *ret_changed (may be NULL): whether anything is different now. 0 or -ENOMEM:
 * what cannot be read is taken as not there.
 */
int usage_scan_refresh(const struct sysfs_root *root, struct inventory *inv, unsigned sources,
		       bool *ret_changed) _must_check_;

/* --- by hand: a reading that takes its time --- */

/* What was found so far, by device. */
struct usage_set {
	const struct sysfs_root *root;
	const struct inventory *inv; /* set anew before each use: it moves */
	struct vec entries;	     /* struct use_entry, owned */
};

void usage_scan_clear(struct usage_set *set);
/* 0 or -ENOMEM. The device need not be there, or be any more. */
int usage_scan_add(struct usage_set *set, const char *key, const struct usage *usage) _must_check_;
/* Is there one of that kind already? */
bool usage_scan_has(const struct usage_set *set, const char *key, const char *kind) _must_check_;
/*
 * As usage_scan_refresh(), with what is in @set. @only: devices of @inv, not owned, sorted by
 * vec_cmp_pointer(); what the book has of others does not count. NULL: all.
 */
int usage_scan_apply(const struct usage_set *set, struct inventory *inv, unsigned sources,
		     const struct vec *only, bool *ret_changed) _must_check_;

/* Each fills the book from one source. 0 or -ENOMEM. */
int usage_block_read(struct usage_set *set) _must_check_;
int usage_net_read(struct usage_set *set) _must_check_;
int usage_console_read(struct usage_set *set) _must_check_;

/* --- what they have in common --- */

/*
 * The device of the inventory that a thing of sysfs belongs to: @link is a link below the root
 * ("sys/class/net/eth0"). *ret is its key, NULL if it is virtual or of no interest. 0 or -ENOMEM.
 */
int usage_scan_owner(const struct usage_set *set, const char *link, char **ret) _must_check_;
/* "devices/…", or what else a link shows; NULL where @link is none. 0 or -ENOMEM. */
int usage_scan_devpath(const struct usage_set *set, const char *link, char **ret) _must_check_;
int usage_scan_owner_of_devpath(const struct usage_set *set, const char *place,
				char **ret) _must_check_;
/* The names in a directory below the root; one that is not there has none. 0 or -ENOMEM. */
int usage_scan_list_dir(const struct usage_set *set, const char *path, char ***ret) _must_check_;
/* A file below the root as a stream, NULL if it cannot be opened. */
FILE *usage_scan_open_file(const struct usage_set *set, const char *path);
/* One short value below the root; NULL where there is none. 0 or -ENOMEM. */
int usage_scan_read_value(const struct usage_set *set, char **ret, const char *format, ...)
	_printf_(3, 4) _must_check_;
