/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The configuration space of a PCI function, from its directory of sysfs. */

#include "base/macro.h"
#include "model/device.h"

/*
 * Sets config and header_type of @device. Read once for a card: what was read of @old, the same
 * card as it was known so far (or NULL), is taken over, but for what drivers switch on and off in
 * it. 0 or -ENOMEM.
 */
int probe_config(int dir_fd, struct device *device, const struct device *old) _must_check_;

/*
 * A virtual function that shares PASID or PRI of @pf is read once more, since registers may hide
 * where a VMM would like to show them: one that counts is not the same twice. 0 or -ENOMEM.
 */
int probe_config_reread(int dir_fd, struct device *vf, const struct device *pf) _must_check_;
