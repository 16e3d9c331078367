/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The set of definitions that the files of devgroups.d(5) or quirks.d make, and the problems of
 * those files. A file with an error is skipped as a whole; a warning skips nothing.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/macro.h"
#include "base/vec.h"
#include "model/group-def.h"
#include "model/mdev-def.h"
#include "model/quirk.h"

struct problem {
	char *file;
	unsigned line, column; /* from 1; a problem of the whole file is at 1:1 */
	bool warning;
	bool untrusted; /* users other than root can change the file, so it was not read */
	char *text;
	char **groups; /* of an error: the groups that it keeps out of force; NULL: not known */
};

/* How many VFs a PF is to have. */
struct vf_def {
	char *device; /* normalized key of the PF */
	unsigned count;
	bool autoprobe;	    /* host drivers may take the VFs; the default, as in the kernel */
	bool while_claimed; /* a claim of the PF creates them, too, on vfio-pci */
	char *file;
	unsigned line, column;
};

/* The two languages, which differ only in their keys. */
enum def_set_kind {
	DEF_FILE_GROUPS, /* devgroups.d */
	DEF_FILE_QUIRKS, /* quirks.d */
	DEF_FILE_ANY,	 /* a file that the user names: the keys of both */
};

struct def_set {
	enum def_set_kind kind;
	struct vec quirks;   /* struct quirk, owned; in the order of reading, a name once */
	struct vec groups;   /* struct group_def, owned; sorted by name, a name once */
	struct vec sriov;    /* struct vf_def, owned; sorted by device, a device once */
	struct vec mdevs;    /* struct mdev_def, owned; sorted by key, a key once */
	struct vec problems; /* struct problem, owned; in the order in which they were found */
	struct vec in_order; /* struct group_def, not owned: the groups in the order of reading */
};

struct def_set *def_set_new(void); /* NULL when out of memory */
struct def_set *def_set_free(struct def_set *defs);
DEFINE_CLEANUP(struct def_set *, def_set_freep, def_set_free)
#define _cleanup_def_set_ _cleanup_(def_set_freep)

/*
 * Adds the definitions of the file's text; a later definition of a name replaces the earlier one.
 * Problems of the text are appended to defs->problems and are no failure. 0 or -ENOMEM.
 */
int parse_definitions(struct def_set *defs, const char *file, const char *text,
		      size_t size) _must_check_;

/*
 * Looks for devices that two groups name by address, by path, or as the same virtual function. Such
 * a device stays with the group that was read first, and the other group is dropped with a problem.
 * Call this once, after the last parse_definitions(). 0 or -ENOMEM.
 */
int def_set_check_devices(struct def_set *defs) _must_check_;

/* Return NULL if there is no such definition. Devices are given by normalized key. */
const struct group_def *def_set_find_group(const struct def_set *defs, const char *name);
const struct vf_def *def_set_find_vfs(const struct def_set *defs, const char *device);
const struct mdev_def *def_set_find_mdev(const struct def_set *defs, const char *key);

/* Appends a problem; line and column 0 become 1. 0 or -ENOMEM. */
int def_set_add_problem(struct def_set *defs, const char *file, unsigned line, unsigned column,
			bool warning, const char *format, ...) _printf_(6, 7) _must_check_;
/* Returns whether a problem is an error: warnings do not count. */
bool def_set_has_errors(const struct def_set *defs);
/*
 * Returns the error that keeps the group @name out of force, else one of a file whose groups are
 * not known, or NULL. @problems is a vector of struct problem.
 */
const struct problem *def_set_find_problem(const struct vec *problems, const char *name);
struct problem *def_set_problem_free(struct problem *problem);
/* Frees a vector of struct problem. */
void def_set_problems_clear(struct vec *problems);

struct vf_def *def_set_vf_new(const char *device); /* NULL when out of memory */
struct vf_def *def_set_vf_free(struct vf_def *def);
DEFINE_CLEANUP(struct vf_def *, def_set_vf_freep, def_set_vf_free)
#define _cleanup_vf_def_ _cleanup_(def_set_vf_freep)

/* Take @def over and free the earlier one of its name or device. 0 or -ENOMEM (not taken). */
int def_set_put_group(struct def_set *defs, struct group_def *def) _must_check_;
int def_set_put_vfs(struct def_set *defs, struct vf_def *def) _must_check_;
int def_set_put_mdev(struct def_set *defs, struct mdev_def *def) _must_check_;
int def_set_put_quirk(struct def_set *defs, struct quirk *quirk) _must_check_;
