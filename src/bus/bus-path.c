/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "base/str.h"
#include "bus/bus-path.h"
#include "model/dbus-names.h"
#include "model/pciaddr.h"

char *bus_path_group(const char *name)
{
	char *path;

	return sd_bus_path_encode(DG_GROUP_PREFIX, name, &path) < 0 ? NULL : path;
}

char *bus_path_device(const char *key)
{
	struct pciaddr addr;
	_cleanup_free_ char *full = NULL;
	char *path;

	full = pciaddr_parse(key, &addr) >= 0 ? str_printf("pci:%s", key) : strdup(key);
	return !full || sd_bus_path_encode(DG_DEVICE_PREFIX, full, &path) < 0 ? NULL : path;
}

char *bus_path_lease(const char *lease)
{
	char *path;

	return sd_bus_path_encode(DG_LEASE_PREFIX, lease, &path) < 0 ? NULL : path;
}
