/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/pciaddr.h"
#include "model/usb-companion.h"

bool usb_companion_of_ehci(const struct device *device, const struct device *other)
{
	struct pciaddr a, b;

	return device_is_pci(device) && usb_companion_is_uhci_or_ohci(device->class_code) &&
	       device_is_pci(other) && usb_companion_is_ehci(other->class_code) &&
	       pciaddr_parse(device->address, &a) >= 0 && pciaddr_parse(other->address, &b) >= 0 &&
	       pciaddr_same_slot(&a, &b);
}
