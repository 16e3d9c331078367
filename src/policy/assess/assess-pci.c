/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Rules on what the PCI functions are: virtual functions, BARs, power. */

#include <errno.h>

#include "base/str.h"
#include "policy/assess/assess-private.h"
#include "policy/plan/vfio-choice.h"

/* --- virtual functions --- */

int assess_pci_pf(const struct assessment *ctx)
{
	VEC_FOREACH(const struct device, device, &ctx->resolved->devices) {
		if (device->num_vfs == 0)
			continue;
		VEC_FOREACH(const struct device, vf, &ctx->assess->claimed) {
			int r;

			if (!str_eq(vf->physfn, device->key))
				continue;
			r = assess_rule_block(
				ctx, device,
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

/* Its holder and that of the function trust each other, and the function is one that VFIO has made:
 * the host's end with a claim. */
static bool assess_pci_may_share_pf(const struct assessment *ctx, const struct device *pf)
{
	return vfio_choice_is_vfio(pf->driver) &&
	       strv_contains(ctx->def->accept, "vf-of-claimed-pf");
}

int assess_pci_vf(const struct assessment *ctx)
{
	VEC_FOREACH(const struct device, device, &ctx->resolved->devices) {
		const struct device *pf = NULL;
		int r;

		if (device->physfn)
			pf = inventory_find(ctx->assess->inv, device->physfn);
		if (!pf || !assess_rule_is_claimed(ctx->assess, pf) ||
		    assess_pci_may_share_pf(ctx, pf))
			continue;
		r = assess_rule_block(
			ctx, device,
			"%s is a virtual function of %s, which is claimed: its holder rules over "
			"the virtual functions too. Release that first%s.",
			device->key, pf->key,
			vfio_choice_is_vfio(pf->driver) ?
				", or accept that in the definition, \"accept\": "
				"[\"vf-of-claimed-pf\"]" :
				"");
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- mediated devices --- */

/* They end with the driver of what they are made of, also those that somebody else uses. */
int assess_pci_mdev_parent(const struct assessment *ctx)
{
	VEC_FOREACH(const struct device, device, &ctx->resolved->devices) {
		if (device->mdev_types.n == 0)
			continue;
		VEC_FOREACH(const struct device, mdev, &ctx->assess->inv->devices) {
			int r;

			if (!str_eq(mdev->mdev_parent, device->key))
				continue;
			r = assess_rule_block(
				ctx, device,
				"%s has mediated devices, %s for one, which would end "
				"with its driver. Take "
				"them away first: out of the file in devgroups.d that "
				"asks for them, or with "
				"mdevctl stop.",
				device->key, mdev->key);
			if (r < 0)
				return r;
			break;
		}
	}
	return 0;
}

/* --- BARs --- */

/* Another BAR in the same page, of a device that does not go to the same user. */
static const struct small_bar *assess_pci_page_neighbour(const struct assessment *ctx,
							 uint64_t page)
{
	const struct vec *bars = &ctx->assess->small_bars;

	for (size_t i = small_bars_find(bars, page); i < bars->n; i++) {
		const struct small_bar *bar = bars->items[i];

		if (bar->page != page)
			break;
		if (!resolved_group_has(ctx->resolved, bar->device))
			return bar;
	}
	return NULL;
}

/* The first BAR of @device that shares its page with a BAR of another user, or DEVICE_BARS. */
static unsigned assess_pci_find_shared_bar(const struct assessment *ctx,
					   const struct device *device,
					   const struct small_bar **ret_other)
{
	const struct inventory *inv = ctx->assess->inv;

	for (unsigned i = 0; i < DEVICE_BARS; i++) {
		const struct device_resource *bar = &device->resources[i];

		if (!small_bar_is(inv, bar))
			continue;
		*ret_other = assess_pci_page_neighbour(ctx, bar->start / inv->page_size);
		if (*ret_other)
			return i;
	}
	return DEVICE_BARS;
}

int assess_pci_unaligned_bar(const struct assessment *ctx)
{
	if (ctx->assess->small_bars.n == 0)
		return 0;
	VEC_FOREACH(const struct device, device, &ctx->resolved->devices) {
		const struct small_bar *other = NULL;
		unsigned bar = assess_pci_find_shared_bar(ctx, device, &other);
		int r;

		if (bar == DEVICE_BARS)
			continue;
		r = assess_rule_block(ctx, device,
				      "BAR %u of %s is smaller than a page and shares its page "
				      "with BAR %u of %s, so a user cannot be given it directly. "
				      "Boot with pci=resource_alignment=%s.",
				      bar, device->key, other->number, other->device->key,
				      device->address);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- power --- */

/* On a VFIO driver it wakes up when it is opened: that one let it sleep. */
int assess_pci_power(const struct assessment *ctx)
{
	VEC_FOREACH(const struct device, device, &ctx->resolved->devices) {
		int r;

		if (!str_eq(device->power_state, "D3cold") || vfio_choice_is_vfio(device->driver) ||
		    device_is_bridge(device))
			continue;
		r = assess_rule_block(
			ctx, device,
			"%s is switched off (D3cold) and may not come back. Wake it first: write "
			"\"on\" to power/control in its directory of sysfs.",
			device->key);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- errors --- */

/* The rule on errors: what has lost its state, or does not answer, is nobody's until it was reset.
 */
int assess_pci_error(const struct assessment *ctx)
{
	VEC_FOREACH(const struct device, device, &ctx->resolved->devices) {
		int r;

		if (!error_state_is_lost(device->errors.state))
			continue;
		r = assess_rule_block(
			ctx, device,
			"%s %s. Reset it with \"devgroupctl reset %s\"; if that does not "
			"help, power its slot off and on, or take it out.",
			device->key, error_state_explain(device->errors.state), ctx->def->name);
		if (r < 0)
			return r;
	}
	return 0;
}
