/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>
#include <sys/sysmacros.h>

#include "base/str.h"
#include "base/strv.h"
#include "sys/usage/block-device.h"
#include "sys/usage/usage-node.h"

struct usage_node {
	dev_t number;
	bool block;
	bool wanted;
};

static int usage_node_cmp(const void *key, const void *item)
{
	const struct usage_node *a = key, *b = item;

	if (a->number != b->number)
		return (a->number > b->number) - (a->number < b->number);
	return (int)a->block - (int)b->block;
}

/* Asks sysfs. A node of no device of the inventory has no owner. */
static bool usage_node_has_owner(const struct usage_set *set, dev_t number, bool block)
{
	_cleanup_free_ char *link = NULL, *devpath = NULL, *name = NULL;
	_cleanup_strv_ char **owners = NULL;

	if (block) {
		if (block_device_by_number(set, number, &name) < 0 || !name)
			return false;
		return block_device_owners(set, name, &owners) < 0 || owners;
	}
	link = str_printf("sys/dev/char/%u:%u", major(number), minor(number));
	if (!link || usage_set_devpath(set, link, &devpath) < 0)
		return true; /* out of memory */
	if (!devpath)
		return false;
	return str_starts(devpath, "devices/virtual/vfio/") ||
	       block_device_owners_of_devpath(set, devpath, &owners) < 0 || owners;
}

bool usage_node_is_wanted(struct usage_nodes *nodes, dev_t number, bool block)
{
	const struct usage_node key = { .number = number, .block = block };
	struct usage_node *node;
	size_t at = 0;
	ptrdiff_t i = vec_find_sorted(&nodes->list, &key, usage_node_cmp, &at);
	bool wanted;

	if (i >= 0)
		return ((const struct usage_node *)nodes->list.items[i])->wanted;
	wanted = usage_node_has_owner(nodes->set, number, block);
	node = calloc(1, sizeof(*node));
	if (!node)
		return wanted;
	*node = (struct usage_node){ number, block, wanted };
	if (vec_insert(&nodes->list, at, node) < 0)
		free(node);
	return wanted;
}

static void *usage_node_free(struct usage_node *node)
{
	free(node);
	return NULL;
}

static DEFINE_VEC_CLEAR(usage_node_clear_list, struct usage_node, usage_node_free)

void usage_node_clear(struct usage_nodes *nodes)
{
	usage_node_clear_list(&nodes->list);
}
