/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "base/dir.h"
#include "base/str.h"
#include "base/strv.h"
#include "sys/probe/probe-iommu.h"

static const struct {
	const char *directory;
	const char *const registers[3];
} kinds[] = {
	{ "intel-iommu", { "cap", "ecap", NULL } },
	{ "amd-iommu", { "cap", "features", NULL } },
};

/* Appends "cap d2008c22260206", and the directory before the first register of a unit. */
static int probe_iommu_add_register(int class_fd, const char *directory, const char *name,
				    char ***words)
{
	_cleanup_free_ char *path = str_printf("%s/%s/%s", (*words)[0], directory, name);
	_cleanup_free_ char *value = NULL;
	int r;

	if (!path)
		return -ENOMEM;
	r = sysfs_read_optional(class_fd, path, &value);
	if (r < 0 || !value)
		return r;
	if (strv_length(*words) == 1) {
		r = strv_add(words, directory);
		if (r < 0)
			return r;
	}
	r = strv_add(words, name);
	if (r < 0)
		return r;
	return strv_add(words, value);
}

static int probe_iommu_add_registers(int class_fd, char ***words)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		for (const char *const *name = kinds[i].registers; *name; name++) {
			int r;

			r = probe_iommu_add_register(class_fd, kinds[i].directory, *name, words);
			if (r < 0)
				return r;
		}
	return 0;
}

/*
 * Makes the line of a unit: "dmar0 intel-iommu cap d2008c22260206 ecap f00f5e", or
 * "smmu3.0x0000000009050000 -" if it has no registers.
 */
static int probe_iommu_describe(int class_fd, const char *name, char **ret)
{
	_cleanup_strv_ char **words = NULL;
	int r;

	r = strv_add(&words, name);
	if (r < 0)
		return r;
	r = probe_iommu_add_registers(class_fd, &words);
	if (r < 0)
		return r;
	if (strv_length(words) == 1) {
		r = strv_add(&words, "-");
		if (r < 0)
			return r;
	}
	*ret = strv_join(words, " ");
	return *ret ? 0 : -ENOMEM;
}

int probe_iommu_list(const struct sysfs_root *root, struct inventory *inv)
{
	_cleanup_closedir_ DIR *dir = NULL;

	if (sysfs_root_list(root, "sys/class/iommu", &dir) < 0)
		return 0;
	DIR_FOREACH(name, dir) {
		_cleanup_free_ char *line = NULL;
		int r;

		r = probe_iommu_describe(dirfd(dir), name, &line);
		if (r < 0)
			return r;
		r = strv_add(&inv->iommus, line);
		if (r < 0)
			return r;
	}
	return 0;
}

int probe_iommu_of_device(int dir_fd, struct device *device)
{
	int r = sysfs_read_link(dir_fd, "iommu", &device->iommu);

	return r == -ENOMEM ? r : 0;
}
