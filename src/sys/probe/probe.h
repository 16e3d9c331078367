/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Reads devices into an inventory; probe-host.h reads the whole host. Only attributes that never
 * wait for the driver core's locks are read. sriov_numvfs sleeps as long as an unbind of the same
 * device does, so virtual functions are counted by their links instead.
 */

#include "model/inventory.h"
#include "sys/sysfs.h"

struct modules;
struct probe;

/* Keeps @root by reference. 0 or negative errno. */
int probe_new(const struct sysfs_root *root, struct probe **ret) _must_check_;
struct probe *probe_free(struct probe *probe);
DEFINE_CLEANUP(struct probe *, probe_freep, probe_free)
#define _cleanup_probe_ _cleanup_(probe_freep)

const struct sysfs_root *probe_root(const struct probe *probe);
const struct modules *probe_modules(const struct probe *probe);

/*
 * Updates what changes of a device without an event: whether it is open through VFIO, and whether
 * it is switched off. 0 or -ENOMEM.
 */
int probe_poll_device(struct probe *probe, struct device *device, bool *ret_changed) _must_check_;

/*
 * Brings one device of @inv up to date: reads it again, adds it, or removes it if it is gone or no
 * longer of interest. *ret_changed (may be NULL) tells whether anything is different now. 0 or
 * negative errno.
 */
int probe_update(struct probe *probe, struct inventory *inv, const char *bus, const char *address,
		 bool *ret_changed) _must_check_;

/*
 * Reads the configuration space of a virtual function a second time if probe_config_reread() needs
 * that. A scan does it last, because it needs the PF, which may be read after its virtual
 * functions. 0 or -ENOMEM.
 */
int probe_reread_config(struct probe *probe, struct inventory *inv,
			struct device *device) _must_check_;
