/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Facts on PASID, PRI and ATS from configuration space, the IOMMU, iommufd and the kernel module.
 */

#include <errno.h>
#include <string.h>

#include "model/vfio-facts.h"
#include "policy/devinfo/cap-space.h"
#include "policy/devinfo/iommu-unit.h"
#include "policy/devinfo/pasid-facts.h"
#include "policy/devinfo/pcicap.h"

#define HIDDEN_SHOWN 32

static const struct device *pasid_facts_physfn(const struct inventory *inv,
					       const struct device *device)
{
	return device->physfn ? inventory_find(inv, device->physfn) : NULL;
}

/* --- registers --- */

static int pasid_facts_add_pasid(const struct device *device, size_t at, struct vec *facts)
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

static int pasid_facts_add_pri(const struct device *device, size_t at, struct vec *facts)
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

static int pasid_facts_add_ats(const struct device *device, size_t at, struct vec *facts)
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

static int pasid_facts_add_registers(enum cap_space_kind kind, const struct device *device,
				     size_t at, struct vec *facts)
{
	if (at + cap_space_size(kind) > device->config_size)
		return 0;
	switch (kind) {
	case CAP_SPACE_PASID:
		return pasid_facts_add_pasid(device, at, facts);
	case CAP_SPACE_PRI:
		return pasid_facts_add_pri(device, at, facts);
	default:
		return pasid_facts_add_ats(device, at, facts);
	}
}

/* --- any function --- */

/* Finds the capabilities of a function that is not virtual: only its own count. */
static void pasid_facts_find_own(const struct device *device, struct cap_space *space)
{
	for (enum cap_space_kind kind = 0; kind < CAP_SPACE_KINDS; kind++) {
		int at = pcicap_find_ext(device, (enum pcicap_ext_id)cap_space_id(kind));

		space[kind] = (struct cap_space){ 0 };
		if (at > 0) {
			space[kind].state = CAP_SPACE_OWN;
			space[kind].at = (uint16_t)at;
		}
	}
}

/*
 * Returns the state word. PASID and PRI of a PF serve its virtual functions even if a VMM cannot
 * show them.
 */
static const char *pasid_facts_state(enum cap_space_kind kind, const struct cap_space *space)
{
	if (space->state == CAP_SPACE_NO_ROOM && kind != CAP_SPACE_ATS)
		return "shared";
	return cap_space_state_to_string(space->state);
}

static int pasid_facts_add_kind(enum cap_space_kind kind, const struct cap_space *space,
				const struct device *owner, struct vec *facts)
{
	struct vec *dict = facts_add_dict(facts, cap_space_kind_to_string(kind));
	int r = facts_add_text(dict, "state", pasid_facts_state(kind, space));

	if (r < 0 || !space->at)
		return r;
	r = facts_add_address(dict, "offset", space->at);
	if (r < 0)
		return r;
	r = facts_add_text(dict, "of", owner->key);
	if (r < 0)
		return r;
	return pasid_facts_add_registers(kind, owner, space->at, dict);
}

static int pasid_facts_add_answer(struct vec *facts, const char *name,
				  enum iommu_unit_answer answer)
{
	if (answer == IOMMU_UNIT_UNKNOWN)
		return 0;
	return facts_add_bool(facts, name, answer == IOMMU_UNIT_YES);
}

static int pasid_facts_add_bits(struct vec *facts, const char *name, unsigned bits)
{
	if (!bits)
		return 0;
	return facts_add_number(facts, name, bits);
}

/* Adds the limits of the IOMMU. It blocks what it does not support, whatever the device enables. */
static int pasid_facts_add_unit(const struct inventory *inv, const struct device *device,
				struct vec *facts)
{
	struct iommu_unit unit;
	struct vec *dict;

	if (!iommu_unit_find(inv, device, &unit))
		return 0;
	dict = facts_add_dict(facts, "iommu");
	if (facts_add_text(dict, "name", unit.name) < 0 ||
	    facts_add_text(dict, "kind", unit.kind) < 0 ||
	    pasid_facts_add_answer(dict, "pasid", unit.pasid) < 0 ||
	    pasid_facts_add_answer(dict, "pri", unit.pri) < 0 ||
	    pasid_facts_add_answer(dict, "ats", unit.ats) < 0 ||
	    pasid_facts_add_answer(dict, "execute", unit.execute) < 0 ||
	    pasid_facts_add_answer(dict, "privileged", unit.privileged) < 0 ||
	    pasid_facts_add_bits(dict, "pasid-bits", unit.pasid_bits) < 0 ||
	    pasid_facts_add_bits(dict, "address-bits", unit.address_bits) < 0)
		return -ENOMEM;
	if (unit.pasid != IOMMU_UNIT_UNKNOWN || unit.ats != IOMMU_UNIT_UNKNOWN)
		return 0;
	return facts_add_text(dict, "why", "the kernel shows no registers of it");
}

/* Adds the answer of iommufd beside the registers: the kernel may disable a capability. */
static int pasid_facts_add_iommufd_info(const struct device *device, struct vec *facts)
{
	char *const *at = device->vfio_info_lines;
	struct vfio_facts_line line;
	struct vec *dict;

	if (!vfio_facts_next(&at, "pasid", &line) || line.n != 2)
		return 0;
	dict = facts_add_dict(facts, "kernel");
	if (facts_add_number(dict, "pasid-bits", line.numbers[0]) < 0 ||
	    facts_add_bool(dict, "execute", line.numbers[1] & 2) < 0 ||
	    facts_add_bool(dict, "privileged", line.numbers[1] & 4) < 0)
		return -ENOMEM;
	return 0;
}

static int pasid_facts_add_module_info(const struct device *device, struct vec *facts)
{
	static const char *const names[][2] = { { "module-pasid", "pasids" },
						{ "module-pri", "pri" },
						{ "module-ats", "ats" } };
	struct vec *dict = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char *const *at = device->vfio_info_lines;
		struct vfio_facts_line line;

		if (!vfio_facts_next(&at, names[i][0], &line) || line.n != 1)
			continue;
		if (!dict)
			dict = facts_add_dict(facts, "module");
		if (facts_add_number(dict, names[i][1], line.numbers[0]) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Finds the capabilities of the function, or of its PF for it, by kind. */
static void pasid_facts_find(const struct device *device, const struct device *pf,
			     struct cap_space *space)
{
	if (device->physfn)
		cap_space_find(device, pf, space);
	else
		pasid_facts_find_own(device, space);
}

static bool pasid_facts_any(const struct cap_space *space)
{
	for (enum cap_space_kind kind = 0; kind < CAP_SPACE_KINDS; kind++)
		if (space[kind].at)
			return true;
	return false;
}

int pasid_facts_add(const struct inventory *inv, const struct device *device, struct vec *facts)
{
	const struct device *pf = pasid_facts_physfn(inv, device);
	struct cap_space space[CAP_SPACE_KINDS];
	int r;

	pasid_facts_find(device, pf, space);
	if (!pasid_facts_any(space))
		return 0;
	for (enum cap_space_kind kind = 0; kind < CAP_SPACE_KINDS; kind++) {
		bool own = space[kind].state == CAP_SPACE_OWN || !pf;

		r = pasid_facts_add_kind(kind, &space[kind], own ? device : pf, facts);
		if (r < 0)
			return r;
	}
	r = pasid_facts_add_unit(inv, device, facts);
	if (r < 0)
		return r;
	r = pasid_facts_add_iommufd_info(device, facts);
	if (r < 0)
		return r;
	return pasid_facts_add_module_info(device, facts);
}

/* --- virtual functions, for a VMM --- */

static int pasid_facts_add_place(const struct cap_space_place *place, struct vec *facts)
{
	char hex[2 * CAP_SPACE_SIZE_MAX + 1] = "";

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

/*
 * Returns why the kernel denies a capability that configuration space shows, or NULL. Static.
 * iommufd or the module has its answer.
 */
static const char *pasid_facts_why_denied(const struct device *device, enum cap_space_kind kind)
{
	static const char *const names[CAP_SPACE_KINDS][2] = {
		[CAP_SPACE_PASID] = { "pasid", "module-pasid" },
		[CAP_SPACE_PRI] = { "module-pri", "module-pri" },
		[CAP_SPACE_ATS] = { "module-ats", "module-ats" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names[kind]); i++) {
		char *const *at = device->vfio_info_lines;
		struct vfio_facts_line line;

		if (vfio_facts_next(&at, names[kind][i], &line) && line.n > 0 &&
		    line.numbers[0] == 0)
			return "its PF has it in configuration space, but this kernel does not use "
			       "it for the virtual function (built without it, or a quirk)";
	}
	return NULL;
}

static int pasid_facts_add_denied(struct vec *facts, const char *why)
{
	int r = facts_add_text(facts, "state", "denied");

	if (r < 0)
		return r;
	return facts_add_text(facts, "why", why);
}

static const char *pasid_facts_why(const struct cap_space *space)
{
	if (space->state == CAP_SPACE_NOT_INHERITED)
		return "each function needs an ATS of its own, and this one has none: shown to a "
		       "guest it would have no effect";
	return space->why;
}

static int pasid_facts_add_virtual_kind(const struct device *device, enum cap_space_kind kind,
					const struct cap_space *space, struct vec *facts)
{
	struct vec *dict = facts_add_dict(facts, cap_space_kind_to_string(kind));
	const char *denied = pasid_facts_why_denied(device, kind), *why = pasid_facts_why(space);
	int r;

	if (denied && space->state == CAP_SPACE_SHARED)
		return pasid_facts_add_denied(dict, denied);
	r = facts_add_text(dict, "state", cap_space_state_to_string(space->state));
	if (r < 0)
		return r;
	if (why) {
		r = facts_add_text(dict, "why", why);
		if (r < 0)
			return r;
	}
	if (space->state == CAP_SPACE_OWN)
		return facts_add_address(dict, "offset", space->at);
	if (space->place.size == 0)
		return 0;
	return pasid_facts_add_place(&space->place, dict);
}

static int pasid_facts_add_hidden(const struct device *device, struct vec *facts)
{
	struct cap_space_range ranges[HIDDEN_SHOWN];
	size_t n = cap_space_hidden(device, ranges, ARRAY_SIZE(ranges));
	struct vec *list = facts_add_list(facts, "hidden", FACT_TEXT);

	for (size_t i = 0; i < n && i < ARRAY_SIZE(ranges); i++) {
		char text[24];

		snprintf(text, sizeof(text), "0x%x-0x%x", ranges[i].first, ranges[i].last);
		if (facts_add_text(list, "", text) < 0)
			return -ENOMEM;
	}
	return list ? 0 : -ENOMEM;
}

int pasid_facts_add_virtual(const struct inventory *inv, const struct device *device,
			    struct vec *facts)
{
	struct cap_space space[CAP_SPACE_KINDS];

	if (!device->physfn)
		return 0;
	cap_space_find(device, pasid_facts_physfn(inv, device), space);
	for (enum cap_space_kind kind = 0; kind < CAP_SPACE_KINDS; kind++) {
		int r;

		if (!space[kind].at && space[kind].state != CAP_SPACE_UNKNOWN)
			continue;
		r = pasid_facts_add_virtual_kind(device, kind, &space[kind], facts);
		if (r < 0)
			return r;
	}
	if (!pasid_facts_any(space))
		return 0;
	return pasid_facts_add_hidden(device, facts);
}
