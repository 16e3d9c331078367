/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Chooses one method of reset_method for a reset, and restores the list.
 *
 * The kernel examines each method of a list that is written. It refuses the whole list if one of
 * them does not work at present (reset_method_store() of Linux 6.1 to 7.2). It does not examine its
 * own list again, so it may refuse what it shows. An example is the first function of a device: the
 * kernel lists "bus" while this function is the only one on its bus. As soon as it has found the
 * other functions, it refuses "bus" (pci_parent_bus_reset()).
 */

#include <errno.h>

#include "base/str.h"
#include "base/strv.h"
#include "sys/step/step-runner.h"

/* Returns 0 if @methods are in force now. Otherwise reset_method is unchanged. */
static int step_reset_methods_write(int dir_fd, const char *methods)
{
	int r = sysfs_write(dir_fd, "reset_method", methods);

	if (r >= 0 || r == -EINVAL) /* the kernel's own refusal stays */
		return r;
	return sysfs_write(dir_fd, "reset_method", methods);
}

/*
 * Tells whether @method is the only one of the list that the kernel accepts. If another one is
 * accepted, that one alone is in force afterwards.
 */
static bool step_reset_methods_is_only(int dir_fd, char *const *list, const char *method)
{
	STRV_FOREACH(other, list)
		if (!str_eq(*other, method) && step_reset_methods_write(dir_fd, *other) >= 0)
			return false;
	return strv_contains(list, method);
}

int step_reset_methods_choose(int dir_fd, const char *method, char **ret_restore)
{
	_cleanup_strv_ char **list = NULL;
	_cleanup_free_ char *methods = NULL;
	int r;

	r = sysfs_read(dir_fd, "reset_method", &methods);
	if (r < 0)
		return r;
	if (str_eq(methods, method))
		return 0;
	r = strv_split(methods, " ", &list);
	if (r < 0)
		return r;
	/*
	 * A list that cannot be restored stays if the kernel would use no other method of it. This
	 * write changes nothing: it is the list that is in force.
	 */
	if (step_reset_methods_write(dir_fd, methods) == -EINVAL &&
	    step_reset_methods_is_only(dir_fd, list, method))
		return 0;
	*ret_restore = TAKE_PTR(methods);
	return sysfs_write(dir_fd, "reset_method", method);
}

/* Joins the methods that the kernel accepts one by one. *ret is NULL if there is none. */
static int step_reset_methods_find_accepted(int dir_fd, const char *methods, char **ret)
{
	_cleanup_strv_ char **list = NULL, **accepted = NULL;
	int r = strv_split(methods, " ", &list);

	*ret = NULL;
	if (r < 0)
		return r;
	STRV_FOREACH(method, list) {
		if (step_reset_methods_write(dir_fd, *method) < 0)
			continue;
		r = strv_add(&accepted, *method);
		if (r < 0)
			return r;
	}
	if (!accepted)
		return 0;
	*ret = strv_join(accepted, " ");
	return *ret ? 0 : -ENOMEM;
}

int step_reset_methods_restore(int dir_fd, const char *methods)
{
	_cleanup_free_ char *accepted = NULL;
	int r;

	if (step_reset_methods_write(dir_fd, methods) >= 0)
		return 0;
	r = step_reset_methods_find_accepted(dir_fd, methods, &accepted);
	if (r < 0)
		return r;
	if (accepted && step_reset_methods_write(dir_fd, accepted) >= 0)
		return 0;
	/* none of them works any more: take what the device offers now */
	return step_reset_methods_write(dir_fd, "default");
}
