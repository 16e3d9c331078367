/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A type of mediated devices, as the driver of a parent offers it. */

#include <stdbool.h>

#include "base/macro.h"
#include "base/vec.h"

struct mdev_type {
	char *id;	    /* "i915-GVTg_V5_4": the name of its directory */
	char *name;	    /* for people; NULL: none */
	char *description;  /* may have several lines; NULL: none */
	char *api;	    /* for its user: "vfio-pci", "vfio-ccw"; NULL: not known */
	unsigned available; /* how many more can be created now */
};

struct mdev_type *mdev_type_new(const char *id); /* NULL when out of memory */
struct mdev_type *mdev_type_free(struct mdev_type *type);
DEFINE_CLEANUP(struct mdev_type *, mdev_type_freep, mdev_type_free)
#define _cleanup_mdev_type_ _cleanup_(mdev_type_freep)

/* --- vectors of struct mdev_type, owned; sorted by id --- */

/* Takes @type over and frees an earlier one of its id. 0 or -ENOMEM (not taken). */
int mdev_types_put(struct vec *types, struct mdev_type *type) _must_check_;
/* Returns the type of this id, or NULL. */
const struct mdev_type *mdev_types_find(const struct vec *types, const char *id);
bool mdev_types_equal(const struct vec *a, const struct vec *b);
void mdev_types_clear(struct vec *types);
/* Returns "mtty-1, mtty-2", which the caller frees. NULL when out of memory. */
char *mdev_types_list(const struct vec *types) _must_check_;
