/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "base/strv.h"
#include "sys/fault.h"
#include "sys/probe/probe-device.h"
#include "sys/timed-read.h"

#define MAX_VIRTFN 4096
#define CLASS_BRIDGE 0x0604

/* Reads a link like "/sys/bus/pci/devices/X", to "../../../devices/…", from "devices/" on. */
static int probe_device_read_devpath(int dir_fd, const char *link, char **ret)
{
	char target[PATH_MAX], *place;
	ssize_t n = readlinkat(dir_fd, link, target, sizeof(target) - 1);

	if (n < 0)
		return -errno;
	target[n] = '\0';
	place = strstr(target, "devices/");
	return str_set(ret, place);
}

/*
 * Counts an attribute that cannot be read as present: without it the device would be bound by its
 * id, which reaches other devices. "(null)" means that no override is set.
 */
static int probe_device_read_override(int dir_fd, struct device *device)
{
	_cleanup_free_ char *value = NULL;
	int r = -ENOENT;

	if (!fault_hides_driver_override())
		r = timed_read(dir_fd, "driver_override", &value);
	if (r == -ENOMEM)
		return r;
	device->has_override = r != -ENOENT;
	device->bind_hangs = r == -ETIMEDOUT;
	if (!str_empty(value) && !str_eq(value, "(null)"))
		device->driver_override = TAKE_PTR(value);
	return 0;
}

static int probe_device_read_iommu_group(int dir_fd, struct device *device)
{
	_cleanup_free_ char *id = NULL;
	unsigned number;
	int r = sysfs_read_link(dir_fd, "iommu_group", &id);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	if (str_parse_uint(id, &number) >= 0 && number <= INT_MAX)
		device->iommu_group = (int)number;
	return 0;
}

static int probe_device_read_common(int dir_fd, struct device *device)
{
	int r;

	r = sysfs_read_link(dir_fd, "driver", &device->driver);
	if (r < 0 && r != -ENOENT)
		return r;
	r = probe_device_read_override(dir_fd, device);
	if (r < 0)
		return r;
	r = probe_device_read_iommu_group(dir_fd, device);
	if (r < 0)
		return r;
	return sysfs_read_optional(dir_fd, "modalias", &device->modalias);
}

static int probe_device_read_hex(int dir_fd, const char *name, unsigned long long *ret)
{
	int r = sysfs_read_number(dir_fd, name, 16, ret);

	if (r != -EINVAL && r != -ENOENT)
		return r;
	*ret = 0;
	return 0;
}

static int probe_device_read_ids(int dir_fd, struct device *device)
{
	enum { VENDOR, DEVICE, SUBVENDOR, SUBDEVICE, CLASS, REVISION, N_IDS };
	static const char *const names[N_IDS] = { "vendor",	      "device", "subsystem_vendor",
						  "subsystem_device", "class",	"revision" };
	unsigned long long ids[N_IDS];

	for (size_t i = 0; i < N_IDS; i++) {
		int r = probe_device_read_hex(dir_fd, names[i], &ids[i]);

		if (r < 0)
			return r;
	}
	device->vendor = (uint16_t)ids[VENDOR];
	device->device = (uint16_t)ids[DEVICE];
	device->subsystem_vendor = (uint16_t)ids[SUBVENDOR];
	device->subsystem_device = (uint16_t)ids[SUBDEVICE];
	device->class_code = (uint32_t)ids[CLASS];
	device->revision = (uint8_t)ids[REVISION];
	return 0;
}

/* Finds the nearest PCI function above the device in the device tree. */
static int probe_device_find_parent(struct device *device)
{
	_cleanup_strv_ char **parts = NULL;
	size_t n;
	int r = strv_split(str_or(device->sysfs, ""), "/", &parts);

	if (r < 0)
		return r;
	n = strv_length(parts);
	for (size_t i = n > 1 ? n - 1 : 0; i-- > 0;) {
		struct pciaddr addr;

		if (pciaddr_parse(parts[i], &addr) >= 0)
			return str_set(&device->parent, parts[i]);
	}
	return 0;
}

static int probe_device_virtfn_index(int dir_fd, const char *pf_link, const char *address)
{
	for (unsigned i = 0; i < MAX_VIRTFN; i++) {
		_cleanup_free_ char *link = str_printf("%s/virtfn%u", pf_link, i);
		_cleanup_free_ char *target = NULL;

		if (!link)
			return -ENOMEM;
		if (sysfs_read_link(dir_fd, link, &target) < 0)
			return -ENOENT;
		if (str_eq(target, address))
			return (int)i;
	}
	return -ENOENT;
}

static int probe_device_read_physfn(int dir_fd, struct device *device)
{
	int r = sysfs_read_link(dir_fd, "physfn", &device->physfn);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = probe_device_virtfn_index(dir_fd, "physfn", device->address);
	if (r == -ENOMEM)
		return r;
	device->vf_index = r >= 0 ? r : -1;
	return 0;
}

static int probe_device_read_pci(int dir_fd, struct device *device)
{
	int r;

	r = probe_device_read_ids(dir_fd, device);
	if (r < 0)
		return r;
	r = probe_device_find_parent(device);
	if (r < 0)
		return r;
	if (device->class_code >> 8 == CLASS_BRIDGE)
		device->header_type = 1;
	return probe_device_read_physfn(dir_fd, device);
}

int probe_device_read(const struct sysfs_root *root, const char *bus, const char *address,
		      struct device **ret, int *ret_fd)
{
	_cleanup_device_ struct device *device = device_new(bus, address);
	_cleanup_free_ char *path = device_bus_sysfs_path(bus, address);
	_cleanup_close_ int fd = -EBADF;
	int r;

	if (!device || !path)
		return -ENOMEM;
	fd = sysfs_root_open_dir(root, path);
	if (fd < 0)
		return fd;
	r = probe_device_read_devpath(root->fd, path, &device->sysfs);
	if (r < 0)
		return r;
	r = probe_device_read_common(fd, device);
	if (r < 0)
		return r;
	if (device_is_pci(device)) {
		r = probe_device_read_pci(fd, device);
		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(device);
	*ret_fd = TAKE_FD(fd);
	return 0;
}
