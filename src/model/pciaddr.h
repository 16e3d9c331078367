/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The address of a PCI function. */

#include <stdbool.h>
#include <stdint.h>

#include "base/macro.h"

struct pciaddr {
	uint32_t domain; /* 16 bits in hardware; Linux uses more for VMD and similar bridges */
	uint8_t bus;
	uint8_t slot;
	uint8_t function;
};

/* Bytes of "0000:01:00.0" with its NUL, with room for a domain of eight digits. */
#define PCIADDR_SIZE 20

/* Parses "0000:01:00.0" and, as lspci does, "01:00.0" of domain 0. 0, or -EINVAL for other text. */
int pciaddr_parse(const char *s, struct pciaddr *ret) _must_check_;
/* Writes the form that sysfs uses into @buf. Returns @buf. */
char *pciaddr_format(const struct pciaddr *addr, char buf[static PCIADDR_SIZE]);
int pciaddr_cmp(const struct pciaddr *a, const struct pciaddr *b);

static inline bool pciaddr_same_slot(const struct pciaddr *a, const struct pciaddr *b)
{
	return a->domain == b->domain && a->bus == b->bus && a->slot == b->slot;
}
