/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/str.h"
#include "sys/probe/probe-vfio.h"

/* The configuration of a kernel has about 300 KiB. */
#define CONFIG_MAX (4u << 20)

static bool probe_vfio_exists(const struct sysfs_root *root, const char *path)
{
	return faccessat(root->fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Tells whether a line of @text ends with @end. */
static bool probe_vfio_has_line_end(const char *text, const char *end)
{
	size_t n = strlen(end);

	for (const char *at = text; (at = strstr(at, end)); at += n)
		if (at[n] == '\n' || !at[n])
			return true;
	return false;
}

/* Reads the configuration where distributions put it. *ret is NULL if it is nowhere. */
static int probe_vfio_read_kconfig(const struct sysfs_root *root, const char *release, char **ret)
{
	static const char *const places[][2] = { { "boot/config-", "" },
						 { "lib/modules/", "/config" } };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		_cleanup_free_ char *path =
			str_printf("%s%s%s", places[i][0], release, places[i][1]);
		int r;

		if (!path)
			return -ENOMEM;
		r = fileio_read_at(root->fd, path, CONFIG_MAX, ret, NULL);
		if (r >= 0 || r == -ENOMEM)
			return r;
	}
	*ret = NULL;
	return 0;
}

/* Tells from the kernel's configuration what VFIO will support once it is loaded. */
static int probe_vfio_apply_kconfig(const struct sysfs_root *root, struct inventory *inv)
{
	_cleanup_free_ char *config = NULL;
	int r = probe_vfio_read_kconfig(root, str_or(inv->kernel_release, ""), &config);

	if (r < 0 || !config)
		return r;
	inv->has_iommufd = inv->has_iommufd ||
			   probe_vfio_has_line_end(config, "CONFIG_IOMMUFD=m") ||
			   probe_vfio_has_line_end(config, "CONFIG_IOMMUFD=y");
	inv->has_vfio_cdev =
		inv->has_iommufd && probe_vfio_has_line_end(config, "CONFIG_VFIO_DEVICE_CDEV=y");
	return 0;
}

int probe_vfio(const struct sysfs_root *root, struct inventory *inv)
{
	_cleanup_free_ char *modules = NULL, *numbers = NULL;
	int r;

	modules = str_printf("lib/modules/%s/kernel/drivers/vfio", str_or(inv->kernel_release, ""));
	if (!modules)
		return -ENOMEM;
	inv->has_vfio = probe_vfio_exists(root, "sys/bus/pci/drivers/vfio-pci") ||
			probe_vfio_exists(root, modules) ||
			probe_vfio_exists(root, "dev/vfio/vfio");
	inv->has_iommufd = probe_vfio_exists(root, "dev/iommu");
	inv->has_vfio_cdev = false;
	r = sysfs_read_optional(root->fd, "proc/devices", &numbers);
	if (r < 0)
		return r;
	/*
	 * Once VFIO is loaded it shows by its device numbers: "vfio" of groups, "vfio-dev" of
	 * devices.
	 */
	if (!numbers || (!probe_vfio_has_line_end(numbers, " vfio") &&
			 !probe_vfio_has_line_end(numbers, " vfio-dev")))
		return probe_vfio_apply_kconfig(root, inv);
	inv->has_vfio_cdev = inv->has_iommufd && probe_vfio_has_line_end(numbers, " vfio-dev");
	return 0;
}
