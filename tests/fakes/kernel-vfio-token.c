/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * VF tokens: vfio_pci_validate_vf_token(). The file .kernel/devices/ADDRESS/token of a physical
 * function holds the one that it was opened with last.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kernel.h"

#define TOKEN_WORD " vf_token="

static bool kernel_vfio_token_read(const struct kernel_device *pf, char ret[static KERNEL_TEXT])
{
	return kernel_device_note(pf, "token", ret);
}

/* Finds the physical function of a virtual one, if it is on vfio-pci. */
static bool kernel_vfio_token_find_pf(const struct kernel_device *vf, struct kernel_device *ret)
{
	char path[PATH_MAX], address[NAME_MAX + 1], driver[NAME_MAX + 1];

	kernel_place(path, "%s/physfn", vf->dir);
	return kernel_link_name(path, address) && kernel_device_find("pci", address, ret) &&
	       kernel_device_driver(ret, driver) && strcmp(driver, "vfio-pci") == 0;
}

/* Tells whether one of the virtual functions is open. */
static bool kernel_vfio_token_is_in_use(const struct kernel_device *pf)
{
	char path[PATH_MAX], address[NAME_MAX + 1];
	struct kernel_device vf;

	for (int i = 0;; i++) {
		kernel_place(path, "%s/virtfn%d", pf->dir, i);
		if (!kernel_link_name(path, address))
			return false;
		if (kernel_device_find("pci", address, &vf) && kernel_vfio_is_open(&vf))
			return true;
	}
}

static int kernel_vfio_token_check_vf(const struct kernel_device *pf, const char *token)
{
	char own[KERNEL_TEXT];

	/* Before its first token a physical function has a random one. */
	if (!token || !kernel_vfio_token_read(pf, own) || strcmp(own, token) != 0)
		return -EACCES;
	return 0;
}

static int kernel_vfio_token_check_pf(const struct kernel_device *pf, const char *token)
{
	char own[KERNEL_TEXT], path[PATH_MAX];

	if (kernel_vfio_token_is_in_use(pf) &&
	    (!token || !kernel_vfio_token_read(pf, own) || strcmp(own, token) != 0))
		return -EACCES;
	if (!token)
		return 0;
	kernel_place(path, ".kernel/devices/%s/token", pf->name);
	kernel_write(path, "%s\n", token);
	return 0;
}

int kernel_vfio_token_check(const struct kernel_device *device, const char *token)
{
	struct kernel_device pf;
	char path[PATH_MAX], total[KERNEL_TEXT];

	if (token)
		token += strlen(TOKEN_WORD);
	if (kernel_vfio_token_find_pf(device, &pf))
		return kernel_vfio_token_check_vf(&pf, token);
	kernel_place(path, "%s/sriov_totalvfs", device->dir);
	if (kernel_read(path, total))
		return kernel_vfio_token_check_pf(device, token);
	return token ? -EINVAL : 0;
}
