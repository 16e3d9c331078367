/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the definitions want of the host before anybody claims: virtual functions (vfs.c), and
 * groups that are to be on their VFIO driver from the start (bootbind.c). Needs no record: how it
 * is to be stands in the definitions, so a daemon that starts goes on where the last one was
 * killed.
 */

#include <stdbool.h>

#include "model/config/def-set.h"

struct registry;
struct devgroup;

/* --- vfs.c --- */
struct sriov;
struct sriov *sriov_new(struct registry *registry); /* NULL when out of memory */
struct sriov *sriov_free(struct sriov *sriov);
/* Takes the definitions (struct vfdef) over, in place of the earlier ones. What they made stays. */
void sriov_define(struct sriov *sriov, struct vec *defs);
/* Starts what can be done now. To be called whenever the host or a lease has changed. */
void sriov_run(struct sriov *sriov);
/* Appends the definitions in force, not owned. 0 or -ENOMEM. */
int sriov_list_defs(const struct sriov *sriov, struct vec *ret) _must_check_;
/* Is a device of @group being made, or taken away? */
bool sriov_is_changing(const struct sriov *sriov, const struct devgroup *group);

/* --- mdevs.c --- */
struct mdev_provision;
struct mdev_provision *mdev_provision_new(struct registry *registry); /* NULL when out of memory */
struct mdev_provision *mdev_provision_free(struct mdev_provision *mdev_provision);
/* Takes the mediated devices out of @def_set, in place of the earlier ones. Those that are not
 * there any more go with the next run. */
void mdev_provision_define(struct mdev_provision *mdev_provision, struct def_set *config);
void mdev_provision_run(struct mdev_provision *mdev_provision);
bool mdev_provision_is_changing(const struct mdev_provision *mdev_provision,
				const struct devgroup *group);
/* What is made of @key goes with its types, and comes again with them. */
void mdev_provision_parent_changed(struct mdev_provision *mdev_provision, const char *key,
				   bool offers);

/* --- bootbind.c --- */
struct boot_bind;
struct boot_bind *boot_bind_new(struct registry *registry); /* NULL when out of memory */
struct boot_bind *boot_bind_free(struct boot_bind *boot_bind);
/* Writes what the udev rule's helper reads. @def_set: all that is defined. */
void boot_bind_define(struct boot_bind *boot_bind, const struct def_set *config);
void boot_bind_run(struct boot_bind *boot_bind);
bool boot_bind_is_changing(const struct boot_bind *boot_bind, const struct devgroup *group);
