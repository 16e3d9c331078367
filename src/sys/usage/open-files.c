/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/private.h"
#include "base/str.h"
#include "base/strv.h"
#include "sys/process.h"
#include "sys/usage/node-access.h"
#include "sys/usage/open-files.h"
#include "sys/usage/process-walk.h"

/* Less than the deadline of a step, which is at least a second (devgroupd --step-timeout). */
static const struct process_turns_limits open_files_limits = {
	.user_usec = 300000,
	.all_usec = 600000,
	.needed_usec = 5000000,
	.needed = (uid_t)-1,
};

struct open_files_query {
	const struct sysfs_root *root;
	char *const *paths; /* device nodes below the root, or */
	int members; /* the directory of devices that are open without a node; else negative */
	uid_t holder;
	struct vec numbers; /* of the nodes, in place of pointers */
	struct process_tables tables;
	bool named;	  /* the kernel reports which of these devices is open */
	char **processes; /* the result */
};

static void open_files_query_clear(struct open_files_query *query)
{
	vec_drop(&query->numbers);
	process_walk_clear_tables(&query->tables);
	strv_free(query->processes);
}

/* --- descriptors --- */

static bool open_files_wants(const struct process_file *node, void *userdata)
{
	const struct open_files_query *query = userdata;

	return S_ISCHR(node->mode) && vec_has(&query->numbers, (void *)(uintptr_t)node->device);
}

static enum process_fd_kind open_files_filter(const char *target, void *userdata)
{
	const struct open_files_query *query = userdata;

	return query->members >= 0 && process_walk_is_vfio_device(target) ? PROCESS_FD_VFIO :
									    PROCESS_FD_IGNORED;
}

static bool open_files_match_device(struct open_files_query *query, const struct process_fd *fd)
{
	if (!fd->devpath)
		return true;
	query->named = true;
	return faccessat(query->members, strrchr(fd->devpath, '/') + 1, F_OK,
			 AT_SYMLINK_NOFOLLOW) == 0;
}

/* Returns 1 for a match: one descriptor is enough to name a process. */
static int open_files_visit(const struct process_fd *fd, void *userdata)
{
	return fd->kind == PROCESS_FD_NODE || open_files_match_device(userdata, fd);
}

/* --- processes --- */

static int open_files_add_process(struct open_files_query *query, const struct process_turn *turn)
{
	_cleanup_(process_identity_clear) struct process_identity identity = { 0 };
	_cleanup_free_ char *detail = NULL, *text = NULL;

	if (process_identify(turn->proc_fd, turn->pid, &identity) < 0)
		return 0; /* a process that has ended has nothing open */
	detail = str_printf("pid %d (%s%suid %u%s%s)", (int)turn->pid, str_or(identity.name, ""),
			    identity.name ? ", " : "", (unsigned)identity.uid,
			    identity.unit ? ", " : "", str_or(identity.unit, ""));
	text = detail ? private_mark(identity.owner, detail, "a process of another user") : NULL;
	if (!text)
		return -ENOMEM;
	return strv_add(&query->processes, text);
}

static int open_files_on_process(const struct process_turn *turn, void *userdata)
{
	static const struct process_fd_visitor visitor = { open_files_wants, open_files_filter,
							   open_files_visit };
	struct open_files_query *query = userdata;
	int r;

	if (turn->pid == getpid())
		return 0;
	r = process_walk_fds(turn, &query->tables, &visitor, query);
	return r > 0 ? open_files_add_process(query, turn) : r;
}

/* Tells whether the processes that were not looked at may have a node open. 0 or negative errno. */
static int open_files_judge_gap(const struct open_files_query *query,
				const struct process_turns_gap *gap, bool *ret)
{
	_cleanup_node_access_ struct node_access access = { 0 };
	int r;

	*ret = gap->uid == 0 || gap->uid == query->holder || query->members >= 0;
	if (*ret)
		return 0;
	r = node_access_read(query->root, gap, &access);
	if (r < 0)
		return r;
	STRV_FOREACH(path, query->paths)
		*ret |= node_access_may_open(&access, *path, true);
	return 0;
}

static int open_files_add_gaps(struct open_files_query *query, const struct process_turns *turns)
{
	VEC_FOREACH(const struct process_turns_gap, gap, process_turns_gaps(turns)) {
		_cleanup_free_ char *text = NULL;
		bool counts;
		int r = open_files_judge_gap(query, gap, &counts);

		if (r < 0)
			return r;
		if (!counts)
			continue;
		text = str_printf("perhaps a process of uid %u, which have too much open to look "
				  "at all of it",
				  (unsigned)gap->uid);
		if (!text || strv_add(&query->processes, text) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int open_files_read_numbers(struct open_files_query *query)
{
	STRV_FOREACH(path, query->paths) {
		struct process_file node;

		if (process_walk_stat(query->root->fd, *path + 1, &node) < 0)
			continue; /* the node is gone, and all that was open with it */
		if (vec_add(&query->numbers, (void *)(uintptr_t)node.device) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int open_files_find(struct open_files_query *query)
{
	_cleanup_process_turns_ struct process_turns *turns = NULL;
	struct process_turns_limits limits = open_files_limits;
	int r;

	limits.needed = query->holder;
	r = open_files_read_numbers(query);
	if (r < 0)
		return r;
	query->tables = process_walk_begin_tables(query->root);
	r = process_turns_new(query->root, &turns);
	if (r < 0)
		return r;
	r = process_turns_run(turns, &limits, open_files_on_process, query);
	if (r < 0)
		return r;
	return open_files_add_gaps(query, turns);
}

static int open_files_join(const struct open_files_query *query, char **ret)
{
	*ret = query->processes ? strv_join(query->processes, ", ") : NULL;
	return query->processes && !*ret ? -ENOMEM : 0;
}

int open_files_describe(const struct sysfs_root *root, char *const *paths, uid_t holder, char **ret)
{
	_cleanup_(open_files_query_clear) struct open_files_query query = {
		.root = root, .paths = paths, .members = -EBADF, .holder = holder
	};
	int r = open_files_find(&query);

	return r < 0 ? r : open_files_join(&query, ret);
}

int open_files_describe_members(const struct sysfs_root *root, int members, char **ret)
{
	_cleanup_(open_files_query_clear) struct open_files_query query = { .root = root,
									    .members = members,
									    .holder = (uid_t)-1 };
	_cleanup_free_ char *holders = NULL;
	int r = open_files_find(&query);

	if (r < 0)
		return r;
	r = open_files_join(&query, &holders);
	if (r < 0)
		return r;
	if (!holders || query.named) {
		*ret = TAKE_PTR(holders);
		return 0;
	}
	*ret = str_printf("one of the processes that have VFIO devices open: %s", holders);
	return *ret ? 0 : -ENOMEM;
}
