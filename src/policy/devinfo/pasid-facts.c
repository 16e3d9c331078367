/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "model/vfio-facts.h"
#include "policy/devinfo/cap-space.h"
#include "policy/devinfo/iommu-unit.h"
#include "policy/devinfo/pasid-facts.h"
#include "policy/devinfo/pcicap.h"

#define HIDDEN_SHOWN 32

static const struct device *physfn_of(const struct inventory *inv, const struct device *device)
{
	return device->physfn ? inventory_find(inv, device->physfn) : NULL;
}

/* --- what its registers say --------------------------------------------------------------------- */

static int add_pasid(const struct device *device, size_t at, struct vec *facts)
{
	unsigned can = pcicap_u16(device, at + 4), does = pcicap_u16(device, at + 6);

	if (facts_add_number(facts, "bits", can >> 8 & 0x1f) < 0 ||
	    facts_add_bool(facts, "execute", can & 2) < 0 ||
	    facts_add_bool(facts, "privileged", can & 4) < 0 ||
	    facts_add_bool(facts, "enabled", does & 1) < 0 ||
	    facts_add_bool(facts, "execute-enabled", does & 2) < 0 ||
	    facts_add_bool(facts, "privileged-enabled", does & 4) < 0)
		return -ENOMEM;
	return 0;
}

static int add_pri(const struct device *device, size_t at, struct vec *facts)
{
	unsigned control = pcicap_u16(device, at + 4), status = pcicap_u16(device, at + 6);

	if (facts_add_bool(facts, "enabled", control & 1) < 0 ||
	    facts_add_bool(facts, "stopped", status & 0x100) < 0 ||
	    facts_add_bool(facts, "pasid-in-responses", status & 0x8000) < 0 ||
	    facts_add_number(facts, "capacity", pcicap_u32(device, at + 8)) < 0 ||
	    facts_add_number(facts, "allocation", pcicap_u32(device, at + 12)) < 0)
		return -ENOMEM;
	return 0;
}

static int add_ats(const struct device *device, size_t at, struct vec *facts)
{
	unsigned can = pcicap_u16(device, at + 4), does = pcicap_u16(device, at + 6);

	if (facts_add_number(facts, "queue-depth", can & 0x1f ? can & 0x1f : 32) < 0 ||
	    facts_add_bool(facts, "page-aligned", can & 0x20) < 0 ||
	    facts_add_bool(facts, "global-invalidate", can & 0x40) < 0 ||
	    facts_add_number(facts, "smallest-unit", 4096ull << (does & 0x1f)) < 0 ||
	    facts_add_bool(facts, "enabled", does & 0x8000) < 0)
		return -ENOMEM;
	return 0;
}

static int add_registers(enum capspace_kind kind, const struct device *device, size_t at,
			 struct vec *facts)
{
	if (at + capspace_size(kind) > device->config_size)
		return 0;
	switch (kind) {
	case CAPSPACE_PASID:
		return add_pasid(device, at, facts);
	case CAPSPACE_PRI:
		return add_pri(device, at, facts);
	default:
		return add_ats(device, at, facts);
	}
}

/* --- of any function ---------------------------------------------------------------------------- */

/* For what is no virtual function: it has a capability itself, or not. */
static void find_own(const struct device *device, struct capspace *space)
{
	for (enum capspace_kind kind = 0; kind < CAPSPACE_KINDS; kind++) {
		int at = pcicap_find_ext(device, (enum pcicap_ext_id)capspace_id(kind));

		space[kind] = (struct capspace){ 0 };
		if (at > 0) {
			space[kind].state = CAPSPACE_OWN;
			space[kind].at = (uint16_t)at;
		}
	}
}

static int add_kind(enum capspace_kind kind, const struct capspace *space,
		    const struct device *owner, struct vec *facts)
{
	struct vec *dict = facts_add_dict(facts, capspace_kind_to_string(kind));

	if (facts_add_text(dict, "state",
			   space->state == CAPSPACE_NO_ROOM && kind != CAPSPACE_ATS ?
				   "shared" : /* whether a VMM can show it or not */
				   capspace_state_to_string(space->state)) < 0)
		return -ENOMEM;
	if (!space->at)
		return 0;
	if (facts_add_address(dict, "offset", space->at) < 0 ||
	    facts_add_text(dict, "of", owner->key) < 0)
		return -ENOMEM;
	return add_registers(kind, owner, space->at, dict);
}

static int add_answer(struct vec *facts, const char *name, enum iommu_answer answer)
{
	return answer == IOMMU_NOT_SAID ? 0 : facts_add_bool(facts, name, answer == IOMMU_YES);
}

/* What it does not do it does not let through, whatever the device has on. */
static int add_unit(const struct inventory *inv, const struct device *device, struct vec *facts)
{
	struct iommu_unit unit;
	struct vec *dict;

	if (!iommu_unit_find(inv, device, &unit))
		return 0;
	dict = facts_add_dict(facts, "iommu");
	if (facts_add_text(dict, "name", unit.name) < 0 ||
	    facts_add_text(dict, "kind", unit.kind) < 0 ||
	    add_answer(dict, "pasid", unit.pasid) < 0 || add_answer(dict, "pri", unit.pri) < 0 ||
	    add_answer(dict, "ats", unit.ats) < 0 ||
	    add_answer(dict, "execute", unit.execute) < 0 ||
	    add_answer(dict, "privileged", unit.privileged) < 0)
		return -ENOMEM;
	if (unit.pasid_bits && facts_add_number(dict, "pasid-bits", unit.pasid_bits) < 0)
		return -ENOMEM;
	if (unit.address_bits && facts_add_number(dict, "address-bits", unit.address_bits) < 0)
		return -ENOMEM;
	return unit.pasid == IOMMU_NOT_SAID && unit.ats == IOMMU_NOT_SAID ?
		       facts_add_text(dict, "why", "the kernel shows no registers of it") :
		       0;
}

/* iommufd's word goes with the registers: where they differ the kernel has its reasons. */
static int add_kernel_word(const struct device *device, struct vec *facts)
{
	char *const *at = device->learnt;
	struct learnt_line line;
	struct vec *dict;

	if (!learnt_next(&at, "pasid", &line) || line.n != 2)
		return 0;
	dict = facts_add_dict(facts, "kernel");
	if (facts_add_number(dict, "pasid-bits", line.numbers[0]) < 0 ||
	    facts_add_bool(dict, "execute", line.numbers[1] & 2) < 0 ||
	    facts_add_bool(dict, "privileged", line.numbers[1] & 4) < 0)
		return -ENOMEM;
	return 0;
}

static int add_module_word(const struct device *device, struct vec *facts)
{
	static const char *const names[][2] = { { "module-pasid", "pasids" },
						{ "module-pri", "pri" },
						{ "module-ats", "ats" } };
	struct vec *dict = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char *const *at = device->learnt;
		struct learnt_line line;

		if (!learnt_next(&at, names[i][0], &line) || line.n != 1)
			continue;
		if (!dict)
			dict = facts_add_dict(facts, "module");
		if (facts_add_number(dict, names[i][1], line.numbers[0]) < 0)
			return -ENOMEM;
	}
	return 0;
}

int pasidfacts_add(const struct inventory *inv, const struct device *device, struct vec *facts)
{
	const struct device *pf = physfn_of(inv, device);
	struct capspace space[CAPSPACE_KINDS];
	bool any = false;
	int r = 0;

	if (device->physfn)
		capspace_find(device, pf, space);
	else
		find_own(device, space);
	for (enum capspace_kind kind = 0; kind < CAPSPACE_KINDS; kind++)
		any |= space[kind].at != 0;
	if (!any)
		return 0;
	for (enum capspace_kind kind = 0; r >= 0 && kind < CAPSPACE_KINDS; kind++) {
		bool own = space[kind].state == CAPSPACE_OWN || !pf;

		r = add_kind(kind, &space[kind], own ? device : pf, facts);
	}
	if (r >= 0)
		r = add_unit(inv, device, facts);
	if (r >= 0)
		r = add_kernel_word(device, facts);
	return r < 0 ? r : add_module_word(device, facts);
}

/* --- of a virtual function, for a VMM ----------------------------------------------------------- */

static int add_place(const struct capspace_place *place, struct vec *facts)
{
	char hex[2 * CAPSPACE_SIZE_MAX + 1] = "";

	for (size_t i = 0; i < place->size; i++)
		snprintf(hex + 2 * i, 3, "%02x", place->registers[i]);
	if (facts_add_address(facts, "offset", place->at) < 0 ||
	    facts_add_number(facts, "size", place->size) < 0 ||
	    facts_add_bool(facts, "as-pf", place->as_pf) < 0 ||
	    facts_add_address(facts, "previous", place->previous) < 0 ||
	    facts_add_address(facts, "previous-header", place->previous_header) < 0 ||
	    facts_add_address(facts, "next", place->next) < 0 ||
	    facts_add_text(facts, "registers", hex) < 0)
		return -ENOMEM;
	return 0;
}

/* The kernel may know better than configuration space, be it asked through iommufd or the module. */
static const char *kernel_denies(const struct device *device, enum capspace_kind kind)
{
	static const char *const names[CAPSPACE_KINDS][2] = {
		[CAPSPACE_PASID] = { "pasid", "module-pasid" },
		[CAPSPACE_PRI] = { "module-pri", "module-pri" },
		[CAPSPACE_ATS] = { "module-ats", "module-ats" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names[kind]); i++) {
		char *const *at = device->learnt;
		struct learnt_line line;

		if (learnt_next(&at, names[kind][i], &line) && line.n > 0 && line.numbers[0] == 0)
			return "its PF has it in configuration space, and this kernel does not use "
			       "it for the virtual function (built without, or it knows better)";
	}
	return NULL;
}

static int add_virtual(const struct device *device, enum capspace_kind kind,
		       const struct capspace *space, struct vec *facts)
{
	struct vec *dict = facts_add_dict(facts, capspace_kind_to_string(kind));
	const char *denied = kernel_denies(device, kind);

	if (denied && space->state == CAPSPACE_SHARED)
		return facts_add_text(dict, "state", "denied") < 0 ?
			       -ENOMEM :
			       facts_add_text(dict, "why", denied);
	if (facts_add_text(dict, "state", capspace_state_to_string(space->state)) < 0 ||
	    (space->why && facts_add_text(dict, "why", space->why) < 0))
		return -ENOMEM;
	if (space->state == CAPSPACE_OWN)
		return facts_add_address(dict, "offset", space->at);
	if (space->state == CAPSPACE_NOT_INHERITED &&
	    facts_add_text(dict, "why", "each function needs an ATS of its own, and this one has "
					"none: shown to a guest it would do nothing") < 0)
		return -ENOMEM;
	return space->place.size ? add_place(&space->place, dict) : 0;
}

static int add_hidden(const struct device *device, struct vec *facts)
{
	struct capspace_range ranges[HIDDEN_SHOWN];
	size_t n = capspace_hidden(device, ranges, ARRAY_SIZE(ranges));
	struct vec *list = facts_add_list(facts, "hidden", FACT_TEXT);

	for (size_t i = 0; i < n && i < ARRAY_SIZE(ranges); i++) {
		char text[24];

		snprintf(text, sizeof(text), "0x%x-0x%x", ranges[i].first, ranges[i].last);
		if (facts_add_text(list, "", text) < 0)
			return -ENOMEM;
	}
	return list ? 0 : -ENOMEM;
}

int virtualcaps_add(const struct inventory *inv, const struct device *device, struct vec *facts)
{
	struct capspace space[CAPSPACE_KINDS];
	bool any = false;
	int r = 0;

	if (!device->physfn)
		return 0;
	capspace_find(device, physfn_of(inv, device), space);
	for (enum capspace_kind kind = 0; kind < CAPSPACE_KINDS; kind++) {
		any |= space[kind].at != 0;
		if (r >= 0 && (space[kind].at || space[kind].state == CAPSPACE_UNKNOWN))
			r = add_virtual(device, kind, &space[kind], facts);
	}
	return r < 0 || !any ? r : add_hidden(device, facts);
}
