/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/cli-facts.h"
#include "cli/cli-term.h"
#include "model/json/codec-facts.h"
#include "policy/devinfo/device-facts.h"

#define NAME_WIDTH 5 /* of "bar0" and a blank */

json_object *facts_object(const struct inventory *inv, const struct device *device)
{
	_cleanup_devfacts_ struct devfacts *devfacts = devfacts_new(inv);
	_cleanup_facts_ struct vec facts = { 0 };

	return !devfacts || devfacts_add(devfacts, device, &facts) < 0 ? NULL : codec_facts(&facts);
}

static void heading(const char *text)
{
	printf("\n%s%s%s\n", term_begin(TINT_BOLD), text, term_end(TINT_BOLD));
}

static json_object *part(json_object *device, const char *name)
{
	json_object *facts = NULL, *found = NULL;

	if (json_object_object_get_ex(device, "facts", &facts))
		json_object_object_get_ex(facts, name, &found);
	return found;
}

/* "4 KiB", "2 MiB", "24 bytes" */
static const char *size_text(uint64_t size, char buf[32])
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

static uint64_t address_of(json_object *object, const char *key)
{
	uint64_t value = 0;
	const char *text = js_str(object, key);

	(void)(str_starts(text, "0x") && parse_u64(text + 2, 16, UINT64_MAX, &value) < 0);
	return value;
}

/* --- DMA ----------------------------------------------------------------------------------------- */

static void print_sizes(json_object *sizes)
{
	char buf[32];

	for (size_t i = 0; i < js_list_length(sizes); i++)
		printf("%s %s", i > 0 ? "," : "",
		       size_text(json_object_get_uint64(json_object_array_get_idx(sizes, i)), buf));
}

/* POWER: above the window that is there from the start. */
static void print_window64(json_object *dma)
{
	json_object *window = NULL;

	if (!json_object_object_get_ex(dma, "window64", &window))
		return;
	printf("    above 4 GiB a VMM makes its windows itself: %" PRId64 " of them, tables of up to %" PRId64
	       " levels, pages of",
	       js_int(window, "count", 0), js_int(window, "levels", 0));
	print_sizes(js_list(window, "page-sizes"));
	putchar('\n');
}

static void print_limits(json_object *dma)
{
	json_object *sizes = js_list(dma, "page-sizes");
	int64_t entries = js_int(dma, "entries", -1), alignment = js_int(dma, "alignment", 0);
	char buf[32];

	if (js_list_length(sizes) > 0) {
		printf("    in pages of");
		print_sizes(sizes);
		putchar('\n');
	} else if (alignment > 0) {
		printf("    in multiples of %s\n", size_text((uint64_t)alignment, buf));
	}
	if (entries >= 0)
		printf("    room for %" PRId64 " mappings\n", entries);
	print_window64(dma);
}

static void print_dma(json_object *dma, int64_t group)
{
	json_object *windows = js_list(dma, "windows"), *reserved = js_list(dma, "reserved");
	bool known = js_list_length(windows) > 0;
	_cleanup_free_ char *text = term_clean(js_str(dma, known ? "source" : "why"));

	printf("  IOMMU group %" PRId64 ": ", group);
	if (known)
		printf("I/O addresses that can be used, said by %s:\n", str_or(text, ""));
	else
		printf("which I/O addresses can be used is not known: %s.\n", str_or(text, ""));
	for (size_t i = 0; i < js_list_length(windows); i++) {
		json_object *window = json_object_array_get_idx(windows, i);

		printf("    %s-%s\n", js_str(window, "first"), js_str(window, "last"));
	}
	print_limits(dma);
	for (size_t i = 0; i < js_list_length(reserved); i++) {
		json_object *region = json_object_array_get_idx(reserved, i);

		printf("    reserved %s-%s %s: %s\n", js_str(region, "first"), js_str(region, "last"),
		       js_str(region, "type"), js_str(region, "name"));
	}
}

/* Once for each IOMMU group: it is the same for all in it. */
static void print_windows(json_object *devices)
{
	int64_t last = -1;

	for (size_t i = 0; i < js_list_length(devices); i++) {
		json_object *device = json_object_array_get_idx(devices, i);
		int64_t group = js_int(device, "iommu-group", -1);
		json_object *dma = part(device, "dma");

		if (!dma || group < 0 || group == last)
			continue;
		if (last < 0)
			heading("DMA");
		last = group;
		print_dma(dma, group);
	}
}

/* --- regions ------------------------------------------------------------------------------------- */

static void print_region(json_object *region)
{
	const char *map = js_str(region, "map"), *why = js_str(region, "why");
	char buf[32];

	printf("    %-*s%s of %s%s%s, ", NAME_WIDTH, js_str(region, "name"),
	       size_text(address_of(region, "size"), buf),
	       str_eq(js_str(region, "kind"), "io") ? "ports" : "memory",
	       js_bool(region, "64bit") ? ", 64-bit" : "",
	       js_bool(region, "prefetchable") ? ", prefetchable" : "");
	printf("%s", str_eq(map, "yes")	    ? "can be mapped" :
		     str_eq(map, "partial") ? "can be mapped in part" :
					      "cannot be mapped");
	if (!str_empty(why))
		printf(": %s", why);
	if (!str_empty(js_str(region, "shares-page-with")))
		printf(" with %s", js_str(region, "shares-page-with"));
	putchar('\n');
}

static void print_flags(json_object *mmio)
{
	static const char *const flags[] = { "msix-table-maskable", "needs-relocation",
					     "small-bar-safe", "port-io" };

	printf("    flags:");
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (js_bool(mmio, flags[i]))
			printf(" %s", flags[i]);
	printf("; ROM: %s\n", js_str(mmio, "rom"));
}

static void print_regions(json_object *devices)
{
	bool first = true;

	for (size_t i = 0; i < js_list_length(devices); i++) {
		json_object *device = json_object_array_get_idx(devices, i);
		json_object *mmio = part(device, "mmio"), *regions = js_list(mmio, "regions");

		if (js_list_length(regions) == 0)
			continue;
		if (first)
			heading("Regions");
		first = false;
		printf("  %s\n", js_str(device, "device"));
		for (size_t k = 0; k < js_list_length(regions); k++)
			print_region(json_object_array_get_idx(regions, k));
		print_flags(mmio);
	}
}

/* --- PASID, PRI, ATS ----------------------------------------------------------------------------- */

static void print_pasid(json_object *pasid)
{
	static const char *const kinds[] = { "pasid", "pri", "ats" };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		json_object *kind = json_object_object_get(pasid, kinds[i]);
		const char *state = js_str(kind, "state");
		bool is_there = !str_empty(js_str(kind, "of"));

		if (!kind || (!is_there && str_eq(state, "absent")))
			continue;
		printf("    %s: %s", kinds[i], state);
		if (is_there)
			printf(", of %s at %s, %s", js_str(kind, "of"), js_str(kind, "offset"),
			       js_bool(kind, "enabled") ? "enabled" : "not enabled");
		if (str_eq(kinds[i], "pasid") && is_there)
			printf("; %" PRId64 " bits%s%s", js_int(kind, "bits", 0),
			       js_bool(kind, "execute") ? ", execute" : "",
			       js_bool(kind, "privileged") ? ", privileged" : "");
		putchar('\n');
	}
}

static void print_unit(json_object *unit)
{
	static const char *const names[] = { "pasid", "pri", "ats", "execute", "privileged" };
	_cleanup_free_ char *name = term_clean(js_str(unit, "name"));
	const char *before = " ";

	if (!unit)
		return;
	printf("    IOMMU %s %s: ", js_str(unit, "kind"), str_or(name, ""));
	if (!str_empty(js_str(unit, "why"))) {
		printf("%s\n", js_str(unit, "why"));
		return;
	}
	printf("lets through");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (js_bool(unit, names[i])) {
			printf("%s%s", before, names[i]);
			before = ", ";
		}
	printf("%s\n", str_eq(before, " ") ? " none of them" : "");
}

static void print_virtual(json_object *caps)
{
	static const char *const kinds[] = { "pasid", "pri", "ats" };

	for (size_t i = 0; caps && i < ARRAY_SIZE(kinds); i++) {
		json_object *cap = json_object_object_get(caps, kinds[i]);
		const char *why = js_str(cap, "why");

		if (!cap || str_eq(js_str(cap, "state"), "own"))
			continue;
		printf("    a VMM may show %s", kinds[i]);
		if (!str_eq(js_str(cap, "state"), "shared")) {
			printf(" nowhere (%s): %s\n", js_str(cap, "state"), why);
			continue;
		}
		printf(" at %s%s, linked from %s\n", js_str(cap, "offset"),
		       js_bool(cap, "as-pf") ? ", where its PF has it" : "", js_str(cap, "previous"));
	}
}

static void print_shared_memory(json_object *devices)
{
	bool first = true;

	for (size_t i = 0; i < js_list_length(devices); i++) {
		json_object *device = json_object_array_get_idx(devices, i);
		json_object *pasid = part(device, "pasid");

		if (!pasid)
			continue;
		if (first)
			heading("Shared virtual memory");
		first = false;
		printf("  %s\n", js_str(device, "device"));
		print_pasid(pasid);
		print_unit(json_object_object_get(pasid, "iommu"));
		print_virtual(part(device, "virtual-capabilities"));
	}
}

void facts_print(json_object *devices)
{
	print_windows(devices);
	print_regions(devices);
	print_shared_memory(devices);
}
