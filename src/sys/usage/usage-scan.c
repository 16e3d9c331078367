/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sys/usage/usage-block.h"
#include "sys/usage/usage-console.h"
#include "sys/usage/usage-net.h"
#include "sys/usage/usage-scan.h"
#include "sys/usage/usage-set.h"

int usage_scan_refresh(const struct sysfs_root *root, struct inventory *inv, unsigned sources,
		       bool *ret_changed)
{
	static const struct {
		enum usage_source source;
		int (*read)(struct usage_set *set);
	} readers[] = {
		{ USAGE_OF_BLOCK, usage_block_read },
		{ USAGE_OF_NET, usage_net_read },
		{ USAGE_OF_CONSOLE, usage_console_read },
	};
	_cleanup_(usage_set_clear) struct usage_set set = { .root = root, .inv = inv };

	for (size_t i = 0; i < ARRAY_SIZE(readers); i++) {
		int r;

		if (!(sources & readers[i].source))
			continue;
		r = readers[i].read(&set);
		if (r < 0)
			return r;
	}
	return usage_set_apply(&set, inv, sources, NULL, ret_changed);
}
