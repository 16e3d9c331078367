/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/devinfo/cap-space.h"

/*
 * Registers outside of all capabilities that drivers are known to use. They are avoided also where
 * they read as zero: a strap or a fuse may well be so. File names are those of Linux 6.12.
 */
struct known_registers {
	uint16_t vendor, first_device, last_device;
	uint8_t class_base; /* 0: any */
	struct cap_space_range range;
};

static const struct known_registers known_registers[] = {
	/* QuickAssist: straps, drivers/crypto/intel/qat/qat_c62x and qat_c3xxx, adf_*_hw_data.h */
	{ 0x8086, 0x37c8, 0x37c9, 0, { 0x2ec, 0x2ef } },
	{ 0x8086, 0x19e2, 0x19e3, 0, { 0x2ec, 0x2ef } },
	/* QuickAssist 4xxx and on: fuses, drivers/crypto/intel/qat/qat_common/adf_gen4_hw_data.h */
	{ 0x8086, 0x4940, 0x4947, 0, { 0x2c8, 0x2df } },
	/* NVIDIA graphics: switches the audio function on, drivers/pci/quirks.c, quirk_nvidia_hda()
	 */
	{ 0x10de, 0x0000, 0xffff, 0x03, { 0x488, 0x48b } },
	/* DesignWare cores behind Realtek's wireless: port logic, drivers/net/wireless/realtek */
	{ 0x10ec, 0x0000, 0xffff, 0x02, { 0x700, 0x7ff } },
	/* Atheros: the same, drivers/net/wireless/ath/ath9k/pci.c */
	{ 0x168c, 0x0000, 0xffff, 0x02, { 0x700, 0x7ff } },
};

bool cap_space_quirks_range(const struct device *device, size_t n, struct cap_space_range *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(known_registers); i++) {
		const struct known_registers *row = &known_registers[i];

		if (device->vendor != row->vendor || device->device < row->first_device ||
		    device->device > row->last_device ||
		    (row->class_base && device->class_code >> 16 != row->class_base) || n-- > 0)
			continue;
		*ret = row->range;
		return true;
	}
	return false;
}
