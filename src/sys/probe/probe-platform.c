/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "sys/probe/probe-platform.h"

/*
 * vfio_platform_init_common() looks for a module by the first name that the device tree has for the
 * device. With ACPI it takes a method of the firmware, which sysfs does not show.
 */
int probe_platform(int dir_fd, struct modules *modules, struct device *device)
{
	const char *module = device_bus_find(device->bus)->reset_module;
	int r;

	if (!module)
		return 0;
	device->awaits_group =
		device->iommu_group < 0 && faccessat(dir_fd, "of_node/iommus", F_OK, 0) == 0;
	/* Most platform devices are of no use to VFIO, and have events all the same. */
	if (device->iommu_group < 0 && !device->awaits_group)
		return 0;
	r = modules_bool_param(modules, module, "reset_required", true, &device->reset_required);
	if (r < 0)
		return r;
	r = sysfs_read_optional(dir_fd, "of_node/compatible", &device->compatible);
	if (r < 0 || !device->compatible)
		return r;
	return modules_find_reset(modules, device->compatible, &device->reset_driver);
}
