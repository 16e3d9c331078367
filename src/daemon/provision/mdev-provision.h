/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The mediated devices that the definitions want. The daemon removes those that it made and no file
 * wants any more; a file in the run directory tells which ones it made.
 */

#include "daemon/registry.h"

struct mdev_provision;

/* @on_done as for sriov_new(). NULL when out of memory. */
struct mdev_provision *mdev_provision_new(struct registry *registry,
					  void (*on_done)(void *userdata),
					  void *userdata) _must_check_;
struct mdev_provision *mdev_provision_free(struct mdev_provision *mdevs);

/*
 * Takes the mediated devices out of @config in place of the previous ones. The next run removes
 * those that are no longer wanted.
 */
void mdev_provision_define(struct mdev_provision *mdevs, struct def_set *config);

/* Starts the next possible change. To be called whenever the host or a lease has changed. */
void mdev_provision_run(struct mdev_provision *mdevs);

/* Tells whether a task is making or removing a device of @group, or one that it names. */
bool mdev_provision_is_changing(const struct mdev_provision *mdevs, const struct devgroup *group);

/*
 * Notes that device @key has changed or is gone. Its mediated devices disappear when it no longer
 * @offers types, and are made again when it offers them again.
 */
void mdev_provision_parent_changed(struct mdev_provision *mdevs, const char *key, bool offers);
