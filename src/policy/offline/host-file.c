/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Turns the text of a recorded host into an inventory. */

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "model/json/codec.h"
#include "policy/devinfo/pcicap.h"
#include "policy/devinfo/reset-caps.h"
#include "policy/isolation/acs.h"
#include "policy/isolation/settle.h"
#include "policy/isolation/topology.h"
#include "policy/offline/grouping.h"
#include "policy/offline/host-file.h"
#include "policy/offline/lspci-dump.h"
#include "policy/offline/vmd.h"

#define CLASS_HOST_BRIDGE 0x0600
#define SRIOV_CONTROL 0x08 /* offsets in the SR-IOV capability */
#define SRIOV_TOTAL_VFS 0x0e
#define SRIOV_NUM_VFS 0x10
#define SRIOV_OFFSET 0x14
#define SRIOV_STRIDE 0x16
#define SRIOV_DEVICE_ID 0x1a

/* --- parents --- */

#define BUSES 256

/* The bridge above each bus of one domain. */
struct bus_map {
	uint32_t domain;
	const struct device *above[BUSES]; /* the innermost; NULL: none is known */
	uint8_t first[BUSES];		   /* the first bus of that bridge */
	bool root[BUSES];		   /* a device shows that it is a root bus */
	bool has_bus_0;
};

/* Puts @bridge above its buses, unless one further inside has them. Its own bus has a lower number.
 */
static void bus_map_add_bridge(struct bus_map *map, const struct device *bridge,
			       const struct pciaddr *addr)
{
	uint8_t first, last;

	if (!pcicap_buses(bridge, &first, &last) || addr->bus >= first)
		return;
	for (unsigned bus = first; bus <= last; bus++) {
		if (map->above[bus] && map->first[bus] >= first)
			continue;
		map->above[bus] = bridge;
		map->first[bus] = first;
	}
}

/* Returns whether such a device is only on a root bus. */
static bool host_file_is_on_root_bus(const struct device *device)
{
	int type = pcicap_reported_type(device);

	return type == EXPRESS_ROOT_PORT || type == EXPRESS_RC_ENDPOINT ||
	       type == EXPRESS_RC_EVENTS || device->class_code >> 8 == CLASS_HOST_BRIDGE;
}

/* Returns whether such a device is never on a root bus other than bus 0. */
static bool host_file_is_below_bridge(const struct device *device)
{
	switch (pcicap_reported_type(device)) {
	case EXPRESS_ENDPOINT:
	case EXPRESS_LEGACY_ENDPOINT:
	case EXPRESS_UPSTREAM:
	case EXPRESS_DOWNSTREAM:
		return true;
	default:
		return false;
	}
}

/*
 * Returns whether the dump lacks the bridge above @device. lspci lists all devices of a host, so a
 * dump with a device on bus 0 counts as whole: its other devices without a bridge are on root
 * buses, unless they are of a kind that never is.
 */
static bool host_file_lacks_bridge(const struct bus_map *map, const struct device *device,
				   const struct pciaddr *addr)
{
	if (addr->bus == 0 || map->root[addr->bus])
		return false;
	return host_file_is_below_bridge(device) || !map->has_bus_0;
}

static int host_file_set_parent(const struct bus_map *map, struct device *device,
				const struct pciaddr *addr)
{
	const struct device *bridge = map->above[addr->bus];

	device->place_unknown = !bridge && host_file_lacks_bridge(map, device, addr);
	return str_set(&device->parent, bridge ? bridge->key : NULL);
}

/* Returns the end of the devices of the domain that begins at @first, and fills @map for it. */
static size_t host_file_map_domain(const struct inventory *inv, size_t first, struct bus_map *map)
{
	struct pciaddr addr;
	size_t i = first;

	*map = (struct bus_map){ 0 };
	for (; i < inv->devices.n; i++) {
		const struct device *device = inv->devices.items[i];

		if (pciaddr_parse(device->address, &addr) < 0)
			continue;
		if (i == first)
			map->domain = addr.domain;
		if (addr.domain != map->domain)
			break;
		map->has_bus_0 |= addr.bus == 0;
		map->root[addr.bus] |= host_file_is_on_root_bus(device);
		bus_map_add_bridge(map, device, &addr);
	}
	return i;
}

static int host_file_find_parents(struct inventory *inv)
{
	_cleanup_free_ struct bus_map *map = malloc(sizeof(*map));
	size_t end;

	if (!map)
		return -ENOMEM;
	for (size_t first = 0; first < inv->devices.n; first = end) {
		end = host_file_map_domain(inv, first, map);
		for (size_t i = first; i < end; i++) {
			struct device *device = inv->devices.items[i];
			struct pciaddr addr;
			int r;

			if (pciaddr_parse(device->address, &addr) < 0)
				continue;
			r = host_file_set_parent(map, device, &addr);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* --- virtual functions --- */

static int host_file_set_vf(struct device *vf, const struct device *pf, unsigned index, uint16_t id)
{
	int r = str_set(&vf->physfn, pf->key);

	if (r < 0)
		return r;
	r = str_set(&vf->parent, pf->parent);
	if (r < 0)
		return r;
	vf->place_unknown = pf->place_unknown;
	vf->vf_index = (int)index;
	if (vf->vendor == 0 || vf->vendor == 0xffff) {
		vf->vendor = pf->vendor;
		vf->device = id;
	}
	return 0;
}

static struct device *host_file_find_rid(const struct inventory *inv, uint32_t domain, unsigned rid)
{
	struct pciaddr place = { domain, (uint8_t)(rid >> 8), (uint8_t)(rid >> 3 & 0x1f),
				 (uint8_t)(rid & 7) };
	char key[PCIADDR_SIZE];

	return inventory_find(inv, pciaddr_format(&place, key));
}

/* The addresses of VFs follow from the PF: SR-IOV specification 2.1.2. */
static int host_file_add_vfs(struct inventory *inv, struct device *pf, size_t cap,
			     const struct pciaddr *addr)
{
	unsigned count = pcicap_u16(pf, cap + SRIOV_NUM_VFS);
	unsigned stride = pcicap_u16(pf, cap + SRIOV_STRIDE);
	unsigned own = (unsigned)addr->bus << 8 | (unsigned)addr->slot << 3 | addr->function;
	unsigned rid = own + pcicap_u16(pf, cap + SRIOV_OFFSET);

	for (unsigned i = 0; i < count && rid <= 0xffff; i++, rid += stride) {
		struct device *vf = host_file_find_rid(inv, addr->domain, rid);
		int r;

		if (!vf || vf == pf || vf->physfn)
			continue;
		r = host_file_set_vf(vf, pf, i, pcicap_u16(pf, cap + SRIOV_DEVICE_ID));
		if (r < 0)
			return r;
		pf->num_vfs++;
	}
	return 0;
}

static int host_file_find_vfs(struct inventory *inv, struct device *pf)
{
	int cap = pcicap_find_ext(pf, PCICAP_EXT_SRIOV);
	struct pciaddr addr;

	if (cap <= 0 || pciaddr_parse(pf->address, &addr) < 0)
		return 0;
	pf->total_vfs = pcicap_u16(pf, (size_t)cap + SRIOV_TOTAL_VFS);
	if (!(pcicap_u16(pf, (size_t)cap + SRIOV_CONTROL) & 1))
		return 0;
	return host_file_add_vfs(inv, pf, (size_t)cap, &addr);
}

/* --- resets --- */

static bool host_file_is_alone_on_bus(const struct inventory *inv, const struct device *device)
{
	struct topology_range bus = topology_bus(inv, device);

	return device->parent && bus.end - bus.first == 1;
}

static int host_file_add_reset(const struct inventory *inv, struct device *device,
			       const char *method)
{
	int offer;

	if (str_eq(method, "bus"))
		offer = device->place_unknown && !device->parent ?
				-ENODATA :
				host_file_is_alone_on_bus(inv, device);
	else
		offer = reset_caps_offer(device, method);
	if (offer < 0)
		device->more_resets = true;
	return offer > 0 ? strv_add(&device->reset_methods, method) : 0;
}

/*
 * Finds the resets in the order of the kernel, without its quirks of models (drivers/pci/pci.c,
 * pci_reset_fn_methods[]).
 */
static int host_file_find_resets(const struct inventory *inv, struct device *device)
{
	static const char *const methods[] = { "flr", "af_flr", "pm", "bus" };

	if (device_is_bridge(device)) {
		device->no_reset = true;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		int r = host_file_add_reset(inv, device, methods[i]);

		if (r < 0)
			return r;
	}
	device->no_reset = !device->reset_methods && !device->more_resets;
	return 0;
}

/* --- ACS of a host without an IOMMU --- */

/*
 * Finds out whether an IOMMU was on: then the kernel had turned on all controls of ACS. Otherwise
 * assumes that it does so, to derive the groups of the host with an IOMMU.
 */
static void host_file_assume_iommu(struct inventory *inv)
{
	bool any = false;

	VEC_FOREACH(const struct device, device, &inv->devices) {
		int on = acs_any_control(device);

		if (on > 0)
			return;
		any |= on == 0;
	}
	if (!any)
		return;
	inv->iommu_off = true;
	VEC_FOREACH(struct device, device, &inv->devices)
		device->acs_assumed = true;
}

/* --- the whole host --- */

static bool host_file_has_config(const struct inventory *inv)
{
	VEC_FOREACH(const struct device, device, &inv->devices)
		if (device->config)
			return true;
	return false;
}

static int host_file_complete(struct inventory *inv)
{
	int r = host_file_find_parents(inv);

	if (r < 0)
		return r;
	VEC_FOREACH(struct device, device, &inv->devices) {
		r = host_file_find_vfs(inv, device);
		if (r < 0)
			return r;
	}
	r = vmd_find_owners(inv);
	if (r < 0)
		return r;
	r = settle_inventory(inv);
	if (r < 0)
		return r;
	VEC_FOREACH(struct device, device, &inv->devices) {
		r = host_file_find_resets(inv, device);
		if (r < 0)
			return r;
	}
	/* groups from the kernel, in the text of lspci -v, go before derived ones */
	if (inv->iommu_groups.n > 0)
		return 0;
	host_file_assume_iommu(inv);
	return grouping_apply(inv);
}

static int host_file_fail(char **ret_error, const char *text)
{
	*ret_error = strdup(text);
	return *ret_error ? -EBADMSG : -ENOMEM;
}

static int host_file_parse_lspci(const char *text, size_t size, struct inventory **ret,
				 char **ret_error)
{
	_cleanup_inventory_ struct inventory *inv = inventory_new();
	int r;

	if (!inv)
		return -ENOMEM;
	r = str_set(&inv->source, "lspci");
	if (r < 0)
		return r;
	r = lspci_dump_read(text, size, inv);
	if (r < 0)
		return r;
	if (inv->devices.n == 0)
		return host_file_fail(ret_error, "this is neither a snapshot (devgroupctl "
						 "snapshot) nor a dump of lspci -xxxx");
	if (!host_file_has_config(inv))
		return host_file_fail(
			ret_error,
			"this dump has no configuration space. Make it with lspci -xxxx, as root");
	inv->has_vfio = true; /* a dump does not show it */
	r = host_file_complete(inv);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(inv);
	return 0;
}

static int host_file_parse_snapshot(const char *text, size_t size, struct inventory **ret,
				    char **ret_error)
{
	_cleanup_inventory_ struct inventory *inv = NULL;
	int r = codec_snapshot_from_json(text, size, &inv, ret_error);

	if (r < 0)
		return r;
	r = settle_inventory(inv);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(inv);
	return 0;
}

/* Returns why @text is no text of a host, or NULL. Static. */
static const char *host_file_why_no_text(const char *text, size_t size)
{
	static const struct {
		const char *magic;
		size_t size;
		const char *why;
	} forms[] = {
		{ "\x1f\x8b", 2, "this is compressed. Unpack it with gunzip" },
		{ "\xfd"
		  "7zXZ",
		  5, "this is compressed. Unpack it with unxz" },
		{ "\x28\xb5\x2f\xfd", 4, "this is compressed. Unpack it with unzstd" },
		{ "BZh", 3, "this is compressed. Unpack it with bunzip2" },
		{ "\xff\xfe", 2, "this is UTF-16. Convert it with iconv -f UTF-16 -t UTF-8" },
		{ "\xfe\xff", 2, "this is UTF-16. Convert it with iconv -f UTF-16 -t UTF-8" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (size >= forms[i].size && memcmp(text, forms[i].magic, forms[i].size) == 0)
			return forms[i].why;
	return NULL;
}

int host_file_parse(const char *text, size_t size, struct inventory **ret, char **ret_error)
{
	const char *why = host_file_why_no_text(text, size);
	static const char mark[] = "\xef\xbb\xbf"; /* the mark that Windows puts before UTF-8 */
	size_t at = 0;

	if (why)
		return host_file_fail(ret_error, why);
	if (size >= strlen(mark) && memcmp(text, mark, strlen(mark)) == 0) {
		text += strlen(mark);
		size -= strlen(mark);
	}
	while (at < size && isspace((unsigned char)text[at]))
		at++;
	if (at < size && text[at] == '{')
		return host_file_parse_snapshot(text, size, ret, ret_error);
	return host_file_parse_lspci(text, size, ret, ret_error);
}
