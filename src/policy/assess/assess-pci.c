/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Rules on the PCI functions themselves: virtual functions, mediated devices, BARs, power, errors.
 */

#include <errno.h>

#include "base/str.h"
#include "base/strv.h"
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
				"%s has the claimed virtual function %s, which a claim would "
				"remove. Release the virtual function first.",
				device->key, vf->key);
			if (r < 0)
				return r;
			break;
		}
	}
	return 0;
}

/*
 * Returns whether a virtual function may be claimed while its @pf is. The definition must accept
 * that, because the two holders have to trust each other. VFIO must have made the function: a claim
 * of the PF ends the functions of the host driver.
 */
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
			"%s is a virtual function of %s, which is claimed: its holder controls the "
			"virtual functions too. Release %s first%s.",
			device->key, pf->key, pf->key,
			vfio_choice_is_vfio(pf->driver) ?
				", or write \"accept\": [\"vf-of-claimed-pf\"] into the file of "
				"the group" :
				"");
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- mediated devices --- */

/* A mediated device ends with the driver of its parent, even while it is in use. */
int assess_pci_mdev_parent(const struct assessment *ctx)
{
	VEC_FOREACH(const struct device, device, &ctx->resolved->devices) {
		if (device->mdev_types.n == 0)
			continue;
		VEC_FOREACH(const struct device, mdev, &ctx->assess->inv->devices) {
			int r;

			if (!str_eq(mdev->mdev_parent, device->key))
				continue;
			r = assess_rule_block(ctx, device,
					      "%s has mediated devices, for example %s, which a "
					      "claim would remove. Remove them first: delete them "
					      "from the file in devgroups.d, or run mdevctl stop.",
					      device->key, mdev->key);
			if (r < 0)
				return r;
			break;
		}
	}
	return 0;
}

/* --- domains of VMD --- */

#define CLASS_RAID 0x0104 /* of VMD controllers */

/* Returns a device of the domain that the driver of @controller made, or NULL. */
static const struct device *assess_pci_find_owned(const struct inventory *inv,
						  const struct device *controller)
{
	if (controller->class_code >> 8 != CLASS_RAID)
		return NULL;
	VEC_FOREACH(const struct device, device, &inv->devices)
		if (str_eq(device->dma_owner, controller->key))
			return device;
	return NULL;
}

static bool assess_pci_has_owner(const struct assessment *ctx, const struct device *device)
{
	const struct device *owner = inventory_find(ctx->assess->inv, device->dma_owner);

	return owner && resolved_group_has(ctx->resolved, owner);
}

/*
 * The devices of a domain of VMD are there while the host has the driver of the controller, which
 * belongs to their IOMMU group. So they cannot be claimed, and neither can the controller.
 */
int assess_pci_vmd(const struct assessment *ctx)
{
	VEC_FOREACH(const struct device, device, &ctx->resolved->devices) {
		const struct device *owned = assess_pci_find_owned(ctx->assess->inv, device);
		int r = 0;

		if (owned)
			r = assess_rule_block(
				ctx, device,
				"%s is a VMD controller, and a claim unbinds its driver, which "
				"takes away the devices of its domain, for example %s. Turn off "
				"VMD in the firmware setup to have them one by one.",
				device->key, owned->key);
		else if (device->dma_owner && !assess_pci_has_owner(ctx, device))
			r = assess_rule_block(
				ctx, device,
				"%s is in the domain of the VMD controller %s, whose driver has to "
				"stay with the host. Turn off VMD in the firmware setup.",
				device->key, device->dma_owner);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- BARs --- */

/* Returns a BAR in the same page that belongs to a device outside the group, or NULL. */
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

/*
 * Returns the first BAR of @device that shares its page with a BAR outside the group, or
 * DEVICE_BARS.
 */
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
		r = assess_rule_block(
			ctx, device,
			"BAR %u of %s is smaller than a page and shares its page with BAR %u of "
			"%s: a guest cannot map it. Boot with pci=resource_alignment=%s.",
			bar, device->key, other->number, other->device->key, device->address);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- power --- */

/* A device on a VFIO driver may sleep: the driver wakes it when it is opened. */
int assess_pci_power(const struct assessment *ctx)
{
	VEC_FOREACH(const struct device, device, &ctx->resolved->devices) {
		int r;

		if (!str_eq(device->power_state, "D3cold") || vfio_choice_is_vfio(device->driver) ||
		    device_is_bridge(device))
			continue;
		r = assess_rule_block(ctx, device,
				      "%s is switched off (D3cold) and may not wake up. Write "
				      "\"on\" to power/control in its sysfs directory first.",
				      device->key);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- errors --- */

/* A device that has lost its state, or does not answer, is not claimed before it was reset. */
int assess_pci_error(const struct assessment *ctx)
{
	VEC_FOREACH(const struct device, device, &ctx->resolved->devices) {
		int r;

		if (!error_state_is_lost(device->errors.state))
			continue;
		r = assess_rule_block(ctx, device,
				      "%s %s. Run \"devgroupctl reset %s\"; if the error remains, "
				      "power-cycle its slot or replace it.",
				      device->key, error_state_explain(device->errors.state),
				      ctx->def->name);
		if (r < 0)
			return r;
	}
	return 0;
}
