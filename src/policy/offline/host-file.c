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
#include "policy/isolation/topology.h"
#include "policy/offline/grouping.h"
#include "policy/offline/host-file.h"
#include "policy/offline/lspci-dump.h"

#define SRIOV_CONTROL 0x08 /* offsets in the SR-IOV capability */
#define SRIOV_TOTAL_VFS 0x0e
#define SRIOV_NUM_VFS 0x10
#define SRIOV_OFFSET 0x14
#define SRIOV_STRIDE 0x16
#define SRIOV_DEVICE_ID 0x1a

/* --- parents --- */

struct bridge {
	const struct device *device;
	struct pciaddr addr;
	uint8_t first, last; /* the buses behind it */
};

/*
 * Returns the innermost bridge with the bus of @addr behind it. The bridge's own bus has a lower
 * number, so parents never form a circle.
 */
static const struct device *host_file_find_bridge(const struct bridge *bridges, size_t n,
						  const struct pciaddr *addr)
{
	const struct bridge *best = NULL;

	for (const struct bridge *b = bridges; b < bridges + n; b++)
		if (b->addr.domain == addr->domain && b->addr.bus < b->first &&
		    b->first <= addr->bus && addr->bus <= b->last &&
		    (!best || best->first < b->first))
			best = b;
	return best ? best->device : NULL;
}

static size_t host_file_find_bridges(const struct inventory *inv, struct bridge *bridges)
{
	size_t n = 0;

	VEC_FOREACH(const struct device, device, &inv->devices) {
		struct bridge *bridge = &bridges[n];

		bridge->device = device;
		if (pcicap_buses(device, &bridge->first, &bridge->last) &&
		    pciaddr_parse(device->address, &bridge->addr) >= 0)
			n++;
	}
	return n;
}

static int host_file_find_parents(struct inventory *inv)
{
	_cleanup_free_ struct bridge *bridges = calloc(inv->devices.n + 1, sizeof(*bridges));
	size_t n;
	int r;

	if (!bridges)
		return -ENOMEM;
	n = host_file_find_bridges(inv, bridges);
	VEC_FOREACH(struct device, device, &inv->devices) {
		const struct device *bridge;
		struct pciaddr addr;

		if (pciaddr_parse(device->address, &addr) < 0)
			continue;
		bridge = host_file_find_bridge(bridges, n, &addr);
		r = str_set(&device->parent, bridge ? bridge->key : NULL);
		if (r < 0)
			return r;
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
	const struct device *bridge = topology_parent(inv, device);

	if (!bridge)
		return false;
	TOPOLOGY_FOREACH(other, inv, topology_below(inv, bridge))
		if (other != device && topology_is_below(inv, other, bridge))
			return false;
	return true;
}

static bool host_file_offers_reset(const struct inventory *inv, const struct device *device,
				   const char *method)
{
	if (str_eq(method, "bus"))
		return host_file_is_alone_on_bus(inv, device);
	return reset_caps_offer(device, method) > 0;
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
		int r;

		if (!host_file_offers_reset(inv, device, methods[i]))
			continue;
		r = strv_add(&device->reset_methods, methods[i]);
		if (r < 0)
			return r;
	}
	device->no_reset = !device->reset_methods;
	return 0;
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
	VEC_FOREACH(struct device, device, &inv->devices) {
		r = host_file_find_resets(inv, device);
		if (r < 0)
			return r;
	}
	/* groups from the kernel, in the text of lspci -v, go before derived ones */
	if (inv->iommu_groups.n > 0)
		return 0;
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

int host_file_parse(const char *text, size_t size, struct inventory **ret, char **ret_error)
{
	static const char mark[] = "\xef\xbb\xbf"; /* the mark that Windows puts before UTF-8 */
	size_t at = 0;

	if (size >= strlen(mark) && memcmp(text, mark, strlen(mark)) == 0) {
		text += strlen(mark);
		size -= strlen(mark);
	}
	while (at < size && isspace((unsigned char)text[at]))
		at++;
	if (at < size && text[at] == '{')
		return codec_snapshot_from_json(text, size, ret, ret_error);
	return host_file_parse_lspci(text, size, ret, ret_error);
}
