/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which disks the host lives on: mounts, swap, and what the kernel has built on them. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "sys/usage/block-device.h"
#include "sys/usage/mounts.h"
#include "sys/usage/usage-block.h"

/* A disk of a container host may be bound to thousands of places: these say enough. */
#define MOUNTS_PER_DISK 16

/* Says of all devices that carry @name that they are used. */
static int usage_block_add_for_owners(struct usage_set *set, const char *name, const char *kind,
				      const char *what)
{
	_cleanup_strv_ char **owners = NULL;
	_cleanup_free_ char *title = NULL;
	struct usage usage = {
		.kind = (char *)kind, .what = (char *)what, .pid = -1, .source = USAGE_OF_BLOCK
	};
	int r = block_device_owners(set, name, &owners);

	if (r >= 0 && owners)
		r = block_device_title(set, name, &title);
	usage.through = title;
	STRV_FOREACH(owner, owners)
		if (r >= 0)
			r = usage_set_add(set, *owner, &usage);
	return r;
}

/* --- mounts --- */

struct mount_scan {
	struct usage_set *set;
	char **names; /* of block devices that are mounted, as often as they are */
};

static size_t usage_block_count_mounts(char *const *list, const char *s)
{
	size_t n = 0;

	STRV_FOREACH(item, list)
		n += str_eq(*item, s);
	return n;
}

static int usage_block_add_mount(struct mount_scan *scan, const char *name,
				 const struct mount_line *mount)
{
	bool is_root = str_eq(mount->point, "/");

	if (!is_root && usage_block_count_mounts(scan->names, name) >= MOUNTS_PER_DISK)
		return 0;
	if (strv_add(&scan->names, name) < 0)
		return -ENOMEM;
	return usage_block_add_for_owners(scan->set, name,
					  is_root ? USAGE_ROOT_DISK : USAGE_MOUNTED, mount->point);
}

/* btrfs names one of its disks as the source; the directory of its own in sysfs has them all. */
static int usage_block_add_btrfs(struct mount_scan *scan, const char *name,
				 const struct mount_line *mount)
{
	_cleanup_strv_ char **filesystems = NULL;
	int r = usage_set_list_dir(scan->set, "sys/fs/btrfs", &filesystems);

	STRV_FOREACH(id, filesystems) {
		_cleanup_free_ char *path = NULL;
		_cleanup_strv_ char **disks = NULL;

		path = str_printf("sys/fs/btrfs/%s/devices", *id);
		r = r < 0 ? r : path ? usage_set_list_dir(scan->set, path, &disks) : -ENOMEM;
		if (r < 0)
			return r;
		if (!strv_contains(disks, name))
			continue;
		STRV_FOREACH(disk, disks)
			if (r >= 0 && !str_eq(*disk, name))
				r = usage_block_add_mount(scan, *disk, mount);
	}
	return r;
}

static int usage_block_on_mount(const struct mount_line *mount, void *userdata)
{
	struct mount_scan *scan = userdata;
	_cleanup_free_ char *name = NULL;
	_cleanup_strv_ char **names = NULL;
	int r = block_device_by_number(scan->set, mount->device, &name);

	if (r >= 0 && name)
		return usage_block_add_mount(scan, name, mount);
	if (r >= 0)
		r = block_device_by_path(scan->set, mount->source, &names);
	STRV_FOREACH(disk, names) {
		if (r >= 0)
			r = usage_block_add_mount(scan, *disk, mount);
		if (r >= 0 && str_eq(mount->type, "btrfs"))
			r = usage_block_add_btrfs(scan, *disk, mount);
	}
	return r;
}

/* @name is the disk of a filesystem that no line of the mounts has told of. */
static int usage_block_add_hidden_disk(struct mount_scan *scan, const char *type, const char *name)
{
	_cleanup_free_ char *what = NULL;

	if (strv_contains(scan->names, name))
		return 0;
	what = str_printf("a filesystem (%s) that is not mounted in the host's own namespace",
			  type);
	return what ? usage_block_add_for_owners(scan->set, name, USAGE_MOUNTED, what) : -ENOMEM;
}

/* "sys/fs/ext4/dm-0": one disk, after which it is named. */
static int usage_block_add_hidden_single(struct mount_scan *scan, const char *type,
					 const char *name)
{
	_cleanup_free_ char *disk = str_printf("sys/class/block/%s", name);

	if (!disk)
		return -ENOMEM;
	return faccessat(scan->set->root->fd, disk, F_OK, AT_SYMLINK_NOFOLLOW) < 0 ?
		       0 :
		       usage_block_add_hidden_disk(scan, type, name);
}

/* "sys/fs/btrfs/UUID/devices/nvme0n1": all disks of it. */
static int usage_block_add_hidden_btrfs(struct mount_scan *scan, const char *id)
{
	_cleanup_free_ char *path = str_printf("sys/fs/btrfs/%s/devices", id);
	_cleanup_strv_ char **disks = NULL;
	int r = path ? usage_set_list_dir(scan->set, path, &disks) : -ENOMEM;

	STRV_FOREACH(disk, disks)
		if (r >= 0)
			r = usage_block_add_hidden_disk(scan, "btrfs", *disk);
	return r;
}

/* "sys/fs/bcachefs/UUID/dev-0/block" is a link to the disk. */
static int usage_block_add_hidden_bcachefs(struct mount_scan *scan, const char *id)
{
	_cleanup_free_ char *path = str_printf("sys/fs/bcachefs/%s", id);
	_cleanup_strv_ char **entries = NULL;
	int r = path ? usage_set_list_dir(scan->set, path, &entries) : -ENOMEM;

	STRV_FOREACH(entry, entries) {
		_cleanup_free_ char *link = NULL, *disk = NULL;

		if (r < 0)
			return r;
		link = str_printf("%s/%s/block", path, *entry);
		if (!link)
			return -ENOMEM;
		if (sysfs_read_link(scan->set->root->fd, link, &disk) >= 0)
			r = usage_block_add_hidden_disk(scan, "bcachefs", disk);
	}
	return r;
}

/*
 * A filesystem has a directory in sysfs for as long as the kernel has it, also where its mount is
 * in another namespace or was taken away lazily.
 */
static int usage_block_add_hidden(struct mount_scan *scan, const char *type)
{
	_cleanup_free_ char *path = str_printf("sys/fs/%s", type);
	_cleanup_strv_ char **names = NULL;
	int r = path ? usage_set_list_dir(scan->set, path, &names) : -ENOMEM;

	STRV_FOREACH(name, names) {
		if (r < 0)
			return r;
		if (str_eq(type, "btrfs"))
			r = usage_block_add_hidden_btrfs(scan, *name);
		else if (str_eq(type, "bcachefs"))
			r = usage_block_add_hidden_bcachefs(scan, *name);
		else
			r = usage_block_add_hidden_single(scan, type, *name);
	}
	return r;
}

/* Those of process 1: the daemon may have a namespace of its own. */
static int usage_block_read_mounts(struct usage_set *set)
{
	_cleanup_fclose_ FILE *file = usage_set_open_file(set, "proc/1/mountinfo");
	struct mount_scan scan = { .set = set };
	_cleanup_strv_ char **types = NULL;
	int r;

	if (!file)
		file = usage_set_open_file(set, "proc/self/mountinfo");
	r = file ? mounts_read(file, usage_block_on_mount, &scan) : 0;
	if (r >= 0)
		r = usage_set_list_dir(set, "sys/fs", &types);
	STRV_FOREACH(type, types)
		if (r >= 0)
			r = usage_block_add_hidden(&scan, *type);
	strv_free(scan.names);
	return r;
}

/* --- swap --- */

/* "/dev/dm-1                partition  1003516  0  -2" */
static int usage_block_add_swap(struct usage_set *set, char *line)
{
	char *rest = NULL, *path = strtok_r(line, " \t\n", &rest);
	_cleanup_strv_ char **names = NULL;
	int r;

	if (!path || path[0] != '/')
		return 0;
	mounts_unescape(path);
	r = block_device_by_path(set, path, &names);
	STRV_FOREACH(name, names)
		if (r >= 0)
			r = usage_block_add_for_owners(set, *name, USAGE_SWAP, path);
	return r;
}

static int usage_block_read_swaps(struct usage_set *set)
{
	_cleanup_fclose_ FILE *file = usage_set_open_file(set, "proc/swaps");
	_cleanup_free_ char *line = NULL;
	size_t room = 0;
	int r = 0;

	while (file && r >= 0 && getline(&line, &room, file) > 0)
		r = usage_block_add_swap(set, line);
	return r;
}

/* --- what is built on them --- */

static int usage_block_describe_holder(const struct usage_set *set, const char *name, char **ret)
{
	static const struct {
		const char *prefix, *words;
	} kinds[] = {
		{ "LVM-", "LVM" },	{ "CRYPT-", "encryption" }, { "mpath-", "multipath" },
		{ "DMRAID-", "RAID" },	{ "md", "RAID" },	    { "drbd", "DRBD" },
		{ "bcache", "bcache" },
	};
	_cleanup_free_ char *title = NULL, *uuid = NULL;
	const char *words = NULL;
	int r = block_device_title(set, name, &title);

	if (r >= 0)
		r = usage_set_read_value(set, &uuid, "sys/class/block/%s/dm/uuid", name);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(kinds) && !words; i++)
		if (str_starts(str_or(uuid, name), kinds[i].prefix))
			words = kinds[i].words;
	*ret = words ? str_printf("%s (%s)", title, words) : TAKE_PTR(title);
	return *ret ? 0 : -ENOMEM;
}

static int usage_block_read_holders(struct usage_set *set, const char *name)
{
	_cleanup_free_ char *path = str_printf("sys/class/block/%s/holders", name);
	_cleanup_strv_ char **holders = NULL;
	int r = path ? usage_set_list_dir(set, path, &holders) : -ENOMEM;

	STRV_FOREACH(holder, holders) {
		_cleanup_free_ char *what = NULL;

		if (r >= 0)
			r = usage_block_describe_holder(set, *holder, &what);
		if (r >= 0)
			r = usage_block_add_for_owners(set, name, USAGE_HOLDERS, what);
	}
	return r;
}

/* These hold a disk without a link in sysfs. */
static int usage_block_read_bcache(struct usage_set *set, const char *name)
{
	_cleanup_free_ char *path = str_printf("sys/class/block/%s/bcache", name);

	if (!path)
		return -ENOMEM;
	return faccessat(set->root->fd, path, F_OK, 0) < 0 ?
		       0 :
		       usage_block_add_for_owners(set, name, USAGE_HOLDERS, "bcache");
}

static int usage_block_read_loop(struct usage_set *set, const char *name)
{
	_cleanup_free_ char *file = NULL;
	int r = usage_set_read_value(set, &file, "sys/class/block/%s/loop/backing_file", name);

	if (r < 0 || !file || !str_starts(file, "/dev/"))
		return r;
	return usage_block_add_for_owners(set, name, USAGE_HOLDERS, name);
}

/* The value of a line "KEY=value" of udev's database. */
static int usage_block_udev_property(const struct usage_set *set, const char *name, const char *key,
				     char **ret)
{
	_cleanup_free_ char *number = NULL, *path = NULL, *line = NULL;
	_cleanup_fclose_ FILE *file = NULL;
	size_t room = 0;
	int r = usage_set_read_value(set, &number, "sys/class/block/%s/dev", name);

	if (r < 0 || !number)
		return r;
	path = str_printf("run/udev/data/b%s", number);
	if (!path)
		return -ENOMEM;
	file = usage_set_open_file(set, path);
	while (file && getline(&line, &room, file) > 0) {
		char *equals = strchr(line, '=');

		if (!equals)
			continue;
		*equals = '\0';
		if (str_eq(line, key))
			return str_set(ret, str_chomp(equals + 1));
	}
	return 0;
}

/* A member of a pool that is imported: ZFS opens its disks itself, and shows only the pools. */
static int usage_block_read_zfs(struct usage_set *set, const char *name)
{
	_cleanup_free_ char *type = NULL, *pool = NULL, *path = NULL, *what = NULL;
	int r = usage_block_udev_property(set, name, "E:ID_FS_TYPE", &type);

	if (r >= 0 && str_eq(type, "zfs_member"))
		r = usage_block_udev_property(set, name, "E:ID_FS_LABEL", &pool);
	if (r < 0 || !pool)
		return r;
	path = str_printf("proc/spl/kstat/zfs/%s", pool);
	what = str_printf("%s (ZFS pool)", pool);
	if (!path || !what)
		return -ENOMEM;
	return faccessat(set->root->fd, path, F_OK, 0) < 0 ?
		       0 :
		       usage_block_add_for_owners(set, name, USAGE_HOLDERS, what);
}

static int usage_block_read_stacked(struct usage_set *set)
{
	_cleanup_strv_ char **names = NULL;
	bool has_zfs = faccessat(set->root->fd, "proc/spl/kstat/zfs", F_OK, 0) == 0;
	int r = usage_set_list_dir(set, "sys/class/block", &names);

	STRV_FOREACH(name, names) {
		_cleanup_strv_ char **owners = NULL;

		if (r >= 0)
			r = block_device_direct_owners(set, *name, &owners);
		if (r >= 0 && !owners && str_starts(*name, "loop"))
			r = usage_block_read_loop(set, *name);
		if (r < 0 || !owners)
			continue;
		r = usage_block_read_holders(set, *name);
		if (r >= 0)
			r = usage_block_read_bcache(set, *name);
		if (r >= 0 && has_zfs)
			r = usage_block_read_zfs(set, *name);
	}
	return r;
}

int usage_block_read(struct usage_set *set)
{
	int r = usage_block_read_mounts(set);

	if (r >= 0)
		r = usage_block_read_swaps(set);
	return r < 0 ? r : usage_block_read_stacked(set);
}
