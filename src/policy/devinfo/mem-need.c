/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sums of memory, which saturate at UINT64_MAX, and their text. */

#include <string.h>

#include "base/str.h"
#include "policy/devinfo/mem-need.h"

#define MIB (UINT64_C(1) << 20)

static uint64_t mem_need_add(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

uint64_t mem_need_min(uint64_t ram)
{
	return mem_need_add(ram, MIB);
}

uint64_t mem_need_typical(uint64_t ram)
{
	return mem_need_add(ram, 64 * MIB);
}

char *mem_need_format(uint64_t bytes)
{
	static const struct {
		unsigned shift;
		char unit;
	} units[] = { { 40, 'T' }, { 30, 'G' }, { 20, 'M' }, { 10, 'K' } };

	if (bytes == UINT64_MAX)
		return strdup("infinity");
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (bytes && (bytes & ((UINT64_C(1) << units[i].shift) - 1)) == 0)
			return str_printf("%llu%c", (unsigned long long)(bytes >> units[i].shift),
					  units[i].unit);
	return str_printf("%llu", (unsigned long long)bytes);
}
