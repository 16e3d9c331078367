/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The capabilities of a function in the order of their chains, each with the bytes
 * that it takes. A chain may be cut off, lead in circles, or name what nobody knows.
 */

#include "model/device.h"

#define CAP_CHAIN_MAX 528 /* 48 in the first 256 bytes, 480 behind */
#define CAP_CHAIN_CONFIG_SIZE_PCI 0x100
#define CAP_CHAIN_CONFIG_SIZE 0x1000

struct capability {
	bool extended;
	uint16_t id;
	uint8_t version; /* of an extended one */
	uint16_t at;
	uint16_t next;	 /* where it leads to; 0: nowhere */
	uint16_t length; /* as its registers say; 0: nobody knows, see cap_chain_end() */
	uint16_t
		most; /* the longest form that the specification gives it; never less than length */
};

struct cap_chain {
	struct capability caps[CAP_CHAIN_MAX];
	size_t n;      /* those of the standard chain first */
	bool complete; /* false: configuration space is known only in part, or a chain is broken */
	size_t known_size; /* how far configuration space is known */
};

/* 0 or -ENODATA if not even the header is known. */
int cap_chain_read(const struct device *device, struct cap_chain *ret) _must_check_;

/* NULL: there is none. The first one, if there are several. */
const struct capability *cap_chain_find(const struct cap_chain *chain, bool extended, uint16_t id);

/*
 * The first byte behind it. One whose length nobody knows ends where the next one of either chain
 * begins, or with configuration space. @most: in its longest form.
 */
size_t cap_chain_end(const struct cap_chain *chain, const struct capability *cap, bool most);
