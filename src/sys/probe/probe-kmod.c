/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "base/strv.h"
#include "sys/probe/probe-kmod.h"

static int probe_kmod_read_lines(const struct sysfs_root *root, const struct device *device,
				 const char *name, bool *ret_there, char ***ret)
{
	_cleanup_free_ char *path = str_printf("sys/devgroups/%d/members/%s/%s",
					       device->iommu_group, device->address, name);
	_cleanup_free_ char *text = NULL;
	int r;

	if (!path)
		return -ENOMEM;
	r = sysfs_read_optional(root->fd, path, &text);
	if (r < 0)
		return r;
	*ret_there = text != NULL;
	return text ? strv_split(text, "\n", ret) : 0;
}

static int probe_kmod_read_msi(const struct sysfs_root *root, struct device *device)
{
	_cleanup_free_ char *path =
		str_printf("sys/devgroups/%d/isolated_msi", device->iommu_group);
	_cleanup_free_ char *text = NULL;
	int r;

	if (!path)
		return -ENOMEM;
	r = sysfs_read_optional(root->fd, path, &text);
	if (r < 0)
		return r;
	device->shares_msi = str_eq(text, "0");
	return 0;
}

int probe_kmod_device(const struct sysfs_root *root, struct device *device)
{
	bool there, has_scope;
	int r;

	if (device->iommu_group < 0)
		return 0;
	r = probe_kmod_read_lines(root, device, "isolation", &there, &device->isolation);
	if (r < 0 || !there)
		return r;
	r = str_set(&device->source, DEVICE_SOURCE_MODULE);
	if (r < 0)
		return r;
	r = probe_kmod_read_msi(root, device);
	if (r < 0)
		return r;
	return probe_kmod_read_lines(root, device, "reset_scope", &has_scope, &device->reset_scope);
}

int probe_kmod_is_owned_by_user(const struct sysfs_root *root, const struct device *device)
{
	_cleanup_free_ char *owner = NULL, *path = NULL;
	int r;

	if (device->iommu_group < 0)
		return -ENOENT;
	path = str_printf("sys/devgroups/%d/owner", device->iommu_group);
	if (!path)
		return -ENOMEM;
	r = sysfs_read(root->fd, path, &owner);
	if (r < 0)
		return r;
	return str_eq(owner, "user");
}

int probe_kmod_version(const struct sysfs_root *root, struct inventory *inv)
{
	_cleanup_free_ char *version = NULL;
	int r;

	r = sysfs_read_optional(root->fd, "sys/devgroups/version", &version);
	if (r < 0)
		return r;
	return str_set(&inv->kernel_module, version);
}

/*
 * Gives a file to @uid alone. Its previous owner may have changed its group and mode, so both are
 * set too: when root owns the file, no former owner can change them again. Skips a file that is so
 * already, because this is called often.
 */
static int probe_kmod_assign(const struct sysfs_root *root, const char *path, uid_t uid)
{
	struct stat st;

	if (fstatat(root->fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (st.st_uid == uid && st.st_gid == 0 && st.st_mode == (S_IFREG | 0400))
		return 0;
	if (fchownat(root->fd, path, 0, 0, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (fchmodat(root->fd, path, 0400, 0) < 0)
		return -errno;
	if (uid == 0)
		return 0;
	return fchownat(root->fd, path, uid, (gid_t)-1, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

int probe_kmod_grant(const struct sysfs_root *root, const struct device *device, uid_t uid)
{
	static const char *const places[][2] = {
		{ "members", "config" },
		{ "members", "resource" },
		{ "devices", "config" },
		{ "devices", "resource" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		_cleanup_free_ char *path =
			str_printf("sys/devgroups/%d/%s/%s/%s", device->iommu_group, places[i][0],
				   device->address, places[i][1]);
		int r;

		if (!path)
			return -ENOMEM;
		r = probe_kmod_assign(root, path, uid);
		if (r < 0)
			return r;
	}
	return 0;
}
