/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Reads the text of "lspci -xxxx", with or without -D, -n, -nn, -v, -vv, -k, -P, -mm, -vmm, as
 * lspci wrote it or as a mail program changed it. It reads the devices and as much configuration
 * space as there is. Lines that lspci does not write are counted and named in inv->notes, so only a
 * text without devices is an error, and that is up to the caller.
 */

#include <stddef.h>

#include "model/inventory.h"

/* Puts the devices into @inv, without parents and VFs. 0 or -ENOMEM. */
int lspci_dump_read(const char *text, size_t size, struct inventory *inv) _must_check_;
