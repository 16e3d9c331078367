/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/str.h"
#include "sys/usage/block-device.h"

static int add_new(char ***list, const char *s)
{
	return strv_contains(*list, s) ? 0 : strv_add(list, s);
}

/* --- names ------------------------------------------------------------------------------------- */

int blockdev_by_number(const struct usebook *book, dev_t number, char **ret)
{
	_cleanup_free_ char *link = str_printf("sys/dev/block/%u:%u", major(number), minor(number));
	int r;

	if (!link)
		return -ENOMEM;
	r = sysfs_read_link(book->root->fd, link, ret);
	if (r < 0 && r != -ENOMEM)
		*ret = NULL;
	return r == -ENOMEM ? r : 0;
}

static int by_one_path(const struct usebook *book, const char *path, char ***list)
{
	_cleanup_free_ char *name = NULL;
	struct stat st;
	int r;

	if (path[0] != '/' || fstatat(book->root->fd, path + 1, &st, 0) < 0)
		return 0;
	r = blockdev_by_number(book, S_ISBLK(st.st_mode) ? st.st_rdev : st.st_dev, &name);
	return r < 0 || !name ? r : add_new(list, name);
}

int blockdev_by_path(const struct usebook *book, const char *path, char ***ret)
{
	_cleanup_strv_ char **parts = NULL, **found = NULL;
	int r = strv_split(path, ":", &parts);

	if (r < 0)
		return r;
	STRV_FOREACH(part, parts) {
		r = by_one_path(book, *part, &found);
		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(found);
	return 0;
}

int blockdev_title(const struct usebook *book, const char *name, char **ret)
{
	int r = uses_value(book, ret, "sys/class/block/%s/dm/name", name);

	if (r < 0 || !str_empty(*ret))
		return r;
	free(*ret);
	*ret = strdup(name);
	return *ret ? 0 : -ENOMEM;
}

/* --- what is below ----------------------------------------------------------------------------- */

/*
 * A namespace that several controllers lead to hangs on none of them:
 * "devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1". The subsystem has links to its
 * controllers.
 */
static int nvme_paths(const struct usebook *book, const char *place, char ***list)
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
	r = uses_list(book, subsystem, &entries);
	STRV_FOREACH(entry, entries) {
		_cleanup_free_ char *link = NULL, *owner = NULL;

		if (r < 0)
			return r;
		link = str_printf("%s/%s", subsystem, *entry);
		if (!link)
			return -ENOMEM;
		/* what is no link, or leads elsewhere, has no owner */
		r = str_starts(*entry, "nvme") ? uses_owner(book, link, &owner) : 0;
		if (r >= 0 && owner)
			r = add_new(list, owner);
	}
	return r;
}

int blockdev_owners_of_place(const struct usebook *book, const char *place, char ***ret)
{
	_cleanup_strv_ char **owners = NULL;
	_cleanup_free_ char *owner = NULL;
	int r = uses_owner_of_place(book, place, &owner);

	if (r >= 0)
		r = owner ? strv_add(&owners, owner) : nvme_paths(book, place, &owners);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(owners);
	return 0;
}

int blockdev_direct_owners(const struct usebook *book, const char *name, char ***ret)
{
	_cleanup_free_ char *link = str_printf("sys/class/block/%s", name), *place = NULL;
	int r = link ? uses_place(book, link, &place) : -ENOMEM;

	return r < 0 || !place ? r : blockdev_owners_of_place(book, place, ret);
}

/*
 * A loop on a disk: one on a file has the file's filesystem below it, which is mounted and counts
 * by itself.
 */
static int loop_lower(const struct usebook *book, const char *name, char ***list)
{
	_cleanup_free_ char *file = NULL;
	_cleanup_strv_ char **found = NULL;
	int r = 0;

	if (str_starts(name, "loop"))
		r = uses_value(book, &file, "sys/class/block/%s/loop/backing_file", name);
	if (r < 0 || !file || !str_starts(file, "/dev/"))
		return r;
	r = blockdev_by_path(book, file, &found);
	STRV_FOREACH(lower, found)
		if (r >= 0)
			r = add_new(list, *lower);
	return r;
}

/* The disk of a partition, as the directory above it: "devices/virtual/block/md0/md0p1". */
static int whole_disk(const struct usebook *book, const char *name, char ***list)
{
	_cleanup_free_ char *link = str_printf("sys/class/block/%s", name), *number = NULL;
	_cleanup_free_ char *place = NULL;
	char *slash;
	int r = link ? uses_value(book, &number, "%s/partition", link) : -ENOMEM;

	if (r < 0 || !number)
		return r;
	r = uses_place(book, link, &place);
	slash = place ? strrchr(place, '/') : NULL;
	if (r < 0 || !slash)
		return r;
	*slash = '\0';
	slash = strrchr(place, '/');
	return slash ? add_new(list, slash + 1) : 0;
}

/* The block devices that @name is made of. */
static int add_lower(const struct usebook *book, const char *name, char ***list)
{
	_cleanup_free_ char *slaves = str_printf("sys/class/block/%s/slaves", name);
	_cleanup_strv_ char **names = NULL;
	int r = slaves ? uses_list(book, slaves, &names) : -ENOMEM;

	STRV_FOREACH(lower, names)
		if (r >= 0)
			r = add_new(list, *lower);
	if (r >= 0)
		r = whole_disk(book, name, list);
	return r < 0 ? r : loop_lower(book, name, list);
}

int blockdev_owners(const struct usebook *book, const char *name, char ***ret)
{
	_cleanup_strv_ char **todo = NULL, **owners = NULL;
	int r = strv_add(&todo, name);

	/* a list that grows while it is read: each name once, so a circle ends */
	for (size_t i = 0; r >= 0 && i < strv_length(todo); i++) {
		_cleanup_strv_ char **direct = NULL;

		r = blockdev_direct_owners(book, todo[i], &direct);
		STRV_FOREACH(owner, direct)
			if (r >= 0)
				r = add_new(&owners, *owner);
		if (r >= 0 && !direct)
			r = add_lower(book, todo[i], &todo);
	}
	if (r < 0)
		return r;
	*ret = TAKE_PTR(owners);
	return 0;
}
