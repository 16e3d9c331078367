/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/str.h"
#include "base/strv.h"
#include "policy/plan/vfio-choice.h"
#include "sys/process.h"
#include "sys/usage/block-device.h"
#include "sys/usage/mounts.h"
#include "sys/usage/process-walk.h"
#include "sys/usage/usage-gap.h"
#include "sys/usage/usage-process.h"

struct usage_process_walk {
	struct usage_set *set;
	pid_t own; /* the daemon */
	struct process_tables tables;
	struct usage_nodes nodes;
	struct vec namespaces; /* mount namespaces that have been read, by inode; sorted numbers */
	struct vec disks;      /* numbers of the disks that the host's own namespace has mounted */
	struct vec unnamed;    /* struct usage, owned: VFIO devices without a name */
};

/* One process while it is looked at. */
struct usage_process {
	struct usage_process_walk *walk;
	const struct process_turn *turn;
	pid_t pid; /* -1: none in particular */
	bool identified;
	bool ignored;	  /* has ended, or is udev's, the daemon, or its child */
	bool has_group;	  /* has the node of a VFIO group open */
	bool has_unnamed; /* has a VFIO device open that the kernel does not name */
	struct vec found; /* numbers of nodes that count already, in place of pointers */
	struct process_identity identity;
};

/* --- sorted numbers, in place of pointers --- */

static bool usage_process_has_number(const struct vec *numbers, uint64_t number)
{
	return vec_find_sorted(numbers, (void *)(uintptr_t)number, vec_cmp_pointer, NULL) >= 0;
}

static int usage_process_add_number(struct vec *numbers, uint64_t number)
{
	size_t at = 0;

	if (vec_find_sorted(numbers, (void *)(uintptr_t)number, vec_cmp_pointer, &at) >= 0)
		return 0;
	return vec_insert(numbers, at, (void *)(uintptr_t)number);
}

/* --- which process it is --- */

static bool usage_process_is_udev(const char *name)
{
	return str_eq(name, "(udev-worker)") || str_eq(name, "systemd-udevd") ||
	       str_eq(name, "udevd");
}

static bool usage_process_is_own(const struct usage_process *process)
{
	pid_t own = process->walk->own;

	return process->pid == own || process->identity.parent == own;
}

/* Ignores what is there for a moment only: udev's processes, and those of the daemon. */
static void usage_process_identify(struct usage_process *process)
{
	const struct process_identity *identity = &process->identity;

	if (process->identified)
		return;
	process->identified = true;
	process->ignored =
		process_identify(process->turn->proc_fd, process->pid, &process->identity) < 0 ||
		usage_process_is_udev(identity->name) ||
		usage_process_is_udev(identity->parent_name) ||
		str_eq(identity->unit, "systemd-udevd.service") || usage_process_is_own(process);
}

/* Returns a usage that borrows all strings. */
static struct usage usage_process_make(const struct usage_process *process, const char *kind,
				       const char *what)
{
	return (struct usage){
		.kind = (char *)kind,
		.what = (char *)what,
		.pid = process->pid,
		.name = process->identity.name,
		.unit = process->identity.unit,
		.owner = process->identity.owner,
		.source = USAGE_OF_PROCESSES,
	};
}

static int usage_process_add(struct usage_process *process, const char *key, const char *kind,
			     const char *what)
{
	struct usage usage;

	usage_process_identify(process);
	if (process->ignored)
		return 0;
	usage = usage_process_make(process, kind, what);
	return usage_set_add(process->walk->set, key, &usage);
}

static int usage_process_add_all(struct usage_process *process, char *const *keys, const char *kind,
				 const char *what)
{
	STRV_FOREACH(key, keys) {
		int r = usage_process_add(process, *key, kind, what);

		if (r < 0)
			return r;
	}
	return 0;
}

/* --- what it has open --- */

/*
 * Tells whether @path ends in the name of a BAR: "/resource0", "/resource2_wc". Only root opens
 * these. "/resource" is a list that everybody may read, so an open one is no use.
 */
static bool usage_process_is_bar(const char *path)
{
	static const char prefix[] = "/resource";
	const char *name = strrchr(path, '/'), *number, *end;

	if (!str_starts(name, prefix))
		return false;
	number = name + strlen(prefix);
	end = number + strspn(number, "0123456789");
	return end > number && (!*end || str_eq(end, "_wc"));
}

static enum process_fd_kind usage_process_filter(const char *target, void *userdata)
{
	if (process_walk_is_vfio_device(target))
		return PROCESS_FD_VFIO;
	if (str_starts(target, "/sys/devices/") && usage_process_is_bar(target))
		return PROCESS_FD_FILE;
	return PROCESS_FD_IGNORED;
}

/* Adds all devices of a group that are on VFIO drivers, for a process with "/dev/vfio/12" open. */
static int usage_process_add_group(struct usage_process *process, const char *number,
				   const char *path)
{
	const struct iommu_group *group;
	unsigned id;

	if (str_parse_uint(number, &id) < 0 || id > INT_MAX)
		return 0;
	group = inventory_find_group(process->walk->set->inv, (int)id);
	if (!group)
		return 0;
	VEC_FOREACH(const struct device, device, &group->devices) {
		int r;

		if (!vfio_choice_is_bound(device))
			continue;
		r = usage_process_add(process, device->key, USAGE_VFIO, path);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Adds the use of what lies at @devpath in sysfs ("devices/…"), open by the name @path. */
static int usage_process_add_open(struct usage_process *process, const char *devpath,
				  const char *path)
{
	static const char groups[] = "devices/virtual/vfio/";
	_cleanup_strv_ char **owners = NULL;
	const char *kind;
	int r;

	if (str_starts(devpath, groups)) {
		process->has_group = true;
		return usage_process_add_group(process, devpath + strlen(groups), path);
	}
	r = block_device_owners_of_devpath(process->walk->set, devpath, &owners);
	if (r < 0)
		return r;
	kind = strstr(devpath, "/vfio-dev/") ? USAGE_VFIO : USAGE_OPEN;
	return usage_process_add_all(process, owners, kind, path);
}

/* Adds all disks below a block device: a process that has a RAID open uses all disks of it. */
static int usage_process_add_disk(struct usage_process *process, dev_t number, const char *kind,
				  const char *what)
{
	_cleanup_free_ char *name = NULL;
	_cleanup_strv_ char **owners = NULL;
	int r;

	r = block_device_by_number(process->walk->set, number, &name);
	if (r < 0 || !name)
		return r;
	r = block_device_owners(process->walk->set, name, &owners);
	if (r < 0)
		return r;
	return usage_process_add_all(process, owners, kind, what);
}

/*
 * Tells whether a node is open in a way that anybody could open it: only to read, where its mode
 * lets everybody read it, as udev does for USB devices (0664). Such a reader does not use the
 * device, and must not block it.
 */
static bool usage_process_only_reads(const struct process_fd *fd)
{
	return fd->read_only && fd->file.mode & S_IROTH;
}

/* Adds what is behind a node with this number, open by the name @path. */
static int usage_process_add_number_of(struct usage_process *process, bool block, dev_t number,
				       const char *path)
{
	_cleanup_free_ char *link = NULL, *devpath = NULL;
	int r;

	if (block)
		return usage_process_add_disk(process, number, USAGE_OPEN, path);
	link = str_printf("sys/dev/char/%u:%u", major(number), minor(number));
	if (!link)
		return -ENOMEM;
	r = usage_set_devpath(process->walk->set, link, &devpath);
	if (r < 0 || !devpath)
		return r;
	return usage_process_add_open(process, devpath, path);
}

static int usage_process_add_node(struct usage_process *process, const struct process_fd *fd)
{
	int r;

	if (usage_process_only_reads(fd))
		return 0;
	r = usage_process_add_number_of(process, S_ISBLK(fd->file.mode), fd->file.device,
					fd->target);
	if (r < 0)
		return r;
	return usage_process_add_number(&process->found, fd->file.device);
}

static bool usage_process_wants(const struct process_file *file, void *userdata)
{
	struct usage_process *process = userdata;

	return !usage_process_has_number(&process->found, file->device) &&
	       usage_node_is_wanted(&process->walk->nodes, file->device, S_ISBLK(file->mode));
}

/* --- other files --- */

/*
 * Tells whether an open file is the file of sysfs at the same path. A process in a mount namespace
 * of its own may have another file there. The inode numbers of sysfs are the same in all its
 * mounts, and no such process makes files that root owns.
 */
static bool usage_process_is_in_sysfs(const struct usage_process *process,
				      const struct process_fd *fd)
{
	struct process_file real;

	return process_walk_stat(process->walk->set->root->fd, fd->target + 1, &real) >= 0 &&
	       real.inode == fd->file.inode && real.owner == fd->file.owner &&
	       real.mode == fd->file.mode;
}

static int usage_process_add_bar(struct usage_process *process, const struct process_fd *fd)
{
	if (!usage_process_is_in_sysfs(process, fd))
		return 0;
	return usage_process_add_open(process, fd->target + strlen("/sys/"), fd->target);
}

/*
 * Adds a device by its descriptor, which has no node. A process may have closed the group through
 * which it opened the device.
 */
static int usage_process_add_vfio_device(struct usage_process *process, const char *devpath)
{
	_cleanup_free_ char *key = NULL;
	int r;

	if (!devpath) {
		process->has_unnamed = true;
		return 0;
	}
	r = usage_set_owner_of_devpath(process->walk->set, devpath, &key);
	if (r < 0 || !key)
		return r;
	return usage_process_add(process, key, USAGE_VFIO, "its descriptor");
}

static int usage_process_visit(const struct process_fd *fd, void *userdata)
{
	struct usage_process *process = userdata;

	switch (fd->kind) {
	case PROCESS_FD_NODE:
		return usage_process_add_node(process, fd);
	case PROCESS_FD_VFIO:
		return usage_process_add_vfio_device(process, fd->devpath);
	case PROCESS_FD_FILE:
		return usage_process_add_bar(process, fd);
	case PROCESS_FD_IGNORED:
		break;
	}
	return 0;
}

/* Skips a process that also has a group open: the group's node accounts for its devices. */
static int usage_process_note_unnamed(struct usage_process *process)
{
	struct usage usage;

	if (!process->has_unnamed || process->has_group)
		return 0;
	usage_process_identify(process);
	if (process->ignored)
		return 0;
	usage = usage_process_make(process, USAGE_VFIO,
				   "a VFIO device that the kernel does not name,");
	return usage_list_add(&process->walk->unnamed, &usage);
}

/* --- what is mounted in its namespace --- */

static int usage_process_on_own_mount(const struct mount_line *mount, void *userdata)
{
	struct usage_process_walk *walk = userdata;

	return usage_process_add_number(&walk->disks, mount->device);
}

static int usage_process_on_foreign_mount(const struct mount_line *mount, void *userdata)
{
	struct usage_process *process = userdata;

	if (usage_process_has_number(&process->walk->disks, mount->device) ||
	    !usage_node_is_wanted(&process->walk->nodes, mount->device, true))
		return 0;
	return usage_process_add_disk(process, mount->device, USAGE_MOUNTED, mount->point);
}

/* Reads the number of a mount namespace from a link "mnt:[4026531841]"; 0 if there is none. */
static uint64_t usage_process_read_namespace(int proc_fd)
{
	char name[64];
	ssize_t n = readlinkat(proc_fd, "ns/mnt", name, sizeof(name) - 1);
	const char *number;

	if (n < 0)
		return 0;
	name[n] = '\0';
	number = strchr(name, '[');
	return number ? strtoull(number + 1, NULL, 10) : 0;
}

/* Reads each namespace once. One that takes longer than the slice is read again from its start. */
static int usage_process_scan_mounts(struct usage_process *process)
{
	struct usage_process_walk *walk = process->walk;
	uint64_t space = usage_process_read_namespace(process->turn->proc_fd);
	_cleanup_fclose_ FILE *file = NULL;
	int r;

	if (space == 0 || usage_process_has_number(&walk->namespaces, space))
		return 0;
	file = usage_set_open_file_at(process->turn->proc_fd, "mountinfo");
	if (!file)
		return 0;
	r = mounts_read(file, process->turn->slice, usage_process_on_foreign_mount, process);
	return r < 0 ? r : usage_process_add_number(&walk->namespaces, space);
}

static int usage_process_read_own_mounts(struct usage_process_walk *walk)
{
	_cleanup_close_ int fd =
		openat(walk->set->root->fd, "proc/1", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct slice forever = { .end_usec = SLICE_FOREVER };
	_cleanup_fclose_ FILE *file = NULL;
	int r;

	if (fd < 0)
		return 0;
	r = usage_process_add_number(&walk->namespaces, usage_process_read_namespace(fd));
	if (r < 0)
		return r;
	file = usage_set_open_file_at(fd, "mountinfo");
	return file ? mounts_read(file, &forever, usage_process_on_own_mount, walk) : 0;
}

/* --- the walk --- */

static int usage_process_scan(struct usage_process *process)
{
	static const struct process_fd_visitor visitor = { usage_process_wants,
							   usage_process_filter,
							   usage_process_visit };
	int r;

	r = process_walk_fds(process->turn, &process->walk->tables, &visitor, process);
	if (r < 0)
		return r;
	r = usage_process_note_unnamed(process);
	if (r < 0)
		return r;
	return usage_process_scan_mounts(process);
}

static int usage_process_on_turn(const struct process_turn *turn, void *userdata)
{
	struct usage_process process = { .walk = userdata, .turn = turn, .pid = turn->pid };
	int r = usage_process_scan(&process);

	vec_drop(&process.found);
	process_identity_clear(&process.identity);
	return r;
}

/* Adds to each device that is open by an unknown process all processes that it may be. */
static int usage_process_add_unnamed(struct usage_process_walk *walk)
{
	if (walk->unnamed.n == 0)
		return 0;
	VEC_FOREACH(const struct device, device, &walk->set->inv->devices) {
		if (!device->vfio_open || !vfio_choice_is_bound(device) ||
		    usage_set_has(walk->set, device->key, USAGE_VFIO))
			continue;
		VEC_FOREACH(const struct usage, usage, &walk->unnamed)
			if (usage_set_add(walk->set, device->key, usage) < 0)
				return -ENOMEM;
	}
	return 0;
}

/* Adds a use that no process is known for. */
static int usage_process_on_possible(dev_t number, bool block, const char *what, void *userdata)
{
	struct usage_process unknown = { .walk = userdata, .pid = -1, .identified = true };

	return usage_process_add_number_of(&unknown, block, number, what);
}

/* --- all of it --- */

static void usage_process_walk_clear(struct usage_process_walk *walk)
{
	process_walk_clear_tables(&walk->tables);
	usage_node_clear(&walk->nodes);
	vec_drop(&walk->namespaces);
	vec_drop(&walk->disks);
	usage_list_clear(&walk->unnamed);
}

int usage_process_read(struct usage_set *set, pid_t own, const struct process_turns_limits *limits)
{
	_cleanup_(usage_process_walk_clear) struct usage_process_walk walk = {
		.set = set,
		.own = own,
		.nodes = { .set = set },
		.tables = process_walk_begin_tables(set->root)
	};
	_cleanup_process_turns_ struct process_turns *turns = NULL;
	int r;

	r = process_turns_new(set->root, &turns);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = usage_process_read_own_mounts(&walk);
	if (r < 0)
		return r;
	r = process_turns_run(turns, limits, usage_process_on_turn, &walk);
	if (r < 0)
		return r;
	VEC_FOREACH(const struct process_turns_gap, gap, process_turns_gaps(turns)) {
		r = usage_gap_read(set, &walk.nodes, gap, usage_process_on_possible, &walk);
		if (r < 0)
			return r;
	}
	return usage_process_add_unnamed(&walk);
}
