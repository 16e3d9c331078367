/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "base/strv.h"
#include "model/device-name.h"
#include "model/pciaddr.h"

#define SYSFS "/sys/"
#define DEV "/dev/"

/* --- names without a path --- */

/* Tells whether @name is a namespace of @controller, or a part of one: "nvme0n1p2", "nvme0". */
static bool device_name_is_namespace(const char *name, const char *controller)
{
	size_t n = strlen(controller);

	return str_starts(name, controller) && name[n] == 'n' &&
	       isdigit((unsigned char)name[n + 1]);
}

/* Tells whether @name is "net/eth0" or "eth0" of the line "net/eth0 52:54:00:00:00:01". */
static bool device_name_is_line(const char *line, const char *name)
{
	size_t n = strcspn(line, " "), class = strcspn(line, "/"), length = strlen(name);

	if (length == n && strncmp(line, name, n) == 0)
		return true;
	return class < n && length == n - class - 1 && strncmp(line + class + 1, name, length) == 0;
}

bool device_name_is_interface(char *const *interfaces, const char *name)
{
	if (str_starts(name, DEV) || str_starts(name, SYSFS))
		name = strrchr(name, '/') + 1;
	STRV_FOREACH(interface, interfaces) {
		if (device_name_is_line(*interface, name))
			return true;
		if (str_starts(*interface, "nvme/") &&
		    device_name_is_namespace(name, *interface + strlen("nvme/")))
			return true;
	}
	return false;
}

static struct device *device_name_find_plain(const struct inventory *inv, const char *name)
{
	_cleanup_free_ char *key = NULL;
	struct device *device = NULL;

	if (device_bus_key_normalize(name, &key) >= 0)
		device = inventory_find(inv, key);
	if (device || !*name)
		return device;
	VEC_FOREACH(struct device, other, &inv->devices)
		if (device_name_is_interface(other->interfaces, name))
			return other;
	VEC_FOREACH(struct device, other, &inv->devices)
		if (strcasecmp(other->address, name) == 0)
			return other;
	return NULL;
}

/* --- paths --- */

/*
 * Looks the parts of a path up, the last first: "class/net/eth0/device". A function of which the
 * inventory knows nothing ends the search: the bridge above it is not meant.
 */
static struct device *device_name_find_sysfs(const struct inventory *inv, const char *path)
{
	_cleanup_strv_ char **parts = NULL;
	struct pciaddr addr;

	if (strv_split(path, "/", &parts) < 0)
		return NULL;
	for (size_t i = strv_length(parts); i-- > 0;) {
		struct device *device = device_name_find_plain(inv, parts[i]);

		if (device || pciaddr_parse(parts[i], &addr) >= 0)
			return device;
	}
	return NULL;
}

/* Looks "/dev/nvme0n1" and "/dev/dri/card0" up, without "/dev/". */
static struct device *device_name_find_node(const struct inventory *inv, const char *node)
{
	const char *slash = strrchr(node, '/');
	struct device *device = device_name_find_plain(inv, node);

	return device || !slash ? device : device_name_find_plain(inv, slash + 1);
}

struct device *device_name_find(const struct inventory *inv, const char *name)
{
	if (str_starts(name, SYSFS))
		return device_name_find_sysfs(inv, name + strlen(SYSFS));
	if (str_starts(name, DEV))
		return device_name_find_node(inv, name + strlen(DEV));
	return device_name_find_plain(inv, name);
}

struct iommu_group *device_name_find_iommu_group(const struct inventory *inv, const char *name)
{
	static const char *const prefixes[] = { DEVICE_NAME_IOMMU, "/dev/vfio/",
						"/sys/kernel/iommu_groups/" };
	unsigned id;

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (str_starts(name, prefixes[i]) &&
		    str_parse_uint(name + strlen(prefixes[i]), &id) >= 0 && id <= INT_MAX)
			return inventory_find_group(inv, (int)id);
	return NULL;
}

/* --- showing --- */

char *device_name_show(const struct device *device)
{
	const char *interface = device->interfaces ? device->interfaces[0] : NULL;
	const char *slash = interface ? strchr(interface, '/') : NULL;

	if (!slash)
		return strdup(device->key);
	return str_printf("%s (%s)", device->key, slash + 1);
}
