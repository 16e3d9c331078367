/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Reads the capabilities of a function in the order of their chains, each with its length in bytes.
 * A chain may be cut off, be circular, or contain unknown capabilities.
 */

#include "model/device.h"

#define CAP_CHAIN_MAX 528 /* 48 in the first 256 bytes, 480 behind them */
#define CAP_CHAIN_CONFIG_SIZE_PCI 0x100
#define CAP_CHAIN_CONFIG_SIZE 0x1000

struct capability {
	bool extended;
	uint16_t id;
	uint8_t version; /* of an extended capability */
	uint16_t at;
	uint16_t next;	 /* offset of the next one; 0: none */
	uint16_t length; /* from its registers; 0: unknown, see cap_chain_end() */
	uint16_t most;	 /* in its longest specified form; never less than length */
};

struct cap_chain {
	struct capability caps[CAP_CHAIN_MAX];
	size_t n;      /* the standard chain comes first */
	bool complete; /* false: configuration space is known only in part, or a chain is broken */
	size_t known_size; /* known bytes of configuration space */
};

/* Reads both chains of @device. 0, or -ENODATA if not even the header is known. */
int cap_chain_read(const struct device *device, struct cap_chain *ret) _must_check_;

/* Returns the first capability with this id, or NULL. */
const struct capability *cap_chain_find(const struct cap_chain *chain, bool extended, uint16_t id);

/*
 * Returns the offset behind @cap, or behind its longest form if @most. A capability of unknown
 * length ends where the next one of either chain begins, or with configuration space.
 */
size_t cap_chain_end(const struct cap_chain *chain, const struct capability *cap, bool most);
