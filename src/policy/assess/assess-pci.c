/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Rules on what the PCI functions are: virtual functions, BARs, power. */

#include <errno.h>

#include "base/str.h"
#include "policy/assess/assess-private.h"
#include "policy/plan/vfio-driver.h"

/* --- virtual functions ------------------------------------------------------------------------- */

int assess_pf(const struct assessment *now)
{
	VEC_FOREACH(const struct device, device, &now->view->devices) {
		if (device->num_vfs == 0)
			continue;
		VEC_FOREACH(const struct device, vf, &now->assess->claimed) {
			int r;

			if (!str_eq(vf->physfn, device->key))
				continue;
			r = assess_blocked(now, device,
					   "%s has a virtual function that is claimed, %s, which "
					   "would end with "
					   "it. Release that first.",
					   device->key, vf->key);
			if (r < 0)
				return r;
			break;
		}
	}
	return 0;
}

/* Its holder and that of the function trust each other, and the function is one that VFIO has made: the host's end with a claim. */
static bool may_share(const struct assessment *now, const struct device *pf)
{
	return driver_is_vfio(pf->driver) && strv_contains(now->def->accept, "vf-of-claimed-pf");
}

int assess_vf(const struct assessment *now)
{
	VEC_FOREACH(const struct device, device, &now->view->devices) {
		const struct device *pf = NULL;
		int r;

		if (device->physfn)
			pf = inventory_find(now->assess->inv, device->physfn);
		if (!pf || !assess_claimed(now->assess, pf) || may_share(now, pf))
			continue;
		r = assess_blocked(
			now, device,
			"%s is a virtual function of %s, which is claimed: its holder rules over "
			"the virtual functions too. Release that first%s.",
			device->key, pf->key,
			driver_is_vfio(pf->driver) ? ", or accept that in the definition, \"accept\": "
						     "[\"vf-of-claimed-pf\"]" : "");
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- mediated devices -------------------------------------------------------------------------- */

/* They end with the driver of what they are made of, also those that somebody else uses. */
int assess_mdev_parent(const struct assessment *now)
{
	VEC_FOREACH(const struct device, device, &now->view->devices) {
		if (device->mdev_types.n == 0)
			continue;
		VEC_FOREACH(const struct device, mdev, &now->assess->inv->devices) {
			int r;

			if (!str_eq(mdev->mdev_parent, device->key))
				continue;
			r = assess_blocked(now, device,
					   "%s has mediated devices, %s for one, which would end with its driver. Take "
					   "them away first: out of the file in devgroups.d that asks for them, or with "
					   "mdevctl stop.",
					   device->key, mdev->key);
			if (r < 0)
				return r;
			break;
		}
	}
	return 0;
}

/* --- BARs -------------------------------------------------------------------------------------- */

int assess_index_bars(struct assess *assess)
{
	return small_bars_index(assess->inv, &assess->small_bars);
}

/* Another BAR in the same page, of a device that does not go to the same user. */
static const struct small_bar *neighbour(const struct assessment *now, uint64_t page)
{
	const struct vec *bars = &now->assess->small_bars;

	for (size_t i = small_bars_find(bars, page); i < bars->n; i++) {
		const struct small_bar *bar = bars->items[i];

		if (bar->page != page)
			break;
		if (!groupview_has(now->view, bar->device))
			return bar;
	}
	return NULL;
}

int assess_unaligned_bar(const struct assessment *now)
{
	uint64_t page_size = now->assess->inv->page_size;

	if (now->assess->small_bars.n == 0)
		return 0;
	VEC_FOREACH(const struct device, device, &now->view->devices) {
		for (unsigned i = 0; i < DEVICE_BARS; i++) {
			const struct resource *bar = &device->resources[i];
			const struct small_bar *other = NULL;
			int r;

			if (small_bar_is(now->assess->inv, bar))
				other = neighbour(now, bar->start / page_size);
			if (!other)
				continue;
			r = assess_blocked(
				now, device,
				"BAR %u of %s is smaller than a page and shares its page with BAR "
				"%u of %s, so a user cannot be given it directly. Boot with "
				"pci=resource_alignment=%s.",
				i, device->key, other->number, other->device->key, device->address);
			if (r < 0)
				return r;
			break;
		}
	}
	return 0;
}

/* --- power ------------------------------------------------------------------------------------- */

/* On a VFIO driver it wakes up when it is opened: that one let it sleep. */
int assess_power(const struct assessment *now)
{
	VEC_FOREACH(const struct device, device, &now->view->devices) {
		int r;

		if (!str_eq(device->power_state, "D3cold") || driver_is_vfio(device->driver) ||
		    device_is_bridge(device))
			continue;
		r = assess_blocked(
			now, device,
			"%s is switched off (D3cold) and may not come back. Wake it first: write "
			"\"on\" to power/control in its directory of sysfs.",
			device->key);
		if (r < 0)
			return r;
	}
	return 0;
}
