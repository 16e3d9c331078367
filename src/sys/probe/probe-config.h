/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reads the configuration space of a PCI function from its directory in sysfs. */

#include "base/macro.h"
#include "model/device.h"

/*
 * Sets config and header_type of @device. Reads a card once: if @old (may be NULL) is the same
 * card, its bytes are copied, and only the registers that drivers switch are read again. 0 or
 * -ENOMEM.
 */
int probe_config(int dir_fd, struct device *device, const struct device *old) _must_check_;

/*
 * Reads a virtual function that shares PASID or PRI of @pf a second time. A VMM wants to add these
 * capabilities at a place where no registers hide. A register that counts differs between the two
 * reads. 0 or -ENOMEM.
 */
int probe_config_reread(int dir_fd, struct device *vf, const struct device *pf) _must_check_;
