/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The parsers of "virtual-functions". docs: devgroups.d(5). */

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "model/config/parser.h"
#include "model/pciaddr.h"

#define COUNT_MAX 65535u /* TotalVFs has 16 bits */

static int parse_vfs_count(struct config_parser *p, const struct jsontext_node *value, void *target)
{
	uint64_t number;
	int r;

	r = parse_value_number(p, value, COUNT_MAX, &number);
	if (r <= 0)
		return r;
	((struct vf_def *)target)->count = (unsigned)number;
	return 0;
}

static int parse_vfs_autoprobe(struct config_parser *p, const struct jsontext_node *value,
			       void *target)
{
	return parse_value_bool(p, value, &((struct vf_def *)target)->autoprobe);
}

static int parse_vfs_while_claimed(struct config_parser *p, const struct jsontext_node *value,
				   void *target)
{
	return parse_value_bool(p, value, &((struct vf_def *)target)->while_claimed);
}

/* Normalizes the name of @member to the key of a PF. Returns 1, 0 after a problem, or -ENOMEM. */
static int parse_vfs_physfn(struct config_parser *p, const struct jsontext_node *member, char **ret)
{
	_cleanup_free_ char *key = NULL;
	const struct vf_def *other;
	struct pciaddr addr;
	int r;

	r = parse_value_key_at(p, member->key_offset, member->key, &key);
	if (r <= 0)
		return r;
	if (pciaddr_parse(key, &addr) < 0)
		return parse_value_error(p, member->key_offset,
					 "\"%.80s\": only a PCI function has virtual functions",
					 member->key);
	other = def_set_find_vfs(p->staged, key);
	if (other)
		return parse_value_declared(p, member->key_offset, key, other->line, other->column);
	*ret = TAKE_PTR(key);
	return 1;
}

static int parse_vfs_fill(struct config_parser *p, const struct jsontext_node *member,
			  struct vf_def *vfs)
{
	static const struct config_key keys[] = {
		{ "count", parse_vfs_count },
		{ "autoprobe", parse_vfs_autoprobe },
		{ "while-claimed", parse_vfs_while_claimed },
	};
	static const char *const needed[] = { "count", NULL };
	int r;

	r = parse_value_origin(p, member->key_offset, &vfs->file, &vfs->line, &vfs->column);
	if (r < 0)
		return r;
	return parse_value_object(p, member, keys, ARRAY_SIZE(keys), needed, vfs);
}

int parse_vfs(struct config_parser *p, const struct jsontext_node *member, void *target)
{
	_cleanup_vf_def_ struct vf_def *vfs = NULL;
	_cleanup_free_ char *key = NULL;
	int r;

	r = parse_vfs_physfn(p, member, &key);
	if (r < 0)
		return r;
	/* a member with a bad name is parsed, too, to report all its problems */
	vfs = def_set_vf_new(str_or(key, member->key));
	if (!vfs)
		return -ENOMEM;
	r = parse_vfs_fill(p, member, vfs);
	if (r < 0 || !key)
		return r;
	r = def_set_put_vfs(p->staged, vfs);
	if (r < 0)
		return r;
	TAKE_PTR(vfs);
	return 0;
}
