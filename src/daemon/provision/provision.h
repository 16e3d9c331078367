/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Brings the host to what the definitions want before any claim: virtual functions, mediated
 * devices, groups on their VFIO drivers. No record is needed: the definitions name the goal, so a
 * daemon that starts continues where the previous one was killed.
 */

#include "daemon/registry.h"

struct provision;

/*
 * @on_done is called from the event loop when a change of the host is over or has failed; claims
 * may have waited for that. 0 or -ENOMEM.
 */
int provision_new(struct registry *registry, void (*on_done)(void *userdata), void *userdata,
		  struct provision **ret) _must_check_;
struct provision *provision_free(struct provision *provision);

/* Takes the virtual functions and mediated devices out of @config. Changes nothing on the host. */
void provision_define(struct provision *provision, struct def_set *config);

/* Allows provision_run() to act, and runs it: host and leases are known from now on. */
void provision_start(struct provision *provision);

/*
 * Starts the changes that are possible now. Does nothing before provision_start(), or during
 * another run: a run re-reads the host, and the events of the host call this function again.
 */
void provision_run(struct provision *provision);

/* Tells whether a device of @group is being changed. A claim waits until that is over. */
bool provision_is_changing(const struct provision *provision, const struct devgroup *group);

/* Notes a changed parent of mediated devices: see mdev_provision_parent_changed(). */
void provision_parent_changed(struct provision *provision, const char *key, bool offers);

/* Appends the definitions of virtual functions (struct vf_def), not owned. 0 or -ENOMEM. */
int provision_list_vf_defs(const struct provision *provision, struct vec *ret) _must_check_;
