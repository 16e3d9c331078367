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
 * Reads what @sources (enum use_source, without processes: uses-process.h) tell and replaces what
 * they told before. *ret_changed (may be NULL): whether anything is different now. 0 or -ENOMEM:
 * what cannot be read is taken as not there.
 */
int uses_refresh(const struct sysroot *root, struct inventory *inv, unsigned sources,
		 bool *ret_changed) _must_check_;

/* --- by hand: a reading that takes its time ---------------------------------------------------- */

/* What was found so far, by device. */
struct usebook {
	const struct sysroot *root;
	const struct inventory *inv; /* set anew before each use: it moves */
	struct vec entries;	     /* struct use_entry, owned */
};

void usebook_clear(struct usebook *book);
/* 0 or -ENOMEM. The device need not be there, or be any more. */
int usebook_add(struct usebook *book, const char *key, const struct use *use) _must_check_;
/* Is there one of that kind already? */
bool usebook_has(const struct usebook *book, const char *key, const char *kind) _must_check_;
/*
 * As uses_refresh(), with what is in @book. @only: devices of @inv, not owned, sorted by
 * vec_cmp_pointer(); what the book has of others does not count. NULL: all.
 */
int usebook_apply(const struct usebook *book, struct inventory *inv, unsigned sources,
		  const struct vec *only, bool *ret_changed) _must_check_;

/* Each fills the book from one source. 0 or -ENOMEM. */
int uses_read_block(struct usebook *book) _must_check_;
int uses_read_net(struct usebook *book) _must_check_;
int uses_read_console(struct usebook *book) _must_check_;

/* --- what they have in common ------------------------------------------------------------------ */

/*
 * The device of the inventory that a thing of sysfs belongs to: @link is a link below the root
 * ("sys/class/net/eth0"). *ret is its key, NULL if it is virtual or of no interest. 0 or -ENOMEM.
 */
int uses_owner(const struct usebook *book, const char *link, char **ret) _must_check_;
/* "devices/…", or what else a link shows; NULL where @link is none. 0 or -ENOMEM. */
int uses_place(const struct usebook *book, const char *link, char **ret) _must_check_;
int uses_owner_of_place(const struct usebook *book, const char *place, char **ret) _must_check_;
/* The names in a directory below the root; one that is not there has none. 0 or -ENOMEM. */
int uses_list(const struct usebook *book, const char *path, char ***ret) _must_check_;
/* A file below the root as a stream, NULL if it cannot be opened. */
FILE *uses_open(const struct usebook *book, const char *path);
/* One short value below the root; NULL where there is none. 0 or -ENOMEM. */
int uses_value(const struct usebook *book, char **ret, const char *format, ...)
	_printf_(3, 4) _must_check_;
