/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

#include "base/fileio.h"
#include "base/str.h"
#include "base/strv.h"
#include "base/utf8.h"
#include "model/device-bus.h"
#include "model/device.h"
#include "policy/plan/vfio-choice.h"
#include "sys/fault.h"
#include "sys/step/step-runner.h"

#define MAX_OVERRIDE 65536

/* The number of times that a claim unbinds a driver which another process has bound. */
#define BIND_RETRIES 3

struct step_runner *step_run_new(const struct sysfs_root *root, bool undoing, int locks,
				 step_run_fd_fn send_fd, void *userdata)
{
	struct step_runner *runner = calloc(1, sizeof(*runner));

	if (!runner)
		return NULL;
	runner->root = root;
	runner->locks = locks;
	runner->undoing = undoing;
	runner->send_fd = send_fd;
	runner->userdata = userdata;
	return runner;
}

static DEFINE_VEC_CLEAR(step_run_held_clear, struct held_group, step_vfio_free_held)

struct step_runner *step_run_free(struct step_runner *runner)
{
	if (!runner)
		return NULL;
	step_run_held_clear(&runner->held);
	strv_free(runner->reset);
	free(runner->reset_failures);
	strv_free(runner->bound_before);
	strv_free(runner->present_before);
	strv_free(runner->wanted);
	strv_free(runner->foreign_ids);
	free(runner);
	return NULL;
}

/* --- drivers --- */

/* Reads the driver of a device. *ret is NULL where none is bound. */
static int step_run_read_driver(const struct step_runner *runner, const struct step *step,
				char **ret)
{
	_cleanup_close_ int fd = step_runner_open_device(runner, step);
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

static char *step_run_driver_path(const struct step *step, const char *attribute)
{
	return str_printf("sys/bus/%s/drivers/%s/%s", step->bus, step->value, attribute);
}

static bool step_run_override_is(const char *actual, const char *wanted)
{
	if (wanted)
		return str_eq(actual, wanted);
	return str_empty(actual) || str_eq(actual, "(null)");
}

/*
 * Refuses to replace an override that could not be restored: sysfs_read() and the record keep
 * neither blanks at its end nor bytes that are no text.
 */
static int step_run_check_override(int dir_fd, char **ret_cause)
{
	_cleanup_free_ char *raw = NULL, *text = NULL;
	size_t size;
	int r;

	r = fileio_read_at(dir_fd, "driver_override", MAX_OVERRIDE, &raw, &size);
	if (r < 0)
		return r;
	if (size > 0 && raw[size - 1] == '\n')
		raw[size - 1] = '\0';
	text = strdup(raw);
	if (!text)
		return -ENOMEM;
	if (str_eq(raw, utf8_clean(str_chomp(text))))
		return 0;
	return step_runner_fail(
		-EILSEQ, ret_cause,
		str_printf("its driver_override \"%s\" has characters that could not "
			   "be restored. Clear it, or write another name",
			   text));
}

static int step_run_set_override(struct step_runner *runner, const struct step *step,
				 char **ret_cause)
{
	_cleanup_close_ int fd = step_runner_open_device(runner, step);
	_cleanup_free_ char *actual = NULL;
	int r;

	if (fd < 0)
		return fd;
	r = step_run_check_override(fd, ret_cause);
	if (r < 0)
		return r;
	/*
	 * The empty line clears it: a write of no bytes never reaches the driver core. Other values
	 * end without one, because the kernel does not accept a value that is longer than it shows.
	 */
	r = sysfs_write(fd, "driver_override", step->value ? step->value : "\n");
	if (r < 0)
		return r;
	r = sysfs_read(fd, "driver_override", &actual);
	if (r < 0)
		return r;
	if (step_run_override_is(actual, step->value))
		return 0;
	return step_runner_fail(-EIO, ret_cause,
				str_printf("driver_override reads back as \"%s\"", actual));
}

static int step_run_unbind(struct step_runner *runner, const struct step *step, char **ret_cause)
{
	_cleanup_free_ char *path = step_run_driver_path(step, "unbind"), *driver = NULL;
	int r, unbind;

	if (!path)
		return -ENOMEM;
	r = step_companion_check(runner, step, ret_cause);
	if (r < 0)
		return r;
	unbind = sysfs_write(runner->root->fd, path, step->address);
	r = step_run_read_driver(runner, step, &driver);
	if (r < 0)
		return r;
	if (!driver)
		return 0; /* Also if another process was faster. */
	if (unbind == -ENOENT || unbind == -EACCES)
		return step_runner_fail(unbind, ret_cause,
					str_printf("the driver %s does not unbind its devices",
						   step->value));
	if (unbind < 0)
		return unbind;
	return step_runner_fail(-EBUSY, ret_cause, str_printf("it is still bound to %s", driver));
}

/* Tells whether the driver is registered on the bus, as a module or built in. */
static bool step_run_driver_exists(const struct step_runner *runner, const char *bus,
				   const char *driver)
{
	_cleanup_free_ char *path = str_printf("sys/bus/%s/drivers/%s", bus, driver);

	return path && faccessat(runner->root->fd, path, F_OK, 0) == 0;
}

static int step_run_modprobe(const struct step_runner *runner, const char *module)
{
	const char *argv[8] = { "modprobe", "-q" };
	size_t n = 2;
	char *const envp[] = { (char[]){ "PATH=/usr/sbin:/usr/bin:/sbin:/bin" }, NULL };
	static const char *const places[] = { "/usr/sbin/modprobe", "/sbin/modprobe" };
	int status, r, error = ENOENT;
	pid_t pid;

	if (runner->root->path) {
		argv[n++] = "-d";
		argv[n++] = runner->root->path;
	}
	argv[n++] = "--";
	argv[n] = module;
	r = fault_point("modprobe", module);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(places) && error == ENOENT; i++)
		error = posix_spawn(&pid, places[i], NULL, NULL, (char *const *)argv, envp);
	if (error != 0)
		return -error;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return fault_after(WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -ENOENT);
}

static int step_run_load_module(struct step_runner *runner, const struct step *step,
				char **ret_cause)
{
	int r;

	DEVICE_BUS_FOREACH(bus)
		if (step_run_driver_exists(runner, bus->name, step->value))
			return 0;
	r = step_run_modprobe(runner, step->value);
	if (r < 0)
		return step_runner_fail(
			r, ret_cause,
			str_printf("modprobe %s failed; this kernel may have no such module",
				   step->value));
	return 0;
}

/*
 * Binds through the driver's own "bind", not the bus's drivers_probe. "bind" returns the errno of
 * the driver's probe; drivers_probe succeeds whatever happens.
 */
static int step_run_bind_to_driver(struct step_runner *runner, const struct step *step,
				   char **ret_cause)
{
	_cleanup_free_ char *path = step_run_driver_path(step, "bind"), *driver = NULL;
	int r, bound;

	if (!path)
		return -ENOMEM;
	bound = sysfs_write(runner->root->fd, path, step->address);
	r = step_run_read_driver(runner, step, &driver);
	if (r < 0)
		return r;
	if (str_eq(driver, step->value))
		return 0;
	/* The probe of a driver that exists may answer -ENOENT, too. */
	if (bound == -ENOENT && !step_run_driver_exists(runner, step->bus, step->value))
		return step_runner_fail(bound, ret_cause,
					str_printf("there is no driver %s on the %s bus",
						   step->value, step->bus));
	if (driver)
		return step_runner_fail(bound < 0 ? bound : -EBUSY, ret_cause,
					str_printf("it is bound to %s now", driver));
	return step_runner_fail(bound < 0 ? bound : -ENODEV, ret_cause,
				str_printf("the driver %s refused it; the kernel log may say why",
					   step->value));
}

/* Unbinds the driver that another process has bound, and binds the step's. */
static int step_run_bind_again(struct step_runner *runner, const struct step *step,
			       char *other_driver, char **ret_cause)
{
	struct step unbind = *step;
	int r;

	unbind.value = other_driver;
	free(TAKE_PTR(*ret_cause));
	r = step_run_unbind(runner, &unbind, ret_cause);
	if (r < 0)
		return r;
	return step_run_bind_to_driver(runner, step, ret_cause);
}

/*
 * Binds a device, also if it gets another driver in the middle of a claim. udev loads the driver of
 * a new virtual function late, and a driver that matched before the override was set binds after
 * it. The next attempt meets the override, so a few attempts are enough.
 */
static int step_run_bind(struct step_runner *runner, const struct step *step, char **ret_cause)
{
	int r;

	r = strv_add(&runner->wanted, step->address);
	if (r < 0)
		return r;
	r = step_run_bind_to_driver(runner, step, ret_cause);
	for (int i = 0; r == -EBUSY && i < BIND_RETRIES; i++) {
		_cleanup_free_ char *driver = NULL;

		if (step_run_read_driver(runner, step, &driver) < 0 || !driver ||
		    vfio_choice_is_vfio(driver))
			return r;
		r = step_run_bind_again(runner, step, driver, ret_cause);
	}
	return r;
}

/* Loads the module of a host driver that was unloaded after the claim. */
static void step_run_load_host_driver(const struct step_runner *runner, const struct step *step)
{
	_cleanup_close_ int fd = -EBADF;
	_cleanup_free_ char *alias = NULL;

	if (step_run_driver_exists(runner, step->bus, step->value))
		return;
	(void)step_run_modprobe(runner, step->value);
	fd = step_runner_open_device(runner, step);
	if (step_run_driver_exists(runner, step->bus, step->value) || fd < 0)
		return;
	/* The name of a module may differ from that of its driver. */
	if (sysfs_read(fd, "modalias", &alias) >= 0)
		(void)step_run_modprobe(runner, alias);
}

static int step_run_rebind(struct step_runner *runner, const struct step *step, char **ret_cause)
{
	_cleanup_free_ char *driver = NULL;
	int r;

	r = step_companion_check(runner, step, ret_cause);
	if (r < 0)
		return r;
	step_run_load_host_driver(runner, step);
	r = step_run_read_driver(runner, step, &driver);
	if (r < 0)
		return r;
	if (str_eq(driver, step->value)) /* Loading the module was enough. */
		return 0;
	if (!driver && !step_run_driver_exists(runner, step->bus, step->value))
		return step_runner_fail(
			-ENOENT, ret_cause,
			str_printf("the host driver %s is not loaded, and modprobe cannot load it; "
				   "devgroupd tries again until it can",
				   step->value));
	return step_run_bind_to_driver(runner, step, ret_cause);
}

/* --- virtual functions --- */

static int step_run_set_autoprobe(struct step_runner *runner, const struct step *step,
				  char **ret_cause)
{
	_cleanup_close_ int fd = step_runner_open_device(runner, step);
	_cleanup_free_ char *actual = NULL;
	int r;

	if (fd < 0)
		return fd;
	r = sysfs_write(fd, "sriov_drivers_autoprobe", step->value);
	if (r < 0)
		return r;
	r = sysfs_read(fd, "sriov_drivers_autoprobe", &actual);
	if (r < 0)
		return r;
	if (str_eq(actual, step->value))
		return 0;
	return step_runner_fail(-EIO, ret_cause,
				str_printf("sriov_drivers_autoprobe reads back as \"%s\"", actual));
}

/*
 * Counts virtual functions by their links. sriov_numvfs shows what was requested, and reading it
 * may sleep as long as writing it.
 */
static unsigned step_run_count_vfs(int dir_fd)
{
	unsigned n = 0;
	char link[32];

	for (;; n++) {
		snprintf(link, sizeof(link), "virtfn%u", n);
		if (faccessat(dir_fd, link, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			return n;
	}
}

static int step_run_set_parameter(const struct step_runner *runner, const char *path)
{
	_cleanup_free_ char *value = NULL;
	int r;

	r = sysfs_read(runner->root->fd, path, &value);
	if (r < 0)
		return r;
	if (str_eq(value, "Y"))
		return 0;
	return sysfs_write(runner->root->fd, path, "Y");
}

/*
 * Lets vfio-pci make and end virtual functions. The parameter stays set: only root can use it, by a
 * write to sriov_numvfs, and another claim may be about to write there.
 */
static int step_run_enable_sriov(const struct step_runner *runner, const struct step *step,
				 char **ret_cause)
{
	_cleanup_free_ char *driver = NULL;
	int r;

	r = step_run_read_driver(runner, step, &driver);
	if (r < 0)
		return r;
	if (!str_eq(driver, "vfio-pci"))
		return 0;
	r = step_run_set_parameter(runner, "sys/module/vfio_pci/parameters/enable_sriov");
	if (r < 0)
		return step_runner_fail(
			r, ret_cause,
			strdup("vfio-pci of this kernel cannot make virtual functions: its "
			       "parameter enable_sriov cannot be set"));
	return 0;
}

static int step_run_set_vfs(struct step_runner *runner, const struct step *step, char **ret_cause)
{
	_cleanup_close_ int fd = step_runner_open_device(runner, step);
	unsigned wanted, actual;
	int r;

	if (fd < 0)
		return fd;
	r = step_run_enable_sriov(runner, step, ret_cause);
	if (r < 0)
		return r;
	r = str_parse_uint(step->value, &wanted);
	if (r < 0)
		return r;
	r = sysfs_write(fd, "sriov_numvfs", step->value);
	if (r < 0)
		return r;
	actual = step_run_count_vfs(fd);
	if (actual == wanted)
		return 0;
	return step_runner_fail(-EIO, ret_cause,
				str_printf("it has %u virtual functions afterwards", actual));
}

/* --- the table --- */

static const step_fn step_run_table[STEP_KIND_COUNT] = {
	[STEP_LOAD_MODULE] = step_run_load_module,
	[STEP_PROVE_CLOSED] = step_vfio_prove_closed,
	[STEP_SET_OVERRIDE] = step_run_set_override,
	[STEP_UNBIND] = step_run_unbind,
	[STEP_ADD_ID] = step_new_id_add,
	[STEP_BIND] = step_run_bind,
	[STEP_REMOVE_ID] = step_new_id_remove,
	[STEP_UNBIND_COLLATERAL] = step_new_id_unbind_others,
	[STEP_REBIND] = step_run_rebind,
	[STEP_OPEN_GROUP] = step_vfio_open_group,
	[STEP_OPEN_CONTAINER] = step_vfio_open_container,
	[STEP_GRANT] = step_vfio_grant,
	[STEP_REVOKE] = step_vfio_revoke,
	[STEP_SET_AUTOPROBE] = step_run_set_autoprobe,
	[STEP_SET_VFS] = step_run_set_vfs,
	[STEP_CREATE_MDEV] = step_mdev_create,
	[STEP_SET_ATTRIBUTE] = step_mdev_set_attribute,
	[STEP_REMOVE_MDEV] = step_mdev_remove,
	[STEP_SET_VF_TOKEN] = step_vf_token_set,
	[STEP_RESET] = step_reset,
	[STEP_VERIFY_RESET] = step_reset_verify,
	[STEP_REPLUG] = step_replug,
	[STEP_SET_RESET_METHODS] = step_reset_set_methods,
	[STEP_OPEN_IOMMUFD] = step_iommufd_open,
	[STEP_OPEN_DEVICE] = step_iommufd_open_device,
};

static bool step_run_device_is_gone(const struct step_runner *runner, const struct step *step)
{
	_cleanup_close_ int fd = step_runner_open_device(runner, step);

	return fd == -ENOENT;
}

int step_run(struct step_runner *runner, const struct step *step, char **ret_cause)
{
	int r;

	*ret_cause = NULL;
	r = step_run_table[step->kind](runner, step, ret_cause);
	if (r >= 0 || !runner->undoing || !step->device || !step_run_device_is_gone(runner, step))
		return r;
	free(TAKE_PTR(*ret_cause));
	return 0;
}
