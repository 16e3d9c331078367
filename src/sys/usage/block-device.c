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
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		*ret = NULL;
	return 0;
}

static int block_device_by_one_path(const struct usage_set *set, const char *path, char ***list)
{
	_cleanup_free_ char *name = NULL;
	struct statx st;
	int r;

	/* a file server that is gone must not make this wait */
	if (path[0] != '/' || statx(set->root->fd, path + 1, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
				    STATX_TYPE, &st) < 0)
		return 0;
	r = block_device_by_number(set,
				   S_ISBLK(st.stx_mode) ?
					   makedev(st.stx_rdev_major, st.stx_rdev_minor) :
					   makedev(st.stx_dev_major, st.stx_dev_minor),
				   &name);
	if (r < 0 || !name)
		return r;
	return block_device_add_unique(list, name);
}

int block_device_by_path(const struct usage_set *set, const char *path, char ***ret)
{
	_cleanup_strv_ char **parts = NULL, **names = NULL;
	int r;

	r = strv_split(path, ":", &parts);
	if (r < 0)
		return r;
	STRV_FOREACH(part, parts) {
		r = block_device_by_one_path(set, *part, &names);
		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(names);
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

static int block_device_add_nvme_path(const struct usage_set *set, const char *subsystem,
				      const char *entry, char ***list)
{
	_cleanup_free_ char *link = NULL, *owner = NULL;
	int r;

	if (!str_starts(entry, "nvme"))
		return 0;
	link = str_printf("%s/%s", subsystem, entry);
	if (!link)
		return -ENOMEM;
	/* An entry that is no link, or a link elsewhere, has no owner. */
	r = usage_set_owner(set, link, &owner);
	if (r < 0 || !owner)
		return r;
	return block_device_add_unique(list, owner);
}

/*
 * Adds the controllers of an NVMe namespace that has several. Such a namespace is below none of
 * them, but at "devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1". Its subsystem has links to
 * the controllers.
 */
static int block_device_nvme_paths(const struct usage_set *set, const char *devpath, char ***list)
{
	static const char marker[] = "/nvme-subsystem/";
	const char *name = strstr(devpath, marker);
	const char *end = name ? strchr(name + strlen(marker), '/') : NULL;
	_cleanup_free_ char *subsystem = NULL;
	_cleanup_strv_ char **entries = NULL;
	int r;

	if (!end)
		return 0;
	subsystem = str_printf("sys/%.*s", (int)(end - devpath), devpath);
	if (!subsystem)
		return -ENOMEM;
	r = usage_set_list_dir(set, subsystem, &entries);
	if (r < 0)
		return r;
	STRV_FOREACH(entry, entries) {
		r = block_device_add_nvme_path(set, subsystem, *entry, list);
		if (r < 0)
			return r;
	}
	return 0;
}

int block_device_owners_of_devpath(const struct usage_set *set, const char *devpath, char ***ret)
{
	_cleanup_strv_ char **owners = NULL;
	_cleanup_free_ char *owner = NULL;
	int r;

	r = usage_set_owner_of_devpath(set, devpath, &owner);
	if (r < 0)
		return r;
	if (owner)
		r = strv_add(&owners, owner);
	else
		r = block_device_nvme_paths(set, devpath, &owners);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(owners);
	return 0;
}

int block_device_direct_owners(const struct usage_set *set, const char *name, char ***ret)
{
	_cleanup_free_ char *link = str_printf("sys/class/block/%s", name), *devpath = NULL;
	int r;

	if (!link)
		return -ENOMEM;
	r = usage_set_devpath(set, link, &devpath);
	if (r < 0 || !devpath)
		return r;
	return block_device_owners_of_devpath(set, devpath, ret);
}

static int block_device_add_all_unique(char ***list, char *const *names)
{
	STRV_FOREACH(name, names) {
		int r = block_device_add_unique(list, *name);

		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * Adds the disk below a loop device. A loop on a file needs nothing here: the filesystem of the
 * file is mounted, and counts by itself.
 */
static int block_device_loop_lower(const struct usage_set *set, const char *name, char ***list)
{
	_cleanup_free_ char *file = NULL;
	_cleanup_strv_ char **names = NULL;
	int r;

	if (!str_starts(name, "loop"))
		return 0;
	r = usage_set_read_value(set, &file, "sys/class/block/%s/loop/backing_file", name);
	if (r < 0 || !file || !str_starts(file, "/dev/"))
		return r;
	r = block_device_by_path(set, file, &names);
	if (r < 0)
		return r;
	return block_device_add_all_unique(list, names);
}

/* Adds the disk of a partition, from the directory above it: "devices/virtual/block/md0/md0p1". */
static int block_device_whole_disk(const struct usage_set *set, const char *name, char ***list)
{
	_cleanup_free_ char *link = str_printf("sys/class/block/%s", name);
	_cleanup_free_ char *number = NULL, *devpath = NULL;
	char *slash;
	int r;

	if (!link)
		return -ENOMEM;
	r = usage_set_read_value(set, &number, "%s/partition", link);
	if (r < 0 || !number)
		return r;
	r = usage_set_devpath(set, link, &devpath);
	if (r < 0 || !devpath)
		return r;
	slash = strrchr(devpath, '/');
	if (!slash)
		return 0;
	*slash = '\0';
	slash = strrchr(devpath, '/');
	return slash ? block_device_add_unique(list, slash + 1) : 0;
}

/* Adds the block devices that @name is made of. */
static int block_device_list_lower(const struct usage_set *set, const char *name, char ***list)
{
	_cleanup_free_ char *slaves = str_printf("sys/class/block/%s/slaves", name);
	_cleanup_strv_ char **names = NULL;
	int r;

	if (!slaves)
		return -ENOMEM;
	r = usage_set_list_dir(set, slaves, &names);
	if (r < 0)
		return r;
	r = block_device_add_all_unique(list, names);
	if (r < 0)
		return r;
	r = block_device_whole_disk(set, name, list);
	if (r < 0)
		return r;
	return block_device_loop_lower(set, name, list);
}

static int block_device_visit(const struct usage_set *set, const char *name, char ***owners,
			      char ***todo)
{
	_cleanup_strv_ char **direct = NULL;
	int r;

	r = block_device_direct_owners(set, name, &direct);
	if (r < 0)
		return r;
	if (direct)
		return block_device_add_all_unique(owners, direct);
	return block_device_list_lower(set, name, todo);
}

int block_device_owners(const struct usage_set *set, const char *name, char ***ret)
{
	_cleanup_strv_ char **todo = NULL, **owners = NULL;
	int r;

	r = strv_add(&todo, name);
	if (r < 0)
		return r;
	/* The list grows while it is read. It holds each name once, so a circle ends. */
	for (size_t i = 0; i < strv_length(todo); i++) {
		r = block_device_visit(set, todo[i], &owners, &todo);
		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(owners);
	return 0;
}

int block_device_add_usage(struct usage_set *set, const char *name, const char *kind,
			   const char *what)
{
	_cleanup_strv_ char **owners = NULL;
	_cleanup_free_ char *title = NULL;
	struct usage usage = {
		.kind = (char *)kind, .what = (char *)what, .pid = -1, .source = USAGE_OF_BLOCK
	};
	int r;

	r = block_device_owners(set, name, &owners);
	if (r < 0 || !owners)
		return r;
	r = block_device_title(set, name, &title);
	if (r < 0)
		return r;
	usage.through = title;
	STRV_FOREACH(owner, owners) {
		r = usage_set_add(set, *owner, &usage);
		if (r < 0)
			return r;
	}
	return 0;
}
