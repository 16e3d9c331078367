/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Moves the groups of "bind": "boot" to their VFIO drivers when a host driver bound them first. */

#include "daemon/provision/sriov.h"

struct boot_bind;

/* @sriov: not owned; a group waits while it changes. @on_done as for sriov_new(). */
struct boot_bind *boot_bind_new(struct registry *registry, const struct sriov *sriov,
				void (*on_done)(void *userdata), void *userdata) _must_check_;
struct boot_bind *boot_bind_free(struct boot_bind *boot_bind);

/* Writes the file that the udev rule's helper reads. @config: all definitions. */
void boot_bind_define(struct boot_bind *boot_bind, const struct def_set *config);

/* Starts the possible moves. To be called whenever the host or a lease has changed. */
void boot_bind_run(struct boot_bind *boot_bind);

/* Tells whether a device of @group is being moved. */
bool boot_bind_is_changing(const struct boot_bind *boot_bind, const struct devgroup *group);
