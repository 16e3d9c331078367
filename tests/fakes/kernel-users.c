/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Users and groups of the tree: its etc/passwd and etc/group. */

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

static FILE *kernel_users_open(const char *name)
{
	return kernel_root ? fopen(kernel_path("etc/%s", name), "re") : NULL;
}

/* --- users: by name, or by number if there is no name --- */

static int kernel_users_find(const char *name, uid_t uid, struct passwd *pw, char *buffer,
			     size_t size, struct passwd **ret)
{
	FILE *file = kernel_users_open("passwd");
	int r = file ? 0 : ENOENT;

	while (r == 0) {
		r = fgetpwent_r(file, pw, buffer, size, ret);
		if (r == 0 && (name ? strcmp(pw->pw_name, name) == 0 : pw->pw_uid == uid))
			break;
	}
	if (file)
		fclose(file);
	if (r != 0)
		*ret = NULL;
	return r == ENOENT ? 0 : r; /* an unknown user is no failure */
}

KERNEL_EXPORT int getpwuid_r(uid_t uid, struct passwd *pw, char *buffer, size_t size,
			     struct passwd **ret)
{
	return kernel_users_find(NULL, uid, pw, buffer, size, ret);
}

KERNEL_EXPORT int getpwnam_r(const char *name, struct passwd *pw, char *buffer, size_t size,
			     struct passwd **ret)
{
	return kernel_users_find(name, 0, pw, buffer, size, ret);
}

KERNEL_EXPORT struct passwd *getpwuid(uid_t uid)
{
	static struct passwd pw, *found;
	static char buffer[4096];

	errno = kernel_users_find(NULL, uid, &pw, buffer, sizeof(buffer), &found);
	return found;
}

KERNEL_EXPORT struct passwd *getpwnam(const char *name)
{
	static struct passwd pw, *found;
	static char buffer[4096];

	errno = kernel_users_find(name, 0, &pw, buffer, sizeof(buffer), &found);
	return found;
}

/* --- groups --- */

static int kernel_users_find_group(const char *name, gid_t gid, struct group *gr, char *buffer,
				   size_t size, struct group **ret)
{
	FILE *file = kernel_users_open("group");
	int r = file ? 0 : ENOENT;

	while (r == 0) {
		r = fgetgrent_r(file, gr, buffer, size, ret);
		if (r == 0 && (name ? strcmp(gr->gr_name, name) == 0 : gr->gr_gid == gid))
			break;
	}
	if (file)
		fclose(file);
	if (r != 0)
		*ret = NULL;
	return r == ENOENT ? 0 : r;
}

KERNEL_EXPORT int getgrgid_r(gid_t gid, struct group *gr, char *buffer, size_t size,
			     struct group **ret)
{
	return kernel_users_find_group(NULL, gid, gr, buffer, size, ret);
}

KERNEL_EXPORT int getgrnam_r(const char *name, struct group *gr, char *buffer, size_t size,
			     struct group **ret)
{
	return kernel_users_find_group(name, 0, gr, buffer, size, ret);
}

KERNEL_EXPORT struct group *getgrgid(gid_t gid)
{
	static struct group gr, *found;
	static char buffer[4096];

	errno = kernel_users_find_group(NULL, gid, &gr, buffer, sizeof(buffer), &found);
	return found;
}

KERNEL_EXPORT struct group *getgrnam(const char *name)
{
	static struct group gr, *found;
	static char buffer[4096];

	errno = kernel_users_find_group(name, 0, &gr, buffer, sizeof(buffer), &found);
	return found;
}

static bool kernel_users_is_member(const struct group *gr, const char *user)
{
	for (char *const *member = gr->gr_mem; *member; member++)
		if (strcmp(*member, user) == 0)
			return true;
	return false;
}

KERNEL_EXPORT int getgrouplist(const char *user, gid_t group, gid_t *groups, int *n)
{
	FILE *file = kernel_users_open("group");
	int found = 1, room = *n;
	struct group *gr;

	if (room > 0)
		groups[0] = group;
	while (file && (gr = fgetgrent(file))) {
		if (gr->gr_gid == group || !kernel_users_is_member(gr, user))
			continue;
		if (found < room)
			groups[found] = gr->gr_gid;
		found++;
	}
	if (file)
		fclose(file);
	*n = found;
	return found <= room ? found : -1;
}

KERNEL_EXPORT int initgroups(const char *user, gid_t group)
{
	gid_t groups[64];
	int n = 64;

	if (getgrouplist(user, group, groups, &n) < 0)
		return -1;
	return setgroups((size_t)n, groups);
}
