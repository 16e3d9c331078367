/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/private.h"
#include "base/str.h"
#include "base/strv.h"
#include "sys/process.h"
#include "sys/usage/open-files.h"
#include "sys/usage/process-walk.h"

struct open_files_query {
	const struct sysfs_root *root;
	char *const *paths; /* device nodes below the root, or */
	int members; /* the directory of devices that are open without a node; else negative */
	bool named;  /* the kernel reports which of these devices is open */
};

/*
 * Compares the last components of the paths. Only a descriptor with the right one is looked at more
 * closely than its link, so no filesystem that hangs is asked.
 */
static bool open_files_same_name(const char *target, const char *path)
{
	const char *slash = strrchr(target, '/');

	return slash && str_eq(slash, strrchr(path, '/'));
}

static enum process_fd_kind open_files_filter(const char *target, void *userdata)
{
	const struct open_files_query *query = userdata;

	if (process_walk_is_vfio_device(target))
		return query->members >= 0 ? PROCESS_FD_VFIO : PROCESS_FD_IGNORED;
	STRV_FOREACH(path, query->paths)
		if (open_files_same_name(target, *path))
			return PROCESS_FD_NODE;
	return PROCESS_FD_IGNORED;
}

/* Compares device numbers, because the node may lie elsewhere in the process's own /dev. */
static bool open_files_match_node(const struct open_files_query *query, const struct process_fd *fd)
{
	struct process_file node;

	if (!S_ISCHR(fd->file.mode))
		return false;
	STRV_FOREACH(path, query->paths)
		if (open_files_same_name(fd->target, *path) &&
		    process_walk_stat(query->root->fd, *path + 1, &node) >= 0 &&
		    node.device == fd->file.device)
			return true;
	return false;
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
	struct open_files_query *query = userdata;

	return fd->kind == PROCESS_FD_VFIO ? open_files_match_device(query, fd) :
					     open_files_match_node(query, fd);
}

static int open_files_add_process(pid_t pid, int proc_fd, char ***list)
{
	_cleanup_(process_identity_clear) struct process_identity identity = { 0 };
	_cleanup_free_ char *detail = NULL, *text = NULL;

	if (process_identify(proc_fd, pid, &identity) < 0)
		return 0; /* a process that has ended has nothing open */
	detail = str_printf("pid %d (%s%suid %u%s%s)", (int)pid, str_or(identity.name, ""),
			    identity.name ? ", " : "", (unsigned)identity.uid,
			    identity.unit ? ", " : "", str_or(identity.unit, ""));
	text = detail ? private_mark(identity.owner, detail, "a process of another user") : NULL;
	if (!text)
		return -ENOMEM;
	return strv_add(list, text);
}

static char *open_files_find(struct open_files_query *query)
{
	static const struct process_fd_visitor visitor = { open_files_filter, open_files_visit };
	_cleanup_process_walk_ struct process_walk *walk = NULL;
	_cleanup_strv_ char **processes = NULL;

	if (process_walk_new(query->root, &walk) < 0)
		return NULL;
	for (;;) {
		_cleanup_close_ int proc_fd = -EBADF;
		pid_t pid;

		if (process_walk_next(walk, &pid, &proc_fd) == 0)
			break;
		if (pid == getpid() || process_walk_fds(proc_fd, &visitor, query) == 0)
			continue;
		if (open_files_add_process(pid, proc_fd, &processes) < 0)
			return NULL;
	}
	return processes ? strv_join(processes, ", ") : NULL;
}

char *open_files_describe(const struct sysfs_root *root, char *const *paths)
{
	struct open_files_query query = { .root = root, .paths = paths, .members = -EBADF };

	return open_files_find(&query);
}

char *open_files_describe_members(const struct sysfs_root *root, int members)
{
	struct open_files_query query = { .root = root, .members = members };
	_cleanup_free_ char *holders = open_files_find(&query);

	if (!holders || query.named)
		return TAKE_PTR(holders);
	return str_printf("one of the processes that have VFIO devices open: %s", holders);
}
