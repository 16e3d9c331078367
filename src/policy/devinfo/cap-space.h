/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Finds room in the configuration space of a virtual function where a VMM may show a capability
 * that only its PF has: PASID and PRI, which the virtual functions share, and ATS. The room lies
 * behind the first 256 bytes, outside of all capabilities, and hides no register: each of its bytes
 * read as zero every time, and no quirk names it.
 */

#include "policy/devinfo/cap-chain.h"

enum cap_space_kind { CAP_SPACE_PASID, CAP_SPACE_PRI, CAP_SPACE_ATS, CAP_SPACE_KINDS };

enum cap_space_state {
	CAP_SPACE_ABSENT,	 /* neither the function nor its PF has it */
	CAP_SPACE_OWN,		 /* the virtual function has it: no emulation needed */
	CAP_SPACE_SHARED,	 /* the PF's capability serves it too: room was found */
	CAP_SPACE_NOT_INHERITED, /* the PF's capability does not serve it; room was found anyway */
	CAP_SPACE_NO_ROOM,	 /* no room: see why */
	CAP_SPACE_UNKNOWN,	 /* configuration space is not known far enough */
};

#define CAP_SPACE_SIZE_MAX 16

/*
 * A place for one capability. The VMM shows it by writing previous_header to the dword at previous,
 * and registers to at. Each place is computed alone. If a VMM shows two, the second takes as its
 * next the offset that the first has put into the dword at previous. If the chain is empty,
 * previous is 0x100 and becomes a null capability.
 */
struct cap_space_place {
	uint16_t at, size;
	bool as_pf; /* at the offset of the PF */
	uint16_t previous;
	uint32_t previous_header;
	uint16_t next;
	uint8_t registers[CAP_SPACE_SIZE_MAX]; /* header and values of the PF; nothing enabled */
};

struct cap_space {
	enum cap_space_state state;
	uint16_t at; /* offset in the virtual function (own) or in the PF; 0: none */
	struct cap_space_place place; /* size 0: none */
	const char *why;	      /* static; for no-room and unknown, else NULL */
};

struct cap_space_range {
	uint16_t first, last;
};

/* Return "pasid" and "shared". Static. */
const char *cap_space_kind_to_string(enum cap_space_kind kind);
const char *cap_space_state_to_string(enum cap_space_state state);
/* Return the size in bytes and the id of the capability. */
unsigned cap_space_size(enum cap_space_kind kind);
uint16_t cap_space_id(enum cap_space_kind kind);

/*
 * Finds room for all kinds; the places do not overlap. @vf->config_again is a second reading of
 * configuration space. @pf may be NULL: then nothing is known of it.
 */
void cap_space_find(const struct device *vf, const struct device *pf,
		    struct cap_space ret[CAP_SPACE_KINDS]);

/*
 * Fills @ret, which has room for @max, with ranges of the extended space of @device that hide
 * registers. They are outside of all capabilities, but are not zero, differ between both readings,
 * or a quirk names them. Returns their number, which may exceed @max.
 */
size_t cap_space_hidden(const struct device *device, struct cap_space_range *ret, size_t max);
