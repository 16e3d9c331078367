/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/str.h"
#include "base/strv.h"
#include "policy/isolation/settle.h"
#include "sys/modules.h"
#include "sys/probe/probe-host.h"
#include "sys/probe/probe-iommu.h"
#include "sys/probe/probe-kmod.h"
#include "sys/probe/probe-mdev.h"
#include "sys/probe/probe-vfio.h"

/* --- facts of the host --- */

/*
 * pcie_acs_override= comes with a patch that is not in the kernel: it makes IOMMU groups smaller
 * than the hardware can isolate.
 */
static int probe_host_read_acs_override(struct probe *probe, struct inventory *inv)
{
	static const char name[] = "pcie_acs_override=";
	_cleanup_free_ char *line = NULL;
	_cleanup_strv_ char **words = NULL;
	int r;

	r = sysfs_read_optional(probe_root(probe)->fd, "proc/cmdline", &line);
	if (r < 0 || !line)
		return r;
	r = strv_split(line, " ", &words);
	if (r < 0)
		return r;
	STRV_FOREACH(word, words) {
		if (!str_starts(*word, name))
			continue;
		r = str_set(&inv->acs_override, *word + strlen(name));
		if (r < 0)
			return r;
	}
	return 0;
}

/* Reads the names of physical slots, which drivers for hot-plug and the firmware give. */
static int probe_host_read_slots(struct probe *probe, struct inventory *inv)
{
	_cleanup_closedir_ DIR *dir = NULL;

	if (sysfs_root_list(probe_root(probe), "sys/bus/pci/slots", &dir) < 0)
		return 0;
	DIR_FOREACH(name, dir) {
		_cleanup_free_ char *path = str_printf("%s/address", name), *address = NULL,
				    *line = NULL;
		int r;

		if (!path)
			return -ENOMEM;
		r = sysfs_read_optional(dirfd(dir), path, &address);
		if (r < 0)
			return r;
		if (!address)
			continue;
		line = str_printf("%s %s", address, name);
		if (!line || strv_add(&inv->slots, line) < 0)
			return -ENOMEM;
	}
	return 0;
}

int probe_host_poll(struct probe *probe, struct inventory *inv, bool *ret_changed)
{
	static const char interrupts[] =
		"sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts";
	static const char denylist[] = "sys/module/vfio_pci/parameters/disable_denylist";
	_cleanup_free_ char *unsafe = NULL, *off = NULL;
	bool was_unsafe = inv->unsafe_interrupts, was_off = inv->denylist_off;
	int r;

	r = sysfs_read_optional(probe_root(probe)->fd, interrupts, &unsafe);
	if (r < 0)
		return r;
	r = sysfs_read_optional(probe_root(probe)->fd, denylist, &off);
	if (r < 0)
		return r;
	inv->unsafe_interrupts = str_eq(unsafe, "Y");
	if (off)
		inv->denylist_off = str_eq(off, "Y");
	if (ret_changed)
		*ret_changed = inv->unsafe_interrupts != was_unsafe || inv->denylist_off != was_off;
	return 0;
}

/*
 * Interrupts behind a remapping IOMMU have chips of another name: "IR-PCI-MSI", "IR-IO-APIC". Only
 * x86 has such names.
 */
static int probe_host_read_remapping(struct probe *probe, struct inventory *inv,
				     const char *interrupt)
{
	_cleanup_free_ char *path = str_printf("sys/kernel/irq/%s/chip_name", interrupt);
	_cleanup_free_ char *chip = NULL;
	int r;

	if (!path)
		return -ENOMEM;
	r = sysfs_read_optional(probe_root(probe)->fd, path, &chip);
	if (r < 0 || !chip || inv->interrupt_remapping == 1)
		return r;
	if (str_starts(chip, "IR-"))
		inv->interrupt_remapping = 1;
	else if (str_starts(chip, "PCI-MSI") || str_eq(chip, "IO-APIC"))
		inv->interrupt_remapping = 0;
	return 0;
}

/* --- directories --- */

typedef int (*probe_host_entry_fn)(struct probe *probe, struct inventory *inv, const char *name);

/* Calls @fn for each entry of a directory below the root; a missing directory has none. */
static int probe_host_each_entry(struct probe *probe, struct inventory *inv, const char *path,
				 probe_host_entry_fn fn)
{
	_cleanup_closedir_ DIR *dir = NULL;
	int r;

	r = sysfs_root_list(probe_root(probe), path, &dir);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	DIR_FOREACH(name, dir) {
		r = fn(probe, inv, name);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- devices --- */

static int probe_host_scan_pci(struct probe *probe, struct inventory *inv, const char *address)
{
	return probe_update(probe, inv, device_bus_pci.name, address, NULL);
}

/* Reads devices that are in no IOMMU group yet: all others come with their groups. */
static int probe_host_scan_platform(struct probe *probe, struct inventory *inv, const char *address)
{
	_cleanup_free_ char *iommus =
		str_printf("sys/bus/platform/devices/%s/of_node/iommus", address);
	_cleanup_free_ char *group = str_printf("sys/bus/platform/devices/%s/iommu_group", address);

	if (!iommus || !group)
		return -ENOMEM;
	if (faccessat(probe_root(probe)->fd, iommus, F_OK, 0) < 0)
		return 0;
	if (faccessat(probe_root(probe)->fd, group, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	return probe_update(probe, inv, device_bus_platform.name, address, NULL);
}

/* Reads a parent of mediated devices, if the inventory does not have it by another bus. */
static int probe_host_scan_parent(struct probe *probe, struct inventory *inv, const char *name)
{
	_cleanup_free_ char *key = probe_mdev_parent_key(name);

	if (!key)
		return -ENOMEM;
	if (device_bus_of_key(key) != &device_bus_mdev_parent)
		return 0;
	return probe_update(probe, inv, device_bus_mdev_parent.name, device_bus_address_of_key(key),
			    NULL);
}

/* Reads a member of an IOMMU group, if it is on another bus than PCI. */
static int probe_host_scan_member(struct probe *probe, struct inventory *inv, int dir_fd,
				  const char *address)
{
	_cleanup_free_ char *subsystem = str_printf("%s/subsystem", address), *bus = NULL;
	int r;

	if (!subsystem)
		return -ENOMEM;
	r = sysfs_read_link(dir_fd, subsystem, &bus);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	if (device_bus_find(bus)->listed_always)
		return 0;
	return probe_update(probe, inv, bus, address, NULL);
}

static int probe_host_scan_group(struct probe *probe, struct inventory *inv, const char *id)
{
	_cleanup_free_ char *path = str_printf("sys/kernel/iommu_groups/%s/devices", id);
	_cleanup_closedir_ DIR *dir = NULL;
	int r;

	if (!path)
		return -ENOMEM;
	r = sysfs_root_list(probe_root(probe), path, &dir);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	DIR_FOREACH(address, dir) {
		r = probe_host_scan_member(probe, inv, dirfd(dir), address);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- all of it --- */

static int probe_host_read_facts(struct probe *probe, struct inventory *inv)
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
	if (r < 0)
		return r;
	r = probe_vfio(probe_root(probe), inv);
	if (r < 0)
		return r;
	r = probe_host_read_acs_override(probe, inv);
	if (r < 0)
		return r;
	r = probe_host_read_slots(probe, inv);
	if (r < 0)
		return r;
	r = probe_iommu_list(probe_root(probe), inv);
	if (r < 0)
		return r;
	r = probe_host_each_entry(probe, inv, "sys/kernel/irq", probe_host_read_remapping);
	if (r < 0)
		return r;
	/* while the module is not loaded, modprobe.d decides */
	r = modules_bool_param(probe_modules(probe), "vfio_pci", "disable_denylist", false,
			       &inv->denylist_off);
	if (r < 0)
		return r;
	r = probe_host_poll(probe, inv, NULL);
	if (r < 0)
		return r;
	return probe_kmod_version(probe_root(probe), inv);
}

static int probe_host_read_devices(struct probe *probe, struct inventory *inv)
{
	const struct {
		const char *directory;
		probe_host_entry_fn scan;
	} places[] = {
		{ "sys/bus/pci/devices", probe_host_scan_pci },
		{ device_bus_mdev_parent.directory, probe_host_scan_parent },
		{ "sys/bus/platform/devices", probe_host_scan_platform },
		{ "sys/kernel/iommu_groups", probe_host_scan_group },
	};
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		r = probe_host_each_entry(probe, inv, places[i].directory, places[i].scan);
		if (r < 0)
			return r;
	}
	VEC_FOREACH(struct device, device, &inv->devices) {
		r = probe_reread_config(probe, inv, device);
		if (r < 0)
			return r;
	}
	/* the kernel lists them in any order */
	return settle_inventory(inv);
}

int probe_host(struct probe *probe, struct inventory **ret)
{
	_cleanup_inventory_ struct inventory *inv = inventory_new();
	int r;

	if (!inv)
		return -ENOMEM;
	r = probe_host_read_facts(probe, inv);
	if (r < 0)
		return r;
	r = probe_host_read_devices(probe, inv);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(inv);
	return 0;
}
