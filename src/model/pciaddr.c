/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "model/device-bus.h"
#include "model/pciaddr.h"

/* Reads @min to @max hex digits at *at and moves it behind them. */
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

char *device_bus_key_new(const char *bus, const char *address)
{
	return device_bus_find(bus)->bare_key ? strdup(address) : str_printf("%s:%s", bus, address);
}

/* A name that the kernel could give to a bus or a device: visible, and no path. */
static bool device_bus_key_part_valid(const char *s, size_t n)
{
	if (n == 0 || n > 128 || s[0] == '.')
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isgraph((unsigned char)s[i]) || s[i] == '/')
			return false;
	return true;
}

/* "bus:name" of a bus that is not PCI. */
static int device_bus_key_normalize_other(const char *s, char **ret)
{
	const char *colon = strchr(s, ':');
	_cleanup_free_ char *bus = NULL, *address = NULL;
	const struct device_bus *row;
	int r = 0;

	/* a bus name starts with a letter, so a misspelt PCI address is no key of a bus "0000" */
	if (!colon || !isalpha((unsigned char)s[0]) || strncasecmp(s, "pci:", 4) == 0 ||
	    !device_bus_key_part_valid(s, (size_t)(colon - s)) ||
	    !device_bus_key_part_valid(colon + 1, strlen(colon + 1)))
		return -EINVAL;
	bus = strndup(s, (size_t)(colon - s));
	if (!bus)
		return -ENOMEM;
	row = device_bus_find(bus);
	if (row->normalize)
		r = row->normalize(colon + 1, &address);
	if (r < 0)
		return r;
	*ret = device_bus_key_new(bus, address ? address : colon + 1);
	return *ret ? 0 : -ENOMEM;
}

int device_bus_key_normalize(const char *s, char **ret)
{
	int r = device_bus_pci.normalize(str_starts(s, "pci:") ? s + 4 : s, ret);

	return r == -EINVAL ? device_bus_key_normalize_other(s, ret) : r;
}
