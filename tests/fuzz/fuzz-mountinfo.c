/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* mountinfo of a process: any user writes it, in a namespace of his own. */

#include "fuzz.h"

#include <stdio.h>

#include "sys/usage/mounts.h"

static int mountinfo_check(const struct mount_line *mount, void *userdata)
{
	size_t *n = userdata;

	assert(strlen(mount->point) + strlen(mount->type) + strlen(mount->source) < SIZE_MAX / 2);
	return ++*n > 1000 ? -1 : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *file = fmemopen((void *)data, size, "r");
	struct slice forever = { .end_usec = SLICE_FOREVER };
	size_t n = 0;

	if (!file)
		return 0;
	(void)(mounts_read(file, &forever, mountinfo_check, &n) < 0);
	fclose(file);
	return 0;
}
