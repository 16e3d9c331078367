/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/fileio.h"
#include "base/str.h"
#include "base/strv.h"
#include "sys/usage/node-access.h"
#include "sys/usage/usage-gap.h"

/* Adds usages for the processes that were not looked at. */
struct usage_gap {
	struct usage_nodes *nodes;
	struct node_access access; /* of the user */
	usage_gap_fn fn;
	void *userdata;
};

/* Keeps what an earlier walk has found of the processes that this one did not reach. */
static int usage_gap_keep_old(struct usage_set *set, const struct process_turns_gap *gap)
{
	VEC_FOREACH(const struct device, device, &set->inv->devices)
		VEC_FOREACH(const struct usage, usage, &device->usages) {
			int r;

			if (usage->source != USAGE_OF_PROCESSES || usage->pid < 0 ||
			    !vec_has(&gap->pids, (void *)(uintptr_t)usage->pid))
				continue;
			r = usage_set_add(set, device->key, usage);
			if (r < 0)
				return r;
		}
	return 0;
}

/* Reads the path of a node from its directory in "sys/dev". *ret is NULL if it has none. */
static int usage_gap_read_node_path(const struct usage_set *set, const char *kind,
				    const char *number, char **ret)
{
	static const char key[] = "DEVNAME=";
	_cleanup_free_ char *file = str_printf("sys/dev/%s/%s/uevent", kind, number), *text = NULL;
	const char *name;

	*ret = NULL;
	if (!file)
		return -ENOMEM;
	if (fileio_read_at(set->root->fd, file, 65536, &text, NULL) < 0)
		return 0;
	name = strstr(text, key);
	if (!name)
		return 0;
	name += strlen(key);
	*ret = str_printf("/dev/%.*s", (int)strcspn(name, "\n"), name);
	return *ret ? 0 : -ENOMEM;
}

/* Reports a node that the user may have open. */
static int usage_gap_visit(struct usage_gap *gap, const char *kind, const char *text)
{
	_cleanup_free_ char *path = NULL, *what = NULL;
	bool block = str_eq(kind, "block");
	unsigned numbers[2];
	dev_t number;
	int r;

	if (sscanf(text, "%u:%u", &numbers[0], &numbers[1]) != 2)
		return 0;
	number = makedev(numbers[0], numbers[1]);
	if (!usage_node_is_wanted(gap->nodes, number, block))
		return 0;
	r = usage_gap_read_node_path(gap->nodes->set, kind, text, &path);
	if (r < 0 || !path || !node_access_may_open(&gap->access, path, false))
		return r;
	what = str_printf("perhaps %s, by a user who has too much open to look at all of it", path);
	if (!what)
		return -ENOMEM;
	return gap->fn(number, block, what, gap->userdata);
}

static int usage_gap_visit_all(struct usage_gap *gap, const char *kind)
{
	_cleanup_free_ char *path = str_printf("sys/dev/%s", kind);
	_cleanup_strv_ char **numbers = NULL;
	int r;

	if (!path)
		return -ENOMEM;
	r = usage_set_list_dir(gap->nodes->set, path, &numbers);
	if (r < 0)
		return r;
	STRV_FOREACH(number, numbers) {
		r = usage_gap_visit(gap, kind, *number);
		if (r < 0)
			return r;
	}
	return 0;
}

static void usage_gap_clear(struct usage_gap *gap)
{
	node_access_clear(&gap->access);
}

int usage_gap_read(struct usage_set *set, struct usage_nodes *nodes,
		   const struct process_turns_gap *processes, usage_gap_fn fn, void *userdata)
{
	_cleanup_(usage_gap_clear) struct usage_gap gap = { .nodes = nodes,
							    .fn = fn,
							    .userdata = userdata };
	int r;

	r = vec_add(&set->gaps, (void *)(uintptr_t)processes->uid);
	if (r < 0)
		return r;
	r = usage_gap_keep_old(set, processes);
	if (r < 0)
		return r;
	r = node_access_read(set->root, processes, &gap.access);
	if (r < 0)
		return r;
	r = usage_gap_visit_all(&gap, "char");
	if (r < 0)
		return r;
	return usage_gap_visit_all(&gap, "block");
}
