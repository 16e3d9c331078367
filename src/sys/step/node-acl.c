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

/* The entry of @uid, or of the tag alone; NULL if there is none. */
static acl_entry_t node_acl_find_entry(acl_t acl, acl_tag_t wanted, uid_t uid)
{
	acl_entry_t entry;

	for (int which = ACL_FIRST_ENTRY; acl_get_entry(acl, which, &entry) == 1;
	     which = ACL_NEXT_ENTRY) {
		acl_tag_t tag;
		uid_t *qualifier;
		bool same;

		if (acl_get_tag_type(entry, &tag) < 0 || tag != wanted)
			continue;
		if (tag != ACL_USER)
			return entry;
		qualifier = acl_get_qualifier(entry);
		same = qualifier && *qualifier == uid;
		if (qualifier)
			acl_free(qualifier);
		if (same)
			return entry;
	}
	return NULL;
}

static int node_acl_allow_read_write(acl_entry_t entry)
{
	acl_permset_t permissions;

	if (acl_get_permset(entry, &permissions) < 0 || acl_clear_perms(permissions) < 0 ||
	    acl_add_perm(permissions, ACL_READ) < 0 || acl_add_perm(permissions, ACL_WRITE) < 0)
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

int node_acl_grant(const char *path, uid_t uid)
{
	_cleanup_(node_acl_clean) acl_t acl = NULL;
	_cleanup_(node_acl_clean) acl_t before = NULL;
	acl_entry_t entry;
	int r = fault_point("grant", path);

	if (r < 0)
		return r;
	acl = acl_get_file(path, ACL_TYPE_ACCESS);
	if (!acl)
		return -errno;
	before = acl_dup(acl);
	if (!before)
		return -errno;
	entry = node_acl_find_entry(acl, ACL_USER, uid);
	if (!entry && (acl_create_entry(&acl, &entry) < 0 ||
		       acl_set_tag_type(entry, ACL_USER) < 0 || acl_set_qualifier(entry, &uid) < 0))
		return -errno;
	r = node_acl_allow_read_write(entry);
	if (r < 0)
		return r;
	if (acl_calc_mask(&acl) < 0)
		return -errno;
	/* done twice is done, and nobody who watches the node is told of nothing */
	if (acl_cmp(before, acl) == 0)
		return fault_after(0);
	return fault_after(acl_set_file(path, ACL_TYPE_ACCESS, acl) < 0 ? -errno : 0);
}

int node_acl_revoke(const char *path, uid_t uid)
{
	_cleanup_(node_acl_clean) acl_t acl = NULL;
	acl_entry_t entry, mask;
	int r = fault_point("revoke", path);

	if (r < 0)
		return r;
	acl = acl_get_file(path, ACL_TYPE_ACCESS);
	if (!acl)
		return -errno;
	entry = node_acl_find_entry(acl, ACL_USER, uid);
	if (!entry)
		return fault_after(0);
	if (acl_delete_entry(acl, entry) < 0)
		return -errno;
	mask = node_acl_find_entry(acl, ACL_MASK, 0);
	if (node_acl_has_named_entries(acl) ? acl_calc_mask(&acl) < 0 :
					      mask && acl_delete_entry(acl, mask) < 0)
		return -errno;
	return fault_after(acl_set_file(path, ACL_TYPE_ACCESS, acl) < 0 ? -errno : 0);
}
