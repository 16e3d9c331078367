/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Tables of models from the kernel, and their look-up. */

#include "policy/devinfo/pcicap.h"
#include "policy/isolation/acs-quirks.h"
#include "policy/isolation/kernel-rules.h"

#define VENDOR_SWITCHTEC 0x11f8
#define VENDOR_SWITCHTEC_EFAR 0x1055
#define CLASS_OTHER_BRIDGE 0x0680

enum acs_place {
	ANYWHERE,
	AT_ROOT_PORT,
	AT_PORT,	/* root port or downstream port of a switch */
	AT_RC_ENDPOINT, /* built into the root complex */
	AT_CHIPSET,	/* one of the functions of a device on the root bus */
};

#define ONE(vendor, id, where)                              \
	{                                                   \
		vendor, id, id, 1, where, ACS_RULE_ISOLATES \
	}
#define RANGE(vendor, first, last, where)                        \
	{                                                        \
		vendor, first, last, 1, where, ACS_RULE_ISOLATES \
	}
#define EVEN(vendor, first, last, where)                         \
	{                                                        \
		vendor, first, last, 2, where, ACS_RULE_ISOLATES \
	}
#define DWORDS(first, last)                                           \
	{                                                             \
		0x8086, first, last, 1, AT_ROOT_PORT, ACS_RULE_DWORDS \
	}
#define REST(vendor, where)                                  \
	{                                                    \
		vendor, 0, 0xffff, 1, where, ACS_RULE_SHARES \
	}

/* The first match counts. */
static const struct acs_rule acs_quirks_rules[] = {
	/* AMD south bridges, with an AMD IOMMU */
	ONE(0x1002, 0x4385, AT_CHIPSET),
	ONE(0x1002, 0x439c, AT_CHIPSET),
	RANGE(0x1002, 0x4383, 0x4384, AT_CHIPSET),
	ONE(0x1002, 0x439d, AT_CHIPSET),
	ONE(0x1002, 0x4399, AT_CHIPSET),
	ONE(0x1022, 0x780f, AT_CHIPSET),
	ONE(0x1022, 0x7809, AT_CHIPSET),
	/* Solarflare */
	ONE(0x1924, 0x0903, ANYWHERE),
	ONE(0x1924, 0x0923, ANYWHERE),
	ONE(0x1924, 0x0a03, ANYWHERE),
	/* Intel 82598, 82599, X540 */
	ONE(0x8086, 0x10c6, ANYWHERE),
	ONE(0x8086, 0x10db, ANYWHERE),
	ONE(0x8086, 0x10dd, ANYWHERE),
	ONE(0x8086, 0x10e1, ANYWHERE),
	ONE(0x8086, 0x10f1, ANYWHERE),
	RANGE(0x8086, 0x10f7, 0x10fc, ANYWHERE),
	ONE(0x8086, 0x1507, ANYWHERE),
	ONE(0x8086, 0x1514, ANYWHERE),
	ONE(0x8086, 0x151c, ANYWHERE),
	RANGE(0x8086, 0x1529, 0x152a, ANYWHERE),
	ONE(0x8086, 0x154d, ANYWHERE),
	ONE(0x8086, 0x154f, ANYWHERE),
	ONE(0x8086, 0x1551, ANYWHERE),
	ONE(0x8086, 0x1558, ANYWHERE),
	/* Intel 82580, 82576, 82575, I350, 82571, I219 */
	ONE(0x8086, 0x1509, ANYWHERE),
	RANGE(0x8086, 0x150e, 0x1511, ANYWHERE),
	ONE(0x8086, 0x1516, ANYWHERE),
	ONE(0x8086, 0x1527, ANYWHERE),
	ONE(0x8086, 0x10c9, ANYWHERE),
	RANGE(0x8086, 0x10e6, 0x10e8, ANYWHERE),
	ONE(0x8086, 0x150a, ANYWHERE),
	ONE(0x8086, 0x150d, ANYWHERE),
	ONE(0x8086, 0x1518, ANYWHERE),
	ONE(0x8086, 0x1526, ANYWHERE),
	ONE(0x8086, 0x10a7, ANYWHERE),
	ONE(0x8086, 0x10a9, ANYWHERE),
	ONE(0x8086, 0x10d6, ANYWHERE),
	RANGE(0x8086, 0x1521, 0x1524, ANYWHERE),
	RANGE(0x8086, 0x105e, 0x1060, ANYWHERE),
	ONE(0x8086, 0x10d9, ANYWHERE),
	RANGE(0x8086, 0x15b7, 0x15b8, ANYWHERE),
	/* built into the root complex by Intel */
	RANGE(0x8086, 0x0000, 0xffff, AT_RC_ENDPOINT),
	/* root ports of Qualcomm and HXT */
	RANGE(0x17cb, 0x0400, 0x0401, ANYWHERE),
	ONE(0x17cb, 0x0111, ANYWHERE),
	ONE(0x17cb, 0x0115, ANYWHERE),
	ONE(0x17cb, 0x0120, ANYWHERE),
	ONE(0x1dbf, 0x0401, ANYWHERE),
	/* root ports of Intel chipsets: 5, 6, 7, 8 and 9 series, X79, X99 */
	RANGE(0x8086, 0x3b42, 0x3b51, AT_ROOT_PORT),
	RANGE(0x8086, 0x1c10, 0x1c1f, AT_ROOT_PORT),
	RANGE(0x8086, 0x1e10, 0x1e1f, AT_ROOT_PORT),
	RANGE(0x8086, 0x8c10, 0x8c1f, AT_ROOT_PORT),
	RANGE(0x8086, 0x9c10, 0x9c1b, AT_ROOT_PORT),
	RANGE(0x8086, 0x9c90, 0x9c9b, AT_ROOT_PORT),
	EVEN(0x8086, 0x1d10, 0x1d1e, AT_ROOT_PORT),
	RANGE(0x8086, 0x8d10, 0x8d1e, AT_ROOT_PORT),
	EVEN(0x8086, 0x8c90, 0x8c9e, AT_ROOT_PORT),
	/* 100 and 200 series */
	DWORDS(0xa110, 0xa11f),
	DWORDS(0xa167, 0xa16a),
	DWORDS(0xa290, 0xa29f),
	DWORDS(0xa2e7, 0xa2ee),
	DWORDS(0x9d10, 0x9d1b),
	/* Emulex */
	ONE(0x19a2, 0x0710, ANYWHERE),
	ONE(0x10df, 0x0720, ANYWHERE),
	/* Cavium, APM, Ampere */
	RANGE(0x177d, 0xa000, 0xa7ff, AT_ROOT_PORT),
	ONE(0x177d, 0xaf84, AT_ROOT_PORT),
	ONE(0x177d, 0xb884, AT_ROOT_PORT),
	ONE(0x177d, 0xa026, ANYWHERE),
	ONE(0x177d, 0xa059, ANYWHERE),
	ONE(0x177d, 0xa060, ANYWHERE),
	ONE(0x10e8, 0xe004, ANYWHERE),
	RANGE(0x1def, 0xe005, 0xe00c, ANYWHERE),
	/* Broadcom */
	ONE(0x14e4, 0x16d7, ANYWHERE),
	RANGE(0x14e4, 0x1750, 0x1752, ANYWHERE),
	RANGE(0x14e4, 0x1760, 0x1763, ANYWHERE),
	ONE(0x14e4, 0xd714, ANYWHERE),
	/* root ports of Loongson, Annapurna, NXP */
	ONE(0x0014, 0x3c09, ANYWHERE),
	ONE(0x0014, 0x3c19, ANYWHERE),
	ONE(0x0014, 0x3c29, ANYWHERE),
	{ 0x0014, 0x7a09, 0x7a69, 0x10, ANYWHERE, ACS_RULE_ISOLATES },
	ONE(0x1c36, 0x0031, AT_ROOT_PORT),
	RANGE(0x1957, 0x8d80, 0x8d83, ANYWHERE),
	RANGE(0x1957, 0x8d88, 0x8d8b, ANYWHERE),
	RANGE(0x1957, 0x8d90, 0x8d93, ANYWHERE),
	RANGE(0x1957, 0x8d98, 0x8d9b, ANYWHERE),
	RANGE(0x1957, 0x8da0, 0x8da1, ANYWHERE),
	RANGE(0x1957, 0x8da8, 0x8da9, ANYWHERE),
	RANGE(0x1957, 0x8db0, 0x8db1, ANYWHERE),
	RANGE(0x1957, 0x8db8, 0x8db9, ANYWHERE),
	/* Zhaoxin */
	ONE(0x1d17, 0x3038, ANYWHERE),
	ONE(0x1d17, 0x3104, ANYWHERE),
	ONE(0x1d17, 0x9083, ANYWHERE),
	RANGE(0x1d17, 0x0710, 0x071e, AT_PORT),
	ONE(0x1d17, 0x0721, AT_PORT),
	RANGE(0x1d17, 0x0723, 0x0752, AT_PORT),
	REST(0x1d17, AT_PORT),
	/* Wangxun */
	RANGE(0x8088, 0x0100, 0x010f, ANYWHERE),
	ONE(0x8088, 0x1001, ANYWHERE),
	ONE(0x8088, 0x2001, ANYWHERE),
	ONE(0x8088, 0x5010, ANYWHERE),
	ONE(0x8088, 0x5025, ANYWHERE),
	ONE(0x8088, 0x5040, ANYWHERE),
	ONE(0x8088, 0x5110, ANYWHERE),
	ONE(0x8088, 0x5125, ANYWHERE),
	ONE(0x8088, 0x5140, ANYWHERE),
	REST(0x8088, ANYWHERE),
};

static bool acs_quirks_is_at(const struct device *device, int type, enum acs_place place)
{
	switch (place) {
	case ANYWHERE:
		return true;
	case AT_ROOT_PORT:
		return type == EXPRESS_ROOT_PORT;
	case AT_PORT:
		return type == EXPRESS_ROOT_PORT || type == EXPRESS_DOWNSTREAM;
	case AT_RC_ENDPOINT:
		return type == EXPRESS_RC_ENDPOINT;
	case AT_CHIPSET:
		return !device->parent && pcicap_is_multifunction(device);
	}
	return false;
}

/* Ports of IDT switches refuse valid completions while source validation is on. */
uint16_t acs_quirks_broken_controls(const struct device *device, unsigned rules)
{
	bool broken =
		device->vendor == 0x111d && (device->device == 0x80b5 || device->device == 0x8090);

	return broken && kernel_rules_has(rules, KERNEL_RULE_VALIDATION, device, false) ?
		       ACS_SOURCE_VALIDATION :
		       0;
}

/* Returns whether the kernel of version @rules has @rule for the model of @device. */
static bool acs_quirks_has_rule(const struct acs_rule *rule, const struct device *device,
				unsigned rules)
{
	enum kernel_rule_kind kind =
		rule->where == AT_RC_ENDPOINT ? KERNEL_RULE_RC_ENDPOINT : KERNEL_RULE_ACS;

	return rules == KERNEL_RULES_NEXT ||
	       kernel_rules_has(rules, kind, device, rule->verdict == ACS_RULE_SHARES);
}

const struct acs_rule *acs_quirks_find_rule(const struct device *device, int type, unsigned rules)
{
	for (size_t i = 0; i < ARRAY_SIZE(acs_quirks_rules); i++) {
		const struct acs_rule *rule = &acs_quirks_rules[i];

		if (device->vendor == rule->vendor && device->device >= rule->first &&
		    device->device <= rule->last &&
		    (device->device - rule->first) % rule->step == 0 &&
		    acs_quirks_is_at(device, type, rule->where) &&
		    acs_quirks_has_rule(rule, device, rules))
			return rule;
	}
	return NULL;
}

/* The addresses on its bus that a device uses besides its own. */
enum acs_alias {
	ALIAS_FUNCTION_0, /* of its slot */
	ALIAS_FUNCTION_1, /* of its slot */
	ALIAS_SLOT_1,	  /* 01.0 */
	ALIAS_X200,	  /* 10.0, 11.0, 12.3 */
	ALIAS_FUNCTIONS,  /* functions 0 to 4 of each slot */
	ALIAS_ALL,
};

static const struct {
	uint16_t vendor, first, last;
	uint16_t subsystem_first, subsystem_last; /* of the same vendor; 0: any */
	uint8_t alias;
} acs_quirks_aliases[] = {
	/* Ricoh, Glenfly */
	{ 0x1180, 0xe832, 0xe832, 0, 0, ALIAS_FUNCTION_0 },
	{ 0x1180, 0xe476, 0xe476, 0, 0, ALIAS_FUNCTION_0 },
	{ 0x6766, 0x3d40, 0x3d41, 0, 0, ALIAS_FUNCTION_0 },
	/* Marvell, HighPoint, JMicron, Lite-On */
	{ 0x1b4b, 0x9120, 0x9120, 0, 0, ALIAS_FUNCTION_1 },
	{ 0x1b4b, 0x9123, 0x9123, 0, 0, ALIAS_FUNCTION_1 },
	{ 0x1b4b, 0x9125, 0x9125, 0, 0, ALIAS_FUNCTION_1 },
	{ 0x1b4b, 0x9128, 0x9128, 0, 0, ALIAS_FUNCTION_1 },
	{ 0x1b4b, 0x9130, 0x9130, 0, 0, ALIAS_FUNCTION_1 },
	{ 0x1b4b, 0x9170, 0x9170, 0, 0, ALIAS_FUNCTION_1 },
	{ 0x1b4b, 0x9172, 0x9172, 0, 0, ALIAS_FUNCTION_1 },
	{ 0x1b4b, 0x917a, 0x917a, 0, 0, ALIAS_FUNCTION_1 },
	{ 0x1b4b, 0x9182, 0x9183, 0, 0, ALIAS_FUNCTION_1 },
	{ 0x1b4b, 0x91a0, 0x91a0, 0, 0, ALIAS_FUNCTION_1 },
	{ 0x1b4b, 0x9215, 0x9215, 0, 0, ALIAS_FUNCTION_1 },
	{ 0x1b4b, 0x9220, 0x9220, 0, 0, ALIAS_FUNCTION_1 },
	{ 0x1b4b, 0x9230, 0x9230, 0, 0, ALIAS_FUNCTION_1 },
	{ 0x1b4b, 0x9235, 0x9235, 0, 0, ALIAS_FUNCTION_1 },
	{ 0x1103, 0x0642, 0x0642, 0, 0, ALIAS_FUNCTION_1 },
	{ 0x1103, 0x0645, 0x0645, 0, 0, ALIAS_FUNCTION_1 },
	{ 0x197b, 0x2392, 0x2392, 0, 0, ALIAS_FUNCTION_1 },
	{ 0x1c28, 0x0122, 0x0122, 0, 0, ALIAS_FUNCTION_1 },
	/* Adaptec 3405 and 3805 */
	{ 0x9005, 0x0285, 0x0285, 0x02bb, 0x02bc, ALIAS_SLOT_1 },
	/* computers behind a non-transparent bridge: Xeon Phi x200, Intel VCA, PLX */
	{ 0x8086, 0x2260, 0x2260, 0, 0, ALIAS_X200 },
	{ 0x8086, 0x2264, 0x2264, 0, 0, ALIAS_X200 },
	{ 0x8086, 0x2954, 0x2956, 0, 0, ALIAS_FUNCTIONS },
	{ 0x8086, 0x2958, 0x295a, 0, 0, ALIAS_FUNCTIONS },
	{ 0x10b5, 0x87b0, 0x87b1, 0, 0, ALIAS_ALL },
};

/* Returns the aliases of the model, or -1. */
static int acs_quirks_find_aliases(const struct device *device)
{
	for (size_t i = 0; i < ARRAY_SIZE(acs_quirks_aliases); i++)
		if (acs_quirks_aliases[i].vendor == device->vendor &&
		    device->device >= acs_quirks_aliases[i].first &&
		    device->device <= acs_quirks_aliases[i].last &&
		    (!acs_quirks_aliases[i].subsystem_first ||
		     (device->subsystem_vendor == device->vendor &&
		      device->subsystem_device >= acs_quirks_aliases[i].subsystem_first &&
		      device->subsystem_device <= acs_quirks_aliases[i].subsystem_last)))
			return acs_quirks_aliases[i].alias;
	return -1;
}

bool acs_quirks_spans_slots(const struct device *device)
{
	switch (device->vendor) {
	case 0x8086:
		if (device->device < 0x2260 || device->device > 0x295a)
			return false;
		break;
	case 0x9005:
	case 0x10b5:
		break;
	default:
		return false;
	}
	return acs_quirks_find_aliases(device) >= ALIAS_SLOT_1;
}

bool acs_quirks_hides_aliases(const struct device *device)
{
	return (device->vendor == VENDOR_SWITCHTEC || device->vendor == VENDOR_SWITCHTEC_EFAR) &&
	       device->class_code >> 8 == CLASS_OTHER_BRIDGE;
}

bool acs_quirks_has_aliases(const struct device *device)
{
	return acs_quirks_find_aliases(device) >= 0;
}

bool acs_quirks_is_alias(const struct device *device, const struct pciaddr *own,
			 const struct pciaddr *other)
{
	if (own->slot == other->slot && own->function == other->function)
		return false;
	switch (acs_quirks_find_aliases(device)) {
	case ALIAS_FUNCTION_0:
		return own->slot == other->slot && other->function == 0;
	case ALIAS_FUNCTION_1:
		return own->slot == other->slot && other->function == 1;
	case ALIAS_SLOT_1:
		return other->slot == 1 && other->function == 0;
	case ALIAS_X200:
		return ((other->slot == 0x10 || other->slot == 0x11) && other->function == 0) ||
		       (other->slot == 0x12 && other->function == 3);
	case ALIAS_FUNCTIONS:
		return other->function < 5;
	case ALIAS_ALL:
		return true;
	}
	return false;
}
