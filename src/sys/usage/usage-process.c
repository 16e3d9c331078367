/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/str.h"
#include "policy/plan/vfio-choice.h"
#include "sys/process.h"
#include "sys/usage/block-device.h"
#include "sys/usage/mounts.h"
#include "sys/usage/usage-process.h"

struct usage_process_walk {
	struct usage_set set;
	char **pids; /* as they were at the start */
	size_t next;
	char **namespaces; /* of mounts, those that have been read: "mnt:[4026531841]" */
	char **disks;	   /* numbers of those that the host's own namespace has mounted: "259:1" */
	struct vec unnamed; /* struct use, owned: a VFIO device of which the kernel does not tell
			       which one it is */
};

/* One process while it is looked at. */
struct process {
	struct usage_process_walk *walk;
	int fd;	       /* of its directory */
	bool known;    /* what follows is */
	bool fleeting; /* gone meanwhile, one of udev's, here for a moment, or the daemon's own */
	bool has_group,
		has_unnamed; /* of VFIO's: a group's node, a device that the kernel does not name */
	pid_t pid;
	char *name, *unit;
};

/* --- who it is --- */

static bool usage_process_is_udev(const char *name)
{
	return str_eq(name, "(udev-worker)") || str_eq(name, "systemd-udevd") ||
	       str_eq(name, "udevd");
}

static void usage_process_identify(struct process *process)
{
	_cleanup_free_ char *parent_name = NULL;
	pid_t parent = 0;

	if (process->known)
		return;
	process->known = true;
	if (process_name(process->pid, &process->name) < 0)
		process->name = NULL;
	if (process_unit(process->pid, &process->unit) < 0)
		process->unit = NULL;
	if (process_parent(process->pid, &parent) >= 0 && process_name(parent, &parent_name) < 0)
		parent_name = NULL;
	/* the last question, or what was told before is another's */
	process->fleeting = process_is_gone(process->fd) || usage_process_is_udev(process->name) ||
			    usage_process_is_udev(parent_name) ||
			    str_eq(process->unit, "systemd-udevd.service") ||
			    process->pid == getpid() || parent == getpid();
}

/* Borrows all that it points to. */
static struct usage usage_process_make(const struct process *process, const char *kind,
				       const char *what)
{
	return (struct usage){
		.kind = (char *)kind,
		.what = (char *)what,
		.pid = process->pid,
		.name = process->name,
		.unit = process->unit,
		.source = USAGE_OF_PROCESSES,
	};
}

static int usage_process_add(struct process *process, const char *key, const char *kind,
			     const char *what)
{
	struct usage usage;

	usage_process_identify(process);
	usage = usage_process_make(process, kind, what);
	return process->fleeting ? 0 : usage_set_add(&process->walk->set, key, &usage);
}

static int usage_process_add_all(struct process *process, char *const *keys, const char *kind,
				 const char *what)
{
	int r = 0;

	STRV_FOREACH(key, keys)
		if (r >= 0)
			r = usage_process_add(process, *key, kind, what);
	return r;
}

/* --- what it has open --- */

/* What most processes have open, and no device has behind it. */
static bool usage_process_is_common_node(const char *path)
{
	static const char *const prefixes[] = { "/dev/null",	"/dev/pts/", "/dev/shm/",
						"/dev/urandom", "/dev/zero", "/dev/tty",
						"/dev/kmsg" };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (str_starts(path, prefixes[i]) && !str_starts(path, "/dev/ttyS"))
			return true;
	return false;
}

/* "/dev/vfio/12": whoever has the group has all of its devices that are with VFIO. */
static int usage_process_add_group(struct process *process, const char *number, const char *path)
{
	const struct iommu_group *group;
	unsigned id;

	if (str_parse_uint(number, &id) < 0 || id > INT_MAX)
		return 0;
	group = inventory_find_group(process->walk->set.inv, (int)id);
	if (!group)
		return 0;
	VEC_FOREACH(const struct device, device, &group->devices) {
		int r = vfio_choice_is_bound(device) ?
				usage_process_add(process, device->key, USAGE_VFIO, path) :
				0;

		if (r < 0)
			return r;
	}
	return 0;
}

/* @place: of sysfs. */
static int usage_process_add_open(struct process *process, const char *place, const char *path)
{
	static const char groups[] = "devices/virtual/vfio/";
	const char *kind = strstr(place, "/vfio-dev/") ? USAGE_VFIO : USAGE_OPEN;
	_cleanup_strv_ char **owners = NULL;
	int r;

	if (str_starts(place, groups)) {
		process->has_group = true;
		return usage_process_add_group(process, place + strlen(groups), path);
	}
	r = block_device_owners_of_devpath(&process->walk->set, place, &owners);
	return r < 0 ? r : usage_process_add_all(process, owners, kind, path);
}

/* Whoever has a RAID open uses all disks of it. */
static int usage_process_add_open_disk(struct process *process, dev_t number, const char *path)
{
	_cleanup_free_ char *name = NULL;
	_cleanup_strv_ char **owners = NULL;
	int r = block_device_by_number(&process->walk->set, number, &name);

	if (r >= 0 && name)
		r = block_device_owners(&process->walk->set, name, &owners);
	return r < 0 ? r : usage_process_add_all(process, owners, USAGE_OPEN, path);
}

static int usage_process_scan_node(struct process *process, int dir_fd, const char *name,
				   const char *path)
{
	_cleanup_free_ char *link = NULL, *place = NULL;
	struct stat st;
	int r;

	if (fstatat(dir_fd, name, &st, 0) < 0 || !(S_ISBLK(st.st_mode) || S_ISCHR(st.st_mode)))
		return 0;
	if (!process_fd_is_open(dir_fd, name, path))
		return 0;
	if (S_ISBLK(st.st_mode))
		return usage_process_add_open_disk(process, st.st_rdev, path);
	link = str_printf("sys/dev/char/%u:%u", major(st.st_rdev), minor(st.st_rdev));
	if (!link)
		return -ENOMEM;
	r = usage_set_devpath(&process->walk->set, link, &place);
	return r < 0 || !place ? r : usage_process_add_open(process, place, path);
}

/* Whoever has let go of the group that it opened a device through shows in no node. */
static int usage_process_scan_vfio_fd(struct process *process, int dir_fd, const char *name,
				      const char *path)
{
	_cleanup_free_ char *place = process_fd_vfio_devpath(dir_fd, name), *key = NULL;
	int r;

	if (!process_fd_is_open(dir_fd, name, path))
		return 0;
	if (!place) {
		process->has_unnamed = true;
		return 0;
	}
	r = usage_set_owner_of_devpath(&process->walk->set, place, &key);
	return r < 0 || !key ? r : usage_process_add(process, key, USAGE_VFIO, "its descriptor");
}

/* What it has open through a group that it has as well is told by the group. */
static int usage_process_note_unnamed(struct process *process)
{
	struct usage usage;

	if (!process->has_unnamed || process->has_group)
		return 0;
	usage_process_identify(process);
	usage = usage_process_make(process, USAGE_VFIO,
				   "a VFIO device, the kernel does not tell which,");
	return process->fleeting ? 0 : usage_list_add(&process->walk->unnamed, &usage);
}

static int usage_process_scan_fd(struct process *process, int dir_fd, const char *name)
{
	char path[PATH_MAX];
	const char *file;

	if (!process_fd_target(dir_fd, name, path))
		return 0;
	/*
	 * the link tells where a file is without asking its filesystem, which may be a server that
	 * is gone
	 */
	if (str_starts(path, "/dev/"))
		return usage_process_is_common_node(path) ?
			       0 :
			       usage_process_scan_node(process, dir_fd, name, path);
	if (process_fd_is_vfio_device(path))
		return usage_process_scan_vfio_fd(process, dir_fd, name, path);
	file = strrchr(path, '/');
	if (str_starts(path, "/sys/devices/") && str_starts(file, "/resource"))
		return usage_process_add_open(process, path + strlen("/sys/"), path);
	return 0;
}

static int usage_process_scan_fds(struct process *process)
{
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *entry;
	int fd = openat(process->fd, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		fd_close(fd);
		return 0;
	}
	while ((entry = readdir(dir))) {
		int r = entry->d_name[0] == '.' ?
				0 :
				usage_process_scan_fd(process, dirfd(dir), entry->d_name);

		if (r < 0)
			return r;
	}
	return 0;
}

/* --- what is mounted where it is --- */

static char *usage_process_disk_number(dev_t device)
{
	return str_printf("%u:%u", major(device), minor(device));
}

static int usage_process_on_own_mount(const struct mount_line *mount, void *userdata)
{
	struct usage_process_walk *walk = userdata;
	_cleanup_free_ char *number = usage_process_disk_number(mount->device);

	if (!number)
		return -ENOMEM;
	return strv_contains(walk->disks, number) ? 0 : strv_add(&walk->disks, number);
}

static int usage_process_on_foreign_mount(const struct mount_line *mount, void *userdata)
{
	struct process *process = userdata;
	_cleanup_free_ char *number = usage_process_disk_number(mount->device), *name = NULL;
	_cleanup_strv_ char **owners = NULL;
	int r;

	if (!number)
		return -ENOMEM;
	if (strv_contains(process->walk->disks, number))
		return 0;
	r = block_device_by_number(&process->walk->set, mount->device, &name);
	if (r >= 0 && name)
		r = block_device_owners(&process->walk->set, name, &owners);
	return r < 0 ? r : usage_process_add_all(process, owners, USAGE_MOUNTED, mount->point);
}

static FILE *usage_process_open_mounts(int proc_fd)
{
	int fd = openat(proc_fd, "mountinfo", O_RDONLY | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "re");

	if (!file)
		fd_close(fd);
	return file;
}

/* True once for each namespace. */
static bool usage_process_is_new_namespace(struct usage_process_walk *walk, int proc_fd)
{
	char name[64];
	ssize_t n = readlinkat(proc_fd, "ns/mnt", name, sizeof(name) - 1);

	if (n < 0)
		return false;
	name[n] = '\0';
	return !strv_contains(walk->namespaces, name) && strv_add(&walk->namespaces, name) >= 0;
}

static int usage_process_scan_mounts(struct process *process)
{
	_cleanup_fclose_ FILE *file = NULL;

	if (!usage_process_is_new_namespace(process->walk, process->fd))
		return 0;
	file = usage_process_open_mounts(process->fd);
	return file ? mounts_read(file, usage_process_on_foreign_mount, process) : 0;
}

/* --- the walk --- */

static int usage_process_read_own_mounts(struct usage_process_walk *walk)
{
	_cleanup_close_ int fd = sysfs_root_open_dir(walk->set.root, "proc/1");
	_cleanup_fclose_ FILE *file = NULL;

	if (fd < 0)
		return 0;
	(void)usage_process_is_new_namespace(walk, fd);
	file = usage_process_open_mounts(fd);
	return file ? mounts_read(file, usage_process_on_own_mount, walk) : 0;
}

int usage_process_walk_new(const struct sysfs_root *root, struct usage_process_walk **ret)
{
	_cleanup_(usage_process_walk_freep) struct usage_process_walk *walk =
		calloc(1, sizeof(*walk));
	int r;

	if (!walk)
		return -ENOMEM;
	walk->set.root = root;
	r = usage_set_list_dir(&walk->set, "proc", &walk->pids);
	if (r >= 0)
		r = usage_process_read_own_mounts(walk);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(walk);
	return 0;
}

struct usage_process_walk *usage_process_walk_free(struct usage_process_walk *walk)
{
	if (!walk)
		return NULL;
	usage_set_clear(&walk->set);
	strv_free(walk->pids);
	strv_free(walk->namespaces);
	strv_free(walk->disks);
	usage_list_clear(&walk->unnamed);
	free(walk);
	return NULL;
}

static int usage_process_scan(struct usage_process_walk *walk, const char *name)
{
	struct process process = { .walk = walk, .fd = -EBADF };
	_cleanup_free_ char *path = NULL;
	unsigned pid;
	int r;

	if (str_parse_uint(name, &pid) < 0)
		return 0;
	path = str_printf("proc/%s", name);
	if (!path)
		return -ENOMEM;
	process.pid = (pid_t)pid;
	process.fd = sysfs_root_open_dir(walk->set.root, path);
	if (process.fd < 0)
		return 0;
	r = usage_process_scan_fds(&process);
	if (r >= 0)
		r = usage_process_note_unnamed(&process);
	if (r >= 0)
		r = usage_process_scan_mounts(&process);
	fd_close(process.fd);
	free(process.name);
	free(process.unit);
	return r;
}

/* A device that somebody has, who was not found, may be any of theirs. */
static int usage_process_add_unnamed(struct usage_process_walk *walk)
{
	if (walk->unnamed.n == 0)
		return 0;
	VEC_FOREACH(const struct device, device, &walk->set.inv->devices) {
		if (!device->vfio_open || !vfio_choice_is_bound(device) ||
		    usage_set_has(&walk->set, device->key, USAGE_VFIO))
			continue;
		VEC_FOREACH(const struct usage, usage, &walk->unnamed)
			if (usage_set_add(&walk->set, device->key, usage) < 0)
				return -ENOMEM;
	}
	return 0;
}

int usage_process_walk_step(struct usage_process_walk *walk, const struct inventory *inv,
			    unsigned n)
{
	size_t total = strv_length(walk->pids);

	walk->set.inv = inv;
	for (; n > 0 && walk->next < total; n--) {
		int r = usage_process_scan(walk, walk->pids[walk->next++]);

		if (r < 0)
			return r;
	}
	return walk->next < total;
}

int usage_process_walk_apply(struct usage_process_walk *walk, struct inventory *inv,
			     const struct vec *only, bool *ret_changed)
{
	int r;

	walk->set.inv = inv;
	r = usage_process_add_unnamed(walk);
	return r < 0 ? r : usage_set_apply(&walk->set, inv, USAGE_OF_PROCESSES, only, ret_changed);
}
