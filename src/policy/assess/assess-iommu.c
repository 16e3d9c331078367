/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Rules on threats that the IOMMU does not stop: reserved memory, identity mode, interrupts, ACS.
 */

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "policy/assess/assess-private.h"
#include "policy/devinfo/iommu-unit.h"
#include "policy/isolation/isolation.h"

/* Returns the device that a blocker of a whole IOMMU group names: its first, or NULL. */
static const struct device *assess_iommu_first_device(const struct vec *devices)
{
	return devices->n > 0 ? devices->items[0] : NULL;
}

/* Returns whether a line "0x00000000fee00000 0x00000000feefffff msi" has the type "direct". */
static bool assess_iommu_is_direct(const char *region)
{
	const char *space = strrchr(region, ' ');

	return str_eq(space ? space + 1 : region, "direct");
}

/*
 * The firmware requires that the device always reaches this memory (RMRR, IVMD), so the kernel
 * refuses the device to every user. "direct-relaxable" regions are for the boot only, and "msi"
 * regions are not memory.
 */
int assess_iommu_reserved_region(const struct assessment *ctx)
{
	VEC_FOREACH(const struct iommu_group, group, &ctx->resolved->iommu_groups) {
		const struct device *device = assess_iommu_first_device(&group->devices);

		STRV_FOREACH(region, group->reserved) {
			int r;

			if (!device || !assess_iommu_is_direct(*region))
				continue;
			r = assess_rule_block(
				ctx, device,
				"The firmware reserves memory for DMA of IOMMU group %u with %s: "
				"%s. Turn off what reserves it in the firmware setup (management, "
				"USB emulation), or use another slot.",
				group->id, device->key, *region);
			if (r < 0)
				return r;
			break;
		}
	}
	return 0;
}

int assess_iommu_identity(const struct assessment *ctx)
{
	VEC_FOREACH(const struct iommu_group, group, &ctx->resolved->iommu_groups) {
		const struct device *device = assess_iommu_first_device(&group->devices);
		int r;

		if (!device || !str_eq(group->type, "identity"))
			continue;
		r = assess_rule_block(ctx, device,
				      "IOMMU group %u with %s is not translated while the host has "
				      "it: DMA that a guest left running reaches all memory of the "
				      "host. Boot without iommu=pt, or write DMA to "
				      "/sys/kernel/iommu_groups/%u/type while no driver is bound.",
				      group->id, device->key, group->id);
		if (r < 0)
			return r;
	}
	return 0;
}

static const struct device *assess_iommu_find_shared_msi(const struct vec *devices)
{
	VEC_FOREACH(const struct device, device, devices)
		if (device->shares_msi)
			return device;
	return NULL;
}

/*
 * Without interrupt remapping in the IOMMU, as on Arm, VFIO requires an interrupt controller that
 * tells devices apart.
 */
static int assess_iommu_shared_msi(const struct assessment *ctx, const struct device *device)
{
	return assess_rule_block(ctx, device,
				 "No interrupt controller separates the messages (MSI) of %s from "
				 "those of other devices%s. Use a kernel that knows one, such as "
				 "an ITS named by the device tree (msi-parent).",
				 device->key,
				 ctx->assess->inv->unsafe_interrupts ?
					 "" :
					 ", so VFIO refuses claims unless "
					 "vfio_iommu_type1.allow_unsafe_interrupts is set");
}

/* Without interrupt remapping a guest can raise any interrupt of the host. */
int assess_iommu_unsafe_interrupts(const struct assessment *ctx)
{
	const struct inventory *inv = ctx->assess->inv;
	const struct device *device = assess_iommu_first_device(&ctx->resolved->devices);
	const struct device *sharer = assess_iommu_find_shared_msi(&ctx->resolved->devices);

	/* the driver of its parent raises the interrupts of a mediated device */
	if (!device || device->mdev_type || ctx->resolved->iommu_groups.n == 0 ||
	    inv->interrupt_remapping == 1)
		return 0;
	/* VFIO does not check this on POWER */
	if (sharer && inv->interrupt_remapping < 0 && !str_eq(iommu_unit_kind(inv), "sPAPR"))
		return assess_iommu_shared_msi(ctx, sharer);
	if (inv->interrupt_remapping < 0 && !inv->unsafe_interrupts)
		return 0;
	return assess_rule_block(
		ctx, device,
		"The IOMMU does not remap interrupts: the user of %s can forge interrupts of the "
		"host%s. Turn on interrupt remapping in the firmware setup (x2APIC, VT-d).",
		device->key,
		inv->unsafe_interrupts ? "" :
					 ", so VFIO refuses claims unless "
					 "vfio_iommu_type1.allow_unsafe_interrupts is set");
}

int assess_iommu_acs_override(const struct assessment *ctx)
{
	const struct device *device = assess_iommu_first_device(&ctx->resolved->devices);
	const char *value = ctx->assess->inv->acs_override;

	if (!device || !value || ctx->resolved->iommu_groups.n == 0)
		return 0;
	return assess_rule_block(
		ctx, device,
		"The kernel command line has pcie_acs_override=%s: the IOMMU group of %s may be "
		"wrong, and its devices may reach other devices past the IOMMU. Boot without it.",
		value, device->key);
}

/*
 * Appends to *ret the keys of the devices outside the group that a switch lets @device reach past
 * the IOMMU. 0 or -ENOMEM.
 */
static int assess_iommu_find_peers(const struct assessment *ctx, const struct device *device,
				   char ***ret)
{
	_cleanup_isolation_ struct vec causes = { 0 };
	int r = isolation_find(ctx->assess->inv, device, &causes);

	if (r < 0)
		return r;
	VEC_FOREACH(const struct isolation_cause, cause, &causes) {
		const struct device *peer = inventory_find(ctx->assess->inv, cause->peer);

		if (cause->code != ISOLATION_PEER_TO_PEER || !peer ||
		    resolved_group_has(ctx->resolved, peer))
			continue;
		r = strv_add(ret, peer->key);
		if (r < 0)
			return r;
	}
	return 0;
}

static char *assess_iommu_peer_name(const void *things, size_t i)
{
	return strdup(((char *const *)things)[i]);
}

static int assess_iommu_peers_of(const struct assessment *ctx, const struct device *device)
{
	_cleanup_strv_ char **peers = NULL;
	_cleanup_free_ char *list = NULL;
	int r = assess_iommu_find_peers(ctx, device, &peers);

	if (r < 0)
		return r;
	if (!peers)
		return 0;
	list = assess_rule_list(strv_length(peers), assess_iommu_peer_name, peers);
	if (!list)
		return -ENOMEM;
	return assess_rule_block(
		ctx, device,
		"The switch above %s passes requests to and from %s past the IOMMU: the user of "
		"one device can reach the memory of the other. Claim them together, or write "
		"\"accept\": [\"peer-to-peer\"] into the file of the group.",
		device->key, list);
}

int assess_iommu_peer_to_peer(const struct assessment *ctx)
{
	if (strv_contains(ctx->def->accept, "peer-to-peer"))
		return 0;
	VEC_FOREACH(const struct device, device, &ctx->resolved->devices) {
		int r;

		if (!device->parent || device_is_bridge(device))
			continue;
		r = assess_iommu_peers_of(ctx, device);
		if (r < 0)
			return r;
	}
	return 0;
}
