/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Opens the groups of VFIO, proves that no other process has them open, and permits a user to open
 * the nodes by path.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/dir.h"
#include "base/str.h"
#include "base/strv.h"
#include "sys/fault.h"
#include "sys/probe/iommufd-info.h"
#include "sys/probe/vfio-info.h"
#include "sys/step/node-acl.h"
#include "sys/step/step-runner.h"
#include "sys/usage/open-files.h"
#include "sys/vfio-node.h"

/* --- holding and proving --- */

struct held_group *step_vfio_find_held(struct step_runner *runner, int id)
{
	VEC_FOREACH(struct held_group, held, &runner->held)
		if (held->id == id)
			return held;
	return NULL;
}

struct held_group *step_vfio_free_held(struct held_group *held)
{
	if (!held)
		return NULL;
	fd_close(held->fd);
	free(held);
	return NULL;
}

void step_vfio_drop_held(struct step_runner *runner, struct held_group *held)
{
	vec_remove(&runner->held, held);
	step_vfio_free_held(held);
}

/* Names the processes that have the node of the group open. NULL: none is found. */
static char *step_vfio_describe_group_users(const struct step_runner *runner, int id)
{
	_cleanup_free_ char *group = str_printf("/dev/vfio/%d", id);
	char *paths[] = { group, NULL }, *holders;

	if (!group || open_files_describe(runner->root, paths, (uid_t)-1, &holders) < 0)
		return NULL;
	return holders;
}

/*
 * Names the processes that have one of the group's devices open: they no longer need the group's
 * node. NULL: none is found.
 */
static char *step_vfio_describe_device_users(const struct step_runner *runner, int id)
{
	_cleanup_free_ char *path = str_printf("sys/kernel/iommu_groups/%d/devices", id);
	_cleanup_close_ int members = -EBADF;
	char *holders;

	if (!path)
		return NULL;
	members = sysfs_root_open_dir(runner->root, path);
	if (members < 0 || open_files_describe_members(runner->root, members, &holders) < 0)
		return NULL;
	return holders;
}

/*
 * Finds the processes that have the own node of a member open. @holder had them last, or
 * (uid_t)-1. *ret is NULL if there are none. 0 or negative errno.
 */
static int step_vfio_find_node_users(const struct step_runner *runner, int id, uid_t holder,
				     char **ret)
{
	_cleanup_strv_ char **nodes = NULL;
	int r = vfio_node_of_members(runner->root, id, &nodes);

	*ret = NULL;
	if (r < 0 || !nodes) /* without a node there is nothing to open */
		return r == -ENOENT ? 0 : r;
	return open_files_describe(runner->root, nodes, holder, ret);
}

/* Returns -EBUSY, with the processes that hold the group as its cause. */
static int step_vfio_fail_busy(const struct step_runner *runner, int id, char **ret_cause)
{
	_cleanup_free_ char *holders = step_vfio_describe_group_users(runner, id);

	if (!holders && step_vfio_find_node_users(runner, id, (uid_t)-1, &holders) < 0)
		holders = NULL;
	if (!holders)
		holders = step_vfio_describe_device_users(runner, id);
	return step_runner_fail(-EBUSY, ret_cause,
				str_printf("IOMMU group %d is held by %s", id,
					   str_or(holders,
						  "a process that holds one of its devices")));
}

/*
 * Opens /dev/vfio/N and keeps it open. The kernel allows one open file of a group, and a device's
 * descriptor holds its group's. So success proves that no other process has either. -ENOENT: no
 * member is on a VFIO driver, so there is no node.
 */
static int step_vfio_hold_group(struct step_runner *runner, int id, char **ret_cause,
				struct held_group **ret)
{
	_cleanup_free_ char *path = str_printf("dev/vfio/%d", id);
	_cleanup_(step_vfio_free_heldp) struct held_group *held = NULL;
	_cleanup_close_ int fd = -EBADF;
	int r;

	if (!path)
		return -ENOMEM;
	fd = sysfs_root_open_node(runner->root, path);
	if (fd == -EBUSY)
		return step_vfio_fail_busy(runner, id, ret_cause);
	if (fd < 0)
		return fd;
	held = calloc(1, sizeof(*held));
	if (!held)
		return -ENOMEM;
	held->id = id;
	held->fd = TAKE_FD(fd);
	r = vec_add(&runner->held, held);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(held);
	return 0;
}

int step_vfio_prove_closed(struct step_runner *runner, const struct step *step, char **ret_cause)
{
	_cleanup_free_ char *holders = NULL;
	struct held_group *held;
	int r;

	if (!step_vfio_find_held(runner, step->iommu_group)) {
		r = step_vfio_hold_group(runner, step->iommu_group, ret_cause, &held);
		if (r < 0 && r != -ENOENT && r != -ENODEV && r != -ENXIO)
			return r;
	}
	/*
	 * A process that uses a device by the device's own node keeps the group's node busy too,
	 * but only after VFIO_DEVICE_BIND_IOMMUFD. Before that, the open file makes an unbind hang,
	 * and only a walk over the processes shows it.
	 */
	r = step_vfio_find_node_users(runner, step->iommu_group, step->uid ? step->uid : (uid_t)-1,
				      &holders);
	if (r < 0 || !holders)
		return r;
	return step_runner_fail(-EBUSY, ret_cause,
				str_printf("a device of IOMMU group %d is held by %s",
					   step->iommu_group, holders));
}

static int step_vfio_read_group_status(const struct held_group *held, struct vfio_group_status *ret)
{
	return fault_ioctl(held->fd, VFIO_GROUP_GET_STATUS, "VFIO_GROUP_GET_STATUS", ret);
}

/* Lists the members that keep the group from being viable, with their drivers. */
static char *step_vfio_foreign_drivers(const struct step_runner *runner, int id)
{
	_cleanup_free_ char *path = str_printf("sys/kernel/iommu_groups/%d/devices", id);
	_cleanup_strv_ char **words = NULL;
	_cleanup_closedir_ DIR *dir = NULL;

	if (!path || sysfs_root_list(runner->root, path, &dir) < 0)
		return NULL;
	DIR_FOREACH(address, dir) {
		_cleanup_free_ char *link = str_printf("%s/driver", address);
		_cleanup_free_ char *driver = NULL, *word = NULL;

		if (!link || sysfs_read_link(dirfd(dir), link, &driver) < 0 ||
		    str_starts(driver, "vfio"))
			continue;
		word = str_printf("%s on %s", address, driver);
		if (!word || strv_add(&words, word) < 0)
			return NULL;
	}
	return strv_join(words, ", ");
}

/*
 * Tells whether the kernel lacks CONFIG_VFIO_GROUP: then devices have nodes, and their group has
 * none.
 */
static bool step_vfio_has_no_groups(const struct step_runner *runner, int id)
{
	_cleanup_strv_ char **nodes = NULL;

	return vfio_node_of_members(runner->root, id, &nodes) >= 0 && nodes;
}

/* --- what the kernel says of a group, for the daemon --- */

struct info_target {
	struct step_runner *runner;
	const char *about; /* the number of an IOMMU group, or the key of a device */
};

static void step_vfio_send_info(const char *line, void *userdata)
{
	const struct info_target *target = userdata;
	_cleanup_free_ char *text = str_printf("%s %s", target->about, line);

	if (text)
		target->runner->send_fd(STEP_RUN_VFIO_INFO, text, -EBADF, target->runner->userdata);
}

/* Ignores a failure: the facts stay unknown, and the claimer gets the device all the same. */
void step_vfio_query_device(struct step_runner *runner, const struct step *step, const char *path)
{
	char id[16];
	struct info_target of_group = { runner, id }, of_device = { runner, step->device };
	const struct vfio_info_sink group = { step_vfio_send_info, &of_group },
				    device = { step_vfio_send_info, &of_device };

	snprintf(id, sizeof(id), "%d", step->iommu_group);
	if (iommufd_info_read(runner->root, path, &group, &device) < 0)
		return;
	step_vfio_send_info("", &of_group);
	step_vfio_send_info("", &of_device);
}

/*
 * Asks once for each group, because a claim of the newer interface opens the group for each of its
 * devices. Returns false if the file of the group cannot be used afterwards.
 */
static bool step_vfio_query_group(struct step_runner *runner, const struct held_group *held)
{
	char id[16];
	struct info_target target = { runner, id };
	const struct vfio_info_sink sink = { step_vfio_send_info, &target };
	bool whole;

	if (runner->has_vfio_info && runner->vfio_info_group == held->id)
		return true;
	runner->has_vfio_info = true;
	runner->vfio_info_group = held->id;
	snprintf(id, sizeof(id), "%d", held->id);
	whole = vfio_info_read_group(runner->root, held->fd, &sink);
	step_vfio_send_info("", &target);
	return whole;
}

/*
 * Returns the held group, or NULL. Drops a group whose file is dead: after its last device was
 * unbound and bound again, the group has a new node.
 */
static struct held_group *step_vfio_find_live(struct step_runner *runner, int id,
					      struct vfio_group_status *status)
{
	struct held_group *held = step_vfio_find_held(runner, id);

	if (!held || step_vfio_read_group_status(held, status) >= 0)
		return held;
	step_vfio_drop_held(runner, held);
	return NULL;
}

static int step_vfio_fail_not_viable(const struct step_runner *runner, int id, char **ret_cause)
{
	_cleanup_free_ char *drivers = step_vfio_foreign_drivers(runner, id);

	return step_runner_fail(-EPERM, ret_cause,
				str_printf("IOMMU group %d is not viable: %s", id,
					   str_or(drivers, "?")));
}

int step_vfio_open_viable(struct step_runner *runner, int id, char **ret_cause,
			  struct held_group **ret)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	struct held_group *held = step_vfio_find_live(runner, id, &status);
	int r;

	if (!held) {
		r = step_vfio_hold_group(runner, id, ret_cause, &held);
		if (r == -ENOENT && step_vfio_has_no_groups(runner, id)) {
			*ret = NULL;
			return 0;
		}
		if (r < 0)
			return r;
		r = step_vfio_read_group_status(held, &status);
		if (r < 0)
			return r;
	}
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		return step_vfio_fail_not_viable(runner, id, ret_cause);
	if (!step_vfio_query_group(runner, held)) {
		step_vfio_drop_held(runner, held);
		return step_vfio_open_viable(runner, id, ret_cause, ret);
	}
	*ret = held;
	return 0;
}

int step_vfio_open_group(struct step_runner *runner, const struct step *step, char **ret_cause)
{
	struct held_group *held;
	char name[16];
	int r = step_vfio_open_viable(runner, step->iommu_group, ret_cause, &held);

	if (r < 0)
		return r;
	snprintf(name, sizeof(name), "%d", step->iommu_group);
	runner->send_fd("vfio-group", name, held->fd, runner->userdata);
	return 0;
}

int step_vfio_open_container(struct step_runner *runner, const struct step *step, char **ret_cause)
{
	_cleanup_close_ int fd = sysfs_root_open_node(runner->root, "dev/vfio/vfio");

	if (fd < 0)
		return fd;
	runner->send_fd("vfio-container", "", fd, runner->userdata);
	return 0;
}

/* --- nodes, by path --- */

/*
 * Finds the node that a step is about: a named one, a device's, or a group's. *ret is NULL if it
 * does not exist.
 */
static int step_vfio_node_path(const struct step_runner *runner, const struct step *step,
			       char **ret)
{
	if (step->device)
		return vfio_node_of_device(runner->root, step->bus, step->address, ret);
	*ret = step->value ? strdup(step->value) : str_printf("/dev/vfio/%d", step->iommu_group);
	return *ret ? 0 : -ENOMEM;
}

/* Closes the group's node, so that the claimer can open it: only one open file of it can live. */
static int step_vfio_make_room(struct step_runner *runner, const struct step *step,
			       char **ret_cause)
{
	struct held_group *held;
	int r;

	r = step_vfio_open_viable(runner, step->iommu_group, ret_cause, &held);
	if (r < 0)
		return r;
	if (held)
		step_vfio_drop_held(runner, held);
	return 0;
}

int step_vfio_grant(struct step_runner *runner, const struct step *step, char **ret_cause)
{
	_cleanup_free_ char *path = NULL;
	int r;

	if (!step->value) {
		r = step_vfio_make_room(runner, step, ret_cause);
		if (r < 0)
			return r;
	}
	r = step_vfio_node_path(runner, step, &path);
	if (r < 0)
		return r;
	if (!path)
		return step_runner_fail(-ENOENT, ret_cause,
					strdup("VFIO made no node for it below /dev/vfio/devices"));
	return step->uid == 0 ? 0 : node_acl_grant(runner->root, path, step->uid);
}

int step_vfio_revoke(struct step_runner *runner, const struct step *step, char **ret_cause)
{
	_cleanup_free_ char *path = NULL;
	int r;

	r = step_vfio_node_path(runner, step, &path);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (!path || step->uid == 0)
		return 0;
	r = node_acl_revoke(runner->root, path, step->uid);
	return r == -ENOENT ? 0 : r;
}
