/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The configuration language of devgroups.d(5): one file's text to definitions and
 * problems. A file with an error is skipped whole; warnings skip nothing.
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
	unsigned line, column; /* from 1; those of the file as a whole are at 1:1 */
	bool warning;
	char *text;
};

/* How many VFs a PF is to have. */
struct vf_def {
	char *device; /* normalized key of the PF */
	unsigned count;
	bool autoprobe;	    /* host drivers may take the VFs; true unless said, as in the kernel */
	bool while_claimed; /* a claim of the PF makes them too, on vfio-pci */
	char *file;
	unsigned line, column;
};

/* Which of the two languages a file is in; they differ in their keys alone. */
enum def_set_kind {
	DEF_FILE_GROUPS, /* devgroups.d */
	DEF_FILE_QUIRKS, /* quirks.d */
	DEF_FILE_ANY,	 /* a file that somebody asks about */
};

struct def_set {
	enum def_set_kind kind;
	struct vec quirks;   /* struct quirk, owned; in the order of reading, a name once */
	struct vec groups;   /* struct groupdef, owned; sorted by name, a name once */
	struct vec sriov;    /* struct vfdef, owned; sorted by device, a device once */
	struct vec mdevs;    /* struct mdevdef, owned; sorted by key, a key once */
	struct vec problems; /* struct problem, owned; in the order they were found */
	struct vec in_order; /* struct groupdef, not owned: the groups in the order of reading */
};

struct def_set *def_set_new(void);
struct def_set *def_set_free(struct def_set *config);
DEFINE_CLEANUP(struct def_set *, def_set_freep, def_set_free)
#define _cleanup_def_set_ _cleanup_(def_set_freep)

/*
 * Reads one file's text into @def_set; a later definition of a name replaces the earlier one.
 * Problems of the text are appended to config->problems, they are no failure of this function. 0 or
 * -ENOMEM.
 */
int parse_definitions(struct def_set *config, const char *file, const char *text,
		      size_t size) _must_check_;

/*
 * To be called once, behind the last parse_definitions(): a device that two of the groups name (by
 * address, by path, or as the same virtual function) stays with the group that was read first; the
 * other group is dropped with a problem. 0 or -ENOMEM.
 */
int def_set_check_devices(struct def_set *config) _must_check_;

const struct group_def *def_set_find_group(const struct def_set *config, const char *name);
const struct vf_def *def_set_find_vfs(const struct def_set *config, const char *device);
const struct mdev_def *def_set_find_mdev(const struct def_set *config, const char *key);
bool def_set_has_errors(const struct def_set *config); /* warnings do not count */
int def_set_add_problem(struct def_set *config, const char *file, unsigned line, unsigned column,
			bool warning, const char *format, ...) _printf_(6, 7) _must_check_;

struct vf_def *def_set_vf_new(const char *device);
struct vf_def *def_set_vf_free(struct vf_def *def);
DEFINE_CLEANUP(struct vf_def *, def_set_vf_freep, def_set_vf_free)
#define _cleanup_vf_def_ _cleanup_(def_set_vf_freep)

/* Take over @def, in place of the earlier one of its name (or device). 0 or -ENOMEM (not taken). */
int def_set_put_group(struct def_set *config, struct group_def *def) _must_check_;
int def_set_put_vfs(struct def_set *config, struct vf_def *def) _must_check_;
int def_set_put_mdev(struct def_set *config, struct mdev_def *def) _must_check_;
int def_set_put_quirk(struct def_set *config, struct quirk *quirk) _must_check_;
