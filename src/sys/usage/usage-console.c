/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "sys/usage/usage-console.h"

static int usage_console_add(struct usage_set *set, const char *key, const char *kind,
			     const char *what)
{
	struct usage usage = {
		.kind = (char *)kind, .what = (char *)what, .pid = -1, .source = USAGE_OF_CONSOLE
	};

	return usage_set_add(set, key, &usage);
}

/* --- what ACPI says of devices that PCI does not see --- */

/*
 * Finds the device behind a node of ACPI. No directory of the LPC bridge holds a UART or TPM behind
 * it, but the firmware lists them below it. The bridge is the nearest ancestor with a physical node
 * on PCI.
 */
static int usage_console_acpi_owner(const struct usage_set *set, const char *node, char **ret)
{
	_cleanup_free_ char *path = NULL;
	const char *root = strstr(node, "LNXSYSTM:");
	char *slash;

	*ret = NULL;
	if (!root)
		return 0;
	path = str_printf("sys/devices/%s", root);
	if (!path)
		return -ENOMEM;
	while ((slash = strrchr(path, '/')) && strstr(path, "LNXSYSTM:")) {
		_cleanup_free_ char *link = str_printf("%s/physical_node", path);
		int r;

		if (!link)
			return -ENOMEM;
		r = usage_set_owner(set, link, ret);
		if (r < 0 || *ret)
			return r;
		*slash = '\0';
	}
	return 0;
}

/* Finds the device by the nearest directory above @devpath that ACPI knows. Cuts @devpath. */
static int usage_console_firmware_owner(const struct usage_set *set, char *devpath, char **ret)
{
	char *slash;

	while ((slash = strrchr(devpath, '/'))) {
		_cleanup_free_ char *node = str_printf("sys/%s/firmware_node", devpath);
		_cleanup_free_ char *target = NULL;
		int r;

		if (!node)
			return -ENOMEM;
		r = usage_set_devpath(set, node, &target);
		if (r < 0)
			return r;
		if (target)
			return usage_console_acpi_owner(set, target, ret);
		*slash = '\0';
	}
	return 0;
}

/* Finds the device of @link, a link of a class or of dev/char, by its path or else by ACPI. */
static int usage_console_owner(const struct usage_set *set, const char *link, char **ret)
{
	_cleanup_free_ char *devpath = NULL;
	int r;

	*ret = NULL;
	r = usage_set_devpath(set, link, &devpath);
	if (r < 0 || !devpath)
		return r;
	r = usage_set_owner_of_devpath(set, devpath, ret);
	if (r < 0 || *ret)
		return r;
	return usage_console_firmware_owner(set, devpath, ret);
}

/* --- consoles --- */

/* Parses "ttyS0                -W- (EC p a)    4:64": proc_consoles(5). E means enabled. */
static int usage_console_add_line(struct usage_set *set, char *line)
{
	_cleanup_free_ char *link = NULL, *key = NULL;
	unsigned major, minor;
	char name[32], *flags;
	int r;

	flags = strchr(line, '(');
	if (!flags || sscanf(line, "%31s", name) != 1)
		return 0;
	if (!memchr(flags, 'E', strcspn(flags, ")")) ||
	    sscanf(flags + strcspn(flags, ")"), ") %u:%u", &major, &minor) != 2)
		return 0;
	link = str_printf("sys/dev/char/%u:%u", major, minor);
	if (!link)
		return -ENOMEM;
	r = usage_console_owner(set, link, &key);
	if (r < 0 || !key)
		return r;
	return usage_console_add(set, key, USAGE_CONSOLE, name);
}

static int usage_console_read_proc(struct usage_set *set)
{
	return usage_set_each_line(set, "proc/consoles", usage_console_add_line);
}

/* --- screens --- */

static bool usage_console_is_boot_fb(const char *name)
{
	static const char *const names[] = { "BOOTFB", "efifb", "vesafb", "simplefb",
					     "simple-framebuffer" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_starts(name, names[i]))
			return true;
	return false;
}

static bool usage_console_owns_memory(const struct device *device, unsigned long long address)
{
	if (device_is_bridge(device))
		return false;
	for (unsigned i = 0; i < DEVICE_BARS; i++)
		if (device->resources[i].start && address >= device->resources[i].start &&
		    address <= device->resources[i].end)
			return true;
	return false;
}

static const struct device *usage_console_memory_owner(const struct inventory *inv,
						       unsigned long long address)
{
	VEC_FOREACH(const struct device, device, &inv->devices)
		if (usage_console_owns_memory(device, address))
			return device;
	return NULL;
}

/*
 * Finds "    c0000000-c0ffffff : BOOTFB", the memory into which the firmware's screen is drawn
 * until a driver takes it over.
 */
static int usage_console_read_framebuffer(struct usage_set *set)
{
	_cleanup_fclose_ FILE *file = usage_set_open_file(set, "proc/iomem");
	_cleanup_free_ char *line = NULL;
	size_t room = 0;

	while (file && getline(&line, &room, file) > 0) {
		const char *colon = strstr(line, " : ");
		const struct device *device;
		unsigned long long start;

		if (!colon || !usage_console_is_boot_fb(colon + 3) ||
		    sscanf(line, " %llx-", &start) != 1 || start == 0)
			continue;
		device = usage_console_memory_owner(set->inv, start);
		if (!device)
			return 0;
		return usage_console_add(set, device->key, USAGE_CONSOLE, "the boot framebuffer");
	}
	return 0;
}

static int usage_console_is_bound(const struct usage_set *set, const char *console,
				  const char *words, bool *ret)
{
	_cleanup_free_ char *name = NULL, *bound = NULL;
	int r;

	r = usage_set_read_value(set, &name, "sys/class/vtconsole/%s/name", console);
	if (r < 0)
		return r;
	r = usage_set_read_value(set, &bound, "sys/class/vtconsole/%s/bind", console);
	if (r < 0)
		return r;
	*ret = name && strstr(name, words) && str_eq(bound, "1");
	return 0;
}

/* Tells whether a console driver of this name ("frame buffer", "VGA") draws virtual terminals. */
static int usage_console_is_drawing(const struct usage_set *set, const char *words, bool *ret)
{
	_cleanup_strv_ char **consoles = NULL;
	int r;

	*ret = false;
	r = usage_set_list_dir(set, "sys/class/vtconsole", &consoles);
	if (r < 0)
		return r;
	STRV_FOREACH(console, consoles) {
		r = usage_console_is_bound(set, *console, words, ret);
		if (r < 0 || *ret)
			return r;
	}
	return 0;
}

/* The kernel draws on the first framebuffer, unless fbcon=map says otherwise. */
static int usage_console_read_screen(struct usage_set *set)
{
	_cleanup_free_ char *key = NULL;
	bool drawing;
	int r;

	r = usage_console_is_drawing(set, "frame buffer", &drawing);
	if (r < 0 || !drawing)
		return r;
	r = usage_set_owner(set, "sys/class/graphics/fb0", &key);
	if (r < 0 || !key)
		return r;
	return usage_console_add(set, key, USAGE_CONSOLE, "the screen of the virtual terminals");
}

static int usage_console_read_vga_card(struct usage_set *set, const struct device *device)
{
	_cleanup_free_ char *boot = NULL;
	int r;

	if (!device_is_pci(device) || device->class_code >> 16 != 0x03)
		return 0;
	r = usage_set_read_value(set, &boot, "sys/bus/pci/devices/%s/boot_vga", device->address);
	if (r < 0 || !str_eq(boot, "1"))
		return r;
	return usage_console_add(set, device->key, USAGE_CONSOLE, "the VGA text screen");
}

static int usage_console_read_vga(struct usage_set *set)
{
	bool drawing;
	int r;

	r = usage_console_is_drawing(set, "VGA", &drawing);
	if (r < 0 || !drawing)
		return r;
	VEC_FOREACH(const struct device, device, &set->inv->devices) {
		r = usage_console_read_vga_card(set, device);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- TPM --- */

static int usage_console_read_tpm(struct usage_set *set, const char *name)
{
	_cleanup_free_ char *link = str_printf("sys/class/tpm/%s", name), *key = NULL;
	int r;

	if (!link)
		return -ENOMEM;
	r = usage_console_owner(set, link, &key);
	if (r < 0 || !key)
		return r;
	return usage_console_add(set, key, USAGE_TPM, name);
}

static int usage_console_read_tpms(struct usage_set *set)
{
	_cleanup_strv_ char **names = NULL;
	int r;

	r = usage_set_list_dir(set, "sys/class/tpm", &names);
	if (r < 0)
		return r;
	STRV_FOREACH(name, names) {
		r = usage_console_read_tpm(set, *name);
		if (r < 0)
			return r;
	}
	return 0;
}

int usage_console_read(struct usage_set *set)
{
	int r;

	r = usage_console_read_proc(set);
	if (r < 0)
		return r;
	r = usage_console_read_framebuffer(set);
	if (r < 0)
		return r;
	r = usage_console_read_screen(set);
	if (r < 0)
		return r;
	r = usage_console_read_vga(set);
	if (r < 0)
		return r;
	return usage_console_read_tpms(set);
}
