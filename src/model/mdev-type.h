/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A kind of mediated device, as the driver of a parent offers it. */

#include <stdbool.h>

#include "base/macro.h"
#include "base/vec.h"

struct mdev_type {
	char *id;	   /* "i915-GVTg_V5_4": the name of its directory */
	char *name;	   /* for people; NULL: it has none */
	char *description; /* may be of several lines; NULL: it has none */
	char *api; /* "vfio-pci", "vfio-ccw", "vfio-ap": what its user sees; NULL: not known */
	unsigned available; /* how many more can be made at this moment */
};

struct mdev_type *mdev_type_new(const char *id); /* NULL when out of memory */
struct mdev_type *mdev_type_free(struct mdev_type *type);
DEFINE_CLEANUP(struct mdev_type *, mdev_type_freep, mdev_type_free)
#define _cleanup_mdev_type_ _cleanup_(mdev_type_freep)

/* Of vectors of struct mdev_type, owned; sorted by id. */
int mdev_types_put(struct vec *types, struct mdev_type *type)
	_must_check_; /* takes @type over; 0 or -ENOMEM (not taken) */
const struct mdev_type *mdev_types_find(const struct vec *types, const char *id);
bool mdev_types_equal(const struct vec *a, const struct vec *b);
void mdev_types_clear(struct vec *types);
/* "mtty-1, mtty-2"; NULL when out of memory. Caller frees. */
char *mdev_types_list(const struct vec *types) _must_check_;
