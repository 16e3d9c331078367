/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Resets. Each one is a line of .kernel/log: "reset 0000:01:00.0 flr". */

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

#define MAX_AFFECTED 64

struct affected {
	struct vfio_pci_dependent_device devices[MAX_AFFECTED];
	unsigned n;
};

static void kernel_reset_methods(const struct kernel_device *device, char ret[static KERNEL_TEXT])
{
	char path[PATH_MAX];

	kernel_place(path, "%s/reset_method", device->dir);
	kernel_read(path, ret);
}

/* A device that a test has declared dead reads as all ones from its next reset on. */
static void kernel_reset_apply(const struct kernel_device *device, const char *method)
{
	char fault[KERNEL_TEXT], path[PATH_MAX];
	unsigned char ones[256];
	int fd;

	kernel_log("reset %s %s", device->name, method);
	kernel_place(path, ".faults/answer %s", device->name);
	if (!kernel_read(path, fault))
		return;
	memset(ones, 0xff, sizeof(ones));
	fd = (int)syscall(SYS_openat, AT_FDCWD, kernel_path("%s/config", device->dir),
			  O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && syscall(SYS_write, fd, ones, sizeof(ones)) > 0)
		syscall(SYS_close, fd);
}

int kernel_reset(const struct kernel_device *device)
{
	char methods[KERNEL_TEXT], method[32];
	int r = -ENOTTY;

	kernel_reset_methods(device, methods);
	/* The kernel tries one method after another, until one works. */
	for (char *rest = NULL, *word = strtok_r(methods, " ", &rest); word && r < 0;
	     word = strtok_r(NULL, " ", &rest)) {
		snprintf(method, sizeof(method), "reset-%s", word);
		r = kernel_fault(method, device->name);
		if (r >= 0)
			kernel_reset_apply(device, word);
	}
	return r < 0 ? r : 0;
}

static bool kernel_reset_all_known(const char *value, const char *known)
{
	char words[KERNEL_TEXT], *rest = NULL;

	snprintf(words, sizeof(words), "%s", value);
	for (char *word = strtok_r(words, " \n", &rest); word; word = strtok_r(NULL, " \n", &rest))
		if (!kernel_has_word(known, word))
			return false;
	return true;
}

int kernel_reset_set_method(const struct kernel_device *device, const char *value)
{
	char path[PATH_MAX], known[KERNEL_TEXT];

	if (!kernel_device_note(device, "reset-methods", known))
		kernel_reset_methods(device, known);
	if (strcmp(value, "default") == 0)
		value = known;
	else if (!kernel_reset_all_known(value, known))
		return -EINVAL;
	kernel_place(path, "%s/reset_method", device->dir);
	kernel_write(path, "%s\n", value);
	return 0;
}

/* --- hot reset: all devices on the bus, and below it --- */

static int kernel_reset_add_affected(const char *dir, const char *name, void *userdata)
{
	struct affected *affected = userdata;
	struct kernel_device device;
	unsigned domain, bus, slot, function;
	char path[PATH_MAX];
	struct stat st;

	kernel_place(path, "%s/%s", dir, name);
	if (lstat(kernel_path("%s", path), &st) < 0 || !S_ISDIR(st.st_mode) ||
	    sscanf(name, "%x:%x:%x.%x", &domain, &bus, &slot, &function) != 4 ||
	    !kernel_device_at(path, &device) || affected->n >= MAX_AFFECTED)
		return 0;
	affected->devices[affected->n++] = (struct vfio_pci_dependent_device){
		.group_id = (uint32_t)kernel_device_group(&device),
		.segment = (uint16_t)domain,
		.bus = (uint8_t)bus,
		.devfn = (uint8_t)(slot << 3 | function),
	};
	return kernel_each(path, kernel_reset_add_affected, affected);
}

static void kernel_reset_list(const struct kernel_device *device, struct affected *ret)
{
	char parent[PATH_MAX];

	ret->n = 0;
	kernel_place(parent, "%.*s", (int)(strrchr(device->dir, '/') - device->dir), device->dir);
	kernel_each(parent, kernel_reset_add_affected, ret);
}

int kernel_reset_hot_info(const struct kernel_device *device, void *argument)
{
	struct vfio_pci_hot_reset_info *info = argument;
	struct affected affected;

	kernel_reset_list(device, &affected);
	info->count = affected.n;
	info->flags = 0;
	if (info->argsz < sizeof(*info) + affected.n * sizeof(*info->devices))
		return -ENOSPC;
	memcpy(info->devices, affected.devices, affected.n * sizeof(*info->devices));
	return 0;
}

/* Tells whether one of the descriptors is of this group. */
static bool kernel_reset_holds(const struct vfio_pci_hot_reset *reset, uint32_t group)
{
	for (uint32_t i = 0; i < reset->count; i++) {
		char path[PATH_MAX];
		uint32_t id;

		if (kernel_tree_of_fd(reset->group_fds[i], path) &&
		    sscanf(path, ".kernel/open/%u/group", &id) == 1 && id == group)
			return true;
	}
	return false;
}

int kernel_reset_hot(const struct kernel_device *device, void *argument)
{
	const struct vfio_pci_hot_reset *reset = argument;
	struct affected affected;
	int r;

	kernel_reset_list(device, &affected);
	if (reset->count == 0 || reset->count > affected.n)
		return -EINVAL;
	for (unsigned i = 0; i < affected.n; i++)
		if (!kernel_reset_holds(reset, affected.devices[i].group_id))
			return -EINVAL;
	r = kernel_fault("reset-hot", device->name);
	if (r < 0)
		return r;
	kernel_reset_apply(device, "hot");
	return 0;
}
