/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "base/str.h"
#include "base/strv.h"
#include "policy/isolation/settle.h"
#include "sys/probe/pcinames.h"
#include "sys/probe/probe-config.h"
#include "sys/probe/probe-device.h"
#include "sys/probe/probe-kmod.h"
#include "sys/probe/probe-mdev.h"
#include "sys/probe/probe-pci.h"
#include "sys/probe/probe-platform.h"
#include "sys/probe/probe.h"

struct probe {
	const struct sysfs_root *root;
	struct pcinames *names;
	struct modules *modules;
};

int probe_new(const struct sysfs_root *root, struct probe **ret)
{
	_cleanup_probe_ struct probe *probe = calloc(1, sizeof(*probe));
	struct utsname name;

	if (!probe)
		return -ENOMEM;
	if (uname(&name) < 0)
		return -errno;
	probe->root = root;
	probe->names = pcinames_new();
	probe->modules = modules_new(root, name.release);
	if (!probe->names || !probe->modules)
		return -ENOMEM;
	*ret = TAKE_PTR(probe);
	return 0;
}

struct probe *probe_free(struct probe *probe)
{
	if (!probe)
		return NULL;
	pcinames_free(probe->names);
	modules_free(probe->modules);
	free(probe);
	return NULL;
}

const struct sysfs_root *probe_root(const struct probe *probe)
{
	return probe->root;
}

const struct modules *probe_modules(const struct probe *probe)
{
	return probe->modules;
}

static int probe_read_module_line(const struct sysfs_root *root, struct device *device,
				  const char *name)
{
	_cleanup_free_ char *path = NULL, *text = NULL, *line = NULL;
	int r;

	path = str_printf("sys/devgroups/%d/members/%s/%s", device->iommu_group, device->address,
			  name);
	if (!path)
		return -ENOMEM;
	r = sysfs_read_optional(root->fd, path, &text);
	if (r < 0 || !text)
		return r;
	line = str_printf("module-%s %s", name, text);
	if (!line)
		return -ENOMEM;
	return strv_add(&device->vfio_info_lines, line);
}

/* Appends what the module reports of PASID, PRI and ATS, as lines of vfio-facts.h. */
static int probe_read_module_lines(const struct sysfs_root *root, struct device *device)
{
	static const char *const names[] = { "pasid", "pri", "ats" };

	if (device->iommu_group < 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		int r = probe_read_module_line(root, device, names[i]);

		if (r < 0)
			return r;
	}
	return 0;
}

/* Keeps what VFIO reported at the last claim: it reports nothing in between. */
static int probe_keep_vfio_info(const struct device *old, struct device *device)
{
	STRV_FOREACH(line, old ? old->vfio_info_lines : NULL) {
		int r;

		if (str_starts(*line, "module-"))
			continue;
		r = strv_add(&device->vfio_info_lines, *line);
		if (r < 0)
			return r;
	}
	return 0;
}

static int probe_read_pci(struct probe *probe, int dir_fd, struct device *device,
			  const struct device *old)
{
	int r;

	r = probe_pci(dir_fd, device, old, probe_kmod_is_owned_by_user(probe->root, device));
	if (r < 0)
		return r;
	return pcinames_fill(probe->names, device);
}

/*
 * Reads a device; @old is its previous state, or NULL. 0 or negative errno: -ENOENT if it is gone.
 */
static int probe_read_device(struct probe *probe, const char *bus, const char *address,
			     const struct device *old, struct device **ret)
{
	_cleanup_device_ struct device *device = NULL;
	_cleanup_close_ int fd = -EBADF;
	int r;

	r = probe_device_read(probe->root, bus, address, &device, &fd);
	if (r < 0)
		return r;
	r = probe_kmod_device(probe->root, device);
	if (r < 0)
		return r;
	r = probe_read_module_lines(probe->root, device);
	if (r < 0)
		return r;
	r = probe_mdev_types(fd, device);
	if (r < 0)
		return r;
	r = probe_mdev(fd, device);
	if (r < 0)
		return r;
	r = probe_platform(fd, probe->modules, device);
	if (r < 0)
		return r;
	r = probe_keep_vfio_info(old, device);
	if (r < 0)
		return r;
	if (device_is_pci(device)) {
		r = probe_read_pci(probe, fd, device, old);
		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(device);
	return 0;
}

/* --- IOMMU groups --- */

static int probe_read_group(struct probe *probe, struct iommu_group *group)
{
	_cleanup_free_ char *path = str_printf("sys/kernel/iommu_groups/%u", group->id);
	_cleanup_free_ char *reserved = NULL;
	_cleanup_close_ int fd = -EBADF;
	int r;

	if (!path)
		return -ENOMEM;
	fd = sysfs_root_open_dir(probe->root, path);
	if (fd < 0)
		return 0; /* The group is gone: the event of its last device follows. */
	free(group->name);
	free(group->type);
	group->name = group->type = NULL;
	r = sysfs_read_optional(fd, "name", &group->name);
	if (r < 0)
		return r;
	r = sysfs_read_optional(fd, "type", &group->type);
	if (r < 0)
		return r;
	r = sysfs_read_optional(fd, "reserved_regions", &reserved);
	if (r < 0)
		return r;
	group->reserved = strv_free(group->reserved);
	return reserved ? strv_split(reserved, "\n", &group->reserved) : 0;
}

/*
 * Reads a group once in a scan, for all its members. Later calls read it @again, because its type
 * can change without an event (iommu_groups/N/type).
 */
static int probe_refresh_group(struct probe *probe, struct inventory *inv, int id, bool again)
{
	struct iommu_group *group = inventory_find_group(inv, id);

	if (!group || (group->type && !again))
		return 0;
	return probe_read_group(probe, group);
}

/* --- one device --- */

/*
 * Tells whether the inventory lists a device: all of PCI, and of other buses those with an IOMMU,
 * now or later, and parents of mediated devices.
 */
static bool probe_is_relevant(const struct device *device)
{
	return device_bus_find(device->bus)->listed_always || device->iommu_group >= 0 ||
	       device->awaits_group || device->mdev_types.n > 0;
}

/* Takes over what is not read with the device. */
static void probe_carry_over(struct device *from, struct device *to)
{
	to->usages = TAKE_STRUCT(from->usages);
	to->errors = from->errors;
}

int probe_reread_config(struct probe *probe, struct inventory *inv, struct device *vf)
{
	const struct device *pf = vf->physfn ? inventory_find(inv, vf->physfn) : NULL;
	_cleanup_close_ int fd = -EBADF;

	if (!pf)
		return 0;
	fd = sysfs_open_device(probe->root, "pci", vf->address);
	if (fd < 0)
		return 0;
	return probe_config_reread(fd, vf, pf);
}

static int probe_store_device(struct probe *probe, struct inventory *inv, struct device *old,
			      struct device **device)
{
	int r, group = (*device)->iommu_group;

	if (old)
		probe_carry_over(old, *device);
	r = probe_reread_config(probe, inv, *device);
	if (r < 0)
		return r;
	r = inventory_put(inv, *device);
	if (r < 0)
		return r;
	*device = NULL;
	return probe_refresh_group(probe, inv, group, old != NULL);
}

int probe_update(struct probe *probe, struct inventory *inv, const char *bus, const char *address,
		 bool *ret_changed)
{
	_cleanup_free_ char *key = device_bus_key_new(bus, address);
	_cleanup_device_ struct device *device = NULL;
	struct device *old;
	bool changed;
	int r;

	if (!key)
		return -ENOMEM;
	old = inventory_find(inv, key);
	r = probe_read_device(probe, bus, address, old, &device);
	if (r == -ENOMEM)
		return r;
	if (r < 0 || !probe_is_relevant(device)) {
		changed = inventory_remove(inv, key);
	} else {
		r = settle_device(inv, device);
		if (r < 0)
			return r;
		changed = !old || !device_equal(old, device);
		r = probe_store_device(probe, inv, old, &device);
		if (r < 0)
			return r;
	}
	if (ret_changed)
		*ret_changed = changed;
	return 0;
}

int probe_poll_device(struct probe *probe, struct device *device, bool *ret_changed)
{
	_cleanup_close_ int fd = sysfs_open_device(probe->root, device->bus, device->address);

	*ret_changed = false;
	if (fd == -ENOMEM)
		return fd;
	if (fd < 0 || !device_is_pci(device))
		return 0;
	return probe_pci_poll(fd, device, probe_kmod_is_owned_by_user(probe->root, device),
			      ret_changed);
}
