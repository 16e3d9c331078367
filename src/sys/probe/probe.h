/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Reads the host into an inventory. Only attributes that never wait for the driver core's
 * locks are read: sriov_numvfs, for one, sleeps as long as an unbind of the same device does, so
 * VFs are counted by their links instead.
 */

#include "model/inventory.h"
#include "sys/sysfs.h"

struct probe;

/* @root is kept by reference. 0 or negative errno. */
int probe_new(const struct sysfs_root *root, struct probe **ret) _must_check_;
struct probe *probe_free(struct probe *probe);
DEFINE_CLEANUP(struct probe *, probe_freep, probe_free)
#define _cleanup_probe_ _cleanup_(probe_freep)

/* The whole host. 0 or negative errno; a device that vanishes meanwhile is no error. */
int probe_host(struct probe *probe, struct inventory **ret) _must_check_;

/*
 * What changes of a device without an event: whether somebody has it open through VFIO, and whether
 * it is switched off. 0 or -ENOMEM.
 */
int probe_poll_device(struct probe *probe, struct device *device, bool *ret_changed) _must_check_;

/* The same of the host: what VFIO has been told to put up with. 0 or negative errno. */
int probe_poll_host(struct probe *probe, struct inventory *inv, bool *ret_changed) _must_check_;

/*
 * Brings one device of @inv up to date: read anew, added, or removed if it is gone or no longer of
 * interest. *ret_changed (may be NULL): whether anything is different now. 0 or negative errno.
 */
int probe_update(struct probe *probe, struct inventory *inv, const char *bus, const char *address,
		 bool *ret_changed) _must_check_;
