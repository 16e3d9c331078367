/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <acl/libacl.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/acl.h>
#include <sys/stat.h>

#include "base/fileio.h"
#include "base/str.h"
#include "sys/usage/node-access.h"

/* --- groups --- */

static bool node_access_has_group(const struct node_access *access, gid_t gid)
{
	return vec_has(&access->gids, (void *)(uintptr_t)gid);
}

/* Adds the numbers in the line of "status" that begins with @key. */
static int node_access_add_line(struct node_access *access, const char *status, const char *key)
{
	const char *at = strstr(status, key);
	char *end;

	if (!at)
		return 0;
	for (at += strlen(key);; at = end) {
		unsigned long gid;

		at += strspn(at, " \t"); /* strtoul() would go on in the next line */
		gid = strtoul(at, &end, 10);
		if (end == at)
			return 0;
		if (node_access_has_group(access, (gid_t)gid))
			continue;
		if (vec_add(&access->gids, (void *)(uintptr_t)(gid_t)gid) < 0)
			return -ENOMEM;
	}
}

static int node_access_add_process(struct node_access *access, pid_t pid)
{
	_cleanup_free_ char *path = str_printf("proc/%d/status", (int)pid), *status = NULL;
	int r;

	if (!path)
		return -ENOMEM;
	if (fileio_read_at(access->root->fd, path, 1 << 20, &status, NULL) < 0)
		return 0; /* the process has ended */
	r = node_access_add_line(access, status, "\nGid:");
	if (r < 0)
		return r;
	return node_access_add_line(access, status, "\nGroups:");
}

int node_access_read(const struct sysfs_root *root, const struct process_turns_gap *gap,
		     struct node_access *ret)
{
	_cleanup_node_access_ struct node_access access = { .root = root, .uid = gap->uid };

	for (size_t i = 0; i < gap->pids.n; i++) {
		int r = node_access_add_process(&access, (pid_t)(uintptr_t)gap->pids.items[i]);

		if (r < 0)
			return r;
	}
	*ret = TAKE_STRUCT(access);
	return 0;
}

void node_access_clear(struct node_access *access)
{
	vec_drop(&access->gids);
}

/* --- nodes --- */

static bool node_access_matches_entry(const struct node_access *access, acl_entry_t entry)
{
	acl_tag_t tag;
	id_t *qualifier;
	bool matches;

	if (acl_get_tag_type(entry, &tag) < 0 || (tag != ACL_USER && tag != ACL_GROUP))
		return false;
	qualifier = acl_get_qualifier(entry);
	if (!qualifier)
		return true; /* out of memory */
	matches = tag == ACL_USER ? *qualifier == access->uid :
				    node_access_has_group(access, *qualifier);
	acl_free(qualifier);
	return matches;
}

/* Counts each named entry as a permission, whatever it allows. */
static bool node_access_matches_acl(const struct node_access *access, const char *path)
{
	acl_t acl = acl_get_file(path, ACL_TYPE_ACCESS);
	acl_entry_t entry;
	bool matches = false;

	if (!acl)
		return false;
	for (int which = ACL_FIRST_ENTRY; !matches && acl_get_entry(acl, which, &entry) == 1;
	     which = ACL_NEXT_ENTRY)
		matches = node_access_matches_entry(access, entry);
	acl_free(acl);
	return matches;
}

bool node_access_may_open(const struct node_access *access, const char *path, bool to_read)
{
	_cleanup_free_ char *full = sysfs_root_path(access->root, path);
	struct stat st;

	if (access->uid == 0 || !full)
		return true;
	if (stat(full, &st) < 0)
		return false;
	return st.st_mode & (to_read ? S_IROTH | S_IWOTH : S_IWOTH) || st.st_uid == access->uid ||
	       (st.st_mode & (S_IRGRP | S_IWGRP) && node_access_has_group(access, st.st_gid)) ||
	       node_access_matches_acl(access, full);
}
