/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The table of parts, and which devices each part covers. */

#include <errno.h>

#include "base/str.h"
#include "policy/devinfo/device-facts.h"
#include "policy/devinfo/dma-facts.h"
#include "policy/devinfo/mmio-facts.h"
#include "policy/devinfo/pasid-facts.h"
#include "policy/devinfo/small-bar.h"

struct device_facts {
	const struct inventory *inv;
	struct vec small_bars; /* small_bars_index() of inv */
};

typedef int (*device_facts_fn)(const struct device_facts *device_facts, const struct device *device,
			       struct vec *facts);

struct device_facts *device_facts_new(const struct inventory *inv)
{
	_cleanup_device_facts_ struct device_facts *device_facts = calloc(1, sizeof(*device_facts));

	if (!device_facts)
		return NULL;
	device_facts->inv = inv;
	if (small_bars_index(inv, &device_facts->small_bars) < 0)
		return NULL;
	return TAKE_PTR(device_facts);
}

struct device_facts *device_facts_free(struct device_facts *device_facts)
{
	if (!device_facts)
		return NULL;
	small_bars_clear(&device_facts->small_bars);
	free(device_facts);
	return NULL;
}

static int device_facts_add_dma(const struct device_facts *device_facts,
				const struct device *device, struct vec *facts)
{
	if (device_is_bridge(device))
		return 0;
	return dma_facts_add(device_facts->inv, device, facts);
}

static int device_facts_add_mmio(const struct device_facts *device_facts,
				 const struct device *device, struct vec *facts)
{
	if (!device_is_pci(device) || device_is_bridge(device))
		return 0;
	return mmio_facts_add(device_facts->inv, &device_facts->small_bars, device, facts);
}

static int device_facts_add_pasid(const struct device_facts *device_facts,
				  const struct device *device, struct vec *facts)
{
	if (!device_is_pci(device))
		return 0;
	return pasid_facts_add(device_facts->inv, device, facts);
}

static int device_facts_add_virtual(const struct device_facts *device_facts,
				    const struct device *device, struct vec *facts)
{
	return pasid_facts_add_virtual(device_facts->inv, device, facts);
}

static const struct {
	const char *name;
	device_facts_fn fn;
} device_facts_parts[] = {
	{ "dma", device_facts_add_dma },
	{ "mmio", device_facts_add_mmio },
	{ "pasid", device_facts_add_pasid },
	{ "virtual-capabilities", device_facts_add_virtual },
};

int device_facts_add(const struct device_facts *device_facts, const struct device *device,
		     struct vec *facts)
{
	for (size_t i = 0; i < ARRAY_SIZE(device_facts_parts); i++) {
		_cleanup_facts_ struct vec part = { 0 };
		struct vec *dict;
		int r = device_facts_parts[i].fn(device_facts, device, &part);

		if (r < 0)
			return r;
		if (part.n == 0)
			continue;
		dict = facts_add_dict(facts, device_facts_parts[i].name);
		if (!dict)
			return -ENOMEM;
		*dict = TAKE_STRUCT(part);
	}
	return 0;
}

int device_facts_get(const struct inventory *inv, const struct device *device, const char *name,
		     struct vec *facts)
{
	_cleanup_device_facts_ struct device_facts *device_facts = device_facts_new(inv);

	if (!device_facts)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(device_facts_parts); i++)
		if (str_eq(device_facts_parts[i].name, name))
			return device_facts_parts[i].fn(device_facts, device, facts);
	return -ENOENT;
}
