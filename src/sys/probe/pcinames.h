/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Looks up names in pci.ids through libpci. No other file includes <pci/pci.h>. */

#include "model/device.h"

struct pcinames;

struct pcinames *pcinames_new(void); /* Returns NULL when out of memory. */
struct pcinames *pcinames_free(struct pcinames *names);
DEFINE_CLEANUP(struct pcinames *, pcinames_freep, pcinames_free)

/* Sets vendor_name, device_name and class_name where pci.ids knows them. 0 or -ENOMEM. */
int pcinames_fill(struct pcinames *names, struct device *device) _must_check_;
