/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Helpers that the D-Bus objects share. They know no object. */

#include <errno.h>

#include "base/strv.h"
#include "bus/bus-object.h"

struct bus *bus_object_bus(sd_bus *connection)
{
	return sd_bus_slot_get_userdata(sd_bus_get_current_slot(connection));
}

int bus_object_list(const struct vec *items, bus_object_path_fn path, char ***ret)
{
	_cleanup_strv_ char **paths = calloc(items->n + 1, sizeof(char *));
	size_t n = 0;

	if (!paths)
		return -ENOMEM;
	VEC_FOREACH(const void, item, items) {
		int r = path(item, &paths[n]);

		if (r < 0)
			return r;
		n += paths[n] != NULL;
	}
	*ret = TAKE_PTR(paths);
	return 0;
}
