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
struct vfdef {
	char *device; /* normalized key of the PF */
	unsigned count;
	bool autoprobe; /* host drivers may take the VFs; true unless said, as in the kernel */
	bool while_claimed; /* a claim of the PF makes them too, on vfio-pci */
	char *file;
	unsigned line, column;
};

/* Which of the two languages a file is in; they differ in their keys alone. */
enum config_kind {
	CONFIG_GROUPS, /* devgroups.d */
	CONFIG_QUIRKS, /* quirks.d */
	CONFIG_ANY,    /* a file that somebody asks about */
};

struct config {
	enum config_kind kind;
	struct vec quirks;   /* struct quirk, owned; in the order of reading, a name once */
	struct vec groups;   /* struct groupdef, owned; sorted by name, a name once */
	struct vec vfs;	     /* struct vfdef, owned; sorted by device, a device once */
	struct vec mdevs;    /* struct mdevdef, owned; sorted by key, a key once */
	struct vec problems; /* struct problem, owned; in the order they were found */
	struct vec in_order; /* struct groupdef, not owned: the groups in the order of reading */
};

struct config *config_new(void);
struct config *config_free(struct config *config);
DEFINE_CLEANUP(struct config *, config_freep, config_free)
#define _cleanup_config_ _cleanup_(config_freep)

/*
 * Reads one file's text into @config; a later definition of a name replaces the earlier one.
 * Problems of the text are appended to config->problems, they are no failure of this function. 0 or
 * -ENOMEM.
 */
int config_parse(struct config *config, const char *file, const char *text,
		 size_t size) _must_check_;

/*
 * To be called once, behind the last config_parse(): a device that two of the groups name (by
 * address, by path, or as the same virtual function) stays with the group that was read first; the
 * other group is dropped with a problem. 0 or -ENOMEM.
 */
int config_check_devices(struct config *config) _must_check_;

const struct groupdef *config_find(const struct config *config, const char *name);
const struct vfdef *config_find_vfs(const struct config *config, const char *device);
const struct mdevdef *config_find_mdev(const struct config *config, const char *key);
bool config_has_errors(const struct config *config); /* warnings do not count */
int config_add_problem(struct config *config, const char *file, unsigned line, unsigned column,
		       bool warning, const char *format, ...) _printf_(6, 7) _must_check_;

struct vfdef *vfdef_new(const char *device);
struct vfdef *vfdef_free(struct vfdef *def);
DEFINE_CLEANUP(struct vfdef *, vfdef_freep, vfdef_free)
#define _cleanup_vfdef_ _cleanup_(vfdef_freep)

/* Take over @def, in place of the earlier one of its name (or device). 0 or -ENOMEM (not taken). */
int config_put_group(struct config *config, struct groupdef *def) _must_check_;
int config_put_vfs(struct config *config, struct vfdef *def) _must_check_;
int config_put_mdev(struct config *config, struct mdevdef *def) _must_check_;
int config_put_quirk(struct config *config, struct quirk *quirk) _must_check_;
