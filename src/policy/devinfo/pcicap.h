/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Reads the configuration space of a device as far as it is known. A snapshot may end at any byte,
 * and the capability chains of a forged one may be circular. Numbers are those of
 * include/uapi/linux/pci_regs.h.
 */

#include "model/device.h"

enum pcicap_id {
	PCICAP_PM = 0x01,
	PCICAP_EXPRESS = 0x10,
	PCICAP_MSIX = 0x11,
	PCICAP_AF = 0x13, /* advanced features: function level reset of conventional PCI */
};

enum pcicap_ext_id {
	PCICAP_EXT_SERIAL = 0x0003,
	PCICAP_EXT_ACS = 0x000d,
	PCICAP_EXT_ATS = 0x000f,
	PCICAP_EXT_SRIOV = 0x0010,
	PCICAP_EXT_PRI = 0x0013,
	PCICAP_EXT_PASID = 0x001b,
	PCICAP_EXT_DPC = 0x001d,
};

/* The types of PCI Express functions, as in the capability. */
enum express_type {
	EXPRESS_ENDPOINT = 0x0,
	EXPRESS_LEGACY_ENDPOINT = 0x1,
	EXPRESS_ROOT_PORT = 0x4,
	EXPRESS_UPSTREAM = 0x5,
	EXPRESS_DOWNSTREAM = 0x6,
	EXPRESS_TO_PCI = 0x7,	/* bridge, PCI Express above and PCI below */
	EXPRESS_FROM_PCI = 0x8, /* the reverse */
	EXPRESS_RC_ENDPOINT = 0x9,
	EXPRESS_RC_EVENTS = 0xa,
};

/* Return a little-endian value; bytes beyond the known ones are 0. */
uint8_t pcicap_u8(const struct device *device, size_t at);
uint16_t pcicap_u16(const struct device *device, size_t at);
uint32_t pcicap_u32(const struct device *device, size_t at);

/*
 * Return the offset of the capability; 0: the device has none; -ENODATA: the known bytes end before
 * that is clear.
 */
int pcicap_find(const struct device *device, enum pcicap_id id);
int pcicap_find_ext(const struct device *device, enum pcicap_ext_id id);

/*
 * Return an enum express_type, -ENOENT for conventional PCI, or -ENODATA if unknown: the type that
 * the device reports, or the one that the kernel puts in its place (settle.h).
 */
int pcicap_reported_type(const struct device *device);
int pcicap_express_type(const struct device *device);

/*
 * Sets *ret to "00-1b-21-ff-ff-3d-5e-8c", the form of lspci, or to NULL if there is no serial
 * number. The caller frees it. 0 or -ENOMEM.
 */
int pcicap_serial(const struct device *device, char **ret) _must_check_;

/* Returns whether the device has several functions. A VF never counts, as in the kernel. */
bool pcicap_is_multifunction(const struct device *device);

/* Returns the buses behind a bridge; false if they are unknown or there are none. */
bool pcicap_buses(const struct device *bridge, uint8_t *ret_first, uint8_t *ret_last);
