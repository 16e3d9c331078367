/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The definition of a mediated device. docs: devgroups.d(5), "mediated-devices". */

#include <stdbool.h>

#include "base/macro.h"

struct mdev_def {
	char *key;	   /* "mdev:UUID" */
	char *parent;	   /* normalized key of the device that creates it */
	char *type;	   /* id of a type that the parent offers */
	char **attributes; /* "name=value", in the order of writing; NULL: none */
	char *file;
	unsigned line, column;
};

struct mdev_def *mdev_def_new(const char *key); /* NULL when out of memory */
struct mdev_def *mdev_def_free(struct mdev_def *def);
DEFINE_CLEANUP(struct mdev_def *, mdev_def_freep, mdev_def_free)
#define _cleanup_mdev_def_ _cleanup_(mdev_def_freep)

/*
 * Returns all that defines the device, on one line: if the line of a new definition is the same,
 * the device need not be created again. The caller frees it. NULL when out of memory.
 */
char *mdev_def_signature(const struct mdev_def *def) _must_check_;

/* Converts a parent as users write it ("00:02.0", "matrix") to a key. 0, -EINVAL or -ENOMEM. */
int mdev_def_normalize_parent(const char *s, char **ret) _must_check_;
