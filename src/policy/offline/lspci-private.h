/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The parts of the reader of lspci dumps. Only lspci*.c includes this. */

#include "policy/offline/lspci-notes.h"

#define LSPCI_CONFIG_MAX 4096

/* The state of the reader, and the device of the current lines. */
struct lspci {
	struct inventory *inv;
	struct lspci_notes notes;
	bool shows_drivers;    /* at least one line about drivers was read */
	struct device *device; /* owned until it is complete; NULL: the lines are of no device */
	uint8_t config[LSPCI_CONFIG_MAX];
	size_t size;
	bool gap;    /* a row is missing: the position of the next bytes is unknown */
	bool hidden; /* the next bytes could not be read ("??"), which is no gap */
	bool in_capabilities;
	size_t n_slots;
	struct device_resource regions[DEVICE_RESOURCES]; /* of "lspci -v", without their number */
	size_t n_regions;
};

/* All: 1 if the line has their form, 0 if not, or -ENOMEM. They may change @line. */

/* lspci-head.c: returns whether @line begins with an address, as the first line of a device. */
bool lspci_head_is(const char *line);
/* lspci-head.c: the first line of a device, in each form */
int lspci_head_parse(struct lspci *lspci, char *line) _must_check_;
/* lspci-head.c: a line "Vendor:\tIntel Corporation" of "lspci -vmm" */
int lspci_head_parse_field(struct lspci *lspci, char *line) _must_check_;
/* lspci-text.c: an indented line of "lspci -v" or "-k" */
int lspci_text_parse(struct lspci *lspci, char *line) _must_check_;

/*
 * lspci-text.c: replaces *dst by a copy of @src with U+FFFD in place of bytes that are not UTF-8,
 * and
 * '?' in place of control characters. 0 or -ENOMEM.
 */
int lspci_text_set(char **dst, const char *src) _must_check_;
/* lspci-text.c: numbers the regions of "lspci -v" by the addresses in configuration space. */
void lspci_text_place_regions(struct lspci *lspci);

/* lspci-device.c: ends the current device and begins one at @addr. 0 or -ENOMEM. */
int lspci_device_begin(struct lspci *lspci, const struct pciaddr *addr) _must_check_;
/* lspci-text.c: notes the name of the slot that the current device is in. 0 or -ENOMEM. */
int lspci_text_add_slot(struct lspci *lspci, char *name) _must_check_;
/* lspci-device.c: puts the current device into the inventory, if there is one. 0 or -ENOMEM. */
int lspci_device_finish(struct lspci *lspci) _must_check_;
