/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the definitions want of the host before anybody claims: virtual functions (vfs.c), and groups that are to be on
 * their VFIO driver from the start (bootbind.c). Needs no record: how it is to be stands in the definitions, so a
 * daemon that starts goes on where the last one was killed.
 */

#include <stdbool.h>

#include "model/config/def-set.h"

struct registry;
struct devgroup;

/* --- vfs.c ------------------------------------------------------------------------------------- */
struct vfs;
struct vfs *vfs_new(struct registry *registry); /* NULL when out of memory */
struct vfs *vfs_free(struct vfs *vfs);
/* Takes the definitions (struct vfdef) over, in place of the earlier ones. What they made stays. */
void vfs_define(struct vfs *vfs, struct vec *defs);
/* Starts what can be done now. To be called whenever the host or a lease has changed. */
void vfs_run(struct vfs *vfs);
/* Appends the definitions in force, not owned. 0 or -ENOMEM. */
int vfs_list(const struct vfs *vfs, struct vec *ret) _must_check_;
/* Is a device of @group being made, or taken away? */
bool vfs_changes(const struct vfs *vfs, const struct devgroup *group);

/* --- mdevs.c ----------------------------------------------------------------------------------- */
struct mdevs;
struct mdevs *mdevs_new(struct registry *registry); /* NULL when out of memory */
struct mdevs *mdevs_free(struct mdevs *mdevs);
/* Takes the mediated devices out of @config, in place of the earlier ones. Those that are not there any more go with the next run. */
void mdevs_define(struct mdevs *mdevs, struct config *config);
void mdevs_run(struct mdevs *mdevs);
bool mdevs_changes(const struct mdevs *mdevs, const struct devgroup *group);
/* What is made of @key goes with its types, and comes again with them. */
void mdevs_parent_changed(struct mdevs *mdevs, const char *key, bool offers);

/* --- bootbind.c -------------------------------------------------------------------------------- */
struct bootbind;
struct bootbind *bootbind_new(struct registry *registry); /* NULL when out of memory */
struct bootbind *bootbind_free(struct bootbind *bootbind);
/* Writes what the udev rule's helper reads. @config: all that is defined. */
void bootbind_define(struct bootbind *bootbind, const struct config *config);
void bootbind_run(struct bootbind *bootbind);
bool bootbind_changes(const struct bootbind *bootbind, const struct devgroup *group);
