/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Parses, prints and compares PCI addresses. */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "model/pciaddr.h"

/* Reads @min to @max hex digits at *at, and moves *at behind them. */
static int pciaddr_take_hex(const char **at, unsigned min, unsigned max, uint32_t *ret)
{
	uint32_t value = 0;
	unsigned n = 0;

	for (; n < max && isxdigit((unsigned char)(*at)[0]); n++, (*at)++) {
		char c = (char)tolower((unsigned char)(*at)[0]);

		value = value << 4 | (uint32_t)(isdigit((unsigned char)c) ? c - '0' : c - 'a' + 10);
	}
	if (n < min)
		return -EINVAL;
	*ret = value;
	return 0;
}

static bool pciaddr_take_char(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

int pciaddr_parse(const char *s, struct pciaddr *ret)
{
	uint32_t domain = 0, bus, slot, function;
	const char *first_colon = strchr(s, ':');
	bool has_domain = first_colon && strchr(first_colon + 1, ':');

	if (has_domain && (pciaddr_take_hex(&s, 4, 8, &domain) < 0 || !pciaddr_take_char(&s, ':')))
		return -EINVAL;
	if (pciaddr_take_hex(&s, 2, 2, &bus) < 0 || !pciaddr_take_char(&s, ':') ||
	    pciaddr_take_hex(&s, 2, 2, &slot) < 0 || !pciaddr_take_char(&s, '.') ||
	    pciaddr_take_hex(&s, 1, 1, &function) < 0 || *s)
		return -EINVAL;
	if (slot > 0x1f || function > 7)
		return -EINVAL;
	*ret = (struct pciaddr){
		.domain = domain,
		.bus = (uint8_t)bus,
		.slot = (uint8_t)slot,
		.function = (uint8_t)function,
	};
	return 0;
}

char *pciaddr_format(const struct pciaddr *addr, char buf[static PCIADDR_SIZE])
{
	snprintf(buf, PCIADDR_SIZE, "%04x:%02x:%02x.%x", addr->domain, addr->bus, addr->slot,
		 addr->function & 7u);
	return buf;
}

int pciaddr_cmp(const struct pciaddr *a, const struct pciaddr *b)
{
	if (a->domain != b->domain)
		return a->domain < b->domain ? -1 : 1;
	if (a->bus != b->bus)
		return a->bus < b->bus ? -1 : 1;
	if (a->slot != b->slot)
		return a->slot < b->slot ? -1 : 1;
	return a->function - b->function;
}
