/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/str.h"
#include "base/strv.h"
#include "sys/usage/block-device.h"
#include "sys/usage/mounts.h"
#include "sys/usage/usage-block.h"
#include "sys/usage/usage-stack.h"

/* A disk of a container host may be mounted at thousands of places. This number says enough. */
#define MOUNTS_PER_DISK 16

/* --- mounts --- */

struct mount_scan {
	struct usage_set *set;
	char **names; /* names of block devices, once for each mount */
};

static void mount_scan_clear(struct mount_scan *scan)
{
	strv_free(scan->names);
}

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
	return block_device_add_usage(scan->set, name, is_root ? USAGE_ROOT_DISK : USAGE_MOUNTED,
				      mount->point);
}

static int usage_block_list_btrfs(const struct usage_set *set, const char *id, char ***ret)
{
	_cleanup_free_ char *path = str_printf("sys/fs/btrfs/%s/devices", id);

	if (!path)
		return -ENOMEM;
	return usage_set_list_dir(set, path, ret);
}

static int usage_block_add_btrfs_disks(struct mount_scan *scan, const char *id, const char *name,
				       const struct mount_line *mount)
{
	_cleanup_strv_ char **disks = NULL;
	int r;

	r = usage_block_list_btrfs(scan->set, id, &disks);
	if (r < 0)
		return r;
	if (!strv_contains(disks, name))
		return 0;
	STRV_FOREACH(disk, disks) {
		if (str_eq(*disk, name))
			continue;
		r = usage_block_add_mount(scan, *disk, mount);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Adds the other disks of a btrfs. Its mount names one disk, its directory in sysfs has all. */
static int usage_block_add_btrfs(struct mount_scan *scan, const char *name,
				 const struct mount_line *mount)
{
	_cleanup_strv_ char **filesystems = NULL;
	int r;

	r = usage_set_list_dir(scan->set, "sys/fs/btrfs", &filesystems);
	if (r < 0)
		return r;
	STRV_FOREACH(id, filesystems) {
		r = usage_block_add_btrfs_disks(scan, *id, name, mount);
		if (r < 0)
			return r;
	}
	return 0;
}

static int usage_block_add_mount_source(struct mount_scan *scan, const struct mount_line *mount)
{
	_cleanup_strv_ char **names = NULL;
	int r;

	r = block_device_by_path(scan->set, mount->source, &names);
	if (r < 0)
		return r;
	STRV_FOREACH(disk, names) {
		r = usage_block_add_mount(scan, *disk, mount);
		if (r < 0)
			return r;
		if (!str_eq(mount->type, "btrfs"))
			continue;
		r = usage_block_add_btrfs(scan, *disk, mount);
		if (r < 0)
			return r;
	}
	return 0;
}

static int usage_block_on_mount(const struct mount_line *mount, void *userdata)
{
	struct mount_scan *scan = userdata;
	_cleanup_free_ char *name = NULL;
	int r;

	r = block_device_by_number(scan->set, mount->device, &name);
	if (r < 0)
		return r;
	if (name)
		return usage_block_add_mount(scan, name, mount);
	return usage_block_add_mount_source(scan, mount);
}

/* Adds a usage if @name is mounted, but by none of the mounts that were read. */
static int usage_block_add_hidden_disk(struct mount_scan *scan, const char *type, const char *name)
{
	_cleanup_free_ char *what = NULL;

	if (strv_contains(scan->names, name))
		return 0;
	what = str_printf("a filesystem (%s) that is not mounted in the host's own namespace",
			  type);
	if (!what)
		return -ENOMEM;
	return block_device_add_usage(scan->set, name, USAGE_MOUNTED, what);
}

/* Handles "sys/fs/ext4/dm-0": a filesystem on one disk, which has the name of the disk. */
static int usage_block_add_hidden_single(struct mount_scan *scan, const char *type,
					 const char *name)
{
	_cleanup_free_ char *disk = str_printf("sys/class/block/%s", name);

	if (!disk)
		return -ENOMEM;
	if (faccessat(scan->set->root->fd, disk, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	return usage_block_add_hidden_disk(scan, type, name);
}

/* Handles "sys/fs/btrfs/UUID/devices/nvme0n1": a filesystem on several disks. */
static int usage_block_add_hidden_btrfs(struct mount_scan *scan, const char *id)
{
	_cleanup_strv_ char **disks = NULL;
	int r;

	r = usage_block_list_btrfs(scan->set, id, &disks);
	if (r < 0)
		return r;
	STRV_FOREACH(disk, disks) {
		r = usage_block_add_hidden_disk(scan, "btrfs", *disk);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Handles "sys/fs/bcachefs/UUID/dev-0/block", a link to a disk. */
static int usage_block_add_hidden_bcachefs(struct mount_scan *scan, const char *id)
{
	_cleanup_free_ char *path = str_printf("sys/fs/bcachefs/%s", id);
	_cleanup_strv_ char **entries = NULL;
	int r;

	if (!path)
		return -ENOMEM;
	r = usage_set_list_dir(scan->set, path, &entries);
	if (r < 0)
		return r;
	STRV_FOREACH(entry, entries) {
		_cleanup_free_ char *link = str_printf("%s/%s/block", path, *entry), *disk = NULL;

		if (!link)
			return -ENOMEM;
		if (sysfs_read_link(scan->set->root->fd, link, &disk) < 0)
			continue;
		r = usage_block_add_hidden_disk(scan, "bcachefs", disk);
		if (r < 0)
			return r;
	}
	return 0;
}

static int usage_block_add_hidden_one(struct mount_scan *scan, const char *type, const char *name)
{
	if (str_eq(type, "btrfs"))
		return usage_block_add_hidden_btrfs(scan, name);
	if (str_eq(type, "bcachefs"))
		return usage_block_add_hidden_bcachefs(scan, name);
	return usage_block_add_hidden_single(scan, type, name);
}

/*
 * Adds filesystems that are mounted elsewhere. A filesystem has a directory in sysfs while the
 * kernel uses it, also if its mount is in another namespace or was removed lazily.
 */
static int usage_block_add_hidden(struct mount_scan *scan, const char *type)
{
	_cleanup_free_ char *path = str_printf("sys/fs/%s", type);
	_cleanup_strv_ char **names = NULL;
	int r;

	if (!path)
		return -ENOMEM;
	r = usage_set_list_dir(scan->set, path, &names);
	if (r < 0)
		return r;
	STRV_FOREACH(name, names) {
		r = usage_block_add_hidden_one(scan, type, *name);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool usage_block_stat(const struct usage_set *set, const char *path, struct statx *ret)
{
	return statx(set->root->fd, path, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_TYPE, ret) ==
	       0;
}

static int usage_block_read_mountinfo(struct mount_scan *scan)
{
	_cleanup_fclose_ FILE *file = usage_set_open_file(scan->set, "proc/1/mountinfo");
	struct slice forever = { .end_usec = SLICE_FOREVER };

	if (!file)
		file = usage_set_open_file(scan->set, "proc/self/mountinfo");
	return file ? mounts_read(file, &forever, usage_block_on_mount, scan) : 0;
}

/*
 * Tells whether a directory of "sys/fs" is the kernel's. Others are mount points, and every user
 * may make directories in that of bpf.
 */
static bool usage_block_is_filesystem_type(const struct usage_set *set, const struct statx *parent,
					   const char *type)
{
	_cleanup_free_ char *path = str_printf("sys/fs/%s", type);
	struct statx st;

	return path && usage_block_stat(set, path, &st) &&
	       st.stx_dev_major == parent->stx_dev_major &&
	       st.stx_dev_minor == parent->stx_dev_minor;
}

static int usage_block_read_hidden(struct mount_scan *scan)
{
	_cleanup_strv_ char **types = NULL;
	struct statx parent;
	int r;

	if (!usage_block_stat(scan->set, "sys/fs", &parent))
		return 0;
	r = usage_set_list_dir(scan->set, "sys/fs", &types);
	if (r < 0)
		return r;
	STRV_FOREACH(type, types) {
		if (!usage_block_is_filesystem_type(scan->set, &parent, *type))
			continue;
		r = usage_block_add_hidden(scan, *type);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Reads the mounts of process 1, because the daemon may have a namespace of its own. */
static int usage_block_read_mounts(struct usage_set *set)
{
	_cleanup_(mount_scan_clear) struct mount_scan scan = { .set = set };
	int r;

	r = usage_block_read_mountinfo(&scan);
	if (r < 0)
		return r;
	return usage_block_read_hidden(&scan);
}

/* --- swap --- */

/* Parses "/dev/dm-1                partition  1003516  0  -2". */
static int usage_block_add_swap(struct usage_set *set, char *line)
{
	char *rest = NULL, *path = strtok_r(line, " \t\n", &rest);
	_cleanup_strv_ char **names = NULL;
	int r;

	if (!path || path[0] != '/')
		return 0;
	mounts_unescape(path);
	r = block_device_by_path(set, path, &names);
	if (r < 0)
		return r;
	STRV_FOREACH(name, names) {
		r = block_device_add_usage(set, *name, USAGE_SWAP, path);
		if (r < 0)
			return r;
	}
	return 0;
}

static int usage_block_read_swaps(struct usage_set *set)
{
	return usage_set_each_line(set, "proc/swaps", usage_block_add_swap);
}

int usage_block_read(struct usage_set *set)
{
	int r;

	r = usage_block_read_mounts(set);
	if (r < 0)
		return r;
	r = usage_block_read_swaps(set);
	if (r < 0)
		return r;
	return usage_stack_read(set);
}
