/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Walks the standard and the extended chain of capabilities. */

#include <errno.h>

#include "policy/devinfo/cap-chain.h"
#include "policy/devinfo/cap-length.h"
#include "policy/devinfo/pcicap.h"

#define AT_COMMAND 0x04
#define AT_STATUS 0x06
#define AT_LIST 0x34
#define AT_LIST_CARDBUS 0x14
#define STATUS_LIST 0x10
#define HEADER_SIZE 0x40

static bool cap_chain_contains(const struct cap_chain *chain, size_t at)
{
	for (size_t i = 0; i < chain->n; i++)
		if (chain->caps[i].at == at)
			return true;
	return false;
}

/* Returns false where the chain is broken: it is circular, or has too many entries. */
static bool cap_chain_add(struct cap_chain *chain, const struct device *device,
			  struct capability cap)
{
	if (cap_chain_contains(chain, cap.at) || chain->n == CAP_CHAIN_MAX)
		return false;
	cap_length_measure(device, &cap);
	chain->caps[chain->n++] = cap;
	return true;
}

static bool cap_chain_read_standard(const struct device *device, struct cap_chain *chain)
{
	size_t at = pcicap_u8(device, device->header_type == 2 ? AT_LIST_CARDBUS : AT_LIST) & 0xfcu;

	if (!(pcicap_u16(device, AT_STATUS) & STATUS_LIST))
		return true;
	while (at >= HEADER_SIZE) {
		struct capability cap = { .at = (uint16_t)at };

		if (at + 4 > chain->known_size)
			return false;
		cap.id = pcicap_u8(device, at);
		cap.next = pcicap_u8(device, at + 1) & 0xfcu;
		if (cap.id == 0xff || !cap_chain_add(chain, device, cap))
			return false;
		at = cap.next;
	}
	return at == 0;
}

static bool cap_chain_read_extended(const struct device *device, struct cap_chain *chain)
{
	size_t at = CAP_CHAIN_CONFIG_SIZE_PCI;

	if (chain->known_size <= CAP_CHAIN_CONFIG_SIZE_PCI)
		return false;
	while (at >= CAP_CHAIN_CONFIG_SIZE_PCI) {
		uint32_t header = pcicap_u32(device, at);
		struct capability cap = { .extended = true,
					  .at = (uint16_t)at,
					  .id = (uint16_t)header,
					  .version = header >> 16 & 0xf,
					  .next = header >> 20 & 0xffc };

		if (at + 4 > chain->known_size || header == UINT32_MAX)
			return false;
		/* an empty chain if it is the first entry, a broken one otherwise */
		if (header == 0)
			return at == CAP_CHAIN_CONFIG_SIZE_PCI;
		if (!cap_chain_add(chain, device, cap))
			return false;
		at = cap.next;
	}
	return at == 0;
}

int cap_chain_read(const struct device *device, struct cap_chain *ret)
{
	bool standard, extended;

	if (!device->config || device->config_size < HEADER_SIZE ||
	    pcicap_u32(device, AT_COMMAND) == UINT32_MAX)
		return -ENODATA;
	ret->n = 0;
	ret->known_size = device->config_size < CAP_CHAIN_CONFIG_SIZE ? device->config_size :
									CAP_CHAIN_CONFIG_SIZE;
	standard = cap_chain_read_standard(device, ret);
	extended = cap_chain_read_extended(device, ret);
	ret->complete = standard && extended && !device->config_masked;
	return 0;
}

const struct capability *cap_chain_find(const struct cap_chain *chain, bool extended, uint16_t id)
{
	for (size_t i = 0; i < chain->n; i++)
		if (chain->caps[i].extended == extended && chain->caps[i].id == id)
			return &chain->caps[i];
	return NULL;
}

size_t cap_chain_end(const struct cap_chain *chain, const struct capability *cap, bool most)
{
	size_t space = cap->extended ? CAP_CHAIN_CONFIG_SIZE : CAP_CHAIN_CONFIG_SIZE_PCI,
	       end = space;
	size_t length = most ? cap->most : cap->length;

	if (cap->length > 0)
		return cap->at + length < CAP_CHAIN_CONFIG_SIZE ? cap->at + length :
								  CAP_CHAIN_CONFIG_SIZE;
	for (size_t i = 0; i < chain->n; i++)
		if (chain->caps[i].at > cap->at && chain->caps[i].at < end)
			end = chain->caps[i].at;
	return end;
}
