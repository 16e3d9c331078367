/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The directories of definitions, the highest first: /etc/devgroups.d, /run/devgroups.d,
 * /usr/lib/devgroups.d. A file replaces the lower files of its name. A link to /dev/null masks
 * them. All files are read in the order of their names. A file or directory that users other than
 * root can change is a problem, and is not read (base/trust.h). Below another root, the user of
 * this process counts as root.
 *
 * In these functions @directories is NULL-terminated, highest first; NULL is config_dirs_default.
 */

#include "model/config/def-set.h"

/* The largest file that is read, in bytes: far above any real list of devices. */
#define CONFIG_DIRS_MAX_FILE (4u << 20)

extern const char *const config_dirs_default[];
extern const char *const config_dirs_quirks[]; /* the same for quirks.d */

/*
 * Puts @root, such as "/srv/host", before each of @directories; NULL or "": nothing. 0 or -ENOMEM.
 * The caller frees *ret.
 */
int config_dirs_below(const char *root, const char *const *directories, char ***ret) _must_check_;

/* How a file of the directories is treated. */
enum config_dirs_fate {
	CONFIG_DIRS_READ,
	CONFIG_DIRS_MASKED, /* a link to /dev/null */
	CONFIG_DIRS_HIDDEN, /* a higher directory has a file of this name */
};

struct config_dirs_file {
	char *name; /* "10-nic.json" */
	char *path;
	uid_t own; /* the user whose files are read besides those of root: trust.h */
	enum config_dirs_fate fate;
	const struct config_dirs_file *by; /* of a hidden file: the file that hides it */
};

/*
 * Lists all files in the order of reading; each is followed by the files that it hides, the highest
 * first. A directory that cannot be read is a problem in @defs. The caller clears *ret. 0 or
 * -ENOMEM.
 */
int config_dirs_list(struct def_set *defs, const char *const *directories,
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
 * Does what config_dirs_load() would do if the @n @drafts were files already, each in place of the
 * file at its path. 0 or -ENOMEM.
 */
int config_dirs_load_drafts(const char *const *directories, const struct config_dirs_draft *drafts,
			    size_t n, struct def_set **ret) _must_check_;

/*
 * Reads all files. An absent directory is empty. A file or directory that cannot be read is a
 * problem in *ret and is skipped. 0 or -ENOMEM.
 */
int config_dirs_load(const char *const *directories, struct def_set **ret) _must_check_;

/* Does the same for quirks (NULL: config_dirs_quirks): fills the quirks and problems of *ret. */
int config_dirs_load_quirks(const char *const *directories, struct def_set **ret) _must_check_;

/*
 * Adds one file of any name to @defs. What is wrong with it becomes a problem; it is a warning that
 * other users can change the file. 0 or -ENOMEM.
 */
int config_dirs_load_file(struct def_set *defs, const char *path) _must_check_;
