/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "sys/probe/class-link.h"

/* A name is looked up in this order, so a disk and an interface of one name mean the interface. */
static const char *const class_names[] = { "net", "block", "nvme", "drm", "infiniband", "sound" };

static int class_link_read(const struct sysfs_root *root, const char *class, const char *name,
			   char **ret)
{
	_cleanup_free_ char *link = str_printf("sys/class/%s/%s", class, name);
	char target[PATH_MAX], *place;
	ssize_t n;

	if (!link)
		return -ENOMEM;
	n = readlinkat(root->fd, link, target, sizeof(target) - 1);
	if (n < 0)
		return -ENOENT;
	target[n] = '\0';
	place = strstr(target, "devices/");
	if (!place)
		return -ENOENT;
	*ret = str_printf("/sys/%s", place);
	return *ret ? 0 : -ENOMEM;
}

int class_link_find(const struct sysfs_root *root, const char *name, char **ret)
{
	const char *slash = str_starts(name, "/dev/") ? strrchr(name, '/') : NULL;

	if (slash)
		name = slash + 1;
	if (!*name || name[0] == '.' || strchr(name, '/'))
		return -ENOENT;
	for (size_t i = 0; i < ARRAY_SIZE(class_names); i++) {
		int r = class_link_read(root, class_names[i], name, ret);

		if (r != -ENOENT)
			return r;
	}
	return -ENOENT;
}
