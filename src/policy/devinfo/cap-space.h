/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Where in the configuration space of a virtual function a VMM may show a capability
 * that only its PF has: PASID and PRI, which the virtual functions share, and ATS. The place lies
 * behind the first 256 bytes, outside of all capabilities, and hides no register: every byte of it
 * read as zero, each time it was read, and no quirk names it.
 */

#include "policy/devinfo/cap-chain.h"

enum capspace_kind { CAPSPACE_PASID, CAPSPACE_PRI, CAPSPACE_ATS, CAPSPACE_KINDS };

enum capspace_state {
	CAPSPACE_ABSENT,	/* neither of them has it */
	CAPSPACE_OWN,		/* the virtual function has it: nothing to emulate */
	CAPSPACE_SHARED,	/* the PF's serves it too: a place was found */
	CAPSPACE_NOT_INHERITED, /* the PF's does not serve it; a place was found all the same */
	CAPSPACE_NO_ROOM,	/* no place: why says what is in the way */
	CAPSPACE_UNKNOWN,	/* configuration space is not known far enough */
};

#define CAPSPACE_SIZE_MAX 16

/*
 * To put it there: the dword at previous becomes previous_header, and registers go to at. Each
 * place stands for itself; to show two, the second takes over as its next what previous had
 * become. Where the chain is empty previous is 0x100 and becomes a null capability.
 */
struct capspace_place {
	uint16_t at, size;
	bool as_pf; /* where the PF has it */
	uint16_t previous;
	uint32_t previous_header;
	uint16_t next;
	uint8_t registers[CAPSPACE_SIZE_MAX]; /* header and what the PF's says, nothing enabled */
};

struct capspace {
	enum capspace_state state;
	uint16_t at; /* where it is: in the virtual function (own) or in the PF; 0: nowhere */
	struct capspace_place place; /* size 0: none */
	const char *why; /* for no-room and unknown; else NULL */
};

struct capspace_range {
	uint16_t first, last;
};

/* "pasid", "shared" */
const char *capspace_kind_to_string(enum capspace_kind kind);
const char *capspace_state_to_string(enum capspace_state state);
unsigned capspace_size(enum capspace_kind kind);
uint16_t capspace_id(enum capspace_kind kind);

/*
 * All of them, by kind; their places do not overlap. @vf->config_again is the second reading. @pf
 * may be NULL, and then nothing is known of it.
 */
void capspace_find(const struct device *vf, const struct device *pf,
		   struct capspace ret[CAPSPACE_KINDS]);

/*
 * The stretches of the extended space of @device that are outside of all capabilities and yet not
 * zero, or not the same in both readings, or named by a quirk: struct capspace_range in @ret, which
 * has room for @max. Returns how many there are.
 */
size_t capspace_hidden(const struct device *device, struct capspace_range *ret, size_t max);

/* The n-th stretch with a register that is known by other means than reading; false: no more. */
bool capspace_quirk(const struct device *device, size_t n, struct capspace_range *ret);
