/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The driver core: which driver takes a device, bind and unbind, modules. Its answers are those
 * that Linux 6.12 gave in the lab.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

#define MODULES ".kernel/modules"

bool kernel_driver_is_vfio(const char *driver)
{
	return strncmp(driver, "vfio", 4) == 0 || strstr(driver, "vfio_pci") ||
	       strstr(driver, "vfio-pci");
}

static bool kernel_driver_exists(const char *bus, const char *driver)
{
	char path[PATH_MAX];

	kernel_place(path, "sys/bus/%s/drivers/%s", bus, driver);
	return driver[0] && !strchr(driver, '/') && kernel_exists(path);
}

static bool kernel_driver_attribute(const struct kernel_device *device, const char *name,
				    char ret[static KERNEL_TEXT])
{
	char path[PATH_MAX];

	kernel_place(path, "%s/%s", device->dir, name);
	return kernel_read(path, ret);
}

/* --- which driver takes a device --- */

/* Compares "8086 10d3 ffffffff ffffffff" with a device. */
static bool kernel_driver_id_fits(const char *line, const struct kernel_device *device)
{
	static const char *const names[] = { "vendor", "device", "subsystem_vendor",
					     "subsystem_device" };
	unsigned ids[4] = { ~0u, ~0u, ~0u, ~0u };

	if (sscanf(line, "%x %x %x %x", &ids[0], &ids[1], &ids[2], &ids[3]) < 2)
		return false;
	for (int i = 0; i < 4; i++) {
		char text[KERNEL_TEXT];

		if (ids[i] != ~0u && (!kernel_driver_attribute(device, names[i], text) ||
				      strtoul(text, NULL, 16) != ids[i]))
			return false;
	}
	return true;
}

static bool kernel_driver_has_new_id(const char *driver, const struct kernel_device *device)
{
	char path[PATH_MAX], text[KERNEL_TEXT], *rest = NULL;

	kernel_place(path, ".kernel/new-ids/%s", driver);
	kernel_read(path, text);
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (kernel_driver_id_fits(line, device))
			return true;
	return false;
}

static bool kernel_driver_matches(const char *driver, const struct kernel_device *device)
{
	char text[KERNEL_TEXT];

	if (kernel_driver_attribute(device, "driver_override", text) && text[0] &&
	    strcmp(text, "(null)") != 0)
		return strcmp(text, driver) == 0;
	if (kernel_device_note(device, "drivers", text) && kernel_has_word(text, driver))
		return true;
	return kernel_driver_has_new_id(driver, device);
}

/* pci_device_can_probe(): autoprobe counts for a VF without an override. */
static bool kernel_driver_may_probe(const struct kernel_device *device)
{
	char text[KERNEL_TEXT];

	if (!kernel_driver_attribute(device, "physfn/sriov_drivers_autoprobe", text) ||
	    strcmp(text, "0") != 0)
		return true;
	return kernel_driver_attribute(device, "driver_override", text) && text[0] &&
	       strcmp(text, "(null)") != 0;
}

/* --- what a driver adds to its device: interfaces, disks --- */

/*
 * A line of DRIVER.links is "net/ens1 sys/class/net/ens1": a place in the device, and links to it,
 * or "-" for none.
 */
static void kernel_driver_each_content(const struct kernel_device *device, const char *driver,
				       void (*fn)(const struct kernel_device *device,
						  const char *driver, const char *place,
						  const char *link))
{
	char name[NAME_MAX + 16], text[KERNEL_TEXT], *rest = NULL;

	snprintf(name, sizeof(name), "%s.links", driver);
	if (!kernel_device_note(device, name, text))
		return;
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char *words = NULL, *place = strtok_r(line, " ", &words), *link;

		while ((link = strtok_r(NULL, " ", &words)))
			fn(device, driver, place, link);
	}
}

/* Moves the first component of @place between the device and where it is kept. */
static void kernel_driver_move(const struct kernel_device *device, const char *driver,
			       const char *place, bool out)
{
	const char *kept = kernel_path(".kernel/devices/%s/%s/%.*s", device->name, driver,
				       (int)strcspn(place, "/"), place);
	const char *live = kernel_path("%s/%.*s", device->dir, (int)strcspn(place, "/"), place);

	rename(out ? live : kept, out ? kept : live);
}

static void kernel_driver_content_event(const struct kernel_device *device, const char *action,
					const char *place, const char *link)
{
	char subsystem[64], devpath[PATH_MAX];

	if (sscanf(link, "sys/class/%63[^/]", subsystem) != 1)
		return;
	kernel_place(devpath, "%s/%s", device->dir, place);
	kernel_uevent(action, devpath, subsystem, NULL);
}

static void kernel_driver_add_content(const struct kernel_device *device, const char *driver,
				      const char *place, const char *link)
{
	char target[PATH_MAX];

	kernel_driver_move(device, driver, place, false);
	if (strcmp(link, "-") == 0)
		return;
	kernel_place(target, "%s/%s", device->dir, place);
	kernel_link(link, target);
	kernel_driver_content_event(device, "add", place, link);
}

static void kernel_driver_remove_content(const struct kernel_device *device, const char *driver,
					 const char *place, const char *link)
{
	if (strcmp(link, "-") != 0)
		unlink(kernel_path("%s", link));
	kernel_driver_move(device, driver, place, true);
	kernel_driver_content_event(device, "remove", place, link);
}

/* --- bind --- */

static bool kernel_driver_leaves_ownership(const char *driver)
{
	return kernel_driver_is_vfio(driver) || strcmp(driver, "pcieport") == 0 ||
	       strcmp(driver, "pci-stub") == 0;
}

static void kernel_driver_set_enable(const struct kernel_device *device, int value)
{
	char path[PATH_MAX];

	kernel_place(path, "%s/enable", device->dir);
	if (kernel_exists(path))
		kernel_write(path, "%d\n", value);
}

static void kernel_driver_link(const struct kernel_device *device, const char *driver)
{
	char path[PATH_MAX], target[PATH_MAX];

	kernel_place(path, "%s/driver", device->dir);
	kernel_place(target, "sys/bus/%s/drivers/%s", device->bus, driver);
	kernel_link(path, target);
	strcat(target, "/");
	strcat(target, device->name);
	kernel_link(target, device->dir);
}

static int kernel_driver_bind_locked(const struct kernel_device *device, const char *driver)
{
	char extra[NAME_MAX + 16];
	bool vfio = kernel_driver_is_vfio(driver);
	int r;

	if (!kernel_exists(device->dir))
		return -ENODEV;
	r = vfio ? kernel_vfio_check(device) : 0;
	if (r < 0)
		return r;
	if (!kernel_driver_leaves_ownership(driver) &&
	    kernel_vfio_owns(kernel_device_group(device)))
		return -EBUSY;
	kernel_driver_link(device, driver);
	kernel_driver_set_enable(device, !vfio);
	kernel_driver_each_content(device, driver, kernel_driver_add_content);
	if (vfio)
		kernel_vfio_add(device);
	kernel_log("bind %s %s", device->name, driver);
	snprintf(extra, sizeof(extra), "DRIVER=%s", driver);
	kernel_device_uevent(device, "bind", extra);
	return 0;
}

static int kernel_driver_do_bind(const struct kernel_device *device, const char *driver)
{
	char text[KERNEL_TEXT];
	int r = kernel_fault("probe", device->name), lock;

	if (r != 0)
		return r < 0 ? r : -ENODEV;
	if (kernel_device_note(device, "refuses", text) && kernel_has_word(text, driver))
		return -EIO;
	lock = kernel_lock_device(device->name);
	r = kernel_driver_bind_locked(device, driver);
	kernel_unlock_device(lock);
	return r;
}

int kernel_driver_bind(const char *bus, const char *driver, const char *address)
{
	struct kernel_device device;
	char other[NAME_MAX + 1];
	int r;

	if (!kernel_device_find(bus, address, &device))
		return -ENODEV;
	r = kernel_fault("bind", address);
	if (r != 0)
		return r < 0 ? r : 0;
	if (!kernel_driver_matches(driver, &device) || !kernel_driver_may_probe(&device))
		return -ENODEV;
	if (kernel_device_driver(&device, other))
		return -EBUSY;
	return kernel_fault_after("bind", address, kernel_driver_do_bind(&device, driver));
}

static int kernel_driver_attach_one(const char *path, const char *name, void *userdata)
{
	const struct kernel_device *device = userdata;
	int r;

	if (!kernel_driver_matches(name, device) || !kernel_driver_may_probe(device))
		return 0;
	r = kernel_driver_do_bind(device, name);
	if (r == -EBUSY) /* the IOMMU group has an owner */
		return -EINVAL;
	return r == 0;
}

/* Lets each driver of the bus probe. 1: one took it; 0: none did; -EINVAL: its group is owned. */
static int kernel_driver_probe_all(const struct kernel_device *device)
{
	char path[PATH_MAX], driver[NAME_MAX + 1];

	if (kernel_device_driver(device, driver))
		return 0;
	kernel_place(path, "sys/bus/%s/drivers", device->bus);
	return kernel_each(path, kernel_driver_attach_one, (void *)device);
}

void kernel_driver_attach(const struct kernel_device *device)
{
	char path[PATH_MAX], text[KERNEL_TEXT];

	kernel_place(path, "sys/bus/%s/drivers_autoprobe", device->bus);
	if (!kernel_read(path, text) || strcmp(text, "0") != 0)
		kernel_driver_probe_all(device);
}

int kernel_driver_probe(const char *bus, const char *address)
{
	struct kernel_device device;
	int r;

	if (!kernel_device_find(bus, address, &device))
		return -ENODEV;
	r = kernel_fault("drivers_probe", address);
	if (r != 0)
		return r < 0 ? r : 0;
	/* Success says nothing: no driver may have taken it. */
	r = kernel_driver_probe_all(&device);
	return r < 0 ? r : 0;
}

/* --- unbind --- */

int kernel_driver_release(const struct kernel_device *device)
{
	char driver[NAME_MAX + 1];

	if (!kernel_device_driver(device, driver))
		return 0;
	/* The links vanish first, while the call still waits for the last close. */
	unlink(kernel_path("%s/driver", device->dir));
	unlink(kernel_path("sys/bus/%s/drivers/%s/%s", device->bus, driver, device->name));
	if (kernel_driver_is_vfio(driver)) {
		kernel_vfio_wait(device);
		kernel_vfio_delete(device);
	}
	kernel_sriov_end(device);
	kernel_driver_each_content(device, driver, kernel_driver_remove_content);
	kernel_driver_set_enable(device, 0);
	kernel_log("unbind %s %s", device->name, driver);
	kernel_device_uevent(device, "unbind", NULL);
	return 0;
}

int kernel_driver_unbind(const char *bus, const char *driver, const char *address)
{
	struct kernel_device device;
	char current[NAME_MAX + 1];
	int r;

	if (!kernel_device_find(bus, address, &device) || !kernel_device_driver(&device, current) ||
	    strcmp(current, driver) != 0)
		return -ENODEV;
	r = kernel_fault("unbind", address);
	if (r != 0)
		return r < 0 ? r : 0;
	r = kernel_driver_release(&device);
	return kernel_fault_after("unbind", address, r);
}

/* --- new ids --- */

static int kernel_driver_probe_entry(const char *path, const char *name, void *userdata)
{
	struct kernel_device device;
	const char *driver = userdata;
	char other[NAME_MAX + 1], bus[32];

	if (sscanf(path, "sys/bus/%31[^/]", bus) != 1 || !kernel_device_find(bus, name, &device) ||
	    kernel_device_driver(&device, other))
		return 0;
	if (kernel_driver_matches(driver, &device) && kernel_driver_may_probe(&device))
		kernel_driver_do_bind(&device, driver);
	return 0;
}

int kernel_driver_add_id(const char *driver, const char *ids)
{
	char path[PATH_MAX], text[KERNEL_TEXT], line[256];
	unsigned vendor, device;

	if (sscanf(ids, "%x %x", &vendor, &device) != 2)
		return -EINVAL;
	kernel_place(path, ".kernel/new-ids/%s", driver);
	kernel_read(path, text);
	if (strstr(text, ids))
		return -EEXIST;
	kernel_make_dirs(".kernel/new-ids");
	snprintf(line, sizeof(line), "%s\n", ids);
	kernel_append(path, line);
	kernel_log("new_id %s %s", driver, ids);
	kernel_each("sys/bus/pci/devices", kernel_driver_probe_entry, (void *)driver);
	return 0;
}

int kernel_driver_remove_id(const char *driver, const char *ids)
{
	char path[PATH_MAX], text[KERNEL_TEXT], *at;
	size_t n = strlen(ids);

	kernel_place(path, ".kernel/new-ids/%s", driver);
	kernel_read(path, text);
	at = strstr(text, ids);
	if (!at)
		return -ENODEV;
	memmove(at, at + n + (at[n] == '\n'), strlen(at + n + (at[n] == '\n')) + 1);
	kernel_write(path, "%s%s", text, text[0] ? "\n" : "");
	kernel_log("remove_id %s %s", driver, ids);
	return 0;
}

/* --- modules --- */

static void kernel_driver_register(const char *bus, const char *driver)
{
	static const char *const attributes[] = { "bind", "unbind", "new_id", "remove_id",
						  "uevent" };
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(attributes) / sizeof(*attributes); i++) {
		kernel_place(path, "sys/bus/%s/drivers/%s", bus, driver);
		kernel_make_dirs(path);
		strcat(path, "/");
		strcat(path, attributes[i]);
		kernel_write(path, "%s", "");
	}
	kernel_place(path, "sys/bus/%s/devices", bus);
	kernel_each(path, kernel_driver_probe_entry, (void *)driver);
}

/* Finds the module: dashes and underscores are the same. */
static int kernel_driver_find_module(const char *path, const char *name, void *userdata)
{
	const char *wanted = userdata;
	size_t i = 0;

	while (name[i] && (name[i] == wanted[i] ||
			   (strchr("-_", name[i]) && wanted[i] && strchr("-_", wanted[i]))))
		i++;
	if (name[i] || wanted[i])
		return 0;
	memcpy(userdata, name, i);
	return 1;
}

/* Unbinds the driver from one of its devices, which are links in its directory. */
static int kernel_driver_unbind_entry(const char *path, const char *name, void *userdata)
{
	char bus[32], driver[128];

	if (sscanf(path, "sys/bus/%31[^/]/drivers/%127[^/]", bus, driver) == 2 && strchr(name, ':'))
		kernel_driver_unbind(bus, driver, name);
	return 0;
}

int kernel_driver_unload(const char *module)
{
	char path[PATH_MAX], text[KERNEL_TEXT], name[NAME_MAX + 1], *rest = NULL;

	snprintf(name, sizeof(name), "%s", module);
	if (!kernel_each(MODULES, kernel_driver_find_module, name))
		return -ENOENT;
	kernel_place(path, MODULES "/%s", name);
	kernel_read(path, text);
	kernel_log("rmmod %s", name);
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char bus[32], driver[128];

		if (sscanf(line, "%31s %127s", bus, driver) != 2)
			continue;
		kernel_place(path, "sys/bus/%s/drivers/%s", bus, driver);
		kernel_each(path, kernel_driver_unbind_entry, NULL);
		kernel_remove_tree(path);
	}
	for (char *c = name; (c = strchr(c, '-'));)
		*c = '_';
	kernel_place(path, "sys/module/%s", name);
	kernel_uevent("remove", path, "module", NULL);
	return 0;
}

int kernel_driver_load(const char *module)
{
	char path[PATH_MAX], text[KERNEL_TEXT], name[NAME_MAX + 1], *rest = NULL;

	if (kernel_fault("modprobe", module) < 0)
		return -ENOENT;
	snprintf(name, sizeof(name), "%s", module);
	if (!kernel_each(MODULES, kernel_driver_find_module, name))
		return -ENOENT;
	kernel_place(path, MODULES "/%s", name);
	kernel_read(path, text);
	kernel_log("modprobe %s", name);
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char bus[32], driver[128];

		if (sscanf(line, "%31s %127s", bus, driver) == 2 &&
		    !kernel_driver_exists(bus, driver))
			kernel_driver_register(bus, driver);
	}
	for (char *c = name; (c = strchr(c, '-'));)
		*c = '_';
	kernel_place(path, "sys/module/%s", name);
	kernel_make_dirs(path);
	kernel_uevent("add", path, "module", NULL);
	return 0;
}
