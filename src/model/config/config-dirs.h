/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The three directories of definitions, highest first: /etc/devgroups.d, /run/devgroups.d,
 * /usr/lib/devgroups.d. The same file name higher up replaces the lower one, a link to /dev/null
 * masks it, and all files are read in the order of their names.
 */

#include "model/config/def-set.h"

/* The largest configuration file that is read: nobody names devices by the megabyte. */
#define CONFDIR_MAX_FILE (4u << 20)

/* NULL-terminated, highest precedence first. */
extern const char *const confdir_default[];
extern const char *const confdir_quirks[]; /* the same for quirks.d */

/* What becomes of a file of the directories. */
enum confdir_fate {
	CONFDIR_READ,
	CONFDIR_MASK,	/* a link to /dev/null */
	CONFDIR_HIDDEN, /* a higher directory has one of this name */
};

struct confdir_file {
	char *name; /* "10-nic.json" */
	char *path;
	enum confdir_fate fate;
	const struct confdir_file *by; /* of one that is hidden: the file that hides it */
};

/*
 * All files of @directories (NULL: confdir_default) in the order of reading; behind each those that
 * it hides, the highest first. Directories that cannot be read are problems of @config. 0 or -ENOMEM.
 */
int confdir_list(struct config *config, const char *const *directories,
		 struct vec *ret) _must_check_;
void confdir_files_clear(struct vec *files);
#define _cleanup_confdir_files_ _cleanup_(confdir_files_clear)

/* The text that a file is about to have. */
struct confdir_draft {
	const char *path; /* in one of the directories */
	const char *text;
	size_t size;
};

/*
 * As confdir_load() would find it if the @n @drafts were files already, each in place of the one at
 * its path if there is one. 0 or -ENOMEM.
 */
int confdir_try(const char *const *directories, const struct confdir_draft *drafts, size_t n,
		struct config **ret) _must_check_;

/*
 * Reads all of @directories (NULL: confdir_default). A directory that is not there is empty; what
 * cannot be read is a problem in *ret and skipped. 0 or -ENOMEM.
 */
int confdir_load(const char *const *directories, struct config **ret) _must_check_;

/*
 * The same for the directories of quirks (NULL: confdir_quirks): fills config->quirks and the
 * problems.
 */
int confdir_load_quirks(const char *const *directories, struct config **ret) _must_check_;

/*
 * Reads one file, whatever its name, into @config; what is wrong with it becomes a problem. 0 or
 * -ENOMEM.
 */
int confdir_load_file(struct config *config, const char *path) _must_check_;
