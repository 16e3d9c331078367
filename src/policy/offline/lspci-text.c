/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The indented lines of "lspci -v", -vv, -vvv and -k. */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "base/utf8.h"
#include "policy/devinfo/pcicap.h"
#include "policy/offline/lspci-private.h"

#define SLOTS_MAX 1024 /* no machine has more, and each costs a walk along the list */
#define AT_BAR0 0x10
#define BAR_IO 0x1u
#define BAR_64 0x4u
#define ROM (DEVICE_RESOURCES - 1)
#define ROM_SHADOW_AT 0xc0000u /* the copy of the ROM of the first VGA controller */

int lspci_text_set(char **dst, const char *src)
{
	_cleanup_free_ char *mended = utf8_mend(src);

	return mended ? utf8_set(dst, mended) : -ENOMEM;
}

/* --- regions --- */

/*
 * Parses "Memory at fdc00000 (32-bit, non-prefetchable) [disabled] [size=4K]". A region may have no
 * address (<unassigned>) or no size, but it exists. False: the line has another form.
 */
static bool lspci_text_parse_resource(const char *line, struct device_resource *ret)
{
	const char *at = strstr(line, " at "), *size_text = strstr(line, "[size=");
	struct device_resource region = { 0 };
	unsigned long long start = 0;
	uint64_t size = 0;
	char number[16];

	if (strstr(line, "Memory at "))
		region.flags = IORESOURCE_MEM;
	else if (strstr(line, "I/O ports at "))
		region.flags = IORESOURCE_IO;
	else
		return false;
	if (strstr(line, "(64-bit"))
		region.flags |= IORESOURCE_MEM_64;
	if (strstr(line, ", prefetchable"))
		region.flags |= IORESOURCE_PREFETCH;
	if (size_text && sscanf(size_text, "[size=%15[0-9KMGT]", number) == 1 &&
	    str_parse_size(number, &size) < 0)
		size = 0;
	if (sscanf(at, " at %llx", &start) == 1 && size > 0 && start <= UINT64_MAX - size) {
		region.start = start;
		region.end = start + size - 1;
	}
	*ret = region;
	return true;
}

/* "Region 0: Memory at …" of -vv, or "Memory at …" of -v */
static bool lspci_text_parse_region(struct lspci *lspci, const char *line)
{
	struct device_resource region;
	unsigned index;
	int n = 0;

	if (sscanf(line, "Region %u: %n", &index, &n) == 1 && n > 0) {
		if (!lspci_text_parse_resource(line + n, &region) || index >= DEVICE_BARS)
			return false;
		lspci->device->resources[index] = region;
		return true;
	}
	if (!lspci_text_parse_resource(line, &region))
		return false;
	if (lspci->n_regions < DEVICE_BARS)
		lspci->regions[lspci->n_regions++] = region;
	return true;
}

/* "Expansion ROM at f7e00000 [disabled] [size=128K]" */
static bool lspci_text_parse_rom(struct lspci *lspci, const char *line)
{
	struct device_resource *rom = &lspci->device->resources[ROM];
	const char *at = strstr(line, " at "), *size_text = strstr(line, "[size=");
	unsigned long long start;
	uint64_t size;
	char number[16];

	if (!str_starts(line, "Expansion ROM at "))
		return false;
	if (sscanf(at, " at %llx", &start) != 1 || !size_text ||
	    sscanf(size_text, "[size=%15[0-9KMGT]", number) != 1 ||
	    str_parse_size(number, &size) < 0 || size == 0 || start > UINT64_MAX - size)
		return true; /* a region without an address */
	*rom = (struct device_resource){ .start = start,
					 .end = start + size - 1,
					 .flags = IORESOURCE_MEM };
	if (!strstr(line, "[disabled]"))
		rom->flags |= IORESOURCE_ROM_ENABLE;
	if (start == ROM_SHADOW_AT)
		rom->flags |= IORESOURCE_ROM_SHADOW;
	return true;
}

/* Returns the number of the BAR of configuration space with the address of @region, or DEVICE_BARS.
 */
static unsigned lspci_text_find_bar(const struct device *device,
				    const struct device_resource *region)
{
	bool io = region->flags & IORESOURCE_IO;

	for (unsigned i = 0; i < DEVICE_BARS; i++) {
		uint32_t low = pcicap_u32(device, AT_BAR0 + 4 * i);
		uint64_t start = low & (io ? ~3u : ~15u);
		bool wide = !(low & BAR_IO) && low & BAR_64;

		if (wide && i + 1 < DEVICE_BARS)
			start |= (uint64_t)pcicap_u32(device, AT_BAR0 + 4 * (i + 1)) << 32;
		if (low && (bool)(low & BAR_IO) == io && start == region->start &&
		    !device->resources[i].flags)
			return i;
		i += wide;
	}
	return DEVICE_BARS;
}

void lspci_text_place_regions(struct lspci *lspci)
{
	struct device *device = lspci->device;

	for (size_t i = 0; i < lspci->n_regions; i++) {
		unsigned bar = lspci_text_find_bar(device, &lspci->regions[i]);

		if (bar < DEVICE_BARS)
			device->resources[bar] = lspci->regions[i];
	}
	lspci->n_regions = 0;
}

/* --- attributes --- */

static int lspci_text_parse_attribute(struct lspci *lspci, char *line)
{
	char *colon = strstr(line, ": ");
	const char *value;
	unsigned number;
	bool is_number;
	int r;

	if (!colon)
		return 0;
	value = colon + 2;
	is_number = str_parse_uint(value, &number) >= 0 && number <= INT_MAX;
	if (str_starts(line, "Kernel driver in use: ")) {
		lspci->shows_drivers = true;
		r = lspci_text_set(&lspci->device->driver, value);
		return r < 0 ? r : 1;
	}
	if (str_starts(line, "Kernel modules: ")) {
		lspci->shows_drivers = true;
		return 1;
	}
	if (str_starts(line, "IOMMU group: ") && is_number)
		lspci->device->iommu_group = (int)number;
	else if (str_starts(line, "NUMA node: ") && is_number)
		lspci->device->numa_node = (int)number;
	else
		return 0;
	return 1;
}

int lspci_text_add_slot(struct lspci *lspci, char *name)
{
	_cleanup_free_ char *clean = NULL, *line = NULL;
	const char *address = lspci->device->address, *dot = strrchr(address, '.');
	int r;

	/* all functions of a device are in its slot */
	if (lspci->n_slots == SLOTS_MAX || !str_eq(dot, ".0"))
		return 0;
	r = lspci_text_set(&clean, name);
	if (r < 0)
		return r;
	line = str_printf("%.*s %s", (int)(dot - address), address, clean);
	if (!line)
		return -ENOMEM;
	lspci->n_slots++;
	return strv_add(&lspci->inv->slots, line);
}

/* --- the others --- */

/* The beginnings of lines that are known and not needed: ls-vpd.c, ls-caps.c, lspci.c of pciutils.
 */
static const char *const lspci_text_known[] = {
	"Subsystem:",
	"DeviceName:",
	"Device tree node:",
	"Flags:",
	"Control:",
	"Status:",
	"Latency:",
	"Interrupt:",
	"BIST ",
	"Bus:",
	"I/O behind bridge",
	"Memory behind bridge",
	"Prefetchable memory behind bridge",
	"Secondary status:",
	"BridgeCtl:",
	"PriDiscTmr",
	"Memory window ",
	"I/O window ",
	"16-bit legacy interface ports at",
	"Capabilities:",
	"Extended Capabilities:",
	"Virtual ",
	"Region ",
	"Kernel ",
	"!!! ",
	"Product Name:",
};

static bool lspci_text_is_known(const char *line)
{
	for (size_t i = 0; i < ARRAY_SIZE(lspci_text_known); i++)
		if (str_starts(line, lspci_text_known[i]))
			return true;
	return false;
}

int lspci_text_parse(struct lspci *lspci, char *line)
{
	int r;

	if (!lspci->device)
		return 0;
	line += strspn(line, " \t");
	r = lspci_text_parse_attribute(lspci, line);
	if (r != 0)
		return r;
	if (lspci->in_capabilities) /* details, and regions of virtual functions */
		return 1;
	if (str_starts(line, "Capabilities:"))
		lspci->in_capabilities = true;
	if (str_starts(line, "Physical Slot: ")) {
		r = lspci_text_add_slot(lspci, line + strlen("Physical Slot: "));
		return r < 0 ? r : 1;
	}
	return lspci_text_parse_region(lspci, line) || lspci_text_parse_rom(lspci, line) ||
	       lspci_text_is_known(line);
}
