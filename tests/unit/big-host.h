/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A host with ten thousand functions, for tests of algorithms that must not be quadratic. Each root
 * port has a card of eight functions below it. An even card is one IOMMU group. Each function of an
 * odd card is alone in its group; it has no reset and a BAR smaller than a page, and function 0
 * carries a mounted filesystem.
 */

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "model/group-def.h"
#include "model/inventory.h"
#include "model/usage.h"

#define BIG_HOST_FUNCTIONS 10000u
#define BIG_HOST_CARD 8u
#define BIG_HOST_CARDS ((BIG_HOST_FUNCTIONS + BIG_HOST_CARD) / (BIG_HOST_CARD + 1))

static inline struct device *big_host_put(struct inventory *inv, const char *address,
					  const char *parent, unsigned group)
{
	struct device *device = device_new("pci", address);

	assert(device && str_set(&device->parent, parent) == 0);
	device->iommu_group = (int)group;
	device->vendor = 0x8086;
	device->device = 0x10d3;
	device->class_code = 0x020000;
	assert(inventory_put(inv, device) == 0);
	return device;
}

static inline void big_host_bridge(struct inventory *inv, const char *address, unsigned bus,
				   unsigned group)
{
	struct device *bridge = big_host_put(inv, address, NULL, group);

	bridge->class_code = 0x060400;
	bridge->header_type = 1;
	bridge->config_size = 64;
	bridge->config = calloc(1, 64);
	assert(bridge->config);
	bridge->config[0x0e] = 1;
	bridge->config[0x19] = bridge->config[0x1a] = (uint8_t)bus;
}

static inline void big_host_function(struct inventory *inv, const char *address, const char *bridge,
				     unsigned card, unsigned function)
{
	struct device *device =
		big_host_put(inv, address, bridge, card * 10 + (card % 2 ? function : 0));
	uint64_t bar = 0x100000000u + card * 0x10000u + function * 0x100u;

	if (card % 2 == 0) {
		assert(strv_add(&device->reset_methods, "flr") == 0);
		return;
	}
	device->no_reset = true;
	device->resources[0] = (struct device_resource){ bar, bar + 0xff, 0x200 };
	if (function == 0) {
		struct usage usage = { .kind = (char *)USAGE_MOUNTED,
				       .what = (char *)"/srv",
				       .pid = -1 };

		assert(usage_list_add(&device->usages, &usage) == 0);
	}
}

static inline struct inventory *big_host_new(void)
{
	struct inventory *inv = inventory_new();

	assert(inv);
	inv->has_vfio = true;
	for (unsigned card = 0; card < BIG_HOST_CARDS; card++) {
		unsigned domain = card / 250, bus = 1 + card % 250;
		char bridge[32], address[32];

		snprintf(bridge, sizeof(bridge), "%04x:00:%02x.%u", domain, bus / 8, bus % 8);
		big_host_bridge(inv, bridge, bus, card * 10 + 9);
		for (unsigned function = 0; function < BIG_HOST_CARD; function++) {
			snprintf(address, sizeof(address), "%04x:%02x:00.%u", domain, bus,
				 function);
			big_host_function(inv, address, bridge, card, function);
		}
	}
	return inv;
}

/* Returns a definition that names function 0 of @card. */
static inline struct group_def *big_host_group(unsigned card)
{
	struct selector *selector = group_def_selector_new();
	struct group_def *def;
	char name[32], address[32];

	snprintf(name, sizeof(name), "card%u", card);
	snprintf(address, sizeof(address), "%04x:%02x:00.0", card / 250, 1 + card % 250);
	def = group_def_new(name);
	assert(def && selector && str_set(&selector->address, address) == 0);
	assert(vec_add(&def->selectors, selector) == 0);
	return def;
}
