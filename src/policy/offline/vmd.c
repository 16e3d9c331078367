/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "base/str.h"
#include "policy/devinfo/pcicap.h"
#include "policy/offline/vmd.h"

#define VMD_DOMAIN 0x10000u /* the first one: vmd_find_free_domain() */
#define VENDOR_INTEL 0x8086
#define AT_BAR0 0x10
#define AT_MEMORY_BASE 0x20
#define AT_PREFETCH_BASE 0x24
#define AT_PREFETCH_UPPER 0x28
#define MEMBARS 2 /* the windows of a controller: BARs 2 and 4, of 64 bits */

/* drivers/pci/controller/vmd.c, vmd_ids[] of Linux 7.2 */
static const uint16_t vmd_ids[] = { 0x201d, 0x28c0, 0x467f, 0x4c3d, 0xa77f, 0x7d0b,
				    0xad0b, 0x9a0b, 0xb60b, 0xb06f, 0xb07f };

/* The controllers, and the domains, each in the order of addresses. */
struct vmd_host {
	struct vec controllers; /* struct device, not owned */
	uint32_t *domains;
	size_t n_domains;
};

static bool vmd_is_controller(const struct device *device)
{
	if (!device_is_pci(device) || device->vendor != VENDOR_INTEL)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(vmd_ids); i++)
		if (device->device == vmd_ids[i])
			return true;
	return false;
}

/* Returns the domain of @device, or 0 if VMD has not made it. */
static uint32_t vmd_domain(const struct device *device)
{
	struct pciaddr addr;

	if (!device_is_pci(device) || pciaddr_parse(device->address, &addr) < 0 ||
	    addr.domain < VMD_DOMAIN)
		return 0;
	return addr.domain;
}

static int vmd_collect(const struct inventory *inv, struct vmd_host *host)
{
	host->domains = calloc(inv->devices.n + 1, sizeof(*host->domains));
	if (!host->domains)
		return -ENOMEM;
	VEC_FOREACH(struct device, device, &inv->devices) {
		uint32_t domain = vmd_domain(device);

		if (domain) {
			if (host->n_domains == 0 || host->domains[host->n_domains - 1] != domain)
				host->domains[host->n_domains++] = domain;
			continue;
		}
		if (vmd_is_controller(device) && vec_add(&host->controllers, device) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* --- by addresses of memory --- */

/* Returns the address of BAR @n of 64 bits, or 0. */
static uint64_t vmd_bar(const struct device *device, unsigned n)
{
	size_t at = AT_BAR0 + 4u * n;

	return (uint64_t)pcicap_u32(device, at + 4) << 32 | (pcicap_u32(device, at) & ~15u);
}

/* Returns an address of memory behind the bridge @device, or 0 if there is none. */
static uint64_t vmd_window(const struct device *device)
{
	uint16_t base = pcicap_u16(device, AT_MEMORY_BASE),
		 limit = pcicap_u16(device, AT_MEMORY_BASE + 2);

	if (!device_is_bridge(device))
		return 0;
	if (base && base <= limit)
		return (uint64_t)(base & 0xfff0u) << 16;
	base = pcicap_u16(device, AT_PREFETCH_BASE);
	limit = pcicap_u16(device, AT_PREFETCH_BASE + 2);
	if (!base || base > limit)
		return 0;
	return (uint64_t)pcicap_u32(device, AT_PREFETCH_UPPER) << 32 | (uint64_t)(base & 0xfff0u)
									       << 16;
}

/* Returns the controller whose window begins closest below @address, or NULL. */
static const struct device *vmd_find_window(const struct vmd_host *host, uint64_t address)
{
	const struct device *best = NULL;
	uint64_t best_start = 0;

	VEC_FOREACH(const struct device, controller, &host->controllers) {
		for (unsigned i = 1; i <= MEMBARS; i++) {
			uint64_t start = vmd_bar(controller, 2 * i);

			if (start == 0 || start > address || start <= best_start)
				continue;
			best = controller;
			best_start = start;
		}
	}
	return best;
}

static const struct device *vmd_find_by_memory(const struct inventory *inv,
					       const struct vmd_host *host, uint32_t domain)
{
	VEC_FOREACH(const struct device, device, &inv->devices) {
		uint64_t address = vmd_domain(device) == domain ? vmd_window(device) : 0;
		const struct device *controller = address ? vmd_find_window(host, address) : NULL;

		if (controller)
			return controller;
	}
	return NULL;
}

/* --- by order --- */

/*
 * Returns the controller of the domain at @i: by its memory, or because there is only one, or one
 * for each domain. The kernel numbers the domains in the order in which it probes the controllers.
 */
static const struct device *vmd_find_controller(const struct inventory *inv,
						const struct vmd_host *host, size_t i)
{
	const struct device *found = vmd_find_by_memory(inv, host, host->domains[i]);

	if (found)
		return found;
	if (host->controllers.n == 1)
		return host->controllers.items[0];
	return host->controllers.n == host->n_domains ? host->controllers.items[i] : NULL;
}

static int vmd_set_owner(struct inventory *inv, uint32_t domain, const struct device *controller)
{
	VEC_FOREACH(struct device, device, &inv->devices) {
		int r;

		if (vmd_domain(device) != domain)
			continue;
		device->place_unknown = !controller;
		r = str_set(&device->dma_owner, controller ? controller->key : NULL);
		if (r < 0)
			return r;
	}
	return 0;
}

int vmd_find_owners(struct inventory *inv)
{
	struct vmd_host host = { 0 };
	int r = vmd_collect(inv, &host);

	for (size_t i = 0; r >= 0 && i < host.n_domains; i++)
		r = vmd_set_owner(inv, host.domains[i], vmd_find_controller(inv, &host, i));
	vec_drop(&host.controllers);
	free(host.domains);
	return r;
}
