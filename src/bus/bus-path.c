/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Object paths: a prefix, and a name or key that sd-bus encodes. */

#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "base/str.h"
#include "bus/bus-path.h"
#include "model/dbus-names.h"
#include "model/pciaddr.h"

static char *bus_path_encode(const char *prefix, const char *name)
{
	char *path;

	if (sd_bus_path_encode(prefix, name, &path) < 0)
		return NULL;
	return path;
}

char *bus_path_group(const char *name)
{
	return bus_path_encode(DG_GROUP_PREFIX, name);
}

/* The path of a PCI device names its bus, which the key leaves out. */
char *bus_path_device(const char *key)
{
	struct pciaddr addr;
	_cleanup_free_ char *full = NULL;

	if (pciaddr_parse(key, &addr) < 0)
		return bus_path_encode(DG_DEVICE_PREFIX, key);
	full = str_printf("pci:%s", key);
	if (!full)
		return NULL;
	return bus_path_encode(DG_DEVICE_PREFIX, full);
}

char *bus_path_lease(const char *lease)
{
	return bus_path_encode(DG_LEASE_PREFIX, lease);
}
