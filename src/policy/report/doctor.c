/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "policy/plan/interface.h"
#include "policy/report/doctor.h"

const char *finding_level_to_string(enum finding_level level)
{
	static const char *const words[] = { "ok", "hint", "warning", "failure" };

	return words[level];
}

static void *finding_free(void *data)
{
	struct finding *finding = data;

	free(finding->text);
	free(finding);
	return NULL;
}

void findings_clear(struct vec *findings)
{
	vec_clear(findings, finding_free);
}

int finding_add(struct vec *findings, enum finding_level level, const char *subject, char *text)
{
	struct finding *finding = text ? calloc(1, sizeof(*finding)) : NULL;

	if (!finding || vec_add(findings, finding) < 0) {
		free(finding);
		free(text);
		return -ENOMEM;
	}
	finding->level = level;
	finding->subject = subject;
	finding->text = text;
	return 0;
}

static int look_at_iommu(const struct inventory *inv, struct vec *findings)
{
	if (inv->groups_derived)
		return finding_add(findings, FINDING_HINT, "iommu",
				   strdup("The recording has no word of the kernel on IOMMU groups; they are worked out."));
	if (inv->iommu_groups.n == 0)
		return finding_add(findings, FINDING_FAIL, "iommu",
				   strdup("The kernel has no IOMMU group, so no device can be claimed. Turn the IOMMU on in the "
					  "firmware (VT-d, AMD-Vi, SMMU), and with Intel's boot with intel_iommu=on."));
	return finding_add(findings, FINDING_OK, "iommu",
			   str_printf("The kernel has %zu IOMMU groups with %zu devices.", inv->iommu_groups.n,
				      inv->devices.n));
}

static int look_at_interrupts(const struct inventory *inv, struct vec *findings)
{
	if (inv->interrupt_remapping > 0)
		return finding_add(findings, FINDING_OK, "interrupts",
				   strdup("The IOMMU translates interrupts."));
	if (inv->interrupt_remapping < 0)
		return 0;
	if (inv->unsafe_interrupts)
		return finding_add(findings, FINDING_WARN, "interrupts",
				   strdup("The IOMMU does not translate interrupts, and VFIO was told to do without "
					  "(allow_unsafe_interrupts): a guest can make interrupts of the host's."));
	return finding_add(findings, FINDING_FAIL, "interrupts",
			   strdup("The IOMMU does not translate interrupts, and VFIO refuses devices for that. Turn interrupt "
				  "remapping on in the firmware; or trust all guests, and load vfio_iommu_type1 with "
				  "allow_unsafe_interrupts=1."));
}

static int look_at_vfio(const struct inventory *inv, struct vec *findings)
{
	const char *why = interface_why_no_iommufd(inv);
	int r;

	if (!inv->has_vfio)
		return finding_add(findings, FINDING_FAIL, "vfio",
				   strdup("The kernel has no VFIO drivers. Install its modules (vfio-pci)."));
	r = finding_add(findings, FINDING_OK, "vfio", strdup("The kernel has VFIO."));
	if (r >= 0 && why)
		r = finding_add(findings, FINDING_HINT, "iommufd",
				str_printf("%s VMMs that take descriptors need it; the others open paths, which \"devgroupctl run\" "
					   "sees to.", why));
	else if (r >= 0)
		r = finding_add(findings, FINDING_OK, "iommufd", strdup("The kernel has iommufd and nodes for devices."));
	return r;
}

static int look_at_isolation(const struct inventory *inv, struct vec *findings)
{
	if (inv->acs_override)
		return finding_add(findings, FINDING_WARN, "acs",
				   str_printf("The kernel was told to take isolation for granted (pcie_acs_override=%s): groups are "
					      "smaller than what the hardware keeps apart.", inv->acs_override));
	return 0;
}

static int look_at_module(const struct inventory *inv, struct vec *findings)
{
	if (inv->kernel_module)
		return finding_add(findings, FINDING_OK, "module",
				   str_printf("The kernel module devgroups %s is loaded.", inv->kernel_module));
	return finding_add(findings, FINDING_HINT, "module",
			   strdup("The kernel module devgroups is not loaded: why groups are as large as they are is read from "
				  "configuration space."));
}

int doctor_look(const struct inventory *inv, struct vec *findings)
{
	static int (*const looks[])(const struct inventory *inv, struct vec *findings) = {
		look_at_iommu, look_at_interrupts, look_at_vfio, look_at_isolation, look_at_module,
	};
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(looks); i++)
		r = looks[i](inv, findings);
	return r;
}
