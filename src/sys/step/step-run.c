/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

#include "base/str.h"
#include "model/device-bus.h"
#include "model/device.h"
#include "policy/plan/vfio-driver.h"
#include "sys/fault.h"
#include "sys/step/step-private.h"

/* How often a driver is sent away that somebody else has bound in the middle of a claim. */
#define BIND_RETRIES 3

struct execution *execution_new(const struct sysroot *root, bool undoing, execution_give_fn give,
				void *userdata)
{
	struct execution *execution = calloc(1, sizeof(*execution));

	if (!execution)
		return NULL;
	execution->root = root;
	execution->id_lock = -EBADF;
	execution->undoing = undoing;
	execution->give = give;
	execution->userdata = userdata;
	return execution;
}

struct execution *execution_free(struct execution *execution)
{
	if (!execution)
		return NULL;
	vec_clear(&execution->held, execution_held_free);
	strv_free(execution->reset);
	free(execution->reset_trouble);
	fd_close(execution->id_lock);
	strv_free(execution->bound_before);
	strv_free(execution->there_before);
	strv_free(execution->wanted);
	strv_free(execution->foreign_ids);
	free(execution);
	return NULL;
}

/* --- drivers ----------------------------------------------------------------------------------- */

static int open_device(const struct execution *execution, const struct step *step)
{
	_cleanup_free_ char *path = devbus_place(step->bus, step->address);

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
	r = execution_spare_companions(execution, step, ret_cause);
	if (r < 0)
		return r;
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
	int status, r = fault_point("modprobe", module);
	pid_t pid;

	if (r < 0)
		return r;
	r = ENOENT;
	for (size_t i = 0; i < ARRAY_SIZE(places) && r == ENOENT; i++)
		r = posix_spawn(&pid, places[i], NULL, NULL, argv, envp);
	if (r != 0)
		return -r;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return fault_after(WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -ENOENT);
}

static int run_load_module(struct execution *execution, const struct step *step, char **ret_cause)
{
	int r;

	DEVBUS_FOREACH(bus)
		if (driver_exists(execution, bus->name, step->value))
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
	/* a probe may answer that, too */
	if (bound == -ENOENT && !driver_exists(execution, step->bus, step->value))
		return fail(bound, ret_cause,
			    str_printf("there is no driver %s on the %s bus", step->value, step->bus));
	if (now)
		return fail(bound < 0 ? bound : -EBUSY, ret_cause,
			    str_printf("%s has it now", now));
	return fail(bound < 0 ? bound : -ENODEV, ret_cause,
		    str_printf("the driver %s refused it, the kernel log may say why", step->value));
}

/*
 * A device that had no driver may get one in the middle of a claim: udev loads a driver for a new virtual
 * function when it gets to it, and who was looked up before the override was set binds after it. The next one
 * finds the override, so that this comes to an end.
 */
static int run_bind(struct execution *execution, const struct step *step, char **ret_cause)
{
	int r = strv_add(&execution->wanted, step->address);

	if (r >= 0)
		r = bind_to(execution, step, ret_cause);
	for (int i = 0; r == -EBUSY && i < BIND_RETRIES; i++) {
		_cleanup_free_ char *now = NULL;
		struct step unbind = *step;

		if (read_driver(execution, step, &now) < 0 || !now || driver_is_vfio(now))
			return r;
		unbind.value = now;
		free(*ret_cause);
		*ret_cause = NULL;
		r = run_unbind(execution, &unbind, ret_cause);
		if (r >= 0)
			r = bind_to(execution, step, ret_cause);
	}
	return r;
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
	int r = execution_spare_companions(execution, step, ret_cause);

	if (r < 0)
		return r;
	load_host_driver(execution, step);
	r = read_driver(execution, step, &now);
	if (r < 0)
		return r;
	if (str_eq(now, step->value)) /* loading the module was enough */
		return 0;
	if (!now && !driver_exists(execution, step->bus, step->value))
		return fail(-ENOENT, ret_cause,
			    str_printf("the host driver %s is not loaded, and modprobe cannot load it; it is tried again until it can",
				       step->value));
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

/*
 * vfio-pci makes and ends functions only where this is set. It stays so: what it permits takes a write to sriov_numvfs, which
 * is root's, and another claim may be about to do that.
 */
static int permit_vfs(const struct execution *execution, const struct step *step, char **ret_cause)
{
	static const char parameter[] = "sys/module/vfio_pci/parameters/enable_sriov";
	_cleanup_free_ char *driver = NULL, *now = NULL;
	int r = read_driver(execution, step, &driver);

	if (r < 0 || !str_eq(driver, "vfio-pci"))
		return r;
	r = sysfs_read(execution->root->fd, parameter, &now);
	if (r >= 0 && !str_eq(now, "Y"))
		r = sysfs_write(execution->root->fd, parameter, "Y");
	return r >= 0 ? 0 : fail(r, ret_cause, strdup("this kernel's vfio-pci has no virtual functions (its "
						     "parameter enable_sriov cannot be set)"));
}

static int run_set_vfs(struct execution *execution, const struct step *step, char **ret_cause)
{
	_cleanup_close_ int fd = open_device(execution, step);
	unsigned wanted, now;
	int r;

	if (fd < 0)
		return fd;
	r = permit_vfs(execution, step, ret_cause);
	if (r >= 0)
		r = parse_uint(step->value, &wanted);
	if (r >= 0)
		r = sysfs_write(fd, "sriov_numvfs", step->value);
	if (r < 0)
		return r;
	now = count_vfs(fd);
	return now == wanted ? 0 : fail(-EIO, ret_cause, str_printf("it has %u afterwards", now));
}

/* --- the table --------------------------------------------------------------------------------- */

static const step_fn step_table[STEP_KIND_COUNT] = {
	[STEP_LOAD_MODULE] = run_load_module,
	[STEP_PROVE_CLOSED] = execution_prove_closed,
	[STEP_SET_OVERRIDE] = run_set_override,
	[STEP_UNBIND] = run_unbind,
	[STEP_ADD_ID] = execution_add_id,
	[STEP_BIND] = run_bind,
	[STEP_REMOVE_ID] = execution_remove_id,
	[STEP_SPARE_OTHERS] = execution_spare_others,
	[STEP_REBIND] = run_rebind,
	[STEP_OPEN_GROUP] = execution_open_group,
	[STEP_OPEN_CONTAINER] = execution_open_container,
	[STEP_GRANT] = execution_grant,
	[STEP_REVOKE] = execution_revoke,
	[STEP_SET_AUTOPROBE] = run_set_autoprobe,
	[STEP_SET_VFS] = run_set_vfs,
	[STEP_CREATE_MDEV] = execution_create_mdev,
	[STEP_SET_ATTRIBUTE] = execution_set_attribute,
	[STEP_REMOVE_MDEV] = execution_remove_mdev,
	[STEP_SET_VF_TOKEN] = execution_set_vf_token,
	[STEP_RESET] = execution_reset,
	[STEP_VERIFY_RESET] = execution_verify_reset,
	[STEP_REPLUG] = execution_replug,
	[STEP_SET_RESET_METHODS] = execution_set_reset_methods,
	[STEP_OPEN_IOMMUFD] = execution_open_iommufd,
	[STEP_OPEN_DEVICE] = execution_open_vfio_device,
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
