/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "base/str.h"
#include "policy/isolation/acs.h"
#include "policy/isolation/isolation-alias.h"
#include "policy/isolation/topology.h"

#define CLASS_RAID 0x0104 /* of VMD controllers */

static bool isolation_alias_same_slot(const struct device *a, const struct device *b)
{
	struct pciaddr x, y;

	return pciaddr_parse(a->address, &x) >= 0 && pciaddr_parse(b->address, &y) >= 0 &&
	       pciaddr_same_slot(&x, &y);
}

bool isolation_alias_ties(const struct device *device, const struct device *other)
{
	if (str_eq(device->dma_owner, other->key) || str_eq(other->dma_owner, device->key))
		return true;
	if (!acs_has_aliases_beyond_slot(device) && !acs_has_aliases_beyond_slot(other))
		return false;
	return (acs_is_alias(device, other) || acs_is_alias(other, device)) &&
	       !isolation_alias_same_slot(device, other);
}

/* Adds the devices behind a controller of VMD. They are anywhere, so only such a one is searched.
 */
static int isolation_alias_find_owned(const struct inventory *inv, const struct device *device,
				      struct vec *ret)
{
	if (device->class_code >> 8 != CLASS_RAID)
		return 0;
	VEC_FOREACH(struct device, other, &inv->devices)
		if (str_eq(other->dma_owner, device->key) && vec_add(ret, other) < 0)
			return -ENOMEM;
	return 0;
}

int isolation_alias_find(const struct inventory *inv, const struct device *device, struct vec *ret)
{
	struct device *owner = device->dma_owner ? inventory_find(inv, device->dma_owner) : NULL;

	if (owner && vec_add(ret, owner) < 0)
		return -ENOMEM;
	TOPOLOGY_FOREACH(other, inv, topology_bus(inv, device))
		if (other != device && isolation_alias_ties(device, other) &&
		    vec_add(ret, other) < 0)
			return -ENOMEM;
	return isolation_alias_find_owned(inv, device, ret);
}
