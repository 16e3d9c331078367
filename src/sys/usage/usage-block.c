/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which disks the host lives on: mounts, swap, and what the kernel has built on them. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/str.h"
#include "sys/usage/block-device.h"
#include "sys/usage/mounts.h"

/* A disk of a container host may be bound to thousands of places: these say enough. */
#define MOUNTS_PER_DISK 16

/* Says of all devices that carry @name that they are used. */
static int add_for_owners(struct usebook *book, const char *name, const char *kind,
			  const char *what)
{
	_cleanup_strv_ char **owners = NULL;
	_cleanup_free_ char *title = NULL;
	struct use use = {
		.kind = (char *)kind, .what = (char *)what, .pid = -1, .source = USE_OF_BLOCK
	};
	int r = blockdev_owners(book, name, &owners);

	if (r >= 0 && owners)
		r = blockdev_title(book, name, &title);
	use.through = title;
	STRV_FOREACH(owner, owners)
		if (r >= 0)
			r = usebook_add(book, *owner, &use);
	return r;
}

/* --- mounts ------------------------------------------------------------------------------------ */

struct mounting {
	struct usebook *book;
	char **names; /* of block devices that are mounted, as often as they are */
};

static size_t count(char *const *list, const char *s)
{
	size_t n = 0;

	STRV_FOREACH(item, list)
		n += str_eq(*item, s);
	return n;
}

static int add_mount(struct mounting *mounting, const char *name, const struct mount_line *mount)
{
	bool is_root = str_eq(mount->point, "/");

	if (!is_root && count(mounting->names, name) >= MOUNTS_PER_DISK)
		return 0;
	if (strv_add(&mounting->names, name) < 0)
		return -ENOMEM;
	return add_for_owners(mounting->book, name, is_root ? USE_ROOT_DISK : USE_MOUNTED,
			      mount->point);
}

/* btrfs names one of its disks as the source; the directory of its own in sysfs has them all. */
static int add_btrfs(struct mounting *mounting, const char *name, const struct mount_line *mount)
{
	_cleanup_strv_ char **filesystems = NULL;
	int r = uses_list(mounting->book, "sys/fs/btrfs", &filesystems);

	STRV_FOREACH(id, filesystems) {
		_cleanup_free_ char *path = NULL;
		_cleanup_strv_ char **disks = NULL;

		path = str_printf("sys/fs/btrfs/%s/devices", *id);
		r = r < 0 ? r : path ? uses_list(mounting->book, path, &disks) : -ENOMEM;
		if (r < 0)
			return r;
		if (!strv_contains(disks, name))
			continue;
		STRV_FOREACH(disk, disks)
			if (r >= 0 && !str_eq(*disk, name))
				r = add_mount(mounting, *disk, mount);
	}
	return r;
}

static int on_mount(const struct mount_line *mount, void *userdata)
{
	struct mounting *mounting = userdata;
	_cleanup_free_ char *name = NULL;
	_cleanup_strv_ char **names = NULL;
	int r = blockdev_by_number(mounting->book, mount->device, &name);

	if (r >= 0 && name)
		return add_mount(mounting, name, mount);
	if (r >= 0)
		r = blockdev_by_path(mounting->book, mount->source, &names);
	STRV_FOREACH(disk, names) {
		if (r >= 0)
			r = add_mount(mounting, *disk, mount);
		if (r >= 0 && str_eq(mount->type, "btrfs"))
			r = add_btrfs(mounting, *disk, mount);
	}
	return r;
}

/* @name is the disk of a filesystem that no line of the mounts has told of. */
static int add_hidden_disk(struct mounting *mounting, const char *type, const char *name)
{
	_cleanup_free_ char *what = NULL;

	if (strv_contains(mounting->names, name))
		return 0;
	what = str_printf("a filesystem (%s) that is not mounted in the host's own namespace", type);
	return what ? add_for_owners(mounting->book, name, USE_MOUNTED, what) : -ENOMEM;
}

/* "sys/fs/ext4/dm-0": one disk, after which it is named. */
static int add_hidden_single(struct mounting *mounting, const char *type, const char *name)
{
	_cleanup_free_ char *disk = str_printf("sys/class/block/%s", name);

	if (!disk)
		return -ENOMEM;
	return faccessat(mounting->book->root->fd, disk, F_OK, AT_SYMLINK_NOFOLLOW) < 0
		       ? 0
		       : add_hidden_disk(mounting, type, name);
}

/* "sys/fs/btrfs/UUID/devices/nvme0n1": all disks of it. */
static int add_hidden_btrfs(struct mounting *mounting, const char *id)
{
	_cleanup_free_ char *path = str_printf("sys/fs/btrfs/%s/devices", id);
	_cleanup_strv_ char **disks = NULL;
	int r = path ? uses_list(mounting->book, path, &disks) : -ENOMEM;

	STRV_FOREACH(disk, disks)
		if (r >= 0)
			r = add_hidden_disk(mounting, "btrfs", *disk);
	return r;
}

/* "sys/fs/bcachefs/UUID/dev-0/block" is a link to the disk. */
static int add_hidden_bcachefs(struct mounting *mounting, const char *id)
{
	_cleanup_free_ char *path = str_printf("sys/fs/bcachefs/%s", id);
	_cleanup_strv_ char **entries = NULL;
	int r = path ? uses_list(mounting->book, path, &entries) : -ENOMEM;

	STRV_FOREACH(entry, entries) {
		_cleanup_free_ char *link = NULL, *disk = NULL;

		if (r < 0)
			return r;
		link = str_printf("%s/%s/block", path, *entry);
		if (!link)
			return -ENOMEM;
		if (sysfs_read_link(mounting->book->root->fd, link, &disk) >= 0)
			r = add_hidden_disk(mounting, "bcachefs", disk);
	}
	return r;
}

/*
 * A filesystem has a directory in sysfs for as long as the kernel has it, also where its mount is
 * in another namespace or was taken away lazily.
 */
static int add_hidden(struct mounting *mounting, const char *type)
{
	_cleanup_free_ char *path = str_printf("sys/fs/%s", type);
	_cleanup_strv_ char **names = NULL;
	int r = path ? uses_list(mounting->book, path, &names) : -ENOMEM;

	STRV_FOREACH(name, names) {
		if (r < 0)
			return r;
		if (str_eq(type, "btrfs"))
			r = add_hidden_btrfs(mounting, *name);
		else if (str_eq(type, "bcachefs"))
			r = add_hidden_bcachefs(mounting, *name);
		else
			r = add_hidden_single(mounting, type, *name);
	}
	return r;
}

/* Those of process 1: the daemon may have a namespace of its own. */
static int read_mounts(struct usebook *book)
{
	_cleanup_fclose_ FILE *file = uses_open(book, "proc/1/mountinfo");
	struct mounting mounting = { .book = book };
	_cleanup_strv_ char **types = NULL;
	int r;

	if (!file)
		file = uses_open(book, "proc/self/mountinfo");
	r = file ? mounts_read(file, on_mount, &mounting) : 0;
	if (r >= 0)
		r = uses_list(book, "sys/fs", &types);
	STRV_FOREACH(type, types)
		if (r >= 0)
			r = add_hidden(&mounting, *type);
	strv_free(mounting.names);
	return r;
}

/* --- swap -------------------------------------------------------------------------------------- */

/* "/dev/dm-1                partition  1003516  0  -2" */
static int add_swap(struct usebook *book, char *line)
{
	char *rest = NULL, *path = strtok_r(line, " \t\n", &rest);
	_cleanup_strv_ char **names = NULL;
	int r;

	if (!path || path[0] != '/')
		return 0;
	proc_unescape(path);
	r = blockdev_by_path(book, path, &names);
	STRV_FOREACH(name, names)
		if (r >= 0)
			r = add_for_owners(book, *name, USE_SWAP, path);
	return r;
}

static int read_swaps(struct usebook *book)
{
	_cleanup_fclose_ FILE *file = uses_open(book, "proc/swaps");
	_cleanup_free_ char *line = NULL;
	size_t room = 0;
	int r = 0;

	while (file && r >= 0 && getline(&line, &room, file) > 0)
		r = add_swap(book, line);
	return r;
}

/* --- what is built on them --------------------------------------------------------------------- */

static int describe_holder(const struct usebook *book, const char *name, char **ret)
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
	int r = blockdev_title(book, name, &title);

	if (r >= 0)
		r = uses_value(book, &uuid, "sys/class/block/%s/dm/uuid", name);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(kinds) && !words; i++)
		if (str_starts(str_or(uuid, name), kinds[i].prefix))
			words = kinds[i].words;
	*ret = words ? str_printf("%s (%s)", title, words) : TAKE_PTR(title);
	return *ret ? 0 : -ENOMEM;
}

static int read_holders(struct usebook *book, const char *name)
{
	_cleanup_free_ char *path = str_printf("sys/class/block/%s/holders", name);
	_cleanup_strv_ char **holders = NULL;
	int r = path ? uses_list(book, path, &holders) : -ENOMEM;

	STRV_FOREACH(holder, holders) {
		_cleanup_free_ char *what = NULL;

		if (r >= 0)
			r = describe_holder(book, *holder, &what);
		if (r >= 0)
			r = add_for_owners(book, name, USE_HOLDERS, what);
	}
	return r;
}

/* These hold a disk without a link in sysfs. */
static int read_bcache(struct usebook *book, const char *name)
{
	_cleanup_free_ char *path = str_printf("sys/class/block/%s/bcache", name);

	if (!path)
		return -ENOMEM;
	return faccessat(book->root->fd, path, F_OK, 0) < 0
		       ? 0
		       : add_for_owners(book, name, USE_HOLDERS, "bcache");
}

static int read_loop(struct usebook *book, const char *name)
{
	_cleanup_free_ char *file = NULL;
	int r = uses_value(book, &file, "sys/class/block/%s/loop/backing_file", name);

	if (r < 0 || !file || !str_starts(file, "/dev/"))
		return r;
	return add_for_owners(book, name, USE_HOLDERS, name);
}

/* The value of a line "KEY=value" of udev's database. */
static int udev_property(const struct usebook *book, const char *name, const char *key, char **ret)
{
	_cleanup_free_ char *number = NULL, *path = NULL, *line = NULL;
	_cleanup_fclose_ FILE *file = NULL;
	size_t room = 0;
	int r = uses_value(book, &number, "sys/class/block/%s/dev", name);

	if (r < 0 || !number)
		return r;
	path = str_printf("run/udev/data/b%s", number);
	if (!path)
		return -ENOMEM;
	file = uses_open(book, path);
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
static int read_zfs(struct usebook *book, const char *name)
{
	_cleanup_free_ char *type = NULL, *pool = NULL, *path = NULL, *what = NULL;
	int r = udev_property(book, name, "E:ID_FS_TYPE", &type);

	if (r >= 0 && str_eq(type, "zfs_member"))
		r = udev_property(book, name, "E:ID_FS_LABEL", &pool);
	if (r < 0 || !pool)
		return r;
	path = str_printf("proc/spl/kstat/zfs/%s", pool);
	what = str_printf("%s (ZFS pool)", pool);
	if (!path || !what)
		return -ENOMEM;
	return faccessat(book->root->fd, path, F_OK, 0) < 0
		       ? 0
		       : add_for_owners(book, name, USE_HOLDERS, what);
}

static int read_built(struct usebook *book)
{
	_cleanup_strv_ char **names = NULL;
	bool has_zfs = faccessat(book->root->fd, "proc/spl/kstat/zfs", F_OK, 0) == 0;
	int r = uses_list(book, "sys/class/block", &names);

	STRV_FOREACH(name, names) {
		_cleanup_strv_ char **owners = NULL;

		if (r >= 0)
			r = blockdev_direct_owners(book, *name, &owners);
		if (r >= 0 && !owners && str_starts(*name, "loop"))
			r = read_loop(book, *name);
		if (r < 0 || !owners)
			continue;
		r = read_holders(book, *name);
		if (r >= 0)
			r = read_bcache(book, *name);
		if (r >= 0 && has_zfs)
			r = read_zfs(book, *name);
	}
	return r;
}

int uses_read_block(struct usebook *book)
{
	int r = read_mounts(book);

	if (r >= 0)
		r = read_swaps(book);
	return r < 0 ? r : read_built(book);
}
