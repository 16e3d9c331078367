/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Configuration space, which a device may forge: that of a PF, then that of its VF, then of the
 * bridge above both. The input is cut into three parts of equal size.
 */

#include "fuzz.h"

#include "base/str.h"
#include "fuzz-host.h"
#include "policy/devinfo/cap-space.h"
#include "policy/devinfo/msix-table.h"
#include "policy/devinfo/pcicap.h"

static void config_space_set(struct device *device, const uint8_t *data, size_t size)
{
	if (size > CAP_CHAIN_CONFIG_SIZE)
		size = CAP_CHAIN_CONFIG_SIZE;
	device->config = malloc(size + !size);
	assert(device->config);
	memcpy(device->config, data, size);
	device->config_size = size;
	device->header_type = pcicap_u8(device, 0x0e) & 0x7f;
	device->class_code = pcicap_u32(device, 0x08) >> 8;
}

static struct device *config_space_add(struct inventory *inv, const char *address,
				       const char *parent, const uint8_t *data, size_t size)
{
	struct device *device = device_new("pci", address);

	assert(device);
	assert(!parent || str_set(&device->parent, parent) == 0);
	config_space_set(device, data, size);
	assert(inventory_put(inv, device) == 0);
	assert(inventory_set_group(inv, device, 1) == 0);
	return device;
}

static void config_space_read(const struct device *vf, const struct device *pf)
{
	static const enum pcicap_ext_id extended[] = { PCICAP_EXT_SERIAL, PCICAP_EXT_ACS,
						       PCICAP_EXT_SRIOV };
	struct cap_space places[CAP_SPACE_KINDS];
	struct cap_space_range ranges[8];
	struct msix_table msix;
	_cleanup_free_ char *serial = NULL;
	uint8_t first, last;

	for (size_t i = 0; i < ARRAY_SIZE(extended); i++)
		assert(pcicap_find_ext(vf, extended[i]) < CAP_CHAIN_CONFIG_SIZE);
	assert(pcicap_serial(pf, &serial) == 0);
	(void)pcicap_buses(pf, &first, &last);
	(void)pcicap_is_multifunction(vf);
	cap_space_find(vf, pf, places);
	for (size_t i = 0; i < CAP_SPACE_KINDS; i++)
		assert(places[i].place.at + places[i].place.size <= CAP_CHAIN_CONFIG_SIZE);
	(void)cap_space_hidden(vf, ranges, ARRAY_SIZE(ranges));
	if (msix_table_find(pf, &msix))
		(void)msix_table_shares_page(pf, &msix, 4096);
	(void)msix_table_new_bar(pf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_inventory_ struct inventory *inv = inventory_new();
	size_t part = size / 3;
	struct device *pf, *vf;

	assert(inv);
	config_space_add(inv, "0000:00:01.0", NULL, data + 2 * part, part);
	pf = config_space_add(inv, "0000:01:00.0", "pci:0000:00:01.0", data, part);
	vf = config_space_add(inv, "0000:01:00.1", "pci:0000:00:01.0", data + part, part);
	assert(str_set(&vf->physfn, pf->key) == 0);
	vf->vf_index = 0;
	config_space_read(vf, pf);
	config_space_read(pf, vf);
	fuzz_host_judge(inv);
	return 0;
}
