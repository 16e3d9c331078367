/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "policy/devinfo/cap-space.h"
#include "policy/devinfo/pcicap.h"

/* What is known of a byte. */
enum {
	MARK_CAPABILITY = 1, /* in a capability of the function, or of its header */
	MARK_LONGEST = 2,    /* would be, if that had its longest form */
	MARK_HIDDEN = 4,     /* not zero, or not the same in both readings, or named by a quirk */
	MARK_PF = 8,	     /* the PF has a capability or a hidden register there */
	MARK_TAKEN = 16,     /* given away just now */
};

#define MARK_NEVER (MARK_CAPABILITY | MARK_HIDDEN | MARK_TAKEN)

struct search {
	const struct device *vf, *pf;
	struct capchain own, of_pf;
	uint8_t marks[CONFIG_SPACE];
};

static const struct {
	const char *name;
	uint16_t id;
	uint8_t version, size;
} kinds[CAPSPACE_KINDS] = {
	[CAPSPACE_PASID] = { "pasid", PCICAP_EXT_PASID, 1, 8 },
	[CAPSPACE_PRI] = { "pri", PCICAP_EXT_PRI, 1, 16 },
	[CAPSPACE_ATS] = { "ats", PCICAP_EXT_ATS, 1, 8 },
};

const char *capspace_kind_to_string(enum capspace_kind kind)
{
	return kinds[kind].name;
}

unsigned capspace_size(enum capspace_kind kind)
{
	return kinds[kind].size;
}

uint16_t capspace_id(enum capspace_kind kind)
{
	return kinds[kind].id;
}

const char *capspace_state_to_string(enum capspace_state state)
{
	static const char *const names[] = {
		[CAPSPACE_ABSENT] = "absent",	[CAPSPACE_OWN] = "own",
		[CAPSPACE_SHARED] = "shared",	[CAPSPACE_NOT_INHERITED] = "not-inherited",
		[CAPSPACE_NO_ROOM] = "no-room", [CAPSPACE_UNKNOWN] = "unknown",
	};

	return names[state];
}

/* --- what is where ------------------------------------------------------------------------------ */

static void mark(uint8_t *marks, size_t first, size_t end, unsigned how)
{
	for (size_t i = first; i < end && i < CONFIG_SPACE; i++)
		marks[i] |= (uint8_t)how;
}

static void mark_capabilities(const struct capchain *chain, uint8_t *marks)
{
	mark(marks, 0, 0x40, MARK_CAPABILITY);
	for (size_t i = 0; i < chain->n; i++) {
		const struct capability *cap = &chain->caps[i];

		mark(marks, cap->at, capchain_end(chain, cap, false), MARK_CAPABILITY);
		mark(marks, cap->at, capchain_end(chain, cap, true), MARK_LONGEST);
	}
}

static void mark_hidden(const struct device *device, uint8_t *marks)
{
	const uint8_t *again = device->config_again ? device->config_again : device->config;
	struct capspace_range range;

	for (size_t i = 0; i < device->config_size && i < CONFIG_SPACE; i++)
		if ((device->config[i] || again[i]) && !(marks[i] & MARK_CAPABILITY))
			marks[i] |= MARK_HIDDEN;
	for (size_t n = 0; capspace_quirk(device, n, &range); n++)
		mark(marks, range.first, range.last + 1u, MARK_HIDDEN);
}

/* Registers of the PF may be there in its virtual functions too, and read as zero. */
static void mark_pf(struct search *search)
{
	uint8_t marks[CONFIG_SPACE] = { 0 };
	struct capspace_range range;

	mark_capabilities(&search->of_pf, marks);
	mark_hidden(search->pf, marks);
	for (size_t i = 0; i < CONFIG_SPACE; i++)
		if (marks[i])
			search->marks[i] |= MARK_PF;
	for (size_t n = 0; capspace_quirk(search->pf, n, &range); n++)
		mark(search->marks, range.first, range.last + 1u, MARK_HIDDEN);
}

size_t capspace_hidden(const struct device *device, struct capspace_range *ret, size_t max)
{
	uint8_t marks[CONFIG_SPACE] = { 0 };
	struct capchain chain;
	size_t n = 0;

	if (capchain_read(device, &chain) < 0)
		return 0;
	mark_capabilities(&chain, marks);
	mark_hidden(device, marks);
	for (size_t i = CONFIG_SPACE_OLD; i < CONFIG_SPACE; i++) {
		bool begins = i == CONFIG_SPACE_OLD || !(marks[i - 1] & MARK_HIDDEN);

		if (!(marks[i] & MARK_HIDDEN))
			continue;
		if (begins && n++ < max)
			ret[n - 1].first = (uint16_t)i;
		if (n <= max)
			ret[n - 1].last = (uint16_t)i;
	}
	return n;
}

/* --- holes -------------------------------------------------------------------------------------- */

static bool is_free(const struct search *search, size_t at, size_t size, unsigned avoid)
{
	if (at % 4 || at < CONFIG_SPACE_OLD || at + size > CONFIG_SPACE)
		return false;
	for (size_t i = at; i < at + size; i++)
		if (search->marks[i] & avoid)
			return false;
	return true;
}

/* At the end of the largest hole, as far away from all that is there as can be. 0: there is none. */
static size_t find_hole(const struct search *search, size_t size, unsigned avoid)
{
	size_t best = 0, best_size = 0;

	for (size_t at = CONFIG_SPACE_OLD; at < CONFIG_SPACE;) {
		size_t end = at, place;

		while (end < CONFIG_SPACE && !(search->marks[end] & avoid))
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

static size_t find_place(const struct search *search, size_t at_pf, size_t size, bool *ret_as_pf)
{
	static const unsigned avoid[] = { MARK_NEVER | MARK_LONGEST | MARK_PF,
					  MARK_NEVER | MARK_LONGEST, MARK_NEVER };

	*ret_as_pf = is_free(search, at_pf, size, MARK_NEVER);
	if (*ret_as_pf)
		return at_pf;
	for (size_t i = 0; i < ARRAY_SIZE(avoid); i++) {
		size_t at = find_hole(search, size, avoid[i]);

		if (at)
			return at;
	}
	return 0;
}

/* --- what goes there ---------------------------------------------------------------------------- */

static void put16(uint8_t *to, unsigned value)
{
	to[0] = (uint8_t)value;
	to[1] = (uint8_t)(value >> 8);
}

/* What the PF's says it can; control and status as after a reset. */
static void fill_registers(const struct search *search, enum capspace_kind kind, size_t at_pf,
			   uint16_t next, uint8_t *registers)
{
	put16(registers, kinds[kind].id);
	put16(registers + 2, kinds[kind].version | (unsigned)next << 4);
	if (kind == CAPSPACE_PRI) {
		/* stopped; whether responses carry a PASID is what the device is built for */
		put16(registers + 6, 0x0100u | (pcicap_u16(search->pf, at_pf + 6) & 0x8000u));
		put16(registers + 8, pcicap_u16(search->pf, at_pf + 8));
		put16(registers + 10, pcicap_u16(search->pf, at_pf + 10));
	} else {
		put16(registers + 4, pcicap_u16(search->pf, at_pf + 4));
	}
}

static void link_place(const struct search *search, struct capspace_place *place)
{
	const struct capability *last = NULL;

	for (size_t i = 0; i < search->own.n; i++)
		if (search->own.caps[i].extended)
			last = &search->own.caps[i];
	place->previous = last ? last->at : CONFIG_SPACE_OLD;
	place->next = last ? last->next : 0;
	place->previous_header = (last ? pcicap_u32(search->vf, last->at) & 0xfffffu : 0) |
				 (uint32_t)place->at << 20;
}

static void place_one(struct search *search, enum capspace_kind kind, struct capspace *ret)
{
	struct capspace_place *place = &ret->place;
	unsigned size = kinds[kind].size;
	size_t at = find_place(search, ret->at, size, &place->as_pf);

	if (!at) {
		ret->state = CAPSPACE_NO_ROOM;
		ret->why = "every stretch that is long enough holds a capability or a register";
		return;
	}
	ret->state = kind == CAPSPACE_ATS ? CAPSPACE_NOT_INHERITED : CAPSPACE_SHARED;
	place->at = (uint16_t)at;
	place->size = (uint16_t)size;
	link_place(search, place);
	fill_registers(search, kind, ret->at, place->next, place->registers);
	mark(search->marks, at, at + size, MARK_TAKEN);
}

/* --- the whole ---------------------------------------------------------------------------------- */

static const char *unfit(const struct search *search)
{
	if (search->own.known_size < CONFIG_SPACE_OLD)
		return "its configuration space is known only in part";
	if (search->own.known_size == CONFIG_SPACE_OLD && search->vf->config_size == CONFIG_SPACE_OLD &&
	    pcicap_express_type(search->vf) < 0)
		return "it is conventional PCI: its configuration space has 256 bytes";
	if (search->own.known_size < CONFIG_SPACE)
		return "its configuration space is known only in part";
	if (!search->own.complete)
		return "its chain of capabilities is broken";
	return NULL;
}

static void search_init(struct search *search, const struct device *vf, const struct device *pf)
{
	*search = (struct search){ .vf = vf, .pf = pf };
	if (capchain_read(vf, &search->own) == 0) {
		mark_capabilities(&search->own, search->marks);
		mark_hidden(vf, search->marks);
	}
	if (pf && capchain_read(pf, &search->of_pf) == 0)
		mark_pf(search);
	/* the null capability that the chain begins with where there is none */
	if (search->own.known_size == CONFIG_SPACE && pcicap_u32(vf, CONFIG_SPACE_OLD) == 0)
		mark(search->marks, CONFIG_SPACE_OLD, CONFIG_SPACE_OLD + 4, MARK_TAKEN);
}

static void judge(struct search *search, enum capspace_kind kind, struct capspace *ret)
{
	const struct capability *own = capchain_find(&search->own, true, kinds[kind].id);
	const struct capability *theirs = capchain_find(&search->of_pf, true, kinds[kind].id);
	const char *why = unfit(search);

	if (own || theirs)
		ret->at = own ? own->at : theirs->at;
	if (own) {
		ret->state = CAPSPACE_OWN;
	} else if (theirs && why) {
		ret->state = CAPSPACE_NO_ROOM;
		ret->why = why;
	} else if (theirs) {
		place_one(search, kind, ret);
	} else if (!search->pf || !search->of_pf.complete || search->of_pf.known_size < CONFIG_SPACE) {
		ret->state = CAPSPACE_UNKNOWN;
		ret->why = "the configuration space of its physical function is known only in part";
	}
}

void capspace_find(const struct device *vf, const struct device *pf,
		   struct capspace ret[CAPSPACE_KINDS])
{
	struct search search;

	search_init(&search, vf, pf);
	for (enum capspace_kind kind = 0; kind < CAPSPACE_KINDS; kind++) {
		ret[kind] = (struct capspace){ 0 };
		judge(&search, kind, &ret[kind]);
	}
}
