/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Writes to attributes of sysfs: finds what the attribute is of, and calls what it does. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

struct attribute {
	const char *path;
	char dir[PATH_MAX]; /* the directory that holds it */
	char name[NAME_MAX + 1];
	char value[KERNEL_TEXT];     /* without the newline at its end */
	struct kernel_device device; /* if the directory is that of a device */
	bool of_device;
};

static const char *kernel_attr_last(const char *path)
{
	return strrchr(path, '/') + 1;
}

/* --- of drivers and buses: sys/bus/BUS/drivers/DRIVER/NAME --- */

static int kernel_attr_of_bus(const struct attribute *a)
{
	char bus[32], driver[128];

	if (sscanf(a->dir, "sys/bus/%31[^/]/drivers/%127[^/]", bus, driver) == 2) {
		if (strcmp(a->name, "bind") == 0)
			return kernel_driver_bind(bus, driver, a->value);
		if (strcmp(a->name, "unbind") == 0)
			return kernel_driver_unbind(bus, driver, a->value);
		if (strcmp(a->name, "new_id") == 0)
			return kernel_driver_add_id(driver, a->value);
		if (strcmp(a->name, "remove_id") == 0)
			return kernel_driver_remove_id(driver, a->value);
		return -EACCES;
	}
	if (sscanf(a->dir, "sys/bus/%31[^/]", bus) != 1)
		return -EACCES;
	if (strcmp(a->name, "drivers_probe") == 0)
		return kernel_driver_probe(bus, a->value);
	if (strcmp(a->name, "rescan") == 0) {
		kernel_device_rescan(NULL);
		return 0;
	}
	kernel_write(a->path, "%s\n", a->value);
	return 0;
}

/* --- of devices --- */

static int kernel_attr_set_override(const struct attribute *a)
{
	kernel_write(a->path, "%s\n", a->value[0] ? a->value : "(null)");
	kernel_log("override %s %s", a->device.name, a->value);
	return 0;
}

static int kernel_attr_remove(const struct attribute *a)
{
	if (strcmp(a->device.bus, "mdev") == 0)
		return kernel_mdev_remove(&a->device);
	kernel_device_remove(&a->device);
	return 0;
}

static int kernel_attr_rescan(const struct attribute *a)
{
	kernel_device_rescan(a->dir);
	return 0;
}

static int kernel_attr_send_uevent(const struct attribute *a)
{
	char action[32], extra[KERNEL_TEXT] = "";

	if (sscanf(a->value, "%31s %4095[^\n]", action, extra) < 1)
		return -EINVAL;
	for (char *c = extra; (c = strchr(c, ' '));)
		*c = '\n';
	kernel_device_uevent(&a->device, action, extra);
	return 0;
}

static int kernel_attr_reset(const struct attribute *a)
{
	return kernel_reset(&a->device);
}

static int kernel_attr_set_reset_method(const struct attribute *a)
{
	return kernel_reset_set_method(&a->device, a->value);
}

static int kernel_attr_set_vfs(const struct attribute *a)
{
	return kernel_sriov_set(&a->device, a->value);
}

static const struct {
	const char *name;
	int (*write)(const struct attribute *a);
} attributes[] = {
	{ "driver_override", kernel_attr_set_override },
	{ "remove", kernel_attr_remove },
	{ "rescan", kernel_attr_rescan },
	{ "uevent", kernel_attr_send_uevent },
	{ "reset", kernel_attr_reset },
	{ "reset_method", kernel_attr_set_reset_method },
	{ "sriov_numvfs", kernel_attr_set_vfs },
};

static int kernel_attr_of_device(const struct attribute *a)
{
	int r = kernel_fault(a->name, a->device.name);

	if (r != 0)
		return r < 0 ? r : 0;
	for (size_t i = 0; i < sizeof(attributes) / sizeof(*attributes); i++)
		if (strcmp(attributes[i].name, a->name) == 0)
			return kernel_fault_after(a->name, a->device.name, attributes[i].write(a));
	kernel_write(a->path, "%s\n", a->value);
	return kernel_fault_after(a->name, a->device.name, 0);
}

/* --- any --- */

/* Does what a test wants of this very file, which it names by its number. */
static int kernel_attr_fault(const char *path)
{
	struct stat st;
	char number[32];

	if (!kernel_exists(".faults") ||
	    syscall(SYS_newfstatat, AT_FDCWD, kernel_path("%s", path), &st, 0) < 0)
		return 0;
	snprintf(number, sizeof(number), "%lu", (unsigned long)st.st_ino);
	return kernel_fault("write", number);
}

static int kernel_attr_dispatch(struct attribute *a)
{
	if (strncmp(a->dir, "sys/bus/", 8) == 0)
		return kernel_attr_of_bus(a);
	if (strcmp(a->name, "create") == 0 && strstr(a->dir, "/mdev_supported_types/"))
		return kernel_mdev_create(a->dir, a->value);
	if (a->of_device)
		return kernel_attr_of_device(a);
	kernel_write(a->path, "%s\n", a->value);
	return 0;
}

ssize_t kernel_attr_write(const char *path, const char *data, size_t size)
{
	struct attribute a = { .path = path };
	int r;

	if (size == 0)
		return 0;
	if (size >= sizeof(a.value))
		return -EINVAL;
	snprintf(a.dir, sizeof(a.dir), "%.*s", (int)(kernel_attr_last(path) - path - 1), path);
	snprintf(a.name, sizeof(a.name), "%s", kernel_attr_last(path));
	memcpy(a.value, data, size);
	if (a.value[size - 1] == '\n')
		a.value[size - 1] = '\0';
	a.of_device = kernel_device_at(a.dir, &a.device);
	r = kernel_attr_fault(path);
	if (r == 0)
		r = kernel_attr_dispatch(&a);
	return r < 0 ? r : (ssize_t)size;
}
