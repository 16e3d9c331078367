/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Writes new_id and remove_id of a PCI driver. new_id binds every free device with these ids at
 * once. So only one worker at a time changes the ids of a driver, and unbinds what it bound of
 * other devices.
 */

#include <errno.h>

#include "base/dir.h"
#include "base/str.h"
#include "base/strv.h"
#include "model/pciaddr.h"
#include "sys/fault.h"
#include "sys/state/byte-lock.h"
#include "sys/step/step-runner.h"

static char *step_new_id_driver_path(const char *driver, const char *attribute)
{
	return str_printf("sys/bus/pci/drivers/%s%s%s", driver, attribute ? "/" : "",
			  str_or(attribute, ""));
}

/* Lists the PCI functions in a directory of sysfs. */
static int step_new_id_list_functions(const struct step_runner *runner, const char *path,
				      char ***ret)
{
	_cleanup_strv_ char **functions = NULL;
	_cleanup_closedir_ DIR *dir = NULL;
	int r;

	r = sysfs_root_list(runner->root, path, &dir);
	if (r < 0)
		return r;
	DIR_FOREACH(name, dir) {
		struct pciaddr addr;

		if (pciaddr_parse(name, &addr) < 0)
			continue;
		r = strv_add(&functions, name);
		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(functions);
	return 0;
}

/*
 * Waits for other workers. The lock is on a file of the daemon: every user can open the directory
 * of a driver, and hold a lock on that.
 */
static int step_new_id_lock(struct step_runner *runner, const char *driver)
{
	/* not the name of a worker: those are names of groups, without a blank */
	_cleanup_free_ char *name = str_printf("new_id %s", driver);
	int r;

	if (!name)
		return -ENOMEM;
	r = fault_point("lock", driver);
	if (r < 0)
		return r;
	r = byte_lock_take(runner->locks, byte_lock_offset(name));
	if (r < 0)
		return r;
	runner->ids_locked = true;
	return 0;
}

/*
 * Locks the driver's ids before the first one is written, and notes which devices the driver has by
 * then: this worker did not bind those.
 */
static int step_new_id_begin(struct step_runner *runner, const char *driver)
{
	_cleanup_free_ char *path = step_new_id_driver_path(driver, NULL);
	int r;

	if (runner->ids_locked)
		return 0;
	if (!path)
		return -ENOMEM;
	r = step_new_id_lock(runner, driver);
	if (r < 0)
		return r;
	r = step_new_id_list_functions(runner, path, &runner->bound_before);
	if (r < 0)
		return r;
	return step_new_id_list_functions(runner, "sys/bus/pci/devices", &runner->present_before);
}

/* Reads "8086 10d3 8086 0000": the fewer devices the id fits, the better. */
static int step_new_id_read(const struct step_runner *runner, const struct step *step, char **ret)
{
	static const char *const names[] = { "vendor", "device", "subsystem_vendor",
					     "subsystem_device" };
	_cleanup_close_ int fd = sysfs_open_device(runner->root, "pci", step->address);
	unsigned long long ids[ARRAY_SIZE(names)];

	if (fd < 0)
		return fd;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		int r = sysfs_read_number(fd, names[i], 16, &ids[i]);

		if (r < 0)
			return r;
	}
	*ret = str_printf("%04llx %04llx %04llx %04llx", ids[0], ids[1], ids[2], ids[3]);
	return *ret ? 0 : -ENOMEM;
}

static int step_new_id_write(struct step_runner *runner, const struct step *step,
			     const char *attribute)
{
	_cleanup_free_ char *path = step_new_id_driver_path(step->value, attribute), *ids = NULL;
	int r;

	if (!path)
		return -ENOMEM;
	r = step_new_id_read(runner, step, &ids);
	if (r < 0)
		return r;
	return sysfs_write(runner->root->fd, path, ids);
}

int step_new_id_add(struct step_runner *runner, const struct step *step, char **ret_cause)
{
	int r;

	r = step_new_id_begin(runner, step->value);
	if (r >= 0) /* Both failures have the same causes below. */
		r = step_new_id_write(runner, step, "new_id");
	/* The driver has these ids from another process, which may still need them. */
	if (r == -EEXIST)
		return strv_add(&runner->foreign_ids, step->address);
	if (r != -ENOENT && r != -EACCES)
		return r;
	return step_runner_fail(
		r, ret_cause,
		str_printf("the kernel has no driver_override, and the driver %s takes no new "
			   "ids either",
			   step->value));
}

int step_new_id_remove(struct step_runner *runner, const struct step *step, char **ret_cause)
{
	int r;

	if (strv_contains(runner->foreign_ids, step->address))
		return 0;
	r = step_new_id_write(runner, step, "remove_id");
	/* -ENODEV: the driver has no such id, which is what is wanted. */
	return r == -ENODEV ? 0 : r;
}

/* Checks that no VFIO descriptor of the function's IOMMU group is open. */
static int step_new_id_prove_closed(struct step_runner *runner, int dir_fd, char **ret_cause)
{
	struct step closed = { .kind = STEP_PROVE_CLOSED };
	_cleanup_free_ char *group = NULL;
	unsigned id;

	if (sysfs_read_link(dir_fd, "iommu_group", &group) < 0 || str_parse_uint(group, &id) < 0)
		return 0;
	closed.iommu_group = (int)id;
	return step_vfio_prove_closed(runner, &closed, ret_cause);
}

/*
 * Unbinds a device that new_id bound by accident. A device that appeared only now may go to its own
 * driver.
 */
static int step_new_id_unbind_other(struct step_runner *runner, const char *address,
				    const char *driver, char **ret_cause)
{
	_cleanup_free_ char *unbind = step_new_id_driver_path(driver, "unbind");
	_cleanup_close_ int fd = -EBADF;
	int r;

	if (!unbind)
		return -ENOMEM;
	fd = sysfs_open_device(runner->root, "pci", address);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	r = step_new_id_prove_closed(runner, fd, ret_cause);
	if (r < 0)
		return r;
	r = sysfs_write(runner->root->fd, unbind, address);
	if (r < 0 && r != -ENODEV)
		return step_runner_fail(r, ret_cause,
					str_printf("%s was bound with it, and cannot be unbound",
						   address));
	if (strv_contains(runner->present_before, address))
		return 0;
	r = sysfs_write(runner->root->fd, "sys/bus/pci/drivers_probe", address);
	return r == -ENODEV ? 0 : r;
}

int step_new_id_unbind_others(struct step_runner *runner, const struct step *step, char **ret_cause)
{
	_cleanup_free_ char *path = step_new_id_driver_path(step->value, NULL);
	_cleanup_strv_ char **bound = NULL;
	int r;

	if (!path)
		return -ENOMEM;
	r = step_new_id_list_functions(runner, path, &bound);
	if (r < 0)
		return r;
	STRV_FOREACH(address, bound) {
		if (strv_contains(runner->bound_before, *address) ||
		    strv_contains(runner->wanted, *address))
			continue;
		r = step_new_id_unbind_other(runner, *address, step->value, ret_cause);
		if (r < 0)
			return r;
	}
	return 0;
}
