/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/str.h"
#include "base/strv.h"
#include "base/utf8.h"
#include "policy/devinfo/pcicap.h"
#include "policy/plan/vfio-choice.h"
#include "sys/probe/probe-config.h"
#include "sys/probe/probe-errors.h"
#include "sys/probe/probe-iommu.h"
#include "sys/probe/probe-names.h"
#include "sys/probe/probe-pci.h"
#include "sys/sysfs.h"

#define MAX_VIRTFN 4096

/*
 * Tells whether a device is open through VFIO. A VFIO driver enables the device at that moment; a
 * host driver enables it when it binds. The kernel module knows better: it also sees a process that
 * has only the group open.
 */
static bool probe_pci_is_vfio_open(int dir_fd, const struct device *device, int with_user)
{
	unsigned long long count;

	if (!vfio_choice_is_vfio(device->driver))
		return false;
	if (with_user >= 0)
		return with_user;
	return sysfs_read_number(dir_fd, "enable", 10, &count) >= 0 && count > 0;
}

int probe_pci_poll(int dir_fd, struct device *device, int with_user, bool *ret_changed)
{
	_cleanup_free_ char *power = NULL;
	bool open = probe_pci_is_vfio_open(dir_fd, device, with_user);
	bool was_off = str_eq(device->power_state, "D3cold");
	int r;

	r = sysfs_read_optional(dir_fd, "power_state", &power);
	if (r < 0)
		return r;
	*ret_changed = open != device->vfio_open || str_eq(power, "D3cold") != was_off;
	device->vfio_open = open;
	return *ret_changed ? str_set(&device->power_state, power) : 0;
}

static int probe_pci_read_resources(int dir_fd, struct device *device)
{
	_cleanup_free_ char *text = NULL;
	char *line, *rest = NULL;
	int r = sysfs_read_optional(dir_fd, "resource", &text);

	if (r < 0 || !text)
		return r;
	line = strtok_r(text, "\n", &rest);
	for (unsigned i = 0; line && i < DEVICE_RESOURCES;
	     i++, line = strtok_r(NULL, "\n", &rest)) {
		unsigned long long start, end, flags;

		if (sscanf(line, "%llx %llx %llx", &start, &end, &flags) == 3)
			device->resources[i] = (struct device_resource){ start, end, flags };
	}
	return 0;
}

static int probe_pci_read_resets(int dir_fd, struct device *device)
{
	_cleanup_free_ char *methods = NULL;
	int r;

	device->no_reset = faccessat(dir_fd, "reset", F_OK, 0) < 0;
	r = sysfs_read_optional(dir_fd, "reset_method", &methods);
	if (r < 0 || !methods)
		return r;
	return strv_split(methods, " \n", &device->reset_methods);
}

static void probe_pci_count_vfs(int dir_fd, struct device *device)
{
	unsigned long long total;

	if (device->physfn || sysfs_read_number(dir_fd, "sriov_totalvfs", 10, &total) < 0)
		return;
	device->total_vfs = (unsigned)total;
	while (device->num_vfs < MAX_VIRTFN) {
		char link[32];

		snprintf(link, sizeof(link), "virtfn%u", device->num_vfs);
		if (faccessat(dir_fd, link, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			break;
		device->num_vfs++;
	}
}

static int probe_pci_read_numa_node(int dir_fd, struct device *device)
{
	_cleanup_free_ char *node = NULL;
	int r;

	r = sysfs_read_optional(dir_fd, "numa_node", &node);
	if (r < 0)
		return r;
	if (node) /* "-1" where the firmware does not say */
		device->numa_node = (int)strtol(node, NULL, 10);
	return 0;
}

int probe_pci(int dir_fd, struct device *device, const struct device *old, int with_user)
{
	int r;

	r = probe_config(dir_fd, device, old);
	if (r < 0)
		return r;
	r = pcicap_serial(device, &device->serial);
	if (r < 0)
		return r;
	r = probe_pci_read_resources(dir_fd, device);
	if (r < 0)
		return r;
	r = probe_pci_read_resets(dir_fd, device);
	if (r < 0)
		return r;
	r = sysfs_read_optional(dir_fd, "power_state", &device->power_state);
	if (r < 0)
		return r;
	r = probe_iommu_of_device(dir_fd, device);
	if (r < 0)
		return r;
	r = probe_pci_read_numa_node(dir_fd, device);
	if (r < 0)
		return r;
	if (!old)
		probe_errors_init(dir_fd, device);
	probe_pci_count_vfs(dir_fd, device);
	device->vfio_open = probe_pci_is_vfio_open(dir_fd, device, with_user);
	return probe_names(dir_fd, device);
}
