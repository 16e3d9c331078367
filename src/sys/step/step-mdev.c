/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Makes mediated devices from their parents, and removes them. */

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "model/device-bus.h"
#include "sys/fault.h"
#include "sys/step/step-runner.h"

/* Splits "mtty/mtty-2". */
static int step_mdev_split_value(const char *value, char **ret_parent, char **ret_type)
{
	const char *slash = strchr(value, '/');

	if (!slash)
		return -EINVAL;
	*ret_parent = strndup(value, (size_t)(slash - value));
	*ret_type = strdup(slash + 1);
	return *ret_parent && *ret_type ? 0 : -ENOMEM;
}

static int step_mdev_explain(int error, const char *parent, const char *type, char **ret_cause)
{
	switch (error) {
	case -ENOENT:
		return step_runner_fail(error, ret_cause,
					str_printf("%s offers no type %s", parent, type));
	case -EEXIST:
		return step_runner_fail(
			error, ret_cause,
			strdup("there is a mediated device with this UUID already"));
	case -EUSERS:
	case -ENOSPC:
		return step_runner_fail(error, ret_cause,
					str_printf("%s has room for no more of type %s", parent,
						   type));
	default:
		return error;
	}
}

static int step_mdev_check(struct step_runner *runner, const struct step *step, const char *type,
			   char **ret_cause)
{
	_cleanup_close_ int fd = step_runner_open_device(runner, step);
	_cleanup_free_ char *actual = NULL, *driver = NULL;
	int r;

	if (fd < 0)
		return fd;
	r = sysfs_read_link(fd, "mdev_type", &actual);
	if (r >= 0) /* If either link is missing, the cause is the same. */
		r = sysfs_read_link(fd, "driver", &driver);
	if (r == -ENOENT)
		return step_runner_fail(-ENODEV, ret_cause,
					strdup("it was made, but its driver refused it; the kernel "
					       "log may say why"));
	if (r < 0)
		return r;
	if (!str_eq(actual, type))
		return step_runner_fail(-EIO, ret_cause,
					str_printf("its type is %s afterwards", actual));
	return 0;
}

int step_mdev_create(struct step_runner *runner, const struct step *step, char **ret_cause)
{
	_cleanup_free_ char *parent = NULL, *type = NULL, *path = NULL;
	int r;

	r = step_mdev_split_value(step->value, &parent, &type);
	if (r < 0)
		return r;
	path = str_printf("%s/%s/mdev_supported_types/%s/create", device_bus_mdev_parent.directory,
			  parent, type);
	if (!path)
		return -ENOMEM;
	r = sysfs_write(runner->root->fd, path, step->address);
	if (r < 0)
		return step_mdev_explain(r, parent, type, ret_cause);
	return step_mdev_check(runner, step, type, ret_cause);
}

int step_mdev_set_attribute(struct step_runner *runner, const struct step *step, char **ret_cause)
{
	_cleanup_close_ int fd = step_runner_open_device(runner, step);
	_cleanup_free_ char *name = NULL;
	const char *value;
	int r;

	if (fd < 0)
		return fd;
	value = strchr(step->value, '=');
	name = value ? strndup(step->value, (size_t)(value - step->value)) : NULL;
	if (!name)
		return -ENOMEM;
	/*
	 * Nothing is read back: each driver shows an attribute in its own form. vfio_ap lists all
	 * that has been assigned to it, one by one.
	 */
	r = sysfs_write(fd, name, value + 1);
	if (r == -ENOENT)
		return step_runner_fail(r, ret_cause,
					str_printf("a device of this type has no attribute %s",
						   name));
	if (r < 0)
		return step_runner_fail(r, ret_cause,
					str_printf("its attribute %s does not take \"%s\"", name,
						   value + 1));
	return 0;
}

int step_mdev_remove(struct step_runner *runner, const struct step *step, char **ret_cause)
{
	_cleanup_close_ int fd = step_runner_open_device(runner, step), after = -EBADF;
	int r;

	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return fd;
	r = sysfs_write(fd, "remove", "1");
	after = step_runner_open_device(runner, step);
	if (after == -ENOENT)
		return 0; /* Also if another process was faster. */
	if (r < 0)
		return r;
	return step_runner_fail(-EBUSY, ret_cause, strdup("it is still there"));
}
