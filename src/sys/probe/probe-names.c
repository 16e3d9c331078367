/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/dir.h"
#include "base/str.h"
#include "base/strv.h"
#include "base/utf8.h"
#include "sys/probe/probe-names.h"
#include "sys/sysfs.h"

#define SECTOR 512 /* bytes; the unit of "size" of a block device, whatever its own sectors */

/* Appends "CLASS/NAME", and "CLASS/NAME DETAIL" if there is a detail. 0 or -ENOMEM. */
static int probe_names_add(char ***list, const char *class, const char *name, const char *detail)
{
	_cleanup_free_ char *line =
		str_printf("%s/%s%s%s", class, name, detail ? " " : "", str_or(detail, ""));

	if (!line)
		return -ENOMEM;
	return strv_add(list, utf8_clean(line));
}

static int probe_names_add_net(int dir_fd, struct device *device, const char *name)
{
	_cleanup_free_ char *file = str_printf("net/%s/address", name), *mac = NULL;
	int r;

	if (!file)
		return -ENOMEM;
	r = sysfs_read_optional(dir_fd, file, &mac);
	if (r < 0)
		return r;
	r = probe_names_add(&device->interfaces, "net", name, NULL);
	if (r < 0)
		return r;
	return probe_names_add(&device->host_names, "net", name, str_empty(mac) ? NULL : mac);
}

static int probe_names_add_disk(int dir_fd, struct device *device, const char *controller,
				const char *disk)
{
	_cleanup_free_ char *file = str_printf("nvme/%s/%s/size", controller, disk), *text = NULL,
			    *size = NULL;
	uint64_t sectors;
	int r;

	if (!file)
		return -ENOMEM;
	r = sysfs_read_optional(dir_fd, file, &text);
	if (r < 0)
		return r;
	if (text && str_parse_u64(text, 10, UINT64_MAX / SECTOR, &sectors) >= 0) {
		size = str_printf("%llu", (unsigned long long)sectors * SECTOR);
		if (!size)
			return -ENOMEM;
	}
	return probe_names_add(&device->host_names, "block", disk, size);
}

/* Tells whether @name is a namespace: "nvme0n1". "nvme0c0n1" is a path to one that has others. */
static bool probe_names_is_namespace(const char *name, const char *controller)
{
	size_t n = strlen(controller);

	return str_starts(name, controller) && name[n] == 'n' &&
	       isdigit((unsigned char)name[n + 1]);
}

static int probe_names_add_nvme(int dir_fd, struct device *device, const char *controller)
{
	_cleanup_free_ char *place = str_printf("nvme/%s", controller);
	_cleanup_closedir_ DIR *dir = NULL;
	int r;

	if (!place)
		return -ENOMEM;
	r = probe_names_add(&device->interfaces, "nvme", controller, NULL);
	if (r < 0 || dir_open_at(dir_fd, place, &dir) < 0)
		return r;
	DIR_FOREACH(name, dir) {
		if (!probe_names_is_namespace(name, controller))
			continue;
		r = probe_names_add_disk(dir_fd, device, controller, name);
		if (r < 0)
			return r;
	}
	return 0;
}

static int probe_names_of_class(int dir_fd, struct device *device, const char *class,
				int (*add)(int dir_fd, struct device *device, const char *name))
{
	_cleanup_closedir_ DIR *dir = NULL;

	if (dir_open_at(dir_fd, class, &dir) < 0)
		return 0;
	DIR_FOREACH(name, dir) {
		int r = add(dir_fd, device, name);

		if (r < 0)
			return r;
	}
	return 0;
}

int probe_names(int dir_fd, struct device *device)
{
	int r = probe_names_of_class(dir_fd, device, "net", probe_names_add_net);

	if (r < 0)
		return r;
	return probe_names_of_class(dir_fd, device, "nvme", probe_names_add_nvme);
}
