/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "policy/isolation/kernel-rules.h"
#include "policy/devinfo/pcicap.h"

#define ALL 0x0000, 0xffff

/*
 * A version is that of the first release with the change. The source is the pull request of the PCI
 * subsystem (tag pci-vX.Y-changes), or the mail with which a stable release took the change over.
 * Rules that Linux 5.4 has are not listed.
 */
static const struct kernel_rule kernel_rules[] = {
	{ KERNEL_RULES(5, 6), KERNEL_RULE_DMA_OWNER, 0, ALL, "vmd-owner",
	  "Devices behind a VMD controller are in the group of that controller; before, they are "
	  "in "
	  "none.",
	  "Linux 5.6, pci_real_dma_dev() in pci_for_each_dma_alias(), drivers/pci/search.c" },
	{ KERNEL_RULES(5, 6), KERNEL_RULE_ALIAS, 0x8086, 0x2954, 0x295a, "vca-aliases",
	  "Intel VCA uses the addresses of other devices on its bus.",
	  "Linux 5.6, quirk_pex_vca_alias(), drivers/pci/quirks.c" },
	{ KERNEL_RULES(5, 6), KERNEL_RULE_ALIAS, 0x10b5, 0x87b0, 0x87b1, "plx-aliases",
	  "A PLX non-transparent bridge uses all addresses of its bus.",
	  "Linux 5.6, quirk_plx_ntb_dma_alias(), drivers/pci/quirks.c" },
	{ KERNEL_RULES(5, 7), KERNEL_RULE_ACS, 0x1d17, ALL, "zhaoxin-isolates",
	  "Ports and functions of Zhaoxin isolate without ACS.",
	  "Linux 5.7, commits 0325837c51cb and 299bd044a6f3, pci_quirk_zhaoxin_pcie_ports_acs()" },
	{ KERNEL_RULES(5, 8), KERNEL_RULE_RC_ENDPOINT, 0x8086, ALL, "rciep-isolates",
	  "Endpoints that Intel builds into the root complex isolate without ACS.",
	  "Linux 5.8, commit 3247bd10a450, pci_quirk_rciep_acs(), drivers/pci/quirks.c" },
	{ KERNEL_RULES(5, 13), KERNEL_RULE_ACS, 0x14e4, 0x16d7, 0x16d7, "bcm57414-isolates",
	  "The functions of a Broadcom BCM57414 isolate without ACS.",
	  "Linux 5.13, commit db2f77e2bd99, pci_dev_acs_enabled[]" },
	{ KERNEL_RULES(5, 15), KERNEL_RULE_ACS, 0x177d, 0xa026, 0xa060, "cavium-isolates",
	  "Some functions of Cavium devices isolate without ACS.",
	  "Linux 5.15, pci_quirk_mf_endpoint_acs() in pci_dev_acs_enabled[]" },
	{ KERNEL_RULES(5, 15), KERNEL_RULE_ACS, 0x1957, 0x8d80, 0x8db9, "nxp-isolates",
	  "Root ports of NXP LX2 isolate without ACS.",
	  "Linux 5.15, pci_quirk_nxp_rp_acs(), drivers/pci/quirks.c" },
	{ KERNEL_RULES(5, 19), KERNEL_RULE_ALIAS, 0x1b4b, 0x9125, 0x9125, "88se9125-alias",
	  "Marvell 88SE9125 uses the address of function 1.",
	  "Linux 5.19, quirk_dma_func1_alias(), drivers/pci/quirks.c" },
	{ KERNEL_RULES(6, 0), KERNEL_RULE_ACS, 0x14e4, 0x1750, 0x1752, "bcm5750x-isolates",
	  "The functions of a Broadcom BCM5750x isolate without ACS.",
	  "Linux 6.0, pci_quirk_mf_endpoint_acs() in pci_dev_acs_enabled[]" },
	{ KERNEL_RULES(6, 3), KERNEL_RULE_ACS, 0x8088, ALL, "wangxun-isolates",
	  "The functions of Wangxun network cards isolate without ACS.",
	  "Linux 6.3, pci_quirk_wangxun_nic_acs(), drivers/pci/quirks.c" },
	{ KERNEL_RULES(6, 5), KERNEL_RULE_ALIAS, 0x1b4b, 0x9235, 0x9235, "88se9235-alias",
	  "Marvell 88SE9235 uses the address of function 1.",
	  "Linux 6.5, quirk_dma_func1_alias(), drivers/pci/quirks.c" },
	{ KERNEL_RULES(6, 8), KERNEL_RULE_ACS, 0x1d17, 0x0733, 0x0752, "zhaoxin-new-ports",
	  "Newer ports of Zhaoxin isolate without ACS.",
	  "Linux 6.8, pci_quirk_zhaoxin_pcie_ports_acs(), drivers/pci/quirks.c" },
	{ KERNEL_RULES(6, 11), KERNEL_RULE_ACS, 0x14e4, 0x1760, 0x1763, "bcm5760x-isolates",
	  "The functions of a Broadcom BCM5760X isolate without ACS.",
	  "Linux 6.11, pci_quirk_mf_endpoint_acs() in pci_dev_acs_enabled[]" },
	{ KERNEL_RULES(6, 12), KERNEL_RULE_ACS, 0x17cb, 0x0115, 0x0115, "sa8775p-isolates",
	  "Root ports of Qualcomm SA8775P isolate without ACS.",
	  "Linux 6.12, pci_quirk_qcom_rp_acs() in pci_dev_acs_enabled[]" },
	{ KERNEL_RULES(6, 12), KERNEL_RULE_ALIAS, 0x6766, 0x3d40, 0x3d41, "glenfly-alias",
	  "The audio function of Glenfly Arise uses the address of function 0.",
	  "Linux 6.12, quirk_dma_func0_alias(), drivers/pci/quirks.c" },
	{ KERNEL_RULES(6, 13), KERNEL_RULE_ACS, 0x8088, 0x5010, 0x5140, "wangxun-new-cards",
	  "The functions of Wangxun FF5xxx cards isolate without ACS.",
	  "Linux 6.13, commit aa46a3736afc, pci_quirk_wangxun_nic_acs()" },
	{ KERNEL_RULES(6, 16), KERNEL_RULE_ACS, 0x0014, ALL, "loongson-isolates",
	  "Ports of Loongson isolate without ACS.",
	  "Linux 6.16, pci_quirk_loongson_acs(), drivers/pci/quirks.c" },
	{ KERNEL_RULES(7, 0), KERNEL_RULE_ACS, 0x17cb, 0x0111, 0x0111, "hamoa-isolates",
	  "Root ports of Qualcomm Hamoa isolate without ACS.",
	  "Linux 7.0, commit 44d2f70b1fd7, pci_quirk_qcom_rp_acs()" },
	{ KERNEL_RULES(7, 0), KERNEL_RULE_ACS, 0x17cb, 0x0120, 0x0120, "glymur-isolates",
	  "Root ports of Qualcomm Glymur isolate without ACS.",
	  "Linux 7.0, commit 44d2f70b1fd7, pci_quirk_qcom_rp_acs()" },
	{ KERNEL_RULES(7, 0), KERNEL_RULE_VALIDATION, 0x111d, 0x8090, 0x8090, "idt-validation",
	  "Source validation, which does not work there, is not asked of this IDT switch.",
	  "Linux 7.0, pci_disable_broken_acs_cap(), drivers/pci/quirks.c" },
	{ KERNEL_RULES(7, 0), KERNEL_RULE_VALIDATION, 0x111d, 0x80b5, 0x80b5, "idt-validation",
	  "Source validation, which does not work there, is not asked of this IDT switch.",
	  "Linux 7.0, pci_disable_broken_acs_cap(), drivers/pci/quirks.c" },
};

#define NEXT(name, text, source)                                         \
	{                                                                \
		KERNEL_RULES_NEXT, KERNEL_RULE_NEXT, 0, ALL, name, text, \
			source " of the "                                \
			       "series " KERNEL_RULES_SERIES             \
	}

const struct kernel_rule kernel_rules_next[KERNEL_RULES_NEXT_COUNT] = {
	[KERNEL_RULE_SWITCH_PORTS] =
		NEXT("switch-ports",
		     "A downstream port of a switch that does not isolate ties all devices below "
		     "that switch together.",
		     "pci_bus_isolated(), pcie_switch_isolated()"),
	[KERNEL_RULE_ROOT_PORT] =
		NEXT("root-port-without-acs",
		     "A root port without ACS no longer joins the devices below it.",
		     "pci_bus_isolated()"),
	[KERNEL_RULE_PLAIN_FUNCTIONS] =
		NEXT("functions-without-acs",
		     "Functions of one device without ACS no longer join each other.",
		     "pci_mfds_are_same_group()"),
	[KERNEL_RULE_MIXED_FUNCTIONS] =
		NEXT("functions-mixed",
		     "A function that has ACS and does not isolate joins all functions of its "
		     "device, and the devices below them.",
		     "pci_mfds_are_same_group()"),
	[KERNEL_RULE_CONVENTIONAL] =
		NEXT("bridge-alone",
		     "A bridge from PCI Express to PCI without memory of its own stays out of the "
		     "group of the devices behind it.",
		     "pci_bus_isolated()"),
};

/* --- versions --- */

/* The last minor version of each major one that is known here. */
static const struct {
	unsigned major, last;
} kernel_rules_majors[] = { { 5, 19 }, { 6, 19 }, { 7, KERNEL_RULES_NEWEST & 0xffu } };

/* Reads "6.12" at the start of @word. Text after it is ignored if it begins with . - + or _. */
static int kernel_rules_parse_numbers(const char *word, unsigned *ret_major, unsigned *ret_minor)
{
	char *end;

	if (*word < '0' || *word > '9')
		return -EINVAL;
	*ret_major = (unsigned)strtoul(word, &end, 10);
	if (*end != '.' || end - word > 2 || end[1] < '0' || end[1] > '9')
		return -EINVAL;
	word = end + 1;
	*ret_minor = (unsigned)strtoul(word, &end, 10);
	if (end - word > 3 || (*end && !strchr(".-+_", *end)))
		return -EINVAL;
	return 0;
}

int kernel_rules_parse(const char *word, unsigned *ret)
{
	unsigned major, minor;
	int r;

	if (str_eq(word, "next")) {
		*ret = KERNEL_RULES_NEXT;
		return 0;
	}
	if (str_starts(word, "kernel-"))
		word += strlen("kernel-");
	r = kernel_rules_parse_numbers(word, &major, &minor);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(kernel_rules_majors); i++) {
		if (major != kernel_rules_majors[i].major || minor > kernel_rules_majors[i].last ||
		    KERNEL_RULES(major, minor) < KERNEL_RULES_OLDEST)
			continue;
		*ret = KERNEL_RULES(major, minor);
		return 0;
	}
	return -ERANGE;
}

unsigned kernel_rules_of_release(const char *release)
{
	unsigned major, minor;

	if (!release || kernel_rules_parse_numbers(release, &major, &minor) < 0)
		return KERNEL_RULES_NEWEST;
	if (major >= 8 || KERNEL_RULES(major, minor) > KERNEL_RULES_NEWEST)
		return KERNEL_RULES_NEWEST;
	if (KERNEL_RULES(major, minor) < KERNEL_RULES_OLDEST)
		return KERNEL_RULES_OLDEST;
	return KERNEL_RULES(major, minor);
}

char *kernel_rules_format(unsigned rules)
{
	if (rules == KERNEL_RULES_NEXT)
		return strdup("next");
	return str_printf("%u.%u", rules >> 8u, rules & 0xffu);
}

/* --- rules on models --- */

static bool kernel_rules_is_on(const struct kernel_rule *rule, const struct device *device)
{
	if (rule->kind == KERNEL_RULE_DMA_OWNER)
		return device->dma_owner;
	if (rule->kind == KERNEL_RULE_RC_ENDPOINT &&
	    pcicap_express_type(device) != EXPRESS_RC_ENDPOINT)
		return false;
	return rule->vendor == device->vendor && rule->first <= device->device &&
	       device->device <= rule->last;
}

bool kernel_rules_has(unsigned rules, enum kernel_rule_kind kind, const struct device *device,
		      bool whole)
{
	for (size_t i = 0; i < ARRAY_SIZE(kernel_rules); i++) {
		const struct kernel_rule *rule = &kernel_rules[i];

		if (rule->kind == kind && rule->since > rules && (!whole || rule->first == 0) &&
		    kernel_rules_is_on(rule, device))
			return false;
	}
	return true;
}

const struct kernel_rule *kernel_rules_differ(unsigned a, unsigned b, const struct device *device,
					      size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(kernel_rules); i++) {
		const struct kernel_rule *rule = &kernel_rules[i];

		if ((rule->since <= a) != (rule->since <= b) && kernel_rules_is_on(rule, device) &&
		    n-- == 0)
			return rule;
	}
	return NULL;
}
