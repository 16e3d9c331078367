/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The three directories of definitions, highest first: /etc/devgroups.d, /run/devgroups.d,
 * /usr/lib/devgroups.d. The same file name higher up replaces the lower one, a link to /dev/null
 * masks it, and all files are read in the order of their names.
 */

#include "model/config/def-set.h"

/* The largest configuration file that is read: nobody names devices by the megabyte. */
#define CONFIG_DIRS_MAX_FILE (4u << 20)

/* NULL-terminated, highest precedence first. */
extern const char *const config_dirs_default[];
extern const char *const config_dirs_quirks[]; /* the same for quirks.d */

/* What becomes of a file of the directories. */
enum config_dirs_fate {
	CONFIG_DIRS_READ,
	CONFIG_DIRS_MASKED, /* a link to /dev/null */
	CONFIG_DIRS_HIDDEN, /* a higher directory has one of this name */
};

struct config_dirs_file {
	char *name; /* "10-nic.json" */
	char *path;
	enum config_dirs_fate fate;
	const struct config_dirs_file *by; /* of one that is hidden: the file that hides it */
};

/*
 * All files of @directories (NULL: config_dirs_default) in the order of reading; behind each those
 * that it hides, the highest first. Directories that cannot be read are problems of @def_set. 0 or
 * -ENOMEM.
 */
int config_dirs_list(struct def_set *config, const char *const *directories,
		     struct vec *ret) _must_check_;
void config_dirs_files_clear(struct vec *files);
#define _cleanup_config_dirs_files_ _cleanup_(config_dirs_files_clear)

/* The text that a file is about to have. */
struct config_dirs_draft {
	const char *path; /* in one of the directories */
	const char *text;
	size_t size;
};

/*
 * As config_dirs_load() would find it if the @n @drafts were files already, each in place of the
 * one at its path if there is one. 0 or -ENOMEM.
 */
int config_dirs_load_drafts(const char *const *directories, const struct config_dirs_draft *drafts,
			    size_t n, struct def_set **ret) _must_check_;

/*
 * Reads all of @directories (NULL: config_dirs_default). A directory that is not there is empty;
 * what cannot be read is a problem in *ret and skipped. 0 or -ENOMEM.
 */
int config_dirs_load(const char *const *directories, struct def_set **ret) _must_check_;

/*
 * The same for the directories of quirks (NULL: config_dirs_quirks): fills config->quirks and the
 * problems.
 */
int config_dirs_load_quirks(const char *const *directories, struct def_set **ret) _must_check_;

/*
 * Reads one file, whatever its name, into @def_set; what is wrong with it becomes a problem. 0 or
 * -ENOMEM.
 */
int config_dirs_load_file(struct def_set *config, const char *path) _must_check_;
