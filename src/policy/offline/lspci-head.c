/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The first line of a device, in each form of lspci: "01:00.0 Ethernet controller: Intel …", with
 * numbers (-n, -nn), for programs (-mm), with paths (-P, -PP); and the fields of -vmm.
 */

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "policy/devinfo/pcicap.h"
#include "policy/isolation/topology.h"
#include "policy/offline/lspci-private.h"

/* --- addresses --- */

/* Parses "1c.4", the last part of a path. */
static int lspci_head_parse_devfn(const char *word, struct pciaddr *addr)
{
	unsigned slot, function;
	int n = 0;

	if (sscanf(word, "%2x.%1x%n", &slot, &function, &n) != 2 || word[n] || n != 4 ||
	    slot > 0x1f || function > 7)
		return -EINVAL;
	addr->slot = (uint8_t)slot;
	addr->function = (uint8_t)function;
	return 0;
}

/* Parses a path "00:1c.4/00.0": each part but the first is behind the bridge before it. */
static int lspci_head_parse_path(const struct inventory *inv, char *path, struct pciaddr *ret)
{
	char *slash = strchr(path, '/'), *next;
	struct pciaddr addr;

	*slash = '\0';
	if (pciaddr_parse(path, &addr) < 0)
		return -EINVAL;
	for (; slash; slash = next) {
		char key[PCIADDR_SIZE];
		const struct device *bridge = inventory_find(inv, pciaddr_format(&addr, key));
		uint8_t first, last;

		next = strchr(slash + 1, '/');
		if (next)
			*next = '\0';
		if (!bridge || !pcicap_buses(bridge, &first, &last) ||
		    lspci_head_parse_devfn(slash + 1, &addr) < 0)
			return -EINVAL;
		addr.bus = first;
	}
	*ret = addr;
	return 0;
}

/* Parses "01:00.0", "0000:01:00.0", or a path. */
static int lspci_head_parse_address(const struct inventory *inv, char *word, struct pciaddr *ret)
{
	const char *last = strrchr(word, '/');

	if (!last)
		return pciaddr_parse(word, ret);
	if (pciaddr_parse(last + 1, ret) >= 0)
		return 0;
	return lspci_head_parse_path(inv, word, ret);
}

bool lspci_head_is(const char *line)
{
	char word[PCIADDR_SIZE];
	size_t n = strcspn(line, " ");
	struct pciaddr addr;

	if (n >= sizeof(word) || line[n] != ' ')
		return false;
	memcpy(word, line, n);
	word[n] = '\0';
	return pciaddr_parse(word, &addr) >= 0;
}

/* --- names and ids --- */

/* Finds the last "[8086:10d3]" in @text, or "8086:10d3" after -n. */
static void lspci_head_find_ids(const char *text, struct device *device)
{
	for (const char *colon = strchr(text, ':'); colon; colon = strchr(colon + 1, ':')) {
		unsigned vendor, id;
		int n = 0;

		if (colon - text >= 4 && sscanf(colon - 4, "%4x:%4x%n", &vendor, &id, &n) == 2 &&
		    n == 9) {
			device->vendor = (uint16_t)vendor;
			device->device = (uint16_t)id;
		}
	}
}

/* Parses the id in "82574L [10d3]", or in "10d3" after -n. False if there is none. */
static bool lspci_head_find_id(const char *text, unsigned *ret)
{
	const char *bracket = strrchr(text, '[');
	const char *digits = bracket ? bracket + 1 : text;
	int n = 0;

	return sscanf(digits, "%4x%n", ret, &n) == 1 && n == 4 &&
	       (digits[4] == ']' || digits[4] == '\0');
}

/* Finds the class in "PCI bridge [0604]", or in "0604" and "Class 0604" after -n. */
static void lspci_head_find_class(const char *text, struct device *device)
{
	unsigned class;

	if (!lspci_head_find_id(str_starts(text, "Class ") ? text + 6 : text, &class))
		return;
	device->class_code = class << 8;
	device->header_type = class == 0x0604;
}

/* Cuts what follows the last @mark at the end of @text, such as "(rev 02)". */
static void lspci_head_cut_from(char *text, const char *mark)
{
	char *at = NULL;

	for (char *next = strstr(text, mark); next; next = strstr(next + 1, mark))
		at = next;
	if (!at || at == text || at[-1] != ' ')
		return;
	*at = '\0';
	str_chomp(text);
}

/* Cuts "[0604]", "[10d3]" and "[8086:10d3]" off the end. Other brackets belong to names. */
static void lspci_head_cut_ids(char *text)
{
	for (;;) {
		char *bracket = strrchr(text, '[');
		size_t n = bracket ? strspn(bracket + 1, "0123456789abcdef:") : 0;

		if (!bracket || bracket == text || (n != 4 && n != 9) ||
		    !str_eq(bracket + 1 + n, "]"))
			return;
		*bracket = '\0';
		str_chomp(text);
	}
}

/*
 * Cuts all numbers off the end of "82574L [8086:10d3] (rev 03) (prog-if 20 [IO(X)-APIC])". The name
 * of a programming interface may have brackets itself.
 */
static void lspci_head_cut_numbers(char *text)
{
	lspci_head_cut_from(text, "(prog-if ");
	lspci_head_cut_from(text, "(rev ");
	lspci_head_cut_ids(text);
}

/* Stores a name, unless it is a number. */
static int lspci_head_set_name(char **name, char *text)
{
	size_t n = strspn(text, "0123456789abcdefABCDEF:");

	lspci_head_cut_numbers(text);
	if (str_starts(text, "Class ") || ((n == 4 || n == 9) && !text[n]) || !*text)
		return 0;
	return lspci_text_set(name, text);
}

/* --- the form for people --- */

/*
 * Splits "Intel Corporation 82574L" after the first word: the text does not show where the name of
 * the vendor ends.
 */
static int lspci_head_parse_names(struct device *device, char *class, char *name)
{
	char *blank;
	int r;

	lspci_head_find_class(class, device);
	lspci_head_find_ids(name, device);
	r = lspci_head_set_name(&device->class_name, class);
	if (r < 0)
		return r;
	lspci_head_cut_numbers(name);
	blank = strchr(name, ' ');
	if (!blank)
		return 0;
	*blank = '\0';
	r = lspci_text_set(&device->vendor_name, name);
	if (r < 0)
		return r;
	return lspci_text_set(&device->device_name, blank + 1);
}

/* --- the form for programs --- */

/* Takes the next "quoted" text of *at; NULL if there is none. */
static char *lspci_head_take_quoted(char **at)
{
	char *begin = strchr(*at, '"'), *end = begin ? strchr(begin + 1, '"') : NULL;

	if (!end)
		return NULL;
	*end = '\0';
	*at = end + 1;
	return begin + 1;
}

/* "Ethernet controller [0200]" "Intel Corporation [8086]" "82574L [10d3]" -r03 "" "" */
static int lspci_head_parse_quoted(struct device *device, char *rest)
{
	char *class = lspci_head_take_quoted(&rest), *vendor = NULL, *name = NULL;
	unsigned id;
	int r;

	if (class)
		vendor = lspci_head_take_quoted(&rest);
	if (vendor)
		name = lspci_head_take_quoted(&rest);
	if (!name)
		return 0;
	lspci_head_find_class(class, device);
	if (lspci_head_find_id(vendor, &id))
		device->vendor = (uint16_t)id;
	if (lspci_head_find_id(name, &id))
		device->device = (uint16_t)id;
	r = lspci_head_set_name(&device->class_name, class);
	if (r < 0)
		return r;
	r = lspci_head_set_name(&device->vendor_name, vendor);
	if (r < 0)
		return r;
	return lspci_head_set_name(&device->device_name, name);
}

/* --- the whole line --- */

static int lspci_head_parse_rest(struct device *device, char *rest)
{
	char *colon = strstr(rest, ": ");

	if (rest[0] == '"')
		return lspci_head_parse_quoted(device, rest);
	if (!colon)
		return 0;
	*colon = '\0';
	return lspci_head_parse_names(device, rest, colon + 2);
}

int lspci_head_parse(struct lspci *lspci, char *line)
{
	char *rest = strchr(line, ' ');
	struct pciaddr addr;
	int r;

	if (!rest)
		return 0;
	*rest = '\0';
	if (strchr(line, '/')) { /* the bridges of the path must be complete */
		r = lspci_device_finish(lspci);
		if (r < 0)
			return r;
	}
	if (lspci_head_parse_address(lspci->inv, line, &addr) < 0) {
		*rest = ' ';
		return 0;
	}
	r = lspci_device_begin(lspci, &addr);
	if (r < 0)
		return r;
	r = lspci_head_parse_rest(lspci->device, rest + 1);
	return r < 0 ? r : 1;
}

/* --- one field a line --- */

static int lspci_head_take_slot(struct lspci *lspci, const char *value)
{
	struct pciaddr addr;
	int r;

	if (pciaddr_parse(value, &addr) < 0)
		return 0;
	r = lspci_device_begin(lspci, &addr);
	return r < 0 ? r : 1;
}

static int lspci_head_take_class(struct lspci *lspci, char *value)
{
	lspci_head_find_class(value, lspci->device);
	return lspci_head_set_name(&lspci->device->class_name, value);
}

static int lspci_head_take_vendor(struct lspci *lspci, char *value)
{
	unsigned id;

	if (lspci_head_find_id(value, &id))
		lspci->device->vendor = (uint16_t)id;
	return lspci_head_set_name(&lspci->device->vendor_name, value);
}

static int lspci_head_take_device(struct lspci *lspci, char *value)
{
	unsigned id;

	if (lspci_head_find_id(value, &id))
		lspci->device->device = (uint16_t)id;
	return lspci_head_set_name(&lspci->device->device_name, value);
}

static int lspci_head_take_driver(struct lspci *lspci, char *value)
{
	lspci->shows_drivers = true;
	return lspci_text_set(&lspci->device->driver, value);
}

static int lspci_head_take_module(struct lspci *lspci, char *value)
{
	lspci->shows_drivers = true;
	return 0;
}

static int lspci_head_take_iommu_group(struct lspci *lspci, char *value)
{
	unsigned number;

	if (str_parse_uint(value, &number) >= 0 && number <= INT_MAX)
		lspci->device->iommu_group = (int)number;
	return 0;
}

static int lspci_head_take_numa_node(struct lspci *lspci, char *value)
{
	unsigned number;

	if (str_parse_uint(value, &number) >= 0 && number <= INT_MAX)
		lspci->device->numa_node = (int)number;
	return 0;
}

/* A field that is known and not needed. */
static int lspci_head_skip(struct lspci *lspci, char *value)
{
	return 0;
}

static const struct {
	const char *key;
	int (*take)(struct lspci *lspci, char *value);
} lspci_head_fields[] = {
	{ "Class", lspci_head_take_class },
	{ "Vendor", lspci_head_take_vendor },
	{ "Device", lspci_head_take_device },
	{ "SVendor", lspci_head_skip },
	{ "SDevice", lspci_head_skip },
	{ "Rev", lspci_head_skip },
	{ "ProgIf", lspci_head_skip },
	{ "PhySlot", lspci_text_add_slot },
	{ "Driver", lspci_head_take_driver },
	{ "Module", lspci_head_take_module },
	{ "NUMANode", lspci_head_take_numa_node },
	{ "IOMMUGroup", lspci_head_take_iommu_group },
	{ "DTNode", lspci_head_skip },
	{ "Label", lspci_head_skip },
};

int lspci_head_parse_field(struct lspci *lspci, char *line)
{
	char *colon = strchr(line, ':'), *value;
	int r;

	if (!colon || (colon[1] != '\t' && colon[1] != ' '))
		return 0;
	value = colon + 1 + strspn(colon + 1, "\t ");
	*colon = '\0';
	/* before version 3, "Device" came twice: first with the address */
	if (str_eq(line, "Slot") || str_eq(line, "Device")) {
		r = lspci_head_take_slot(lspci, value);
		if (r != 0)
			return r;
	}
	for (size_t i = 0; lspci->device && i < ARRAY_SIZE(lspci_head_fields); i++) {
		if (!str_eq(line, lspci_head_fields[i].key))
			continue;
		r = lspci_head_fields[i].take(lspci, value);
		return r < 0 ? r : 1;
	}
	*colon = ':';
	return 0;
}
