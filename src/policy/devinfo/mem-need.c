/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/str.h"
#include "policy/devinfo/mem-need.h"

#define MIB (UINT64_C(1) << 20)

static uint64_t add(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

uint64_t memneed_least(uint64_t ram)
{
	return add(ram, MIB);
}

uint64_t memneed_usual(uint64_t ram)
{
	return add(ram, 64 * MIB);
}

char *memneed_format(uint64_t bytes)
{
	static const struct {
		unsigned shift;
		char unit;
	} units[] = { { 40, 'T' }, { 30, 'G' }, { 20, 'M' }, { 10, 'K' } };

	if (bytes == UINT64_MAX)
		return strdup("infinity");
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (bytes && (bytes & ((UINT64_C(1) << units[i].shift) - 1)) == 0)
			return str_printf("%llu%c", (unsigned long long)(bytes >> units[i].shift), units[i].unit);
	return str_printf("%llu", (unsigned long long)bytes);
}
