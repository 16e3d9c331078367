/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The physical slots of a host: the ports that have one, and which other slot would give a card a
 * group of its own. A port tells in its PCI Express capability whether it has a slot. One without
 * leads to a part of the board, which cannot be moved.
 */

#include "model/inventory.h"

enum slot_isolation {
	SLOT_ISOLATES,
	SLOT_JOINS,   /* @culprit or a port above it joins the card below */
	SLOT_UNKNOWN, /* the recording does not show whether it isolates */
};

struct slot {
	const struct device *port; /* not owned */
	char *name; /* as sysfs or lspci has it, or the number of the port; NULL: none */
	bool is_empty;
	unsigned width; /* lanes of the port; 0: not known */
	enum slot_isolation isolation;
	const struct device
		*culprit; /* for SLOT_JOINS: the port that does not isolate; not owned */
};

/* Why other slots may not help, or that they may. */
enum slots_verdict {
	SLOTS_NOT_NEEDED, /* the device is alone */
	SLOTS_BUILT_IN,	  /* on a root bus: no port is above it */
	SLOTS_NO_SLOT,	  /* no port above it has a slot */
	SLOTS_UNKNOWN,	  /* the recording or the kernel's groups do not tell */
	SLOTS_COMPARED,	  /* look at the slots */
	SLOTS_AS_BEFORE,  /* the answer is that for @like, which is below the same port */
};

struct slots_advice {
	enum slots_verdict verdict;
	const struct device *like; /* for SLOTS_AS_BEFORE; not owned */
	struct slot here;	   /* the slot of the device, for SLOTS_COMPARED */
	struct vec companions; /* struct device, not owned: of its card, and still in its group in
				  a slot that isolates */
	struct vec slots;      /* struct slot, owned: all others, in the order of their ports */
};

/* Returns whether @port has a slot, by its PCI Express capability. */
bool slots_port_has_slot(const struct device *port);
bool slots_port_is_empty(const struct inventory *inv, const struct device *port);

/* Keeps what several questions about one host share. */
struct slots_finder {
	const struct inventory *inv;
	int *expected;		   /* the groups that the rules known here make; NULL: not asked */
	int group;		   /* the last group that was asked about */
	bool predicted;		   /* the expected groups have that one */
	const struct device *port; /* the last port with an answer, and the device it was for */
	const struct device *first;
};

struct slots_finder slots_finder_of(const struct inventory *inv);
void slots_finder_clear(struct slots_finder *finder);
#define _cleanup_slots_finder_ _cleanup_(slots_finder_clear)

/* Finds what the other slots would do for @device. 0 or -ENOMEM; clear *ret in both cases. */
int slots_find(struct slots_finder *finder, const struct device *device,
	       struct slots_advice *ret) _must_check_;
void slots_clear(struct slots_advice *advice);
#define _cleanup_slots_ _cleanup_(slots_clear)
