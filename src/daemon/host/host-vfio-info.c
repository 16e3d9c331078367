/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Stores the VFIO info of IOMMU groups and devices, which a worker reads while it has them open. */

#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "base/strv.h"
#include "daemon/host/host-private.h"
#include "model/vfio-facts.h"

static void host_vfio_info_add_of_group(struct host *host, struct iommu_group *group,
					const char *line)
{
	if (*line) {
		if (vfio_facts_add(&group->vfio_info_lines, line) < 0)
			log_warning("Out of memory: VFIO info of IOMMU group %u is lost",
				    group->id);
		return;
	}
	VEC_FOREACH(const struct device, device, &group->devices)
		if (host->observer)
			host->observer->device_changed(device, host->userdata);
}

/* Appends to the lines of the kernel module. */
static void host_vfio_info_add_of_device(struct host *host, struct device *device, const char *line)
{
	if (*line) {
		if (strv_add(&device->vfio_info_lines, line) < 0)
			log_warning("Out of memory: VFIO info of %s is lost", device->key);
		return;
	}
	if (host->observer)
		host->observer->device_changed(device, host->userdata);
}

void host_vfio_info_add(struct host *host, const char *message)
{
	const char *blank = strchr(message, ' ');
	_cleanup_free_ char *name = blank ? strndup(message, (size_t)(blank - message)) : NULL;
	struct device *device = name ? inventory_find(host->inventory, name) : NULL;
	struct iommu_group *group;
	unsigned id;

	if (device) {
		host_vfio_info_add_of_device(host, device, blank + 1);
		return;
	}
	if (!name || str_parse_uint(name, &id) < 0)
		return;
	group = inventory_find_group(host->inventory, (int)id);
	if (group)
		host_vfio_info_add_of_group(host, group, blank + 1);
}
