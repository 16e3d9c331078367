/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/str.h"
#include "base/strv.h"
#include "sys/usage/block-device.h"

static int block_device_add_unique(char ***list, const char *s)
{
	return strv_contains(*list, s) ? 0 : strv_add(list, s);
}

/* --- names --- */

int block_device_by_number(const struct usage_set *set, dev_t number, char **ret)
{
	_cleanup_free_ char *link = str_printf("sys/dev/block/%u:%u", major(number), minor(number));
	int r;

	if (!link)
		return -ENOMEM;
	r = sysfs_read_link(set->root->fd, link, ret);
	if (r < 0 && r != -ENOMEM)
		*ret = NULL;
	return r == -ENOMEM ? r : 0;
}

static int block_device_by_one_path(const struct usage_set *set, const char *path, char ***list)
{
	_cleanup_free_ char *name = NULL;
	struct stat st;
	int r;

	if (path[0] != '/' || fstatat(set->root->fd, path + 1, &st, 0) < 0)
		return 0;
	r = block_device_by_number(set, S_ISBLK(st.st_mode) ? st.st_rdev : st.st_dev, &name);
	return r < 0 || !name ? r : block_device_add_unique(list, name);
}

int block_device_by_path(const struct usage_set *set, const char *path, char ***ret)
{
	_cleanup_strv_ char **parts = NULL, **found = NULL;
	int r = strv_split(path, ":", &parts);

	if (r < 0)
		return r;
	STRV_FOREACH(part, parts) {
		r = block_device_by_one_path(set, *part, &found);
		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(found);
	return 0;
}

int block_device_title(const struct usage_set *set, const char *name, char **ret)
{
	int r = usage_set_read_value(set, ret, "sys/class/block/%s/dm/name", name);

	if (r < 0 || !str_empty(*ret))
		return r;
	free(*ret);
	*ret = strdup(name);
	return *ret ? 0 : -ENOMEM;
}

/* --- what is below --- */

/*
 * A namespace that several controllers lead to hangs on none of them:
 * "devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1". The subsystem has links to its
 * controllers.
 */
static int block_device_nvme_paths(const struct usage_set *set, const char *place, char ***list)
{
	const char *name = strstr(place, "/nvme-subsystem/");
	_cleanup_free_ char *subsystem = NULL;
	_cleanup_strv_ char **entries = NULL;
	const char *end = name ? strchr(name + strlen("/nvme-subsystem/"), '/') : NULL;
	int r;

	if (!end)
		return 0;
	subsystem = str_printf("sys/%.*s", (int)(end - place), place);
	if (!subsystem)
		return -ENOMEM;
	r = usage_set_list_dir(set, subsystem, &entries);
	STRV_FOREACH(entry, entries) {
		_cleanup_free_ char *link = NULL, *owner = NULL;

		if (r < 0)
			return r;
		link = str_printf("%s/%s", subsystem, *entry);
		if (!link)
			return -ENOMEM;
		/* what is no link, or leads elsewhere, has no owner */
		r = str_starts(*entry, "nvme") ? usage_set_owner(set, link, &owner) : 0;
		if (r >= 0 && owner)
			r = block_device_add_unique(list, owner);
	}
	return r;
}

int block_device_owners_of_devpath(const struct usage_set *set, const char *place, char ***ret)
{
	_cleanup_strv_ char **owners = NULL;
	_cleanup_free_ char *owner = NULL;
	int r = usage_set_owner_of_devpath(set, place, &owner);

	if (r >= 0)
		r = owner ? strv_add(&owners, owner) : block_device_nvme_paths(set, place, &owners);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(owners);
	return 0;
}

int block_device_direct_owners(const struct usage_set *set, const char *name, char ***ret)
{
	_cleanup_free_ char *link = str_printf("sys/class/block/%s", name), *place = NULL;
	int r = link ? usage_set_devpath(set, link, &place) : -ENOMEM;

	return r < 0 || !place ? r : block_device_owners_of_devpath(set, place, ret);
}

/*
 * A loop on a disk: one on a file has the file's filesystem below it, which is mounted and counts
 * by itself.
 */
static int block_device_loop_lower(const struct usage_set *set, const char *name, char ***list)
{
	_cleanup_free_ char *file = NULL;
	_cleanup_strv_ char **found = NULL;
	int r = 0;

	if (str_starts(name, "loop"))
		r = usage_set_read_value(set, &file, "sys/class/block/%s/loop/backing_file", name);
	if (r < 0 || !file || !str_starts(file, "/dev/"))
		return r;
	r = block_device_by_path(set, file, &found);
	STRV_FOREACH(lower, found)
		if (r >= 0)
			r = block_device_add_unique(list, *lower);
	return r;
}

/* The disk of a partition, as the directory above it: "devices/virtual/block/md0/md0p1". */
static int block_device_whole_disk(const struct usage_set *set, const char *name, char ***list)
{
	_cleanup_free_ char *link = str_printf("sys/class/block/%s", name), *number = NULL;
	_cleanup_free_ char *place = NULL;
	char *slash;
	int r = link ? usage_set_read_value(set, &number, "%s/partition", link) : -ENOMEM;

	if (r < 0 || !number)
		return r;
	r = usage_set_devpath(set, link, &place);
	slash = place ? strrchr(place, '/') : NULL;
	if (r < 0 || !slash)
		return r;
	*slash = '\0';
	slash = strrchr(place, '/');
	return slash ? block_device_add_unique(list, slash + 1) : 0;
}

/* The block devices that @name is made of. */
static int block_device_list_lower(const struct usage_set *set, const char *name, char ***list)
{
	_cleanup_free_ char *slaves = str_printf("sys/class/block/%s/slaves", name);
	_cleanup_strv_ char **names = NULL;
	int r = slaves ? usage_set_list_dir(set, slaves, &names) : -ENOMEM;

	STRV_FOREACH(lower, names)
		if (r >= 0)
			r = block_device_add_unique(list, *lower);
	if (r >= 0)
		r = block_device_whole_disk(set, name, list);
	return r < 0 ? r : block_device_loop_lower(set, name, list);
}

int block_device_owners(const struct usage_set *set, const char *name, char ***ret)
{
	_cleanup_strv_ char **todo = NULL, **owners = NULL;
	int r = strv_add(&todo, name);

	/* a list that grows while it is read: each name once, so a circle ends */
	for (size_t i = 0; r >= 0 && i < strv_length(todo); i++) {
		_cleanup_strv_ char **direct = NULL;

		r = block_device_direct_owners(set, todo[i], &direct);
		STRV_FOREACH(owner, direct)
			if (r >= 0)
				r = block_device_add_unique(&owners, *owner);
		if (r >= 0 && !direct)
			r = block_device_list_lower(set, todo[i], &todo);
	}
	if (r < 0)
		return r;
	*ret = TAKE_PTR(owners);
	return 0;
}
