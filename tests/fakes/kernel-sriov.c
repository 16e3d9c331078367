/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Virtual functions. The builder keeps the directory of each in .kernel/vfs/PF/INDEX/device, and
 * beside it the file "place": the address and the IOMMU group that the function gets.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

static int kernel_sriov_count(const struct kernel_device *pf)
{
	char path[PATH_MAX], name[NAME_MAX + 1];
	int n = 0;

	for (;; n++) {
		kernel_place(path, "%s/virtfn%d", pf->dir, n);
		if (!kernel_link_name(path, name))
			return n;
	}
}

static bool kernel_sriov_place(const struct kernel_device *pf, int index,
			       char address[static NAME_MAX + 1], int *group)
{
	char path[PATH_MAX], text[KERNEL_TEXT];

	kernel_place(path, ".kernel/vfs/%s/%d/place", pf->name, index);
	return kernel_read(path, text) && sscanf(text, "%255s %d", address, group) == 2;
}

/* vfio-pci keeps the virtual functions of its devices to itself: "Captured SR-IOV VF". */
static bool kernel_sriov_captures(const struct kernel_device *pf)
{
	char driver[NAME_MAX + 1];

	return kernel_device_driver(pf, driver) && strcmp(driver, "vfio-pci") == 0;
}

static void kernel_sriov_add(const struct kernel_device *pf, int index)
{
	char address[NAME_MAX + 1], dir[PATH_MAX], path[PATH_MAX];
	struct kernel_device vf;
	int group;

	if (!kernel_sriov_place(pf, index, address, &group))
		return;
	kernel_place(dir, "%.*s/%s", (int)(strrchr(pf->dir, '/') - pf->dir), pf->dir, address);
	if (rename(kernel_path(".kernel/vfs/%s/%d/device", pf->name, index),
		   kernel_path("%s", dir)) < 0)
		return;
	kernel_place(path, "%s/physfn", dir);
	kernel_link(path, pf->dir);
	kernel_place(path, "%s/virtfn%d", pf->dir, index);
	kernel_link(path, dir);
	kernel_place(path, "%s/subsystem", dir);
	kernel_link(path, "sys/bus/pci");
	if (!kernel_device_at(dir, &vf))
		return;
	kernel_device_add(&vf, group, kernel_sriov_captures(pf));
}

static void kernel_sriov_remove(const struct kernel_device *pf, int index)
{
	char path[PATH_MAX], address[NAME_MAX + 1];
	struct kernel_device vf;

	kernel_place(path, "%s/virtfn%d", pf->dir, index);
	if (!kernel_link_name(path, address))
		return;
	if (kernel_device_find("pci", address, &vf)) {
		kernel_device_remove(&vf);
		rename(kernel_path(".kernel/removed/%s", address),
		       kernel_path(".kernel/vfs/%s/%d/device", pf->name, index));
		unlink(kernel_path(".kernel/removed/%s.place", address));
	}
	unlink(kernel_path("%s", path));
}

static void kernel_sriov_note(const struct kernel_device *pf, int n)
{
	char path[PATH_MAX];

	kernel_place(path, "%s/sriov_numvfs", pf->dir);
	kernel_write(path, "%d\n", n);
}

void kernel_sriov_end(const struct kernel_device *pf)
{
	int n = kernel_sriov_count(pf);

	if (n == 0)
		return;
	while (n > 0)
		kernel_sriov_remove(pf, --n);
	kernel_sriov_note(pf, 0);
}

int kernel_sriov_set(const struct kernel_device *pf, const char *value)
{
	char path[PATH_MAX], text[KERNEL_TEXT], driver[NAME_MAX + 1], *end;
	long wanted = strtol(value, &end, 10), total;
	int current = kernel_sriov_count(pf);

	if (*end || end == value || wanted < 0)
		return -EINVAL;
	kernel_place(path, "%s/sriov_totalvfs", pf->dir);
	total = kernel_read(path, text) ? atol(text) : 0;
	if (wanted > total)
		return -ERANGE;
	if (wanted == current)
		return 0;
	if (wanted > 0 && current > 0)
		return -EBUSY;
	if (!kernel_device_driver(pf, driver))
		return -ENOENT;
	if (strcmp(driver, "vfio-pci") == 0 &&
	    (!kernel_read("sys/module/vfio_pci/parameters/enable_sriov", text) || text[0] != 'Y'))
		return -ENOENT;
	kernel_log("sriov_numvfs %s %ld", pf->name, wanted);
	if (wanted == 0)
		kernel_sriov_end(pf);
	for (int i = 0; i < wanted; i++)
		kernel_sriov_add(pf, i);
	kernel_sriov_note(pf, (int)wanted);
	return 0;
}
