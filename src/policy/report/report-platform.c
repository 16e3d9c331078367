/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The report card on the platform: IOMMU, interrupts, the kernel command line, VFIO. */

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "policy/devinfo/iommu-unit.h"
#include "policy/report/report-private.h"

/*
 * Returns the vendor of the host bridge, which decides the names in the firmware setup. 0: unknown.
 */
static uint16_t report_platform_host_vendor(const struct inventory *inv)
{
	VEC_FOREACH(const struct device, device, &inv->devices)
		if (device->class_code >> 8 == 0x0600 && !device->parent)
			return device->vendor;
	return 0;
}

static const char *report_platform_iommu_advice(const struct inventory *inv)
{
	switch (report_platform_host_vendor(inv)) {
	case 0x8086:
		return "Turn on VT-d in the firmware setup, and boot with intel_iommu=on.";
	case 0x1022:
		return "Turn on AMD-Vi (often just \"IOMMU\") in the firmware setup.";
	default:
		return "Turn it on in the firmware setup (VT-d, AMD-Vi, SMMU), and on Intel boot "
		       "with intel_iommu=on.";
	}
}

static int report_platform_no_iommu(const struct inventory *inv, struct report_card *card)
{
	static const struct report_advice firmware = { .place = REPORT_FIRMWARE,
						       .code = "no-iommu",
						       .weight = WEIGHT_NOTHING_WORKS };
	static const struct report_advice kernel = { .place = REPORT_KERNEL,
						     .code = "iommu-off",
						     .weight = WEIGHT_NOTHING_WORKS };

	if (inv->iommu_groups.n > 0 && !inv->iommu_off)
		return 0;
	if (inv->iommus)
		return report_part_add(
			card, &kernel, NULL,
			strdup("The kernel sees an IOMMU but makes no groups. Boot with iommu=nopt "
			       "(and on Intel with intel_iommu=on), and without intel_iommu=off, "
			       "amd_iommu=off and iommu=off."));
	return report_part_add(
		card, &firmware, NULL,
		str_printf("%s %s",
			   inv->iommu_off ?
				   "No IOMMU was on when this was recorded, so no device could be "
				   "assigned." :
				   "There is no IOMMU, so no device can be assigned.",
			   report_platform_iommu_advice(inv)));
}

static int report_platform_interrupts(const struct inventory *inv, struct report_card *card)
{
	static const struct report_advice kind = { .place = REPORT_FIRMWARE,
						   .code = "no-interrupt-remapping",
						   .weight = WEIGHT_UNSAFE };

	if (inv->iommu_groups.n == 0 || inv->interrupt_remapping != 0)
		return 0;
	return report_part_add(
		card, &kind, NULL,
		str_printf("The IOMMU does not remap interrupts: a guest with a device can forge "
			   "interrupts of the host%s. Turn on interrupt remapping in the firmware "
			   "setup (with x2APIC if that is a separate option), and boot without "
			   "intremap=off and nox2apic.",
			   inv->unsafe_interrupts ?
				   ", which vfio_iommu_type1.allow_unsafe_interrupts permits" :
				   ", so VFIO refuses every claim"));
}

static int report_platform_acs_override(const struct inventory *inv, struct report_card *card)
{
	static const struct report_advice kind = { .place = REPORT_KERNEL,
						   .code = "acs-override",
						   .weight = WEIGHT_UNSAFE };

	if (!inv->acs_override)
		return 0;
	return report_part_add(
		card, &kind, NULL,
		str_printf("pcie_acs_override=%s splits IOMMU groups that the hardware does not "
			   "isolate: the user of one device can read the data of another. Boot "
			   "without it; the groups then show what the hardware isolates.",
			   inv->acs_override));
}

/* Lists the keys of the endpoints whose IOMMU group is in identity mode. 0 or -ENOMEM. */
static int report_platform_find_untranslated(const struct inventory *inv, char ***ret)
{
	_cleanup_strv_builder_ struct strv_builder keys = { 0 };

	VEC_FOREACH(const struct iommu_group, group, &inv->iommu_groups) {
		if (!str_eq(group->type, "identity"))
			continue;
		VEC_FOREACH(const struct device, device, &group->devices) {
			int r;

			if (!report_part_is_endpoint(device))
				continue;
			r = strv_builder_add(&keys, device->key);
			if (r < 0)
				return r;
		}
	}
	*ret = strv_builder_take(&keys);
	return 0;
}

static int report_platform_passthrough(const struct inventory *inv, struct report_card *card)
{
	static const struct report_advice kind = { .place = REPORT_KERNEL,
						   .code = "iommu-pt",
						   .weight = WEIGHT_UNSAFE };
	_cleanup_strv_ char **devices = NULL;
	int r = report_platform_find_untranslated(inv, &devices);

	if (r < 0 || !devices)
		return r;
	return report_part_add(
		card, &kind, &devices,
		strdup("The DMA of the host is not translated (iommu=pt). That is faster for the "
		       "host and does not affect guests. But DMA that a guest left running in a "
		       "released device reaches all memory; boot with iommu=nopt if you do not "
		       "trust your guests."));
}

static int report_platform_vfio(const struct inventory *inv, struct report_card *card)
{
	static const struct report_advice kind = { .place = REPORT_KERNEL,
						   .code = "no-vfio",
						   .weight = WEIGHT_NOTHING_WORKS };

	if (inv->has_vfio || inv->has_vfio_cdev)
		return 0;
	return report_part_add(card, &kind, NULL,
			       strdup("This kernel has no VFIO. Install the package with its "
				      "modules, or build it with CONFIG_VFIO_PCI."));
}

/* If EEH is on, every device has it. */
static int report_platform_eeh(const struct inventory *inv, struct report_card *card)
{
	static const struct report_advice kind = { .place = REPORT_FIRMWARE,
						   .code = "no-eeh",
						   .weight = WEIGHT_UNSAFE };

	if (!str_eq(iommu_unit_kind(inv), "sPAPR"))
		return 0;
	VEC_FOREACH(const struct device, device, &inv->devices)
		if (device->eeh)
			return 0;
	return report_part_add(card, &kind, NULL,
			       strdup("EEH is off: after an error a device is not isolated from "
				      "the rest of the machine and does not recover. Boot without "
				      "eeh=off; in a guest, have the hypervisor offer EEH."));
}

int report_platform(const struct inventory *inv, struct report_card *card)
{
	static int (*const checks[])(const struct inventory *inv, struct report_card *card) = {
		report_platform_no_iommu,     report_platform_vfio, report_platform_interrupts,
		report_platform_acs_override, report_platform_eeh,  report_platform_passthrough,
	};

	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		int r = checks[i](inv, card);

		if (r < 0)
			return r;
	}
	return 0;
}
