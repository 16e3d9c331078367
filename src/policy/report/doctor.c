/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The findings that an inventory alone allows: IOMMU, interrupts, VFIO, iommufd, ACS, kernel
 * module.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "policy/plan/vfio-choice.h"
#include "policy/report/doctor.h"

const char *doctor_level_to_string(enum finding_level level)
{
	static const char *const words[] = { "ok", "hint", "warning", "failure" };

	return words[level];
}

static void doctor_finding_free(struct finding *finding)
{
	if (!finding)
		return;
	free(finding->text);
	free(finding);
}

DEFINE_CLEANUP(struct finding *, doctor_finding_freep, doctor_finding_free)

DEFINE_VEC_CLEAR(doctor_clear_findings, struct finding, doctor_finding_free)

int doctor_add_finding(struct vec *findings, enum finding_level level, const char *subject,
		       char *text)
{
	_cleanup_(doctor_finding_freep) struct finding *finding = NULL;
	_cleanup_free_ char *owned = text;
	int r;

	if (!owned)
		return -ENOMEM;
	finding = calloc(1, sizeof(*finding));
	if (!finding)
		return -ENOMEM;
	finding->level = level;
	finding->subject = subject;
	finding->text = TAKE_PTR(owned);
	r = vec_add(findings, finding);
	if (r < 0)
		return r;
	finding = NULL;
	return 0;
}

/* Adds that a dump of lspci does not tell whether @what. */
static int doctor_add_unknown(struct vec *findings, const char *subject, const char *what)
{
	return doctor_add_finding(findings, FINDING_HINT, subject,
				  str_printf("Whether %s is not known: a dump of lspci does not "
					     "show it. A snapshot does.",
					     what));
}

static int doctor_check_iommu(const struct inventory *inv, struct vec *findings)
{
	if (inv->iommu_off)
		return doctor_add_finding(
			findings, FINDING_WARN, "iommu",
			strdup("No IOMMU was on when the recording was made, so no device could be "
			       "claimed: turn it on in the firmware setup (VT-d, AMD-Vi, SMMU), "
			       "and on Intel boot with intel_iommu=on. The groups are those that "
			       "the kernel makes then."));
	if (inv->groups_derived)
		return doctor_add_finding(findings, FINDING_HINT, "iommu",
					  strdup("The recording has no IOMMU groups from a kernel; "
						 "these are derived."));
	if (inv->iommu_groups.n == 0)
		return doctor_add_finding(
			findings, FINDING_FAIL, "iommu",
			strdup("The kernel has no IOMMU group, so no device can be claimed. Turn "
			       "on the IOMMU in the firmware setup (VT-d, AMD-Vi, SMMU), and on "
			       "Intel boot with intel_iommu=on."));
	return doctor_add_finding(findings, FINDING_OK, "iommu",
				  str_printf("The kernel has %zu IOMMU groups with %zu devices.",
					     inv->iommu_groups.n, inv->devices.n));
}

static int doctor_check_interrupts(const struct inventory *inv, struct vec *findings)
{
	if (inv->interrupt_remapping > 0)
		return doctor_add_finding(findings, FINDING_OK, "interrupts",
					  strdup("The IOMMU remaps interrupts."));
	if (inventory_is_dump(inv))
		return doctor_add_unknown(findings, "interrupts", "the IOMMU remaps interrupts");
	if (inv->interrupt_remapping < 0)
		return 0;
	if (inv->unsafe_interrupts)
		return doctor_add_finding(
			findings, FINDING_WARN, "interrupts",
			strdup("The IOMMU does not remap interrupts, and allow_unsafe_interrupts "
			       "lets VFIO claim devices without it: a guest can forge interrupts "
			       "of the host. Turn on interrupt remapping in the firmware setup."));
	return doctor_add_finding(
		findings, FINDING_FAIL, "interrupts",
		strdup("The IOMMU does not remap interrupts, so VFIO refuses all devices. Turn on "
		       "interrupt remapping in the firmware setup, or trust all guests and load "
		       "vfio_iommu_type1 with allow_unsafe_interrupts=1."));
}

static int doctor_check_iommufd(const struct inventory *inv, struct vec *findings)
{
	const char *why = vfio_choice_why_no_iommufd(inv);

	if (why)
		return doctor_add_finding(
			findings, FINDING_HINT, "iommufd",
			str_printf("%s VMMs that take descriptors need it; for the others "
				   "\"devgroupctl run\" claims by path.",
				   why));
	return doctor_add_finding(findings, FINDING_OK, "iommufd",
				  strdup("The kernel has iommufd and device nodes of VFIO."));
}

static int doctor_check_vfio(const struct inventory *inv, struct vec *findings)
{
	int r;

	if (inventory_is_dump(inv))
		return doctor_add_unknown(findings, "vfio", "the kernel has VFIO and iommufd");
	if (!inv->has_vfio)
		return doctor_add_finding(
			findings, FINDING_FAIL, "vfio",
			strdup("The kernel has no VFIO drivers. Install its modules (vfio-pci)."));
	r = doctor_add_finding(findings, FINDING_OK, "vfio", strdup("The kernel has VFIO."));
	if (r < 0)
		return r;
	return doctor_check_iommufd(inv, findings);
}

static int doctor_check_isolation(const struct inventory *inv, struct vec *findings)
{
	if (inv->acs_override)
		return doctor_add_finding(
			findings, FINDING_WARN, "acs",
			str_printf("The kernel command line has pcie_acs_override=%s: groups are "
				   "smaller than the hardware isolates. Boot without it.",
				   inv->acs_override));
	return 0;
}

static int doctor_check_module(const struct inventory *inv, struct vec *findings)
{
	if (inv->kernel_module)
		return doctor_add_finding(findings, FINDING_OK, "module",
					  str_printf("The kernel module devgroups %s is loaded.",
						     inv->kernel_module));
	if (inventory_is_dump(inv))
		return doctor_add_unknown(findings, "module",
					  "the kernel module devgroups is loaded");
	return doctor_add_finding(
		findings, FINDING_HINT, "module",
		strdup("The kernel module devgroups is not loaded: the causes of group sizes are "
		       "derived from configuration space. Load it for the causes of the kernel."));
}

int doctor_check(const struct inventory *inv, struct vec *findings)
{
	static int (*const checks[])(const struct inventory *inv, struct vec *findings) = {
		doctor_check_iommu,	doctor_check_interrupts, doctor_check_vfio,
		doctor_check_isolation, doctor_check_module,
	};

	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		int r = checks[i](inv, findings);

		if (r < 0)
			return r;
	}
	return 0;
}
