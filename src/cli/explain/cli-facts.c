/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>

#include "base/str.h"
#include "cli/explain/cli-facts.h"
#include "cli/print/cli-term.h"
#include "model/json/codec-facts.h"
#include "policy/devinfo/device-facts.h"

#define NAME_WIDTH 5 /* columns of "bar0" and a blank */

json_object *cli_facts_to_json(const struct inventory *inv, const struct device *device)
{
	_cleanup_device_facts_ struct device_facts *device_facts = device_facts_new(inv);
	_cleanup_facts_ struct vec facts = { 0 };

	if (!device_facts || device_facts_add(device_facts, device, &facts) < 0)
		return NULL;
	return codec_facts(&facts);
}

static void cli_facts_print_heading(const char *text)
{
	printf("\n%s%s%s\n", cli_term_begin(TINT_BOLD), text, cli_term_end(TINT_BOLD));
}

static json_object *cli_facts_get_part(json_object *device, const char *name)
{
	json_object *facts = NULL, *part = NULL;

	if (json_object_object_get_ex(device, "facts", &facts))
		json_object_object_get_ex(facts, name, &part);
	return part;
}

/* Writes "4 KiB", "2 MiB" or "24 bytes" into @buf and returns it. */
static const char *cli_facts_format_size(uint64_t size, char buf[32])
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB" };
	size_t unit = 0;

	while (size >= 1024 && size % 1024 == 0 && unit + 1 < ARRAY_SIZE(units)) {
		size /= 1024;
		unit++;
	}
	snprintf(buf, 32, "%" PRIu64 " %s", size, units[unit]);
	return buf;
}

static uint64_t cli_facts_get_address(json_object *object, const char *key)
{
	uint64_t value = 0;
	const char *text = cli_json_get_str(object, key);

	(void)(str_starts(text, "0x") && str_parse_u64(text + 2, 16, UINT64_MAX, &value) < 0);
	return value;
}

/* --- DMA --- */

static void cli_facts_print_sizes(json_object *sizes)
{
	char buf[32];

	for (size_t i = 0; i < cli_json_list_length(sizes); i++)
		printf("%s %s", i > 0 ? "," : "",
		       cli_facts_format_size(
			       json_object_get_uint64(json_object_array_get_idx(sizes, i)), buf));
}

/* Prints the windows above 4 GiB that a VMM creates itself on POWER. */
static void cli_facts_print_window64(json_object *dma)
{
	json_object *window = NULL;

	if (!json_object_object_get_ex(dma, "window64", &window))
		return;
	printf("    above 4 GiB a VMM makes its windows itself: %" PRId64
	       " of them, tables of up to %" PRId64 " levels, pages of",
	       cli_json_get_int(window, "count", 0), cli_json_get_int(window, "levels", 0));
	cli_facts_print_sizes(cli_json_get_list(window, "page-sizes"));
	putchar('\n');
}

static void cli_facts_print_limits(json_object *dma)
{
	json_object *sizes = cli_json_get_list(dma, "page-sizes");
	int64_t entries = cli_json_get_int(dma, "entries", -1),
		alignment = cli_json_get_int(dma, "alignment", 0);
	char buf[32];

	if (cli_json_list_length(sizes) > 0) {
		printf("    in pages of");
		cli_facts_print_sizes(sizes);
		putchar('\n');
	} else if (alignment > 0) {
		printf("    in multiples of %s\n", cli_facts_format_size((uint64_t)alignment, buf));
	}
	if (entries >= 0)
		printf("    room for %" PRId64 " mappings\n", entries);
	cli_facts_print_window64(dma);
}

static void cli_facts_print_dma(json_object *dma, int64_t group)
{
	json_object *windows = cli_json_get_list(dma, "windows"),
		    *reserved = cli_json_get_list(dma, "reserved");
	bool known = cli_json_list_length(windows) > 0;
	_cleanup_free_ char *text = cli_term_clean(cli_json_get_str(dma, known ? "source" : "why"));

	printf("  IOMMU group %" PRId64 ": ", group);
	if (known)
		printf("usable I/O addresses, from %s:\n", str_or(text, ""));
	else
		printf("the usable I/O addresses are unknown: %s.\n", str_or(text, ""));
	for (size_t i = 0; i < cli_json_list_length(windows); i++) {
		json_object *window = json_object_array_get_idx(windows, i);

		printf("    %s-%s\n", cli_json_get_str(window, "first"),
		       cli_json_get_str(window, "last"));
	}
	cli_facts_print_limits(dma);
	for (size_t i = 0; i < cli_json_list_length(reserved); i++) {
		json_object *region = json_object_array_get_idx(reserved, i);

		printf("    reserved %s-%s %s: %s\n", cli_json_get_str(region, "first"),
		       cli_json_get_str(region, "last"), cli_json_get_str(region, "type"),
		       cli_json_get_str(region, "name"));
	}
}

/* Prints the DMA windows once for each IOMMU group, whose devices all have the same. */
static void cli_facts_print_windows(json_object *devices)
{
	int64_t last = -1;

	for (size_t i = 0; i < cli_json_list_length(devices); i++) {
		json_object *device = json_object_array_get_idx(devices, i);
		int64_t group = cli_json_get_int(device, "iommu-group", -1);
		json_object *dma = cli_facts_get_part(device, "dma");

		if (!dma || group < 0 || group == last)
			continue;
		if (last < 0)
			cli_facts_print_heading("DMA");
		last = group;
		cli_facts_print_dma(dma, group);
	}
}

/* --- regions --- */

static const char *cli_facts_map_text(const char *map)
{
	if (str_eq(map, "yes"))
		return "can be mapped";
	if (str_eq(map, "partial"))
		return "can be mapped in part";
	return "cannot be mapped";
}

static void cli_facts_print_region(json_object *region)
{
	const char *why = cli_json_get_str(region, "why"),
		   *sharer = cli_json_get_str(region, "shares-page-with");
	char buf[32];

	printf("    %-*s%s of %s%s%s, ", NAME_WIDTH, cli_json_get_str(region, "name"),
	       cli_facts_format_size(cli_facts_get_address(region, "size"), buf),
	       str_eq(cli_json_get_str(region, "kind"), "io") ? "ports" : "memory",
	       cli_json_get_bool(region, "64bit") ? ", 64-bit" : "",
	       cli_json_get_bool(region, "prefetchable") ? ", prefetchable" : "");
	printf("%s", cli_facts_map_text(cli_json_get_str(region, "map")));
	if (!str_empty(why))
		printf(": %s", why);
	if (!str_empty(sharer))
		printf(" with %s", sharer);
	putchar('\n');
}

static void cli_facts_print_flags(json_object *mmio)
{
	static const char *const flags[] = { "msix-table-maskable", "needs-relocation",
					     "small-bar-safe", "port-io" };

	printf("    flags:");
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (cli_json_get_bool(mmio, flags[i]))
			printf(" %s", flags[i]);
	printf("; ROM: %s\n", cli_json_get_str(mmio, "rom"));
}

static void cli_facts_print_regions(json_object *devices)
{
	bool first = true;

	for (size_t i = 0; i < cli_json_list_length(devices); i++) {
		json_object *device = json_object_array_get_idx(devices, i);
		json_object *mmio = cli_facts_get_part(device, "mmio"),
			    *regions = cli_json_get_list(mmio, "regions");

		if (cli_json_list_length(regions) == 0)
			continue;
		if (first)
			cli_facts_print_heading("Regions");
		first = false;
		printf("  %s\n", cli_json_get_str(device, "device"));
		for (size_t k = 0; k < cli_json_list_length(regions); k++)
			cli_facts_print_region(json_object_array_get_idx(regions, k));
		cli_facts_print_flags(mmio);
	}
}

/* --- PASID, PRI, ATS --- */

/* Prints one of pasid, pri and ats; nothing for one that the device lacks. */
static void cli_facts_print_capability(const char *name, json_object *capability)
{
	const char *state = cli_json_get_str(capability, "state"),
		   *holder = cli_json_get_str(capability, "of");

	if (!capability || (str_empty(holder) && str_eq(state, "absent")))
		return;
	printf("    %s: %s", name, state);
	if (!str_empty(holder))
		printf(", of %s at %s, %s", holder, cli_json_get_str(capability, "offset"),
		       cli_json_get_bool(capability, "enabled") ? "enabled" : "not enabled");
	if (!str_empty(holder) && str_eq(name, "pasid"))
		printf("; %" PRId64 " bits%s%s", cli_json_get_int(capability, "bits", 0),
		       cli_json_get_bool(capability, "execute") ? ", execute" : "",
		       cli_json_get_bool(capability, "privileged") ? ", privileged" : "");
	putchar('\n');
}

static void cli_facts_print_pasid(json_object *pasid)
{
	static const char *const names[] = { "pasid", "pri", "ats" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		cli_facts_print_capability(names[i], json_object_object_get(pasid, names[i]));
}

static void cli_facts_print_iommu_unit(json_object *unit)
{
	static const char *const names[] = { "pasid", "pri", "ats", "execute", "privileged" };
	_cleanup_free_ char *name = cli_term_clean(cli_json_get_str(unit, "name"));
	const char *before = " ";

	if (!unit)
		return;
	printf("    IOMMU %s %s: ", cli_json_get_str(unit, "kind"), str_or(name, ""));
	if (!str_empty(cli_json_get_str(unit, "why"))) {
		printf("%s\n", cli_json_get_str(unit, "why"));
		return;
	}
	printf("lets through");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (cli_json_get_bool(unit, names[i])) {
			printf("%s%s", before, names[i]);
			before = ", ";
		}
	printf("%s\n", str_eq(before, " ") ? " none of them" : "");
}

static void cli_facts_print_virtual(json_object *caps)
{
	static const char *const kinds[] = { "pasid", "pri", "ats" };

	for (size_t i = 0; caps && i < ARRAY_SIZE(kinds); i++) {
		json_object *cap = json_object_object_get(caps, kinds[i]);
		const char *why = cli_json_get_str(cap, "why");

		if (!cap || str_eq(cli_json_get_str(cap, "state"), "own"))
			continue;
		printf("    a VMM may show %s", kinds[i]);
		if (!str_eq(cli_json_get_str(cap, "state"), "shared")) {
			printf(" nowhere (%s): %s\n", cli_json_get_str(cap, "state"), why);
			continue;
		}
		printf(" at %s%s, linked from %s\n", cli_json_get_str(cap, "offset"),
		       cli_json_get_bool(cap, "as-pf") ? ", as in its PF" : "",
		       cli_json_get_str(cap, "previous"));
	}
}

static void cli_facts_print_shared_memory(json_object *devices)
{
	bool first = true;

	for (size_t i = 0; i < cli_json_list_length(devices); i++) {
		json_object *device = json_object_array_get_idx(devices, i);
		json_object *pasid = cli_facts_get_part(device, "pasid");

		if (!pasid)
			continue;
		if (first)
			cli_facts_print_heading("Shared virtual memory");
		first = false;
		printf("  %s\n", cli_json_get_str(device, "device"));
		cli_facts_print_pasid(pasid);
		cli_facts_print_iommu_unit(json_object_object_get(pasid, "iommu"));
		cli_facts_print_virtual(cli_facts_get_part(device, "virtual-capabilities"));
	}
}

void cli_facts_print(json_object *devices)
{
	cli_facts_print_windows(devices);
	cli_facts_print_regions(devices);
	cli_facts_print_shared_memory(devices);
}
