/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <unistd.h>

#include "sys/usage/usage-block.h"
#include "sys/usage/usage-console.h"
#include "sys/usage/usage-net.h"
#include "sys/usage/usage-process.h"
#include "sys/usage/usage-scan.h"

int usage_scan_read(struct usage_set *set, unsigned sources, pid_t own,
		    const struct process_turns_limits *limits)
{
	static const struct {
		enum usage_source source;
		int (*read)(struct usage_set *set);
	} readers[] = {
		{ USAGE_OF_BLOCK, usage_block_read },
		{ USAGE_OF_NET, usage_net_read },
		{ USAGE_OF_CONSOLE, usage_console_read },
	};

	for (size_t i = 0; i < ARRAY_SIZE(readers); i++) {
		int r;

		if (!(sources & readers[i].source))
			continue;
		r = readers[i].read(set);
		if (r < 0)
			return r;
	}
	return sources & USAGE_OF_PROCESSES ? usage_process_read(set, own, limits) : 0;
}

int usage_scan_refresh(const struct sysfs_root *root, struct inventory *inv, unsigned sources,
		       bool *ret_changed)
{
	_cleanup_(usage_set_clear) struct usage_set set = { .root = root, .inv = inv };
	int r = usage_scan_read(&set, sources & ~(unsigned)USAGE_OF_PROCESSES, getpid(), NULL);

	if (r < 0)
		return r;
	return usage_set_apply(&set, inv, sources, NULL, ret_changed);
}
