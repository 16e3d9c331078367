/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <spawn.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "device.h"
#include "execute.h"
#include "nodeacl.h"
#include "openers.h"
#include "strutil.h"

struct held_group {
	int id;
	int fd;
};

struct execution {
	const struct sysroot *root;
	bool undoing;
	execution_give_fn give;
	void *userdata;
	struct vec held; /* struct held_group, owned: nobody else can open these groups meanwhile */
};

static void *held_free(void *data)
{
	struct held_group *held = data;

	fd_close(held->fd);
	free(held);
	return NULL;
}

struct execution *execution_new(const struct sysroot *root, bool undoing, execution_give_fn give,
				void *userdata)
{
	struct execution *execution = calloc(1, sizeof(*execution));

	if (!execution)
		return NULL;
	execution->root = root;
	execution->undoing = undoing;
	execution->give = give;
	execution->userdata = userdata;
	return execution;
}

struct execution *execution_free(struct execution *execution)
{
	if (!execution)
		return NULL;
	vec_clear(&execution->held, held_free);
	free(execution);
	return NULL;
}

static int fail(int error, char **ret_cause, char *cause)
{
	*ret_cause = cause;
	return error;
}

/* --- drivers ----------------------------------------------------------------------------------- */

static int open_device(const struct execution *execution, const struct step *step)
{
	_cleanup_free_ char *path = str_printf("sys/bus/%s/devices/%s", step->bus, step->address);

	return path ? sysroot_dir(execution->root, path) : -ENOMEM;
}

/* *ret is NULL where no driver is bound. */
static int read_driver(const struct execution *execution, const struct step *step, char **ret)
{
	_cleanup_close_ int fd = open_device(execution, step);
	int r;

	if (fd < 0)
		return fd;
	r = sysfs_read_link(fd, "driver", ret);
	if (r == -ENOENT) {
		*ret = NULL;
		return 0;
	}
	return r;
}

static char *driver_path(const struct step *step, const char *attribute)
{
	return str_printf("sys/bus/%s/drivers/%s/%s", step->bus, step->value, attribute);
}

static int run_set_override(struct execution *execution, const struct step *step, char **ret_cause)
{
	_cleanup_close_ int fd = open_device(execution, step);
	_cleanup_free_ char *text = NULL, *now = NULL;
	int r;

	if (fd < 0)
		return fd;
	/* the empty line clears it; a write of no bytes never reaches the driver core */
	text = str_printf("%s\n", str_or(step->value, ""));
	if (!text)
		return -ENOMEM;
	r = sysfs_write(fd, "driver_override", text);
	if (r < 0)
		return r;
	r = sysfs_read(fd, "driver_override", &now);
	if (r < 0)
		return r;
	if (str_eq(now, step->value) || (!step->value && (str_empty(now) || str_eq(now, "(null)"))))
		return 0;
	return fail(-EIO, ret_cause, str_printf("driver_override reads back as \"%s\"", now));
}

static int run_unbind(struct execution *execution, const struct step *step, char **ret_cause)
{
	_cleanup_free_ char *path = driver_path(step, "unbind"), *now = NULL;
	int r, unbind;

	if (!path)
		return -ENOMEM;
	unbind = sysfs_write(execution->root->fd, path, step->address);
	r = read_driver(execution, step, &now);
	if (r < 0)
		return r;
	if (!now)
		return 0; /* also when somebody else was faster */
	if (unbind == -ENOENT || unbind == -EACCES)
		return fail(unbind, ret_cause,
			    str_printf("the driver %s does not let its devices go", step->value));
	if (unbind < 0)
		return unbind;
	return fail(-EBUSY, ret_cause, str_printf("it is still bound to %s", now));
}

/* True if the driver is registered on the bus, whether it is a module or not. */
static bool driver_exists(const struct execution *execution, const char *bus, const char *driver)
{
	_cleanup_free_ char *path = str_printf("sys/bus/%s/drivers/%s", bus, driver);

	return path && faccessat(execution->root->fd, path, F_OK, 0) == 0;
}

static int modprobe(const char *module)
{
	char *const argv[] = { (char[]){ "modprobe" }, (char[]){ "-q" }, (char[]){ "--" },
			       (char *)module, NULL };
	char *const envp[] = { (char[]){ "PATH=/usr/sbin:/usr/bin:/sbin:/bin" }, NULL };
	static const char *const places[] = { "/usr/sbin/modprobe", "/sbin/modprobe" };
	int status, r = ENOENT;
	pid_t pid;

	for (size_t i = 0; i < ARRAY_SIZE(places) && r == ENOENT; i++)
		r = posix_spawn(&pid, places[i], NULL, NULL, argv, envp);
	if (r != 0)
		return -r;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -ENOENT;
}

static int run_load_module(struct execution *execution, const struct step *step, char **ret_cause)
{
	static const char *const buses[] = { "pci", "platform", "mdev", "fsl-mc", "cdx" };
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(buses); i++)
		if (driver_exists(execution, buses[i], step->value))
			return 0;
	r = modprobe(step->value);
	if (r < 0)
		return fail(r, ret_cause,
			    str_printf("modprobe %s failed, the module may be missing for this kernel",
				       step->value));
	return 0;
}

/*
 * Through the driver's own "bind" and not the bus's drivers_probe: that one answers success whatever happens,
 * this one tells the errno of the driver's probe.
 */
static int bind_to(struct execution *execution, const struct step *step, char **ret_cause)
{
	_cleanup_free_ char *path = driver_path(step, "bind"), *now = NULL;
	int r, bound;

	if (!path)
		return -ENOMEM;
	bound = sysfs_write(execution->root->fd, path, step->address);
	r = read_driver(execution, step, &now);
	if (r < 0)
		return r;
	if (str_eq(now, step->value))
		return 0;
	if (bound == -ENOENT)
		return fail(bound, ret_cause,
			    str_printf("there is no driver %s on the %s bus", step->value, step->bus));
	if (now)
		return fail(bound < 0 ? bound : -EBUSY, ret_cause,
			    str_printf("%s has it now", now));
	return fail(bound < 0 ? bound : -ENODEV, ret_cause,
		    str_printf("the driver %s refused it, the kernel log may say why", step->value));
}

/* The host driver's module may have been unloaded meanwhile. */
static void load_host_driver(const struct execution *execution, const struct step *step)
{
	_cleanup_close_ int fd = -EBADF;
	_cleanup_free_ char *alias = NULL;

	if (driver_exists(execution, step->bus, step->value))
		return;
	(void)modprobe(step->value);
	fd = open_device(execution, step);
	if (driver_exists(execution, step->bus, step->value) || fd < 0)
		return;
	/* a module need not be called as its driver is */
	if (sysfs_read(fd, "modalias", &alias) >= 0)
		(void)modprobe(alias);
}

static int run_rebind(struct execution *execution, const struct step *step, char **ret_cause)
{
	_cleanup_free_ char *now = NULL;
	int r;

	load_host_driver(execution, step);
	r = read_driver(execution, step, &now);
	if (r < 0)
		return r;
	if (str_eq(now, step->value)) /* loading the module was enough */
		return 0;
	return bind_to(execution, step, ret_cause);
}

/* --- virtual functions ------------------------------------------------------------------------- */

static int run_set_autoprobe(struct execution *execution, const struct step *step, char **ret_cause)
{
	_cleanup_close_ int fd = open_device(execution, step);
	_cleanup_free_ char *now = NULL;
	int r;

	if (fd < 0)
		return fd;
	r = sysfs_write(fd, "sriov_drivers_autoprobe", step->value);
	if (r >= 0)
		r = sysfs_read(fd, "sriov_drivers_autoprobe", &now);
	if (r < 0 || str_eq(now, step->value))
		return r;
	return fail(-EIO, ret_cause, str_printf("sriov_drivers_autoprobe reads back as \"%s\"", now));
}

/* By their links: sriov_numvfs tells what was asked for, and reading it may sleep as long as writing. */
static unsigned count_vfs(int dir_fd)
{
	unsigned n = 0;
	char link[32];

	for (;; n++) {
		snprintf(link, sizeof(link), "virtfn%u", n);
		if (faccessat(dir_fd, link, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			return n;
	}
}

static int run_set_vfs(struct execution *execution, const struct step *step, char **ret_cause)
{
	_cleanup_close_ int fd = open_device(execution, step);
	unsigned wanted, now;
	int r;

	if (fd < 0)
		return fd;
	r = parse_uint(step->value, &wanted);
	if (r >= 0)
		r = sysfs_write(fd, "sriov_numvfs", step->value);
	if (r < 0)
		return r;
	now = count_vfs(fd);
	return now == wanted ? 0 : fail(-EIO, ret_cause, str_printf("it has %u afterwards", now));
}

/* --- VFIO descriptors -------------------------------------------------------------------------- */

static struct held_group *find_held(struct execution *execution, int id)
{
	VEC_FOREACH(struct held_group, held, &execution->held)
		if (held->id == id)
			return held;
	return NULL;
}

static void drop_held(struct execution *execution, struct held_group *held)
{
	vec_remove(&execution->held, held);
	held_free(held);
}

/*
 * Opens /dev/vfio/N and keeps it. The kernel lets only one open file of a group live, and a device's
 * descriptor holds the group's: success proves that nobody has either. -ENOENT: no VFIO driver, no node.
 */
static int hold_group(struct execution *execution, int id, char **ret_cause, struct held_group **ret)
{
	_cleanup_free_ char *path = str_printf("/dev/vfio/%d", id);
	_cleanup_close_ int fd = -EBADF;
	struct held_group *held;

	if (!path)
		return -ENOMEM;
	fd = openat(execution->root->fd, path + 1, O_RDWR | O_CLOEXEC);
	if (fd < 0 && errno == EBUSY) {
		_cleanup_free_ char *who = openers_describe(path);

		return fail(-EBUSY, ret_cause,
			    str_printf("IOMMU group %d is held by %s", id,
				       str_or(who, "a process that holds one of its devices")));
	}
	if (fd < 0)
		return -errno;
	held = calloc(1, sizeof(*held));
	if (!held || vec_add(&execution->held, held) < 0) {
		free(held);
		return -ENOMEM;
	}
	held->id = id;
	held->fd = TAKE_FD(fd);
	*ret = held;
	return 0;
}

static int run_prove_closed(struct execution *execution, const struct step *step, char **ret_cause)
{
	struct held_group *held;
	int r;

	if (find_held(execution, step->iommu_group))
		return 0;
	r = hold_group(execution, step->iommu_group, ret_cause, &held);
	return r == -ENOENT || r == -ENODEV || r == -ENXIO ? 0 : r;
}

/* The members that keep the group from being viable, with their drivers. */
static char *describe_foreign_drivers(const struct execution *execution, int id)
{
	_cleanup_free_ char *path = str_printf("sys/kernel/iommu_groups/%d/devices", id);
	_cleanup_strv_ char **words = NULL;
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *entry;
	int fd = path ? sysroot_dir(execution->root, path) : -ENOMEM;

	dir = fd < 0 ? NULL : fdopendir(fd);
	while (dir && (entry = readdir(dir))) {
		_cleanup_free_ char *link = str_printf("%s/driver", entry->d_name);
		_cleanup_free_ char *driver = NULL, *word = NULL;

		if (!link || sysfs_read_link(dirfd(dir), link, &driver) < 0 ||
		    str_starts(driver, "vfio"))
			continue;
		word = str_printf("%s on %s", entry->d_name, driver);
		if (!word || strv_add(&words, word) < 0)
			return NULL;
	}
	return strv_join(words, ", ");
}

/* Opens the group and has the kernel confirm that no host driver is left in it. */
static int open_viable(struct execution *execution, int id, char **ret_cause, struct held_group **ret)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	struct held_group *held = find_held(execution, id);
	int r;

	/* a group whose last device was unbound and bound again has a new node, and the old file is dead */
	if (held && ioctl(held->fd, VFIO_GROUP_GET_STATUS, &status) < 0) {
		drop_held(execution, held);
		held = NULL;
	}
	if (!held) {
		r = hold_group(execution, id, ret_cause, &held);
		if (r < 0)
			return r;
		if (ioctl(held->fd, VFIO_GROUP_GET_STATUS, &status) < 0)
			return -errno;
	}
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE)) {
		_cleanup_free_ char *who = describe_foreign_drivers(execution, id);

		return fail(-EPERM, ret_cause,
			    str_printf("IOMMU group %d is not viable: %s", id, str_or(who, "?")));
	}
	*ret = held;
	return 0;
}

static int run_open_group(struct execution *execution, const struct step *step, char **ret_cause)
{
	struct held_group *held;
	char name[16];
	int r = open_viable(execution, step->iommu_group, ret_cause, &held);

	if (r < 0)
		return r;
	snprintf(name, sizeof(name), "%d", step->iommu_group);
	execution->give("vfio-group", name, held->fd, execution->userdata);
	return 0;
}

static int run_open_container(struct execution *execution, const struct step *step, char **ret_cause)
{
	_cleanup_close_ int fd = openat(execution->root->fd, "dev/vfio/vfio", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	execution->give("vfio-container", "", fd, execution->userdata);
	return 0;
}

static int run_grant(struct execution *execution, const struct step *step, char **ret_cause)
{
	_cleanup_free_ char *path = str_printf("/dev/vfio/%d", step->iommu_group);
	struct held_group *held;
	int r = open_viable(execution, step->iommu_group, ret_cause, &held);

	if (r < 0)
		return r;
	/* whoever opens the node by path needs it closed: there is one open file a group */
	drop_held(execution, held);
	if (!path)
		return -ENOMEM;
	return step->uid == 0 ? 0 : nodeacl_grant(path, step->uid);
}

static int run_revoke(struct execution *execution, const struct step *step, char **ret_cause)
{
	_cleanup_free_ char *path = str_printf("/dev/vfio/%d", step->iommu_group);
	int r;

	if (!path)
		return -ENOMEM;
	r = step->uid == 0 ? 0 : nodeacl_revoke(path, step->uid);
	return r == -ENOENT ? 0 : r;
}

/* --- the table --------------------------------------------------------------------------------- */

typedef int (*step_fn)(struct execution *execution, const struct step *step, char **ret_cause);

static const step_fn step_table[STEP_KIND_COUNT] = {
	[STEP_LOAD_MODULE] = run_load_module,
	[STEP_PROVE_CLOSED] = run_prove_closed,
	[STEP_SET_OVERRIDE] = run_set_override,
	[STEP_UNBIND] = run_unbind,
	[STEP_BIND] = bind_to,
	[STEP_REBIND] = run_rebind,
	[STEP_OPEN_GROUP] = run_open_group,
	[STEP_OPEN_CONTAINER] = run_open_container,
	[STEP_GRANT] = run_grant,
	[STEP_REVOKE] = run_revoke,
	[STEP_SET_AUTOPROBE] = run_set_autoprobe,
	[STEP_SET_VFS] = run_set_vfs,
};

static bool is_gone(const struct execution *execution, const struct step *step)
{
	_cleanup_close_ int fd = open_device(execution, step);

	return fd == -ENOENT;
}

int execution_run(struct execution *execution, const struct step *step, char **ret_cause)
{
	int r;

	*ret_cause = NULL;
	r = step_table[step->kind](execution, step, ret_cause);
	if (r < 0 && execution->undoing && step->device && is_gone(execution, step)) {
		free(*ret_cause);
		*ret_cause = NULL;
		return 0;
	}
	return r;
}
