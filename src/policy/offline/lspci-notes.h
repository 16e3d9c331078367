/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The parts of a dump that were not read: counted while it is read, and named in warnings. */

#include "model/inventory.h"

#define LSPCI_NOTES_SHOWN 3

struct lspci_notes {
	unsigned line;			 /* the number of the current line */
	size_t n_unread;		 /* lines that were not understood */
	char *unread[LSPCI_NOTES_SHOWN]; /* the first of them: "5 ("hello")" */
	size_t n_gaps;			 /* devices without some rows of configuration space */
	char *gaps[LSPCI_NOTES_SHOWN];	 /* the keys of the first */
	char *cut_device;		 /* the dump ends within this device; NULL: it does not */
};

/* Counts the current line as not understood. 0 or -ENOMEM. */
int lspci_notes_add_unread(struct lspci_notes *notes, const char *line) _must_check_;
/* Counts the device @key, of which rows are missing. 0 or -ENOMEM. */
int lspci_notes_add_gap(struct lspci_notes *notes, const char *key) _must_check_;
/* Appends a warning for each kind to inv->notes. 0 or -ENOMEM. */
int lspci_notes_finish(const struct lspci_notes *notes, struct inventory *inv) _must_check_;
void lspci_notes_clear(struct lspci_notes *notes);
