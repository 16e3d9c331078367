/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The numbers of virtual functions that the definitions want of their physical ones. */

#include "daemon/registry.h"

struct sriov;

/*
 * @on_done is called when functions were made or removed, or could not be; a claim may have waited
 * for that. NULL when out of memory.
 */
struct sriov *sriov_new(struct registry *registry, void (*on_done)(void *userdata),
			void *userdata) _must_check_;
struct sriov *sriov_free(struct sriov *sriov);

/* Takes @defs (struct vf_def) over in place of the previous ones. Existing functions stay. */
void sriov_define(struct sriov *sriov, struct vec *defs);

/* Starts the next possible change. To be called whenever the host or a lease has changed. */
void sriov_run(struct sriov *sriov);

/* Appends the definitions in force, not owned. 0 or -ENOMEM. */
int sriov_list_defs(const struct sriov *sriov, struct vec *ret) _must_check_;

/* Tells whether a task is making or removing a device of @group. */
bool sriov_is_changing(const struct sriov *sriov, const struct devgroup *group);
