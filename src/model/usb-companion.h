/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * USB controllers that share ports: an EHCI and, as lower functions of its slot, its companions,
 * UHCI or OHCI. When a host driver takes the EHCI or lets it go, the kernel reads and writes what
 * the drivers of the companions keep of them, and believes that these are its own
 * (for_each_companion() in drivers/usb/core/hcd-pci.c, up to 7.x). Where one is on a VFIO driver it
 * writes into memory of that: Linux 6.1 ends in "list_del corruption", others go on with what is
 * broken.
 */

#include "model/device.h"

static inline bool usb_companion_is_ehci(uint32_t class_code)
{
	return class_code == 0x0c0320;
}

static inline bool usb_companion_is_uhci_or_ohci(uint32_t class_code)
{
	return class_code == 0x0c0300 || class_code == 0x0c0310;
}

/* Is @device a companion of the EHCI @other? */
bool usb_companion_of_ehci(const struct device *device, const struct device *other);
