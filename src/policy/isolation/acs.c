/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* ACS by configuration space, corrected by the quirks of the kernel. */

#include <errno.h>

#include "policy/devinfo/pcicap.h"
#include "policy/isolation/acs-quirks.h"
#include "policy/isolation/acs.h"
#include "policy/isolation/kernel-rules.h"

#define ACS_CAP 4 /* offsets in the capability */
#define ACS_CTRL 6

/* source validation, request redirect, completion redirect, upstream forwarding */
#define ACS_REQUIRED (ACS_SOURCE_VALIDATION | 0x04 | 0x08 | 0x10)

/* A control that is not implemented counts as on, as in the kernel. */
static enum acs_state acs_read_control(const struct device *device, size_t control_at,
				       unsigned rules)
{
	int at = pcicap_find_ext(device, PCICAP_EXT_ACS);
	uint16_t wanted;

	if (at < 0)
		return ACS_UNKNOWN;
	if (at == 0)
		return ACS_MISSING;
	if (device->acs_assumed)
		return ACS_ON;
	wanted = ACS_REQUIRED & pcicap_u16(device, (size_t)at + ACS_CAP) &
		 (uint16_t)~acs_quirks_broken_controls(device, rules);
	return (pcicap_u16(device, (size_t)at + control_at) & wanted) == wanted ? ACS_ON : ACS_OFF;
}

int acs_any_control(const struct device *device)
{
	const struct acs_rule *rule =
		acs_quirks_find_rule(device, pcicap_express_type(device), KERNEL_RULES_NEWEST);
	size_t control_at = rule && rule->verdict == ACS_RULE_DWORDS ? ACS_CTRL_DWORDS : ACS_CTRL;
	int at = pcicap_find_ext(device, PCICAP_EXT_ACS);
	uint16_t implemented;

	if (at <= 0 || (size_t)at + control_at + 2 > device->config_size)
		return -1;
	implemented = ACS_REQUIRED & pcicap_u16(device, (size_t)at + ACS_CAP);
	if (!implemented)
		return -1;
	return (pcicap_u16(device, (size_t)at + control_at) & implemented) != 0;
}

static enum acs_state acs_state_by(const struct device *device, unsigned rules)
{
	int type = pcicap_express_type(device);

	switch (type) {
	case -ENODATA:
		return ACS_UNKNOWN;
	case EXPRESS_ROOT_PORT:
	case EXPRESS_DOWNSTREAM:
		return acs_read_control(device, ACS_CTRL, rules);
	case EXPRESS_ENDPOINT:
	case EXPRESS_LEGACY_ENDPOINT:
	case EXPRESS_UPSTREAM:
	case EXPRESS_RC_ENDPOINT:
		return pcicap_is_multifunction(device) ? acs_read_control(device, ACS_CTRL, rules) :
							 ACS_NOT_NEEDED;
	case EXPRESS_RC_EVENTS:
		return ACS_MISSING;
	case -ENOENT:
	case EXPRESS_TO_PCI:
	case EXPRESS_FROM_PCI:
		return ACS_CONVENTIONAL;
	default:
		return ACS_NOT_NEEDED;
	}
}

enum acs_state acs_state(const struct device *device)
{
	return acs_state_by(device, KERNEL_RULES_NEWEST);
}

bool acs_has_capability(const struct device *device)
{
	return pcicap_find_ext(device, PCICAP_EXT_ACS) > 0;
}

static int acs_quirk_by(const struct device *device, unsigned rules)
{
	const struct acs_rule *rule =
		acs_quirks_find_rule(device, pcicap_express_type(device), rules);

	if (!rule)
		return -1;
	if (rule->verdict != ACS_RULE_DWORDS)
		return rule->verdict == ACS_RULE_ISOLATES;
	if (pcicap_find_ext(device, PCICAP_EXT_ACS) <= 0)
		return -1;
	return acs_read_control(device, ACS_CTRL_DWORDS, rules) == ACS_ON;
}

int acs_quirk(const struct device *device)
{
	return acs_quirk_by(device, KERNEL_RULES_NEWEST);
}

bool acs_isolates_by(const struct device *device, unsigned rules)
{
	int quirk = acs_quirk_by(device, rules);

	return quirk >= 0 ? quirk > 0 : acs_state_isolates(acs_state_by(device, rules));
}

bool acs_isolates(const struct device *device)
{
	return acs_isolates_by(device, KERNEL_RULES_NEWEST);
}

bool acs_bridge_aliases(const struct device *bridge)
{
	int type = pcicap_express_type(bridge);

	return device_is_bridge(bridge) &&
	       (type == -ENOENT || type == EXPRESS_TO_PCI || type == EXPRESS_FROM_PCI);
}

bool acs_is_alias(const struct device *a, const struct device *b)
{
	struct pciaddr x, y;

	if (a->physfn || !acs_quirks_has_aliases(a))
		return false;
	if (pciaddr_parse(a->address, &x) < 0 || pciaddr_parse(b->address, &y) < 0)
		return false;
	return x.domain == y.domain && x.bus == y.bus && acs_quirks_is_alias(a, &x, &y);
}

bool acs_has_aliases(const struct device *device)
{
	return !device->physfn && acs_quirks_has_aliases(device);
}

bool acs_has_aliases_by(const struct device *device, unsigned rules)
{
	return acs_has_aliases(device) && kernel_rules_has(rules, KERNEL_RULE_ALIAS, device, false);
}

bool acs_hides_aliases(const struct device *device)
{
	return acs_quirks_hides_aliases(device);
}

bool acs_has_aliases_beyond_slot(const struct device *device)
{
	return !device->physfn && acs_quirks_spans_slots(device);
}
