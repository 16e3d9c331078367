/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What is particular to PCI in a probe. */

#include "model/device.h"

/*
 * Fills the PCI facts of @device from its sysfs directory. What cannot change while the device is
 * there (configuration space, header type) is taken from @old where that is the same device, so
 * that an event does not wake a sleeping one. @with_user: what probe_kmod_is_owned_by_user() said.
 * 0 or negative errno.
 */
int probe_pci(int dir_fd, struct device *device, const struct device *old,
	      int with_user) _must_check_;

/* As probe_poll_device(). Which state of power a device that is on has is no news. */
int probe_pci_poll(int dir_fd, struct device *device, int with_user,
		   bool *ret_changed) _must_check_;
