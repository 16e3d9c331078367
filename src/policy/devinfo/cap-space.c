/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Marks every byte of a configuration space, and chooses room for capabilities among the free
 * bytes.
 */

#include <string.h>

#include "policy/devinfo/cap-space.h"
#include "policy/devinfo/pcicap.h"

/* The marks of one byte. */
enum {
	MARK_CAPABILITY = 1, /* inside a capability or the header */
	MARK_LONGEST = 2,    /* inside a capability in its longest form */
	MARK_HIDDEN = 4,     /* not zero in one of the readings, or named by a quirk */
	MARK_PF = 8,	     /* the PF has a capability or a hidden register here */
	MARK_TAKEN = 16,     /* assigned to a capability just now */
};

#define MARK_NEVER (MARK_CAPABILITY | MARK_HIDDEN | MARK_TAKEN)

struct space_map {
	const struct device *vf, *pf;
	struct cap_chain own, of_pf;
	uint8_t marks[CAP_CHAIN_CONFIG_SIZE];
};

static const struct {
	const char *name;
	uint16_t id;
	uint8_t version, size;
} cap_space_kinds[CAP_SPACE_KINDS] = {
	[CAP_SPACE_PASID] = { "pasid", PCICAP_EXT_PASID, 1, 8 },
	[CAP_SPACE_PRI] = { "pri", PCICAP_EXT_PRI, 1, 16 },
	[CAP_SPACE_ATS] = { "ats", PCICAP_EXT_ATS, 1, 8 },
};

const char *cap_space_kind_to_string(enum cap_space_kind kind)
{
	return cap_space_kinds[kind].name;
}

unsigned cap_space_size(enum cap_space_kind kind)
{
	return cap_space_kinds[kind].size;
}

uint16_t cap_space_id(enum cap_space_kind kind)
{
	return cap_space_kinds[kind].id;
}

const char *cap_space_state_to_string(enum cap_space_state state)
{
	static const char *const names[] = {
		[CAP_SPACE_ABSENT] = "absent",	 [CAP_SPACE_OWN] = "own",
		[CAP_SPACE_SHARED] = "shared",	 [CAP_SPACE_NOT_INHERITED] = "not-inherited",
		[CAP_SPACE_NO_ROOM] = "no-room", [CAP_SPACE_UNKNOWN] = "unknown",
	};

	return names[state];
}

/* --- registers known from drivers --- */

/*
 * Registers outside of all capabilities that drivers use. They are avoided even if they read as
 * zero, as straps and fuses may. File names are those of Linux 6.12.
 */
struct known_registers {
	uint16_t vendor, first_device, last_device;
	uint8_t class_base; /* 0: any */
	struct cap_space_range range;
};

static const struct known_registers cap_space_known_registers[] = {
	/* QuickAssist: straps, drivers/crypto/intel/qat/qat_c62x and qat_c3xxx, adf_*_hw_data.h */
	{ 0x8086, 0x37c8, 0x37c9, 0, { 0x2ec, 0x2ef } },
	{ 0x8086, 0x19e2, 0x19e3, 0, { 0x2ec, 0x2ef } },
	/* QuickAssist 4xxx and on: fuses, drivers/crypto/intel/qat/qat_common/adf_gen4_hw_data.h */
	{ 0x8086, 0x4940, 0x4947, 0, { 0x2c8, 0x2df } },
	/* NVIDIA graphics: audio function on or off, drivers/pci/quirks.c, quirk_nvidia_hda() */
	{ 0x10de, 0x0000, 0xffff, 0x03, { 0x488, 0x48b } },
	/* DesignWare cores behind Realtek's wireless: port logic, drivers/net/wireless/realtek */
	{ 0x10ec, 0x0000, 0xffff, 0x02, { 0x700, 0x7ff } },
	/* Atheros: the same, drivers/net/wireless/ath/ath9k/pci.c */
	{ 0x168c, 0x0000, 0xffff, 0x02, { 0x700, 0x7ff } },
};

static bool cap_space_quirk_range(const struct device *device, size_t n,
				  struct cap_space_range *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(cap_space_known_registers); i++) {
		const struct known_registers *row = &cap_space_known_registers[i];

		if (device->vendor != row->vendor || device->device < row->first_device ||
		    device->device > row->last_device ||
		    (row->class_base && device->class_code >> 16 != row->class_base) || n-- > 0)
			continue;
		*ret = row->range;
		return true;
	}
	return false;
}

/* --- marks --- */

static void cap_space_mark(uint8_t *marks, size_t first, size_t end, unsigned how)
{
	for (size_t i = first; i < end && i < CAP_CHAIN_CONFIG_SIZE; i++)
		marks[i] |= (uint8_t)how;
}

static void cap_space_mark_capabilities(const struct cap_chain *chain, uint8_t *marks)
{
	cap_space_mark(marks, 0, 0x40, MARK_CAPABILITY);
	for (size_t i = 0; i < chain->n; i++) {
		const struct capability *cap = &chain->caps[i];

		cap_space_mark(marks, cap->at, cap_chain_end(chain, cap, false), MARK_CAPABILITY);
		cap_space_mark(marks, cap->at, cap_chain_end(chain, cap, true), MARK_LONGEST);
	}
}

static void cap_space_mark_hidden(const struct device *device, uint8_t *marks)
{
	const uint8_t *again = device->config_again ? device->config_again : device->config;
	struct cap_space_range range;

	for (size_t i = 0; i < device->config_size && i < CAP_CHAIN_CONFIG_SIZE; i++)
		if ((device->config[i] || again[i]) && !(marks[i] & MARK_CAPABILITY))
			marks[i] |= MARK_HIDDEN;
	for (size_t n = 0; cap_space_quirk_range(device, n, &range); n++)
		cap_space_mark(marks, range.first, range.last + 1u, MARK_HIDDEN);
}

/* A virtual function may have the registers of its PF too, and read them as zero. */
static void cap_space_mark_pf(struct space_map *space_map)
{
	uint8_t marks[CAP_CHAIN_CONFIG_SIZE] = { 0 };
	struct cap_space_range range;

	cap_space_mark_capabilities(&space_map->of_pf, marks);
	cap_space_mark_hidden(space_map->pf, marks);
	for (size_t i = 0; i < CAP_CHAIN_CONFIG_SIZE; i++)
		if (marks[i])
			space_map->marks[i] |= MARK_PF;
	for (size_t n = 0; cap_space_quirk_range(space_map->pf, n, &range); n++)
		cap_space_mark(space_map->marks, range.first, range.last + 1u, MARK_HIDDEN);
}

size_t cap_space_hidden(const struct device *device, struct cap_space_range *ret, size_t max)
{
	uint8_t marks[CAP_CHAIN_CONFIG_SIZE] = { 0 };
	struct cap_chain chain;
	size_t n = 0;

	if (cap_chain_read(device, &chain) < 0)
		return 0;
	cap_space_mark_capabilities(&chain, marks);
	cap_space_mark_hidden(device, marks);
	for (size_t i = CAP_CHAIN_CONFIG_SIZE_PCI; i < CAP_CHAIN_CONFIG_SIZE; i++) {
		bool begins = i == CAP_CHAIN_CONFIG_SIZE_PCI || !(marks[i - 1] & MARK_HIDDEN);

		if (!(marks[i] & MARK_HIDDEN))
			continue;
		if (begins && n++ < max)
			ret[n - 1].first = (uint16_t)i;
		if (n <= max)
			ret[n - 1].last = (uint16_t)i;
	}
	return n;
}

/* --- holes --- */

static bool cap_space_is_free(const struct space_map *space_map, size_t at, size_t size,
			      unsigned avoid)
{
	if (at % 4 || at < CAP_CHAIN_CONFIG_SIZE_PCI || at + size > CAP_CHAIN_CONFIG_SIZE)
		return false;
	for (size_t i = at; i < at + size; i++)
		if (space_map->marks[i] & avoid)
			return false;
	return true;
}

/* Returns an offset at the end of the largest hole, far from all registers; 0: there is no hole. */
static size_t cap_space_find_hole(const struct space_map *space_map, size_t size, unsigned avoid)
{
	size_t best = 0, best_size = 0;

	for (size_t at = CAP_CHAIN_CONFIG_SIZE_PCI; at < CAP_CHAIN_CONFIG_SIZE;) {
		size_t end = at, place;

		while (end < CAP_CHAIN_CONFIG_SIZE && !(space_map->marks[end] & avoid))
			end++;
		place = end >= at + size ? (end - size) & ~(size_t)3 : 0;
		if (place >= at && end - at > best_size) {
			best = place;
			best_size = end - at;
		}
		at = end + 1;
	}
	return best;
}

static size_t cap_space_find_place(const struct space_map *space_map, size_t at_pf, size_t size,
				   bool *ret_as_pf)
{
	static const unsigned avoid[] = { MARK_NEVER | MARK_LONGEST | MARK_PF,
					  MARK_NEVER | MARK_LONGEST, MARK_NEVER };

	*ret_as_pf = cap_space_is_free(space_map, at_pf, size, MARK_NEVER);
	if (*ret_as_pf)
		return at_pf;
	for (size_t i = 0; i < ARRAY_SIZE(avoid); i++) {
		size_t at = cap_space_find_hole(space_map, size, avoid[i]);

		if (at)
			return at;
	}
	return 0;
}

/* --- registers --- */

static void cap_space_put16(uint8_t *to, unsigned value)
{
	to[0] = (uint8_t)value;
	to[1] = (uint8_t)(value >> 8);
}

/* Copies what the PF supports; control and status are as after a reset. */
static void cap_space_fill_registers(const struct space_map *space_map, enum cap_space_kind kind,
				     size_t at_pf, uint16_t next, uint8_t *registers)
{
	cap_space_put16(registers, cap_space_kinds[kind].id);
	cap_space_put16(registers + 2, cap_space_kinds[kind].version | (unsigned)next << 4);
	if (kind == CAP_SPACE_PRI) {
		/* stopped; the PF decides whether responses carry a PASID */
		cap_space_put16(registers + 6,
				0x0100u | (pcicap_u16(space_map->pf, at_pf + 6) & 0x8000u));
		cap_space_put16(registers + 8, pcicap_u16(space_map->pf, at_pf + 8));
		cap_space_put16(registers + 10, pcicap_u16(space_map->pf, at_pf + 10));
	} else {
		cap_space_put16(registers + 4, pcicap_u16(space_map->pf, at_pf + 4));
	}
}

static void cap_space_link(const struct space_map *space_map, struct cap_space_place *place)
{
	const struct capability *last = NULL;

	for (size_t i = 0; i < space_map->own.n; i++)
		if (space_map->own.caps[i].extended)
			last = &space_map->own.caps[i];
	place->previous = last ? last->at : CAP_CHAIN_CONFIG_SIZE_PCI;
	place->next = last ? last->next : 0;
	place->previous_header = (last ? pcicap_u32(space_map->vf, last->at) & 0xfffffu : 0) |
				 (uint32_t)place->at << 20;
}

static void cap_space_allocate(struct space_map *space_map, enum cap_space_kind kind,
			       struct cap_space *ret)
{
	struct cap_space_place *place = &ret->place;
	unsigned size = cap_space_kinds[kind].size;
	size_t at = cap_space_find_place(space_map, ret->at, size, &place->as_pf);

	if (!at) {
		ret->state = CAP_SPACE_NO_ROOM;
		ret->why = "every range that is long enough holds a capability or a register";
		return;
	}
	ret->state = kind == CAP_SPACE_ATS ? CAP_SPACE_NOT_INHERITED : CAP_SPACE_SHARED;
	place->at = (uint16_t)at;
	place->size = (uint16_t)size;
	cap_space_link(space_map, place);
	cap_space_fill_registers(space_map, kind, ret->at, place->next, place->registers);
	cap_space_mark(space_map->marks, at, at + size, MARK_TAKEN);
}

/* --- all kinds --- */

static const char *cap_space_why_unfit(const struct space_map *space_map)
{
	if (space_map->own.known_size < CAP_CHAIN_CONFIG_SIZE_PCI)
		return "its configuration space is known only in part";
	if (space_map->own.known_size == CAP_CHAIN_CONFIG_SIZE_PCI &&
	    space_map->vf->config_size == CAP_CHAIN_CONFIG_SIZE_PCI &&
	    pcicap_express_type(space_map->vf) < 0)
		return "it is conventional PCI: its configuration space has 256 bytes";
	if (space_map->own.known_size < CAP_CHAIN_CONFIG_SIZE)
		return "its configuration space is known only in part";
	if (!space_map->own.complete)
		return "its chain of capabilities is broken";
	return NULL;
}

static void cap_space_map_init(struct space_map *space_map, const struct device *vf,
			       const struct device *pf)
{
	*space_map = (struct space_map){ .vf = vf, .pf = pf };
	if (cap_chain_read(vf, &space_map->own) == 0) {
		cap_space_mark_capabilities(&space_map->own, space_map->marks);
		cap_space_mark_hidden(vf, space_map->marks);
	}
	if (pf && cap_chain_read(pf, &space_map->of_pf) == 0)
		cap_space_mark_pf(space_map);
	/* a null capability begins an empty chain */
	if (space_map->own.known_size == CAP_CHAIN_CONFIG_SIZE &&
	    pcicap_u32(vf, CAP_CHAIN_CONFIG_SIZE_PCI) == 0)
		cap_space_mark(space_map->marks, CAP_CHAIN_CONFIG_SIZE_PCI,
			       CAP_CHAIN_CONFIG_SIZE_PCI + 4, MARK_TAKEN);
}

static void cap_space_judge(struct space_map *space_map, enum cap_space_kind kind,
			    struct cap_space *ret)
{
	const struct capability *own =
		cap_chain_find(&space_map->own, true, cap_space_kinds[kind].id);
	const struct capability *theirs =
		cap_chain_find(&space_map->of_pf, true, cap_space_kinds[kind].id);
	const char *why = cap_space_why_unfit(space_map);

	if (own || theirs)
		ret->at = own ? own->at : theirs->at;
	if (own) {
		ret->state = CAP_SPACE_OWN;
	} else if (theirs && why) {
		ret->state = CAP_SPACE_NO_ROOM;
		ret->why = why;
	} else if (theirs) {
		cap_space_allocate(space_map, kind, ret);
	} else if (!space_map->pf || !space_map->of_pf.complete ||
		   space_map->of_pf.known_size < CAP_CHAIN_CONFIG_SIZE) {
		ret->state = CAP_SPACE_UNKNOWN;
		ret->why = "the configuration space of its physical function is known only in part";
	}
}

void cap_space_find(const struct device *vf, const struct device *pf,
		    struct cap_space ret[CAP_SPACE_KINDS])
{
	struct space_map space_map;

	cap_space_map_init(&space_map, vf, pf);
	for (enum cap_space_kind kind = 0; kind < CAP_SPACE_KINDS; kind++) {
		ret[kind] = (struct cap_space){ 0 };
		cap_space_judge(&space_map, kind, &ret[kind]);
	}
}
