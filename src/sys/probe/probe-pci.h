/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reads what only PCI functions have. */

#include "model/device.h"

/*
 * Fills the PCI facts of @device from its directory @dir_fd. Facts that never change (configuration
 * space, header type) come from @old if that is the same device, so an event wakes no sleeping
 * device. @with_user is the result of probe_kmod_is_owned_by_user(). 0 or negative errno.
 */
int probe_pci(int dir_fd, struct device *device, const struct device *old,
	      int with_user) _must_check_;

/*
 * Does the work of probe_poll_device(). Of the power states, only a change between off and on
 * counts.
 */
int probe_pci_poll(int dir_fd, struct device *device, int with_user,
		   bool *ret_changed) _must_check_;
