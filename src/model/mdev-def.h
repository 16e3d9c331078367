/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A mediated device that a file asks for. docs: devgroups.d(5), "mediated-devices". */

#include <stdbool.h>

#include "base/macro.h"

struct mdev_def {
	char *key;	   /* "mdev:UUID" */
	char *parent;	   /* normalized key: what it is to be made of */
	char *type;	   /* id of one of the types there */
	char **attributes; /* "name=value", in the order in which they are written; NULL: none */
	char *file;
	unsigned line, column;
};

struct mdev_def *mdev_def_new(const char *key); /* NULL when out of memory */
struct mdev_def *mdev_def_free(struct mdev_def *def);
DEFINE_CLEANUP(struct mdev_def *, mdev_def_freep, mdev_def_free)
#define _cleanup_mdev_def_ _cleanup_(mdev_def_freep)

/*
 * All that makes the device what it is, on one line: of two definitions with the same one the
 * device need not be made anew. Caller frees; NULL when out of memory.
 */
char *mdev_def_signature(const struct mdev_def *def) _must_check_;

/* What a user may write as the parent ("0000:00:02.0", "matrix") to its key. 0, -EINVAL or -ENOMEM.
 */
int mdev_def_normalize_parent(const char *s, char **ret) _must_check_;
