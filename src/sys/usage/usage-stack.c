/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "sys/usage/block-device.h"
#include "sys/usage/usage-stack.h"

static const char *usage_stack_holder_words(const char *uuid)
{
	static const struct {
		const char *prefix, *words;
	} kinds[] = {
		{ "LVM-", "LVM" },	{ "CRYPT-", "encryption" }, { "mpath-", "multipath" },
		{ "DMRAID-", "RAID" },	{ "md", "RAID" },	    { "drbd", "DRBD" },
		{ "bcache", "bcache" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (str_starts(uuid, kinds[i].prefix))
			return kinds[i].words;
	return NULL;
}

static int usage_stack_describe_holder(const struct usage_set *set, const char *name, char **ret)
{
	_cleanup_free_ char *title = NULL, *uuid = NULL;
	const char *words;
	int r;

	r = block_device_title(set, name, &title);
	if (r < 0)
		return r;
	r = usage_set_read_value(set, &uuid, "sys/class/block/%s/dm/uuid", name);
	if (r < 0)
		return r;
	words = usage_stack_holder_words(str_or(uuid, name));
	*ret = words ? str_printf("%s (%s)", title, words) : TAKE_PTR(title);
	return *ret ? 0 : -ENOMEM;
}

static int usage_stack_read_holders(struct usage_set *set, const char *name)
{
	_cleanup_free_ char *path = str_printf("sys/class/block/%s/holders", name);
	_cleanup_strv_ char **holders = NULL;
	int r;

	if (!path)
		return -ENOMEM;
	r = usage_set_list_dir(set, path, &holders);
	if (r < 0)
		return r;
	STRV_FOREACH(holder, holders) {
		_cleanup_free_ char *what = NULL;

		r = usage_stack_describe_holder(set, *holder, &what);
		if (r < 0)
			return r;
		r = block_device_add_usage(set, name, USAGE_HOLDERS, what);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Adds a disk of bcache, which holds it without a link in sysfs. */
static int usage_stack_read_bcache(struct usage_set *set, const char *name)
{
	_cleanup_free_ char *path = str_printf("sys/class/block/%s/bcache", name);

	if (!path)
		return -ENOMEM;
	if (faccessat(set->root->fd, path, F_OK, 0) < 0)
		return 0;
	return block_device_add_usage(set, name, USAGE_HOLDERS, "bcache");
}

static int usage_stack_read_loop(struct usage_set *set, const char *name)
{
	_cleanup_free_ char *file = NULL;
	int r = usage_set_read_value(set, &file, "sys/class/block/%s/loop/backing_file", name);

	if (r < 0 || !file || !str_starts(file, "/dev/"))
		return r;
	return block_device_add_usage(set, name, USAGE_HOLDERS, name);
}

/* Reads the value of a line "KEY=value" of udev's database. */
static int usage_stack_udev_property(const struct usage_set *set, const char *name, const char *key,
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

/*
 * Pool names begin with a letter (zpoolconcepts(7)). This one comes from the disk, whose earlier
 * user may have written anything there, and becomes a path.
 */
static bool usage_stack_is_pool_name(const char *name)
{
	return isalpha((unsigned char)name[0]) && !strchr(name, '/');
}

/* Adds a disk of an imported ZFS pool. ZFS opens its disks itself, and shows only its pools. */
static int usage_stack_read_zfs(struct usage_set *set, const char *name)
{
	_cleanup_free_ char *type = NULL, *pool = NULL, *path = NULL, *what = NULL;
	int r;

	r = usage_stack_udev_property(set, name, "E:ID_FS_TYPE", &type);
	if (r < 0 || !str_eq(type, "zfs_member"))
		return r;
	r = usage_stack_udev_property(set, name, "E:ID_FS_LABEL", &pool);
	if (r < 0 || !pool || !usage_stack_is_pool_name(pool))
		return r;
	/* beside the directories of the pools are files, as "arcstats" */
	path = str_printf("proc/spl/kstat/zfs/%s/", pool);
	what = str_printf("%s (ZFS pool)", pool);
	if (!path || !what)
		return -ENOMEM;
	if (faccessat(set->root->fd, path, F_OK, 0) < 0)
		return 0;
	return block_device_add_usage(set, name, USAGE_HOLDERS, what);
}

static int usage_stack_read_device(struct usage_set *set, const char *name, bool has_zfs)
{
	_cleanup_strv_ char **owners = NULL;
	int r;

	r = block_device_direct_owners(set, name, &owners);
	if (r < 0)
		return r;
	if (!owners)
		return str_starts(name, "loop") ? usage_stack_read_loop(set, name) : 0;
	r = usage_stack_read_holders(set, name);
	if (r < 0)
		return r;
	r = usage_stack_read_bcache(set, name);
	if (r < 0)
		return r;
	return has_zfs ? usage_stack_read_zfs(set, name) : 0;
}

int usage_stack_read(struct usage_set *set)
{
	_cleanup_strv_ char **names = NULL;
	bool has_zfs = faccessat(set->root->fd, "proc/spl/kstat/zfs", F_OK, 0) == 0;
	int r;

	r = usage_set_list_dir(set, "sys/class/block", &names);
	if (r < 0)
		return r;
	STRV_FOREACH(name, names) {
		r = usage_stack_read_device(set, *name, has_zfs);
		if (r < 0)
			return r;
	}
	return 0;
}
