/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "base/str.h"
#include "policy/devinfo/device-facts.h"
#include "policy/devinfo/dma-facts.h"
#include "policy/devinfo/mmio-facts.h"
#include "policy/devinfo/pasid-facts.h"
#include "policy/devinfo/small-bar.h"

struct devfacts {
	const struct inventory *inv;
	struct vec small_bars; /* small_bars_index() of inv */
};

typedef int (*facts_fn)(const struct devfacts *devfacts, const struct device *device,
			struct vec *facts);

struct devfacts *devfacts_new(const struct inventory *inv)
{
	struct devfacts *devfacts = calloc(1, sizeof(*devfacts));

	if (!devfacts)
		return NULL;
	devfacts->inv = inv;
	return small_bars_index(inv, &devfacts->small_bars) < 0 ? devfacts_free(devfacts) :
								  devfacts;
}

struct devfacts *devfacts_free(struct devfacts *devfacts)
{
	if (!devfacts)
		return NULL;
	small_bars_clear(&devfacts->small_bars);
	free(devfacts);
	return NULL;
}

static int add_dma(const struct devfacts *devfacts, const struct device *device, struct vec *facts)
{
	return device_is_bridge(device) ? 0 : dmafacts_add(devfacts->inv, device, facts);
}

static int add_mmio(const struct devfacts *devfacts, const struct device *device, struct vec *facts)
{
	if (!device_is_pci(device) || device_is_bridge(device))
		return 0;
	return mmiofacts_add(devfacts->inv, &devfacts->small_bars, device, facts);
}

static int add_pasid(const struct devfacts *devfacts, const struct device *device,
		     struct vec *facts)
{
	return device_is_pci(device) ? pasidfacts_add(devfacts->inv, device, facts) : 0;
}

static int add_virtual(const struct devfacts *devfacts, const struct device *device,
		       struct vec *facts)
{
	return virtualcaps_add(devfacts->inv, device, facts);
}

static const struct {
	const char *name;
	facts_fn fn;
} parts[] = {
	{ "dma", add_dma },
	{ "mmio", add_mmio },
	{ "pasid", add_pasid },
	{ "virtual-capabilities", add_virtual },
};

int devfacts_add(const struct devfacts *devfacts, const struct device *device, struct vec *facts)
{
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		_cleanup_facts_ struct vec part = { 0 };
		struct vec *dict;

		if (parts[i].fn(devfacts, device, &part) < 0)
			return -ENOMEM;
		if (part.n == 0)
			continue;
		dict = facts_add_dict(facts, parts[i].name);
		if (!dict)
			return -ENOMEM;
		*dict = part;
		part = (struct vec){ 0 };
	}
	return 0;
}

int devfacts_get(const struct inventory *inv, const struct device *device, const char *name,
		 struct vec *facts)
{
	_cleanup_devfacts_ struct devfacts *devfacts = devfacts_new(inv);

	for (size_t i = 0; devfacts && i < ARRAY_SIZE(parts); i++)
		if (str_eq(parts[i].name, name))
			return parts[i].fn(devfacts, device, facts);
	return -ENOMEM;
}
