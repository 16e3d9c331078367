/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "base/fileio.h"
#include "base/str.h"
#include "sys/probe/pcinames.h"
#include "sys/probe/probe-config.h"
#include "sys/probe/probe-device.h"
#include "sys/probe/probe-iommu.h"
#include "sys/probe/probe-kmod.h"
#include "sys/probe/probe-mdev.h"
#include "sys/probe/probe-pci.h"
#include "sys/probe/probe-platform.h"
#include "sys/probe/probe-vfio.h"
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

/* What the module says of PASID, PRI and ATS, as lines of vfio-facts.h. */
static int probe_read_module_lines(const struct sysfs_root *root, struct device *device)
{
	static const char *const names[] = { "pasid", "pri", "ats" };

	for (size_t i = 0; device->iommu_group >= 0 && i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path = NULL, *text = NULL, *line = NULL;
		int r;

		path = str_printf("sys/devgroups/%d/members/%s/%s", device->iommu_group,
				  device->address, names[i]);
		r = path ? sysfs_read_optional(root->fd, path, &text) : -ENOMEM;
		if (r >= 0 && !text)
			continue;
		line = r < 0 ? NULL : str_printf("module-%s %s", names[i], text);
		if (!line || strv_add(&device->vfio_info_lines, line) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* What VFIO has said of it, which it says only at a claim. */
static int probe_keep_vfio_info(const struct device *old, struct device *device)
{
	STRV_FOREACH(line, old ? old->vfio_info_lines : NULL)
		if (!str_starts(*line, "module-") && strv_add(&device->vfio_info_lines, *line) < 0)
			return -ENOMEM;
	return 0;
}

/* @old: the same device as it was known so far, or NULL. -ENOENT if it is not there. */
static int probe_read_device(struct probe *probe, const char *bus, const char *address,
			     const struct device *old, struct device **ret)
{
	_cleanup_device_ struct device *device = NULL;
	_cleanup_close_ int fd = -EBADF;
	int r = probe_device_read(probe->root, bus, address, &device, &fd);

	if (r >= 0)
		r = probe_kmod_device(probe->root, device);
	if (r >= 0)
		r = probe_read_module_lines(probe->root, device);
	if (r >= 0)
		r = probe_mdev_types(fd, device);
	if (r >= 0)
		r = probe_mdev(fd, device);
	if (r >= 0)
		r = probe_platform(fd, probe->modules, device);
	if (r >= 0)
		r = probe_keep_vfio_info(old, device);
	if (r < 0)
		return r;
	if (device_is_pci(device)) {
		r = probe_pci(fd, device, old, probe_kmod_is_owned_by_user(probe->root, device));
		if (r < 0)
			return r;
		r = pcinames_fill(probe->names, device);
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
		return 0; /* gone meanwhile: the event of its last device follows */
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
 * In a scan once for all its members; its type can be changed later (iommu_groups/N/type), which
 * makes no event.
 */
static int probe_refresh_group(struct probe *probe, struct inventory *inv, int id, bool anew)
{
	struct iommu_group *group = inventory_find_group(inv, id);

	return group && (anew || !group->type) ? probe_read_group(probe, group) : 0;
}

/* --- one device --- */

static int probe_put_device(struct probe *probe, struct inventory *inv, struct device **device,
			    bool known)
{
	int group = (*device)->iommu_group;
	int r = inventory_put(inv, *device);

	if (r < 0)
		return r;
	*device = NULL;
	return probe_refresh_group(probe, inv, group, known);
}

/* All of PCI is of interest; of the other buses what the IOMMU translates for, or will, and what
 * mediated devices are made of. */
static bool probe_is_relevant(const struct device *device)
{
	return device_bus_find(device->bus)->listed_always || device->iommu_group >= 0 ||
	       device->awaits_group || device->mdev_types.n > 0;
}

/* What is not read with the device. */
static void probe_carry_over(struct device *from, struct device *to)
{
	to->uses = from->uses;
	from->uses = (struct vec){ 0 };
	to->errors = from->errors;
}

/* Needs the PF, which may be read after its virtual functions. */
static int probe_reread_config(struct probe *probe, struct inventory *inv, struct device *vf)
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
		changed = !old || !device_equal(old, device);
		if (old)
			probe_carry_over(old, device);
		r = probe_reread_config(probe, inv, device);
		if (r < 0)
			return r;
		r = probe_put_device(probe, inv, &device, old != NULL);
		if (r < 0)
			return r;
	}
	if (ret_changed)
		*ret_changed = changed;
	return 0;
}

/* --- the whole host --- */

typedef int (*probe_entry_fn)(struct probe *probe, struct inventory *inv, const char *name);

/* Calls @fn for each entry of a directory; one that is not there has none. */
static int probe_each_entry(struct probe *probe, struct inventory *inv, const char *path,
			    probe_entry_fn fn)
{
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *entry;
	int fd = sysfs_root_open_dir(probe->root, path);

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	dir = fdopendir(fd);
	if (!dir) {
		fd_close(fd);
		return -errno;
	}
	while ((entry = readdir(dir))) {
		int r;

		if (entry->d_name[0] == '.')
			continue;
		r = fn(probe, inv, entry->d_name);
		if (r < 0)
			return r;
	}
	return 0;
}

static int probe_scan_pci(struct probe *probe, struct inventory *inv, const char *address)
{
	return probe_update(probe, inv, device_bus_pci.name, address, NULL);
}

/* Those that are in no group yet; one that is comes with its group. */
static int probe_scan_platform(struct probe *probe, struct inventory *inv, const char *address)
{
	_cleanup_free_ char *named =
		str_printf("sys/bus/platform/devices/%s/of_node/iommus", address);
	_cleanup_free_ char *group = str_printf("sys/bus/platform/devices/%s/iommu_group", address);

	if (!named || !group)
		return -ENOMEM;
	if (faccessat(probe->root->fd, named, F_OK, 0) < 0 ||
	    faccessat(probe->root->fd, group, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	return probe_update(probe, inv, device_bus_platform.name, address, NULL);
}

/* What mediated devices are made of, where it is not in the inventory for what it is itself. */
static int probe_scan_parent(struct probe *probe, struct inventory *inv, const char *name)
{
	_cleanup_free_ char *key = probe_mdev_parent_key(name);

	if (!key)
		return -ENOMEM;
	return device_bus_of_key(key) == &device_bus_mdev_parent ?
		       probe_update(probe, inv, device_bus_mdev_parent.name,
				    device_bus_address_of_key(key), NULL) :
		       0;
}

/* A member of a group that is on another bus than PCI. */
static int probe_scan_member(struct probe *probe, struct inventory *inv, const char *path)
{
	_cleanup_free_ char *bus = NULL, *subsystem = NULL;
	const char *slash = strrchr(path, '/');
	int r;

	subsystem = str_printf("%s/subsystem", path);
	if (!subsystem || !slash)
		return -ENOMEM;
	r = sysfs_read_link(probe->root->fd, subsystem, &bus);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	return device_bus_find(bus)->listed_always ? 0 :
						     probe_update(probe, inv, bus, slash + 1, NULL);
}

static int probe_scan_group(struct probe *probe, struct inventory *inv, const char *id)
{
	_cleanup_free_ char *path = str_printf("sys/kernel/iommu_groups/%s/devices", id);
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *entry;
	int fd;

	if (!path)
		return -ENOMEM;
	fd = sysfs_root_open_dir(probe->root, path);
	if (fd < 0)
		return 0;
	dir = fdopendir(fd);
	if (!dir) {
		fd_close(fd);
		return -errno;
	}
	while ((entry = readdir(dir))) {
		_cleanup_free_ char *member = str_printf("%s/%s", path, entry->d_name);
		int r;

		if (!member)
			return -ENOMEM;
		if (entry->d_name[0] == '.')
			continue;
		r = probe_scan_member(probe, inv, member);
		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * pcie_acs_override= comes with a patch that is not in the kernel: whoever has it wants groups
 * smaller than they are.
 */
static int probe_read_acs_override(struct probe *probe, struct inventory *inv)
{
	static const char name[] = "pcie_acs_override=";
	_cleanup_free_ char *line = NULL;
	_cleanup_strv_ char **words = NULL;
	int r = sysfs_read_optional(probe->root->fd, "proc/cmdline", &line);

	if (r >= 0 && line)
		r = strv_split(line, " ", &words);
	STRV_FOREACH(word, words)
		if (r >= 0 && str_starts(*word, name))
			r = str_set(&inv->acs_override, *word + strlen(name));
	return r;
}

int probe_poll_host(struct probe *probe, struct inventory *inv, bool *ret_changed)
{
	_cleanup_free_ char *text = NULL;
	bool before = inv->unsafe_interrupts;
	int r = sysfs_read_optional(probe->root->fd,
				    "sys/module/vfio_iommu_type1/parameters/"
				    "allow_unsafe_interrupts",
				    &text);

	if (r < 0)
		return r;
	inv->unsafe_interrupts = str_eq(text, "Y");
	if (ret_changed)
		*ret_changed = inv->unsafe_interrupts != before;
	return 0;
}

/*
 * Interrupts behind a remapping IOMMU have chips of another name: "IR-PCI-MSI", "IR-IO-APIC". x86
 * only.
 */
static int probe_read_remapping(struct probe *probe, struct inventory *inv, const char *interrupt)
{
	_cleanup_free_ char *path = str_printf("sys/kernel/irq/%s/chip_name", interrupt),
			    *chip = NULL;
	int r = path ? sysfs_read_optional(probe->root->fd, path, &chip) : -ENOMEM;

	if (r < 0 || !chip || inv->interrupt_remapping == 1)
		return r;
	if (str_starts(chip, "IR-"))
		inv->interrupt_remapping = 1;
	else if (str_starts(chip, "PCI-MSI") || str_eq(chip, "IO-APIC"))
		inv->interrupt_remapping = 0;
	return 0;
}

static int probe_read_iommu_facts(struct probe *probe, struct inventory *inv)
{
	int r = probe_read_acs_override(probe, inv);

	if (r >= 0)
		r = probe_iommu_list(probe->root, inv);
	if (r >= 0)
		r = probe_each_entry(probe, inv, "sys/kernel/irq", probe_read_remapping);
	return r < 0 ? r : probe_poll_host(probe, inv, NULL);
}

static int probe_read_host(struct probe *probe, struct inventory *inv)
{
	struct utsname name;
	int r;

	if (uname(&name) < 0)
		return -errno;
	inv->page_size = (unsigned long)sysconf(_SC_PAGESIZE);
	r = str_set(&inv->source, "kernel");
	if (r < 0)
		return r;
	r = str_set(&inv->kernel_release, name.release);
	if (r >= 0)
		r = probe_vfio(probe->root, inv);
	if (r < 0)
		return r;
	r = probe_read_iommu_facts(probe, inv);
	if (r < 0)
		return r;
	return probe_kmod_version(probe->root, inv);
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

int probe_host(struct probe *probe, struct inventory **ret)
{
	_cleanup_inventory_ struct inventory *inv = inventory_new();
	int r;

	if (!inv)
		return -ENOMEM;
	r = probe_read_host(probe, inv);
	if (r < 0)
		return r;
	r = probe_each_entry(probe, inv, "sys/bus/pci/devices", probe_scan_pci);
	if (r < 0)
		return r;
	r = probe_each_entry(probe, inv, device_bus_mdev_parent.directory, probe_scan_parent);
	if (r >= 0)
		r = probe_each_entry(probe, inv, "sys/bus/platform/devices", probe_scan_platform);
	if (r < 0)
		return r;
	r = probe_each_entry(probe, inv, "sys/kernel/iommu_groups", probe_scan_group);
	VEC_FOREACH(struct device, device, &inv->devices)
		if (r >= 0)
			r = probe_reread_config(probe, inv, device);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(inv);
	return 0;
}
