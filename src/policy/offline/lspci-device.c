/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One device of a dump: its configuration space, and what follows from it. */

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "policy/devinfo/pcicap.h"
#include "policy/offline/lspci-private.h"

#define AT_VENDOR 0x00
#define AT_DEVICE 0x02
#define AT_REVISION 0x08
#define AT_CLASS 0x09
#define AT_HEADER_TYPE 0x0e
#define AT_SUBSYSTEM 0x2c
#define AT_SUBSYSTEM_CARD 0x40 /* in a CardBus bridge */
#define CAP_SUBSYSTEM 0x0d     /* capability of a bridge; the ids follow two reserved bytes */

/* --- configuration space --- */

static void lspci_device_read_subsystem(struct device *device)
{
	int at = device->header_type == 0 ? AT_SUBSYSTEM : AT_SUBSYSTEM_CARD;

	if (device->header_type == 1) {
		at = pcicap_find(device, CAP_SUBSYSTEM);
		if (at <= 0)
			return;
		at += 4;
	}
	device->subsystem_vendor = pcicap_u16(device, (size_t)at);
	device->subsystem_device = pcicap_u16(device, (size_t)at + 2);
}

/* A device that does not answer reads as all ones; then only the first line tells its ids. */
static void lspci_device_read_ids(struct device *device)
{
	if (device->config_size < 0x40 || pcicap_u8(device, AT_HEADER_TYPE) == 0xff)
		return;
	device->header_type = pcicap_u8(device, AT_HEADER_TYPE) & 0x7f;
	device->revision = pcicap_u8(device, AT_REVISION);
	device->class_code = pcicap_u32(device, AT_CLASS) & 0xffffff;
	lspci_device_read_subsystem(device);
	/* a VF has no ids of its own */
	if (pcicap_u16(device, AT_VENDOR) == 0xffff)
		return;
	device->vendor = pcicap_u16(device, AT_VENDOR);
	device->device = pcicap_u16(device, AT_DEVICE);
}

static int lspci_device_take_config(struct lspci *lspci)
{
	struct device *device = lspci->device;

	if (lspci->size == 0)
		return 0;
	device->config = malloc(lspci->size);
	if (!device->config)
		return -ENOMEM;
	memcpy(device->config, lspci->config, lspci->size);
	device->config_size = lspci->size;
	lspci_device_read_ids(device);
	return 0;
}

static int lspci_device_complete(struct lspci *lspci)
{
	struct device *device = lspci->device;
	int r = lspci_device_take_config(lspci);

	if (r < 0)
		return r;
	lspci_text_place_regions(lspci);
	r = pcicap_serial(device, &device->serial);
	if (r < 0 || !lspci->gap)
		return r;
	return lspci_notes_add_gap(&lspci->notes, device->key);
}

int lspci_device_finish(struct lspci *lspci)
{
	int r;

	if (!lspci->device)
		return 0;
	r = lspci_device_complete(lspci);
	if (r < 0)
		return r;
	r = inventory_put(lspci->inv, lspci->device);
	if (r < 0)
		return r;
	lspci->device = NULL;
	return 0;
}

int lspci_device_begin(struct lspci *lspci, const struct pciaddr *addr)
{
	char text[PCIADDR_SIZE];
	int r = lspci_device_finish(lspci);

	if (r < 0)
		return r;
	lspci->size = 0;
	lspci->gap = lspci->hidden = lspci->in_capabilities = false;
	lspci->n_regions = 0;
	lspci->device = device_new("pci", pciaddr_format(addr, text));
	if (!lspci->device)
		return -ENOMEM;
	lspci->device->has_override = true; /* as in every kernel since 3.16 */
	return 0;
}
