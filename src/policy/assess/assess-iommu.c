/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Rules on what the IOMMU cannot hold off. */

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "policy/assess/assess-private.h"
#include "policy/devinfo/iommu-unit.h"
#include "policy/isolation/isolation.h"

/* What concerns a whole IOMMU group is said of its first device. */
static const struct device *first_of(const struct vec *devices)
{
	return devices->n > 0 ? devices->items[0] : NULL;
}

/* "0x00000000fee00000 0x00000000feefffff msi": the last word is the type. */
static bool is_direct(const char *region)
{
	const char *space = strrchr(region, ' ');

	return str_eq(space ? space + 1 : region, "direct");
}

/*
 * The firmware wants the device to reach this memory at any time (RMRR, IVMD), so the kernel lets
 * no user have it. "direct-relaxable" regions are for the boot only, and "msi" ones are not memory.
 */
int assess_reserved_region(const struct assessment *now)
{
	VEC_FOREACH (const struct iommu_group, group, &now->view->iommu_groups) {
		const struct device *device = first_of(&group->devices);

		STRV_FOREACH(region, group->reserved)
		{
			int r;

			if (!device || !is_direct(*region))
				continue;
			r = assess_blocked(
				now, device,
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

int assess_identity(const struct assessment *now)
{
	VEC_FOREACH (const struct iommu_group, group, &now->view->iommu_groups) {
		const struct device *device = first_of(&group->devices);
		int r;

		if (!device || !str_eq(group->type, "identity"))
			continue;
		r = assess_blocked(
			now, device,
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

static const struct device *first_that_shares_msi(const struct vec *devices)
{
	VEC_FOREACH (const struct device, device, devices)
		if (device->shares_msi)
			return device;
	return NULL;
}

/* Where interrupts are not the IOMMU's, as on Arm: VFIO asks for a controller that tells devices apart. */
static int assess_msi(const struct assessment *now, const struct device *device)
{
	return assess_blocked(
		now, device,
		"No interrupt controller keeps the messages (MSI) of %s apart from those of others%s. The "
		"kernel has to know one that does, as an ITS that the device tree gives it (msi-parent).",
		device->key,
		now->assess->inv->unsafe_interrupts ? "" :
						      ", and VFIO refuses its users unless "
						      "vfio_iommu_type1.allow_unsafe_interrupts is set");
}

/* Without interrupt remapping a guest can raise any interrupt of the host. */
int assess_unsafe_interrupts(const struct assessment *now)
{
	const struct inventory *inv = now->assess->inv;
	const struct device *device = first_of(&now->view->devices);
	const struct device *sharer = first_that_shares_msi(&now->view->devices);

	/* the driver of its parent raises the interrupts of a mediated device */
	if (!device || device->mdev_type || now->view->iommu_groups.n == 0 || inv->interrupt_remapping == 1)
		return 0;
	/* on POWER VFIO does not ask */
	if (sharer && inv->interrupt_remapping < 0 && !str_eq(iommu_kind(inv), "sPAPR"))
		return assess_msi(now, sharer);
	if (inv->interrupt_remapping < 0 && !inv->unsafe_interrupts)
		return 0;
	return assess_blocked(
		now, device,
		"The IOMMU does not translate interrupts, so whoever has %s can forge those of "
		"the host%s. Turn on interrupt remapping in the firmware (x2APIC, VT-d).",
		device->key,
		inv->unsafe_interrupts ? ""
				       : ", and VFIO refuses its users unless "
					 "vfio_iommu_type1.allow_unsafe_interrupts is set");
}

int assess_acs_override(const struct assessment *now)
{
	const struct device *device = first_of(&now->view->devices);
	const char *value = now->assess->inv->acs_override;

	if (!device || !value || now->view->iommu_groups.n == 0)
		return 0;
	return assess_blocked(
		now, device,
		"The kernel was told to take isolation for granted (pcie_acs_override=%s): what "
		"it says of the IOMMU group of %s may not be true, and devices may reach each "
		"other past the IOMMU. Boot without that.",
		value, device->key);
}

/* Those that a switch lets @device reach past the IOMMU and that do not come along with it. */
static int find_left_behind(const struct assessment *now, const struct device *device, char ***ret)
{
	_cleanup_isolation_ struct vec causes = { 0 };
	int r = isolation_find(now->assess->inv, device, &causes);

	VEC_FOREACH (const struct isolation_cause, cause, &causes) {
		const struct device *peer = inventory_find(now->assess->inv, cause->peer);

		if (r < 0)
			break;
		if (cause->code != ISOLATION_PEER_TO_PEER || !peer ||
		    vec_find_sorted(&now->view->devices, peer, device_cmp, NULL) >= 0)
			continue;
		r = strv_add(ret, peer->key);
	}
	return r;
}

static char *name_in_list(const void *things, size_t i)
{
	return strdup(((char *const *)things)[i]);
}

int assess_peer_to_peer(const struct assessment *now)
{
	if (strv_contains(now->def->accept, "peer-to-peer"))
		return 0;
	VEC_FOREACH (const struct device, device, &now->view->devices) {
		_cleanup_strv_ char **peers = NULL;
		_cleanup_free_ char *list = NULL;
		int r;

		if (!device->parent || device_is_bridge(device))
			continue;
		r = find_left_behind(now, device, &peers);
		if (r >= 0 && !peers)
			continue;
		if (r >= 0)
			list = assess_list(strv_length(peers), name_in_list, peers);
		r = !list ? -ENOMEM
			  : assess_blocked(now, device,
					   "The switch above %s passes requests on to %s past the "
					   "IOMMU, and "
					   "back: whoever has one of them reaches the memory of "
					   "the other. "
					   "Claim them together, or write \"accept\": "
					   "[\"peer-to-peer\"] into "
					   "the group's file.",
					   device->key, list);
		if (r < 0)
			return r;
	}
	return 0;
}
