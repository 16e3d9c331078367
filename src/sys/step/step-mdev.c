/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Mediated devices: making them of their parent, and taking them away. */

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "model/device-bus.h"
#include "sys/fault.h"
#include "sys/step/step-private.h"

static int open_device(const struct execution *execution, const struct step *step)
{
	_cleanup_free_ char *path = devbus_place(step->bus, step->address);

	return path ? sysroot_dir(execution->root, path) : -ENOMEM;
}

/* "mtty/mtty-2" */
static int split(const char *value, char **ret_parent, char **ret_type)
{
	const char *slash = strchr(value, '/');

	if (!slash)
		return -EINVAL;
	*ret_parent = strndup(value, (size_t)(slash - value));
	*ret_type = strdup(slash + 1);
	return *ret_parent && *ret_type ? 0 : -ENOMEM;
}

static int explain(int error, const char *parent, const char *type, char **ret_cause)
{
	switch (error) {
	case -ENOENT:
		return fail(error, ret_cause, str_printf("%s offers no type %s", parent, type));
	case -EEXIST:
		return fail(error, ret_cause, strdup("there is a mediated device with this UUID already"));
	case -EUSERS:
	case -ENOSPC:
		return fail(error, ret_cause, str_printf("%s has room for no more of type %s", parent, type));
	default:
		return error;
	}
}

int execution_create_mdev(struct execution *execution, const struct step *step, char **ret_cause)
{
	_cleanup_free_ char *parent = NULL, *type = NULL, *path = NULL, *now = NULL, *driver = NULL;
	_cleanup_close_ int fd = -EBADF;
	int r = split(step->value, &parent, &type);

	if (r < 0)
		return r;
	path = str_printf("%s/%s/mdev_supported_types/%s/create", devbus_mdev_parent.directory, parent, type);
	if (!path)
		return -ENOMEM;
	r = sysfs_write(execution->root->fd, path, step->address);
	if (r < 0)
		return explain(r, parent, type, ret_cause);
	fd = open_device(execution, step);
	if (fd < 0)
		return fd;
	r = sysfs_read_link(fd, "mdev_type", &now);
	if (r >= 0)
		r = sysfs_read_link(fd, "driver", &driver);
	if (r == -ENOENT)
		return fail(-ENODEV, ret_cause, strdup("it was made, but its driver refused it; the kernel log may say why"));
	if (r < 0 || str_eq(now, type))
		return r;
	return fail(-EIO, ret_cause, str_printf("it is a %s afterwards", now));
}

int execution_set_attribute(struct execution *execution, const struct step *step, char **ret_cause)
{
	_cleanup_close_ int fd = open_device(execution, step);
	const char *value = strchr(step->value, '=');
	_cleanup_free_ char *name = value ? strndup(step->value, (size_t)(value - step->value)) : NULL;
	int r;

	if (fd < 0)
		return fd;
	if (!name)
		return -ENOMEM;
	/* what reads back is up to its driver: vfio_ap lists what has been assigned, one by one */
	r = sysfs_write(fd, name, value + 1);
	if (r == -ENOENT)
		return fail(r, ret_cause, str_printf("a device of this type has no attribute %s", name));
	return r < 0 ? fail(r, ret_cause, str_printf("its attribute %s does not take \"%s\"", name, value + 1)) : 0;
}

int execution_remove_mdev(struct execution *execution, const struct step *step, char **ret_cause)
{
	_cleanup_close_ int fd = open_device(execution, step), after = -EBADF;
	int r;

	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return fd;
	r = sysfs_write(fd, "remove", "1");
	after = open_device(execution, step);
	if (after == -ENOENT)
		return 0; /* also when somebody else was faster */
	return r < 0 ? r : fail(-EBUSY, ret_cause, strdup("it is still there"));
}
