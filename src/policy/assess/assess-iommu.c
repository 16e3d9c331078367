/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Rules on what the IOMMU cannot hold off. */

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "policy/assess/assess-private.h"
#include "policy/devinfo/iommu-unit.h"
#include "policy/isolation/isolation.h"

/* What concerns a whole IOMMU group is said of its first device. */
static const struct device *assess_iommu_first_device(const struct vec *devices)
{
	return devices->n > 0 ? devices->items[0] : NULL;
}

/* "0x00000000fee00000 0x00000000feefffff msi": the last word is the type. */
static bool assess_iommu_is_direct(const char *region)
{
	const char *space = strrchr(region, ' ');

	return str_eq(space ? space + 1 : region, "direct");
}

/*
 * The firmware wants the device to reach this memory at any time (RMRR, IVMD), so the kernel lets
 * no user have it. "direct-relaxable" regions are for the boot only, and "msi" ones are not memory.
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
				"The firmware reserves memory for DMA of IOMMU group %u, with %s "
				"in it: %s. Look for a setting of the firmware that frees it "
				"(management, USB emulation), or use another slot.",
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
		r = assess_rule_block(
			ctx, device,
			"IOMMU group %u with %s is not translated while the host has it: whatever "
			"a "
			"guest leaves behind in the device reaches all of the host's memory. Boot "
			"without iommu=pt, or write DMA to "
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

/* Where interrupts are not the IOMMU's, as on Arm: VFIO asks for a controller that tells devices
 * apart. */
static int assess_iommu_shared_msi(const struct assessment *ctx, const struct device *device)
{
	return assess_rule_block(
		ctx, device,
		"No interrupt controller keeps the messages (MSI) of %s apart from "
		"those of others%s. The "
		"kernel has to know one that does, as an ITS that the device tree "
		"gives it (msi-parent).",
		device->key,
		ctx->assess->inv->unsafe_interrupts ?
			"" :
			", and VFIO refuses its users unless "
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
	/* on POWER VFIO does not ask */
	if (sharer && inv->interrupt_remapping < 0 && !str_eq(iommu_unit_kind(inv), "sPAPR"))
		return assess_iommu_shared_msi(ctx, sharer);
	if (inv->interrupt_remapping < 0 && !inv->unsafe_interrupts)
		return 0;
	return assess_rule_block(
		ctx, device,
		"The IOMMU does not translate interrupts, so whoever has %s can forge those of "
		"the host%s. Turn on interrupt remapping in the firmware (x2APIC, VT-d).",
		device->key,
		inv->unsafe_interrupts ? "" :
					 ", and VFIO refuses its users unless "
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
		"The kernel was told to take isolation for granted (pcie_acs_override=%s): what "
		"it says of the IOMMU group of %s may not be true, and devices may reach each "
		"other past the IOMMU. Boot without that.",
		value, device->key);
}

/* Those that a switch lets @device reach past the IOMMU and that do not come along with it. */
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
		"The switch above %s passes requests on to %s past the IOMMU, and back: whoever "
		"has one of them reaches the memory of the other. Claim them together, or write "
		"\"accept\": [\"peer-to-peer\"] into the group's file.",
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
