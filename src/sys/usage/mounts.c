/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/str.h"
#include "sys/usage/mounts.h"

static bool mounts_is_octal(const char *s)
{
	return s[0] >= '0' && s[0] <= '3' && s[1] >= '0' && s[1] <= '7' && s[2] >= '0' &&
	       s[2] <= '7';
}

void mounts_unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (*s == '\\' && mounts_is_octal(s + 1)) {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

/*
 * Parses "36 35 98:0 /root /mount rw,noatime shared:1 - ext4 /dev/sda1 rw": proc_pid_mountinfo(5).
 * The number of fields before the dash varies.
 */
static bool mounts_parse_line(char *line, struct mount_line *ret)
{
	char *rest = NULL, *field = strtok_r(line, " ", &rest);
	unsigned major_number, minor_number;

	for (int i = 1; field && i < 3; i++)
		field = strtok_r(NULL, " ", &rest);
	if (!field || sscanf(field, "%u:%u", &major_number, &minor_number) != 2)
		return false;
	ret->device = makedev(major_number, minor_number);
	strtok_r(NULL, " ", &rest);
	ret->point = field = strtok_r(NULL, " ", &rest);
	if (!field)
		return false;
	mounts_unescape(field);
	while (field && !str_eq(field, "-"))
		field = strtok_r(NULL, " ", &rest);
	ret->type = strtok_r(NULL, " ", &rest);
	ret->source = field = ret->type ? strtok_r(NULL, " ", &rest) : NULL;
	if (!field)
		return false;
	mounts_unescape(field);
	return true;
}

/* Lists the filesystems with disks and without a device number. Only root mounts these. */
static bool mounts_type_has_disks(const char *type)
{
	return str_eq(type, "btrfs") || str_eq(type, "bcachefs") || str_eq(type, "zfs");
}

/*
 * Tells whether each of the paths, which colons join, is below "/dev" by its letters: no component
 * leads upwards. Everything below "/dev" is root's.
 */
static bool mounts_source_is_in_dev(const char *paths)
{
	static const char dev[] = "/dev/";
	bool starts = true;

	for (const char *at = paths; *at;) {
		size_t size;

		if (starts && !str_starts(at, dev))
			return false;
		at += *at == '/';
		size = strcspn(at, "/:");
		if (size == 2 && strncmp(at, "..", 2) == 0)
			return false;
		at += size;
		starts = *at == ':';
		at += starts;
	}
	return *paths;
}

static bool mounts_has_disk(const struct mount_line *mount)
{
	if (major(mount->device) != 0)
		return true;
	return mounts_type_has_disks(mount->type) && mounts_source_is_in_dev(mount->source);
}

int mounts_read(FILE *mountinfo, struct slice *slice, mounts_fn fn, void *userdata)
{
	_cleanup_free_ char *line = NULL;
	size_t room = 0;
	ssize_t n;

	while ((n = getline(&line, &room, mountinfo)) > 0) {
		struct mount_line mount;
		int r;

		if (slice_is_over(slice))
			return -ETIME;
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		if (!mounts_parse_line(line, &mount))
			continue;
		if (!mounts_has_disk(&mount))
			continue;
		r = fn(&mount, userdata);
		if (r < 0)
			return r;
	}
	return 0;
}
