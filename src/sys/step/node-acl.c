/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <acl/libacl.h>
#include <errno.h>
#include <stdbool.h>
#include <sys/acl.h>

#include "sys/fault.h"
#include "sys/step/node-acl.h"

static void node_acl_clean(acl_t *acl)
{
	if (*acl)
		acl_free(*acl);
}

static bool node_acl_is_user(acl_entry_t entry, uid_t uid)
{
	uid_t *qualifier = acl_get_qualifier(entry);
	bool same = qualifier && *qualifier == uid;

	if (qualifier)
		acl_free(qualifier);
	return same;
}

/* Returns the entry of @uid, or that of a tag without a user. NULL if there is none. */
static acl_entry_t node_acl_find_entry(acl_t acl, acl_tag_t wanted, uid_t uid)
{
	acl_entry_t entry;

	for (int which = ACL_FIRST_ENTRY; acl_get_entry(acl, which, &entry) == 1;
	     which = ACL_NEXT_ENTRY) {
		acl_tag_t tag;

		if (acl_get_tag_type(entry, &tag) < 0 || tag != wanted)
			continue;
		if (tag != ACL_USER || node_acl_is_user(entry, uid))
			return entry;
	}
	return NULL;
}

static int node_acl_add_user(acl_t *acl, uid_t uid, acl_entry_t *ret)
{
	if (acl_create_entry(acl, ret) < 0)
		return -errno;
	if (acl_set_tag_type(*ret, ACL_USER) < 0)
		return -errno;
	if (acl_set_qualifier(*ret, &uid) < 0)
		return -errno;
	return 0;
}

static int node_acl_allow_read_write(acl_entry_t entry)
{
	acl_permset_t permissions;

	if (acl_get_permset(entry, &permissions) < 0)
		return -errno;
	if (acl_clear_perms(permissions) < 0)
		return -errno;
	if (acl_add_perm(permissions, ACL_READ) < 0)
		return -errno;
	if (acl_add_perm(permissions, ACL_WRITE) < 0)
		return -errno;
	return 0;
}

static bool node_acl_has_named_entries(acl_t acl)
{
	acl_entry_t entry;

	for (int which = ACL_FIRST_ENTRY; acl_get_entry(acl, which, &entry) == 1;
	     which = ACL_NEXT_ENTRY) {
		acl_tag_t tag;

		if (acl_get_tag_type(entry, &tag) == 0 && (tag == ACL_USER || tag == ACL_GROUP))
			return true;
	}
	return false;
}

/* Adds @uid, or gives it both permissions, and recalculates the mask. 0 or negative errno. */
static int node_acl_add(acl_t *acl, uid_t uid)
{
	acl_entry_t entry = node_acl_find_entry(*acl, ACL_USER, uid);
	int r;

	if (!entry) {
		r = node_acl_add_user(acl, uid, &entry);
		if (r < 0)
			return r;
	}
	r = node_acl_allow_read_write(entry);
	if (r < 0)
		return r;
	return acl_calc_mask(acl) < 0 ? -errno : 0;
}

int node_acl_grant(const struct sysfs_root *root, const char *path, uid_t uid)
{
	_cleanup_free_ char *place = sysfs_root_path(root, path);
	_cleanup_(node_acl_clean) acl_t acl = NULL;
	_cleanup_(node_acl_clean) acl_t before = NULL;
	int r;

	r = fault_point("grant", path);
	if (r < 0)
		return r;
	if (!place)
		return -ENOMEM;
	acl = acl_get_file(place, ACL_TYPE_ACCESS);
	if (!acl)
		return -errno;
	before = acl_dup(acl);
	if (!before)
		return -errno;
	r = node_acl_add(&acl, uid);
	if (r < 0)
		return r;
	/* Write nothing if nothing changes: a program that watches the node gets no event. */
	if (acl_cmp(before, acl) == 0)
		return fault_after(0);
	return fault_after(acl_set_file(place, ACL_TYPE_ACCESS, acl) < 0 ? -errno : 0);
}

/* Recalculates the mask, or removes it if no named entry is left. 0 or negative errno. */
static int node_acl_update_mask(acl_t *acl)
{
	acl_entry_t mask;

	if (node_acl_has_named_entries(*acl))
		return acl_calc_mask(acl) < 0 ? -errno : 0;
	mask = node_acl_find_entry(*acl, ACL_MASK, 0);
	if (!mask)
		return 0;
	return acl_delete_entry(*acl, mask) < 0 ? -errno : 0;
}

int node_acl_revoke(const struct sysfs_root *root, const char *path, uid_t uid)
{
	_cleanup_free_ char *place = sysfs_root_path(root, path);
	_cleanup_(node_acl_clean) acl_t acl = NULL;
	acl_entry_t entry;
	int r;

	r = fault_point("revoke", path);
	if (r < 0)
		return r;
	if (!place)
		return -ENOMEM;
	acl = acl_get_file(place, ACL_TYPE_ACCESS);
	if (!acl)
		return -errno;
	entry = node_acl_find_entry(acl, ACL_USER, uid);
	if (!entry)
		return fault_after(0);
	if (acl_delete_entry(acl, entry) < 0)
		return -errno;
	r = node_acl_update_mask(&acl);
	if (r < 0)
		return r;
	return fault_after(acl_set_file(place, ACL_TYPE_ACCESS, acl) < 0 ? -errno : 0);
}
