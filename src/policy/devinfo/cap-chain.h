/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The capabilities of a function in the order of their chains, each with the bytes
 * that it takes. A chain may be cut off, lead in circles, or name what nobody knows.
 */

#include "model/device.h"

#define CAPCHAIN_MAX	 528 /* 48 in the first 256 bytes, 480 behind */
#define CONFIG_SPACE_OLD 0x100
#define CONFIG_SPACE	 0x1000

struct capability {
	bool extended;
	uint16_t id;
	uint8_t version; /* of an extended one */
	uint16_t at;
	uint16_t next;	 /* where it leads to; 0: nowhere */
	uint16_t length; /* as its registers say; 0: nobody knows, see capchain_end() */
	uint16_t most;	 /* the longest form that the specification gives it; never less than length */
};

struct capchain {
	struct capability caps[CAPCHAIN_MAX];
	size_t n;	   /* those of the standard chain first */
	bool complete;	   /* false: configuration space is known only in part, or a chain is broken */
	size_t known_size; /* how far configuration space is known */
};

/* 0 or -ENODATA if not even the header is known. */
int capchain_read(const struct device *device, struct capchain *ret) _must_check_;

/* NULL: there is none. The first one, if there are several. */
const struct capability *capchain_find(const struct capchain *chain, bool extended, uint16_t id);

/*
 * The first byte behind it. One whose length nobody knows ends where the next one of either chain
 * begins, or with configuration space. @most: in its longest form.
 */
size_t capchain_end(const struct capchain *chain, const struct capability *cap, bool most);
