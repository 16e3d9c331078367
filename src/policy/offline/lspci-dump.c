/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A parser of lspci output, line by line. It never fails on bad text, only for lack of memory. */

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/str.h"
#include "base/utf8.h"
#include "policy/devinfo/pcicap.h"
#include "policy/offline/lspci-dump.h"

#define CONFIG_MAX 4096
#define LINE_MAX_ 1024 /* longer lines are cut: no relevant line is longer */
#define ROW 16	       /* bytes in one line */

#define AT_VENDOR 0x00
#define AT_DEVICE 0x02
#define AT_REVISION 0x08
#define AT_CLASS 0x09
#define AT_HEADER_TYPE 0x0e
#define AT_SUBSYSTEM 0x2c
#define AT_SUBSYSTEM_CARD 0x40 /* in a CardBus bridge */
#define CAP_SUBSYSTEM 0x0d     /* capability of a bridge; the ids follow two reserved bytes */

#define RESOURCE_IO 0x100 /* include/linux/ioport.h */
#define RESOURCE_MEMORY 0x200

struct dump {
	struct inventory *inv;
	struct device *device; /* the device of the current lines; owned until it is complete */
	uint8_t config[CONFIG_MAX];
	size_t size;
	bool gap; /* a line is missing: the position of the next bytes is unknown */
};

/* --- configuration space --- */

static void lspci_dump_read_subsystem(struct device *device)
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
static void lspci_dump_read_ids(struct device *device)
{
	if (device->config_size < 0x40 || pcicap_u8(device, AT_HEADER_TYPE) == 0xff)
		return;
	device->header_type = pcicap_u8(device, AT_HEADER_TYPE) & 0x7f;
	device->revision = pcicap_u8(device, AT_REVISION);
	device->class_code = pcicap_u32(device, AT_CLASS) & 0xffffff;
	lspci_dump_read_subsystem(device);
	/* a VF has no ids of its own */
	if (pcicap_u16(device, AT_VENDOR) == 0xffff)
		return;
	device->vendor = pcicap_u16(device, AT_VENDOR);
	device->device = pcicap_u16(device, AT_DEVICE);
}

static int lspci_dump_take_config(struct dump *dump)
{
	struct device *device = dump->device;

	if (dump->size == 0)
		return 0;
	device->config = malloc(dump->size);
	if (!device->config)
		return -ENOMEM;
	memcpy(device->config, dump->config, dump->size);
	device->config_size = dump->size;
	lspci_dump_read_ids(device);
	return 0;
}

static int lspci_dump_finish_device(struct dump *dump)
{
	int r;

	if (!dump->device)
		return 0;
	r = lspci_dump_take_config(dump);
	if (r < 0)
		return r;
	r = pcicap_serial(dump->device, &dump->device->serial);
	if (r < 0)
		return r;
	r = inventory_put(dump->inv, dump->device);
	if (r < 0)
		return r;
	dump->device = NULL;
	return 0;
}

/* --- the first line of a device --- */

/* Finds the last "[8086:10d3]" in @text, or "8086:10d3" after -n. */
static void lspci_dump_find_ids(const char *text, struct device *device)
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

/* Finds the class in "PCI bridge [0604]", or in "0604" after -n. */
static void lspci_dump_find_class(const char *text, struct device *device)
{
	const char *bracket = strrchr(text, '[');
	const char *digits = bracket ? bracket + 1 : text;
	unsigned class;
	int n = 0;

	if (sscanf(digits, "%4x%n", &class, &n) == 1 && n == 4 &&
	    (digits[4] == ']' || digits[4] == '\0')) {
		device->class_code = class << 8;
		device->header_type = class == 0x0604;
	}
}

/*
 * Returns whether @word is "[0604]", "[8086:10d3]", "(rev 02)" or "(prog-if 00 [Normal decode])".
 * Other brackets belong to names.
 */
static bool lspci_dump_is_number(const char *word)
{
	size_t n = strspn(word + 1, "0123456789abcdef:");

	if (str_starts(word, "(rev ") || str_starts(word, "(prog-if "))
		return true;
	return word[0] == '[' && (n == 4 || n == 9) && str_eq(word + 1 + n, "]");
}

/* Cuts such numbers off the end of @text. */
static void lspci_dump_cut_numbers(char *text)
{
	bool cut = true;

	while (cut) {
		char *bracket = strrchr(text, '['), *paren = strrchr(text, '(');
		char *last = bracket && (!paren || bracket > paren) ? bracket : paren;

		/* the outer bracket of "(prog-if 00 [Normal decode])" counts */
		if (paren && str_starts(paren, "(prog-if "))
			last = paren;
		cut = last && last > text && lspci_dump_is_number(last);
		if (cut) {
			*last = '\0';
			str_chomp(text);
		}
	}
}

/*
 * Splits "Intel Corporation 82574L" after the first word: the text does not show where the name of
 * the vendor ends.
 */
static int lspci_dump_parse_names(struct device *device, char *class, char *name)
{
	char *blank;
	int r;

	lspci_dump_find_class(class, device);
	lspci_dump_find_ids(name, device);
	lspci_dump_cut_numbers(class);
	lspci_dump_cut_numbers(name);
	if (!isxdigit((unsigned char)class[0]) || strchr(class, ' ')) {
		r = utf8_set(&device->class_name, class);
		if (r < 0)
			return r;
	}
	blank = strchr(name, ' ');
	if (!blank)
		return 0;
	*blank = '\0';
	r = utf8_set(&device->vendor_name, name);
	if (r < 0)
		return r;
	return utf8_set(&device->device_name, blank + 1);
}

static int lspci_dump_begin_device(struct dump *dump, const struct pciaddr *addr)
{
	char text[PCIADDR_SIZE];
	int r = lspci_dump_finish_device(dump);

	if (r < 0)
		return r;
	dump->size = 0;
	dump->gap = false;
	dump->device = device_new("pci", pciaddr_format(addr, text));
	if (!dump->device)
		return -ENOMEM;
	dump->device->has_override = true; /* as in every kernel since 3.16 */
	return 0;
}

/* "0000:01:00.0 Ethernet controller [0200]: Intel Corporation 82574L [8086:10d3] (rev 02)" */
static int lspci_dump_parse_first_line(struct dump *dump, char *line)
{
	char *rest = strchr(line, ' '), *colon;
	struct pciaddr addr;
	int r;

	if (!rest)
		return 0;
	*rest++ = '\0';
	if (pciaddr_parse(line, &addr) < 0)
		return 0;
	r = lspci_dump_begin_device(dump, &addr);
	if (r < 0)
		return r;
	colon = strstr(rest, ": ");
	if (!colon)
		return 0;
	*colon = '\0';
	return lspci_dump_parse_names(dump->device, rest, colon + 2);
}

/* --- the other lines of a device --- */

/*
 * Appends the bytes of "10: 00 00 c0 fd …" if they follow the known ones; returns whether @line has
 * that form.
 */
static bool lspci_dump_parse_bytes(struct dump *dump, const char *line)
{
	unsigned offset, byte;
	const char *at;
	int n = 0;

	if (sscanf(line, "%3x: %n", &offset, &n) != 1 || n < 4)
		return false;
	if (!dump->device || dump->gap || offset != dump->size || offset % ROW) {
		dump->gap = true;
		return true;
	}
	at = line + n;
	for (unsigned i = 0; i < ROW && dump->size < CONFIG_MAX; i++) {
		if (!isxdigit((unsigned char)at[0]) || !isxdigit((unsigned char)at[1]) ||
		    sscanf(at, "%2x", &byte) != 1)
			break;
		dump->config[dump->size++] = (uint8_t)byte;
		at += 2;
		if (*at != ' ')
			break;
		at++;
	}
	dump->gap = dump->size % ROW != 0;
	return true;
}

/*
 * Reads "Region 0: Memory at fdc00000 (32-bit, non-prefetchable) [size=4K]": only the text has
 * sizes.
 */
static void lspci_dump_parse_region(struct device *device, const char *line)
{
	const char *where = strstr(line, " at "), *size_text = strstr(line, "[size=");
	bool memory = strstr(line, "Memory at ") != NULL;
	unsigned long long start;
	uint64_t size;
	unsigned index;
	char number[16];

	if (!where || !size_text || sscanf(line, "Region %u:", &index) != 1 ||
	    index >= DEVICE_BARS || sscanf(where, " at %llx", &start) != 1 ||
	    sscanf(size_text, "[size=%15[0-9KMGT]", number) != 1 ||
	    str_parse_size(number, &size) < 0 || size == 0 || start > UINT64_MAX - size)
		return;
	device->resources[index] = (struct device_resource){
		.start = start,
		.end = start + size - 1,
		.flags = memory ? RESOURCE_MEMORY : RESOURCE_IO,
	};
}

static int lspci_dump_parse_attribute(struct device *device, char *line)
{
	char *value = strstr(line, ": ");
	unsigned number;

	if (!value)
		return 0;
	*value = '\0';
	value += 2;
	if (str_eq(line, "Kernel driver in use"))
		return utf8_set(&device->driver, value);
	if (str_eq(line, "IOMMU group") && str_parse_uint(value, &number) >= 0 && number <= INT_MAX)
		device->iommu_group = (int)number;
	if (str_eq(line, "NUMA node") && str_parse_uint(value, &number) >= 0 && number <= INT_MAX)
		device->numa_node = (int)number;
	return 0;
}

static int lspci_dump_parse_line(struct dump *dump, char *line)
{
	str_chomp(line);
	if (line[0] != '\t' && line[0] != ' ') {
		if (lspci_dump_parse_bytes(dump, line))
			return 0;
		return lspci_dump_parse_first_line(dump, line);
	}
	line += strspn(line, " \t");
	if (!dump->device)
		return 0;
	if (str_starts(line, "Region ")) {
		lspci_dump_parse_region(dump->device, line);
		return 0;
	}
	return lspci_dump_parse_attribute(dump->device, line);
}

static int lspci_dump_read_lines(struct dump *dump, const char *text, size_t size)
{
	const char *end = text + size;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((newline ? newline : end) - text);
		char line[LINE_MAX_];
		size_t kept = n < sizeof(line) ? n : sizeof(line) - 1;
		int r;

		memcpy(line, text, kept);
		line[kept] = '\0';
		r = lspci_dump_parse_line(dump, line);
		if (r < 0)
			return r;
		text = newline ? newline + 1 : end;
	}
	return lspci_dump_finish_device(dump);
}

int lspci_dump_read(const char *text, size_t size, struct inventory *inv)
{
	struct dump *dump = calloc(1, sizeof(*dump));
	int r;

	if (!dump)
		return -ENOMEM;
	dump->inv = inv;
	r = lspci_dump_read_lines(dump, text, size);
	device_free(dump->device);
	free(dump);
	return r;
}
