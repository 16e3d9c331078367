/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The address of a PCI function. */

#include <stdbool.h>
#include <stdint.h>

#include "base/macro.h"

struct pciaddr {
	uint32_t domain; /* 16 bits on the bus; VMD and friends make Linux use more */
	uint8_t bus;
	uint8_t slot;
	uint8_t function;
};

/* "0000:01:00.0" plus NUL, with room for an eight-digit domain. */
#define PCIADDR_SIZE 20

/* Takes "0000:01:00.0" and, as lspci does, "01:00.0" of domain 0. -EINVAL for anything else. */
int pciaddr_parse(const char *s, struct pciaddr *ret) _must_check_;
/* Writes the form that sysfs uses into @buf and returns it. */
char *pciaddr_format(const struct pciaddr *addr, char buf[static PCIADDR_SIZE]);
int pciaddr_cmp(const struct pciaddr *a, const struct pciaddr *b);

static inline bool pciaddr_same_slot(const struct pciaddr *a, const struct pciaddr *b)
{
	return a->domain == b->domain && a->bus == b->bus && a->slot == b->slot;
}
