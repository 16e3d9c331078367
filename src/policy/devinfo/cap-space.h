/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Where in the configuration space of a virtual function a VMM may show a capability
 * that only its PF has: PASID and PRI, which the virtual functions share, and ATS. The place lies
 * behind the first 256 bytes, outside of all capabilities, and hides no register: every byte of it
 * read as zero, each time it was read, and no quirk names it.
 */

#include "policy/devinfo/cap-chain.h"

enum cap_space_kind { CAP_SPACE_PASID, CAP_SPACE_PRI, CAP_SPACE_ATS, CAP_SPACE_KINDS };

enum cap_space_state {
	CAP_SPACE_ABSENT,	 /* neither of them has it */
	CAP_SPACE_OWN,		 /* the virtual function has it: nothing to emulate */
	CAP_SPACE_SHARED,	 /* the PF's serves it too: a place was found */
	CAP_SPACE_NOT_INHERITED, /* the PF's does not serve it; a place was found all the same */
	CAP_SPACE_NO_ROOM,	 /* no place: why says what is in the way */
	CAP_SPACE_UNKNOWN,	 /* configuration space is not known far enough */
};

#define CAP_SPACE_SIZE_MAX 16

/*
 * To put it there: the dword at previous becomes previous_header, and registers go to at. Each
 * place stands for itself; to show two, the second takes over as its next what previous had
 * become. Where the chain is empty previous is 0x100 and becomes a null capability.
 */
struct cap_space_place {
	uint16_t at, size;
	bool as_pf; /* where the PF has it */
	uint16_t previous;
	uint32_t previous_header;
	uint16_t next;
	uint8_t registers[CAP_SPACE_SIZE_MAX]; /* header and what the PF's says, nothing enabled */
};

struct cap_space {
	enum cap_space_state state;
	uint16_t at; /* where it is: in the virtual function (own) or in the PF; 0: nowhere */
	struct cap_space_place place; /* size 0: none */
	const char *why;	      /* for no-room and unknown; else NULL */
};

struct cap_space_range {
	uint16_t first, last;
};

/* "pasid", "shared" */
const char *cap_space_kind_to_string(enum cap_space_kind kind);
const char *cap_space_state_to_string(enum cap_space_state state);
unsigned cap_space_size(enum cap_space_kind kind);
uint16_t cap_space_id(enum cap_space_kind kind);

/*
 * All of them, by kind; their places do not overlap. @vf->config_again is the second reading. @pf
 * may be NULL, and then nothing is known of it.
 */
void cap_space_find(const struct device *vf, const struct device *pf,
		    struct cap_space ret[CAP_SPACE_KINDS]);

/*
 * The stretches of the extended space of @device that are outside of all capabilities and yet not
 * zero, or not the same in both readings, or named by a quirk: struct cap_space_range in @ret,
 * which has room for @max. Returns how many there are.
 */
size_t cap_space_hidden(const struct device *device, struct cap_space_range *ret, size_t max);
