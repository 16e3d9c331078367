/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The facts of each device that the rules for groups need, worked out once. Only grouping*.c
 * includes this.
 */

#include "model/inventory.h"

#define GROUPING_NONE SIZE_MAX

struct grouping_node {
	struct pciaddr addr;
	bool is_pci;
	size_t parent; /* the bridge above; GROUPING_NONE: there is none */
	size_t owner;  /* the device that its DMA comes from, mostly itself */
	bool isolates; /* devices behind it, or its functions, are kept apart */
	bool joins;    /* a device below it joins it: it or a bridge above does not isolate */
	bool multifunction;
	bool has_aliases;     /* uses addresses of others on its bus */
	bool bus_has_aliases; /* some device of its bus uses addresses of others */
	size_t bus, bus_end;  /* the devices on its bus */
	size_t pf;	      /* the physical function; itself unless it is a VF */
	int number;	      /* the group; -1: none yet */
};

struct grouping {
	const struct inventory *inv;
	const struct device *isolator; /* counts as if it and all above it isolated; or NULL */
	unsigned rules;		       /* the version of the kernel (kernel-rules.h) */
	struct grouping_node *nodes;
	int next;   /* the number of the next group */
	bool *ties; /* grouping-next.c, by number: the group takes all devices below its members */
};

/* Fills grouping->nodes, one for each device of the inventory, in their order. */
void grouping_nodes_fill(struct grouping *grouping);
/* Returns whether one of two devices on a bus uses the address of the other. */
bool grouping_nodes_are_aliases(const struct grouping *grouping, size_t i, size_t k);

/*
 * grouping-next.c: returns the group of the device at @i by the rules of KERNEL_RULES_NEXT, or
 * grouping->next for a new one. The devices before it have theirs. Sets grouping->ties.
 */
int grouping_next_number(const struct grouping *grouping, size_t i);
