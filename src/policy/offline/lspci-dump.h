/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The text of "lspci -xxxx", with or without -D, -n, -nn, -v, -vv, as lspci wrote it
 * or as a mail left it: devices with their configuration space as far as it is there. What is no
 * line of lspci's is skipped, so nothing in a dump is an error but that there is no device in it.
 */

#include <stddef.h>

#include "model/inventory.h"

/* Puts the devices into @inv, each by itself: no parents, no VFs. 0 or -ENOMEM. */
int lspci_dump_read(const char *text, size_t size, struct inventory *inv) _must_check_;
