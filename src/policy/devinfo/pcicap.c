/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Bytes, words and capabilities of a configuration space. */

#include <errno.h>

#include "base/str.h"
#include "policy/devinfo/pcicap.h"

#define STATUS_LIST 0x10 /* in the status register: the device has capabilities */
#define AT_COMMAND 0x04
#define AT_STATUS 0x06
#define AT_HEADER_TYPE 0x0e
#define AT_SECONDARY 0x19
#define AT_SUBORDINATE 0x1a
#define AT_LIST 0x34
#define AT_LIST_CARDBUS 0x14
#define AT_EXTENDED 0x100
#define EXPRESS_FLAGS 2 /* offset in the capability */
#define SERIAL_WORDS 4
#define HEADER_SIZE 0x40
#define MAX_CAPS 48	 /* as many as fit before the extended space */
#define MAX_EXTENDED 480 /* in 3840 bytes, each at least eight bytes long */

uint8_t pcicap_u8(const struct device *device, size_t at)
{
	return device->config && at < device->config_size ? device->config[at] : 0;
}

uint16_t pcicap_u16(const struct device *device, size_t at)
{
	return (uint16_t)(pcicap_u8(device, at) | pcicap_u8(device, at + 1) << 8);
}

uint32_t pcicap_u32(const struct device *device, size_t at)
{
	return pcicap_u16(device, at) | (uint32_t)pcicap_u16(device, at + 2) << 16;
}

/*
 * Returns whether the device answers: otherwise all bytes read as ones. The ids alone prove
 * nothing, because a VF has all-ones ids.
 */
static bool pcicap_is_readable(const struct device *device)
{
	return device->config && device->config_size >= HEADER_SIZE &&
	       pcicap_u32(device, AT_COMMAND) != UINT32_MAX;
}

int pcicap_find(const struct device *device, enum pcicap_id id)
{
	size_t at = device->header_type == 2 ? AT_LIST_CARDBUS : AT_LIST;

	if (!pcicap_is_readable(device))
		return -ENODATA;
	if (!(pcicap_u16(device, AT_STATUS) & STATUS_LIST))
		return 0;
	at = pcicap_u8(device, at) & 0xfcu;
	for (unsigned n = 0; at >= HEADER_SIZE && n < MAX_CAPS; n++) {
		if (at + 4 > device->config_size)
			return -ENODATA;
		if (pcicap_u8(device, at) == 0xff)
			return 0;
		if (pcicap_u8(device, at) == id)
			return (int)at;
		at = pcicap_u8(device, at + 1) & 0xfcu;
	}
	return 0;
}

int pcicap_find_ext(const struct device *device, enum pcicap_ext_id id)
{
	size_t at = AT_EXTENDED;

	if (!pcicap_is_readable(device))
		return -ENODATA;
	for (unsigned n = 0; at >= AT_EXTENDED && n < MAX_EXTENDED; n++) {
		uint32_t header = pcicap_u32(device, at);

		if (at + 8 > device->config_size)
			return -ENODATA;
		if (header == 0 || header == UINT32_MAX)
			return 0;
		if ((header & 0xffff) == id)
			return (int)at;
		at = header >> 20 & 0xffc;
	}
	return 0;
}

int pcicap_reported_type(const struct device *device)
{
	int at = pcicap_find(device, PCICAP_EXPRESS);

	if (at < 0)
		return at;
	if (at == 0)
		return -ENOENT;
	return pcicap_u16(device, (size_t)at + EXPRESS_FLAGS) >> 4 & 0xf;
}

int pcicap_express_type(const struct device *device)
{
	return device->port_type >= 0 ? device->port_type : pcicap_reported_type(device);
}

int pcicap_serial(const struct device *device, char **ret)
{
	int found = pcicap_find_ext(device, PCICAP_EXT_SERIAL);
	size_t at = (size_t)found + SERIAL_WORDS;
	uint8_t b[8];

	*ret = NULL;
	if (found <= 0 || at + sizeof(b) > device->config_size)
		return 0;
	for (size_t i = 0; i < sizeof(b); i++) /* the most significant one first */
		b[i] = device->config[at + sizeof(b) - 1 - i];
	*ret = str_printf("%02x-%02x-%02x-%02x-%02x-%02x-%02x-%02x", b[0], b[1], b[2], b[3], b[4],
			  b[5], b[6], b[7]);
	return *ret ? 0 : -ENOMEM;
}

bool pcicap_is_multifunction(const struct device *device)
{
	struct pciaddr addr;

	if (device->physfn)
		return false;
	return pcicap_u8(device, AT_HEADER_TYPE) & 0x80 ||
	       (pciaddr_parse(device->address, &addr) >= 0 && addr.function > 0);
}

bool pcicap_buses(const struct device *bridge, uint8_t *ret_first, uint8_t *ret_last)
{
	uint8_t first = pcicap_u8(bridge, AT_SECONDARY), last = pcicap_u8(bridge, AT_SUBORDINATE);

	if (!device_is_bridge(bridge) || !pcicap_is_readable(bridge) || first == 0 || last < first)
		return false;
	*ret_first = first;
	*ret_last = last;
	return true;
}
