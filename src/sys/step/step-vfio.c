/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* VFIO's groups: who has them, their descriptors, and who may open the nodes by path. */

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/str.h"
#include "sys/fault.h"
#include "sys/probe/iommufd-info.h"
#include "sys/probe/vfio-info.h"
#include "sys/step/node-acl.h"
#include "sys/step/step-private.h"
#include "sys/usage/open-files.h"
#include "sys/vfio-node.h"

/* --- holding and proving ----------------------------------------------------------------------- */

void *execution_held_free(void *data)
{
	struct held_group *held = data;

	fd_close(held->fd);
	free(held);
	return NULL;
}

struct held_group *execution_find_held(struct execution *execution, int id)
{
	VEC_FOREACH(struct held_group, held, &execution->held)
		if (held->id == id)
			return held;
	return NULL;
}

void execution_drop_held(struct execution *execution, struct held_group *held)
{
	vec_remove(&execution->held, held);
	execution_held_free(held);
}

/* Who has the group's node open, or that of one of its devices; NULL if nobody is found. */
static char *describe_openers(const struct execution *execution, int id)
{
	_cleanup_free_ char *group = str_printf("/dev/vfio/%d", id);
	_cleanup_strv_ char **nodes = NULL;

	if (!group || vfionode_of_members(execution->root, id, &nodes) < 0 || strv_add(&nodes, group) < 0)
		return NULL;
	return openers_describe(nodes);
}

/* Who has one of its devices open; the group's node is not needed for that any more. */
static char *describe_holders(const struct execution *execution, int id)
{
	_cleanup_free_ char *path = str_printf("sys/kernel/iommu_groups/%d/devices", id);
	_cleanup_close_ int members = path ? sysroot_dir(execution->root, path) : -ENOMEM;

	return members < 0 ? NULL : openers_of_members(members);
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
	fd = sysroot_node(execution->root, path + 1);
	if (fd == -EBUSY) {
		_cleanup_free_ char *who = describe_openers(execution, id);

		if (!who)
			who = describe_holders(execution, id);
		return fail(-EBUSY, ret_cause,
			    str_printf("IOMMU group %d is held by %s", id,
				       str_or(who, "a process that holds one of its devices")));
	}
	if (fd < 0)
		return fd;
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

int execution_prove_closed(struct execution *execution, const struct step *step, char **ret_cause)
{
	_cleanup_free_ char *who = NULL;
	struct held_group *held;
	int r = 0;

	if (!execution_find_held(execution, step->iommu_group))
		r = hold_group(execution, step->iommu_group, ret_cause, &held);
	if (r < 0 && r != -ENOENT && r != -ENODEV && r != -ENXIO)
		return r;
	/*
	 * Whoever uses a device by its own node keeps the group's busy too, but only from BIND_IOMMUFD on: before
	 * that an open file still makes unbind wait for ever, and only a look into the processes shows it.
	 */
	who = describe_openers(execution, step->iommu_group);
	if (!who)
		return 0;
	return fail(-EBUSY, ret_cause,
		    str_printf("a device of IOMMU group %d is held by %s", step->iommu_group, who));
}

static int read_status(const struct held_group *held, struct vfio_group_status *ret)
{
	return fault_ioctl(held->fd, VFIO_GROUP_GET_STATUS, "VFIO_GROUP_GET_STATUS", ret);
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

/* A kernel without CONFIG_VFIO_GROUP: devices have nodes, their group has none. */
static bool without_groups(const struct execution *execution, int id)
{
	_cleanup_strv_ char **nodes = NULL;

	return vfionode_of_members(execution->root, id, &nodes) >= 0 && nodes;
}

/* --- what the kernel says of a group, for the daemon --------------------------------------------- */

struct learning {
	struct execution *execution;
	const char *about; /* the number of an IOMMU group, or the key of a device */
};

static void tell_learnt(const char *line, void *userdata)
{
	const struct learning *learning = userdata;
	_cleanup_free_ char *text = str_printf("%s %s", learning->about, line);

	if (text)
		learning->execution->give(EXECUTION_LEARNT, text, -EBADF,
					  learning->execution->userdata);
}

/* What is not known without it stays so where it fails: the claimer gets the device all the same. */
void execution_learn_device(struct execution *execution, const struct step *step, const char *path)
{
	char id[16];
	struct learning of_group = { execution, id }, of_device = { execution, step->device };
	const struct vfioinfo_asker group = { tell_learnt, &of_group }, device = { tell_learnt, &of_device };

	snprintf(id, sizeof(id), "%d", step->iommu_group);
	if (iommufdinfo_device(execution->root, path, &group, &device) < 0)
		return;
	tell_learnt("", &of_group);
	tell_learnt("", &of_device);
}

/* Once for each group: a claim of the newer interface opens it for each of its devices. False: its file is spoilt by it. */
static bool learn(struct execution *execution, const struct held_group *held)
{
	char id[16];
	struct learning learning = { execution, id };
	const struct vfioinfo_asker asker = { tell_learnt, &learning };
	bool whole;

	if (execution->has_learnt && execution->learnt_group == held->id)
		return true;
	execution->has_learnt = true;
	execution->learnt_group = held->id;
	snprintf(id, sizeof(id), "%d", held->id);
	whole = vfioinfo_group(execution->root, held->fd, &asker);
	tell_learnt("", &learning);
	return whole;
}

int execution_open_viable(struct execution *execution, int id, char **ret_cause,
			  struct held_group **ret)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	struct held_group *held = execution_find_held(execution, id);
	int r;

	/* a group whose last device was unbound and bound again has a new node, and the old file is dead */
	if (held && read_status(held, &status) < 0) {
		execution_drop_held(execution, held);
		held = NULL;
	}
	if (!held) {
		r = hold_group(execution, id, ret_cause, &held);
		if (r == -ENOENT && without_groups(execution, id)) {
			*ret = NULL;
			return 0;
		}
		if (r < 0)
			return r;
		r = read_status(held, &status);
		if (r < 0)
			return r;
	}
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE)) {
		_cleanup_free_ char *who = describe_foreign_drivers(execution, id);

		return fail(-EPERM, ret_cause,
			    str_printf("IOMMU group %d is not viable: %s", id, str_or(who, "?")));
	}
	if (!learn(execution, held)) {
		execution_drop_held(execution, held);
		return execution_open_viable(execution, id, ret_cause, ret);
	}
	*ret = held;
	return 0;
}

int execution_open_group(struct execution *execution, const struct step *step, char **ret_cause)
{
	struct held_group *held;
	char name[16];
	int r = execution_open_viable(execution, step->iommu_group, ret_cause, &held);

	if (r < 0)
		return r;
	snprintf(name, sizeof(name), "%d", step->iommu_group);
	execution->give("vfio-group", name, held->fd, execution->userdata);
	return 0;
}

int execution_open_container(struct execution *execution, const struct step *step, char **ret_cause)
{
	_cleanup_close_ int fd = sysroot_node(execution->root, "dev/vfio/vfio");

	if (fd < 0)
		return fd;
	execution->give("vfio-container", "", fd, execution->userdata);
	return 0;
}

/* --- nodes, by path ---------------------------------------------------------------------------- */

/* What a step is about: a named node, a device's, or a group's. NULL in *ret where it is not there. */
static int node_of(const struct execution *execution, const struct step *step, char **ret)
{
	if (step->device)
		return vfionode_of_device(execution->root, step->bus, step->address, ret);
	*ret = step->value ? strdup(step->value) : str_printf("/dev/vfio/%d", step->iommu_group);
	return *ret ? 0 : -ENOMEM;
}

int execution_grant(struct execution *execution, const struct step *step, char **ret_cause)
{
	_cleanup_free_ char *path = NULL;
	struct held_group *held = NULL;
	int r = 0;

	if (!step->value)
		r = execution_open_viable(execution, step->iommu_group, ret_cause, &held);
	/* whoever opens the node by path needs it closed: there is one open file a group */
	if (held)
		execution_drop_held(execution, held);
	if (r >= 0)
		r = node_of(execution, step, &path);
	if (r < 0)
		return r;
	if (!path)
		return fail(-ENOENT, ret_cause, strdup("VFIO made no node for it below /dev/vfio/devices"));
	return step->uid == 0 ? 0 : nodeacl_grant(path, step->uid);
}

int execution_revoke(struct execution *execution, const struct step *step, char **ret_cause)
{
	_cleanup_free_ char *path = NULL;
	int r = node_of(execution, step, &path);

	if (r >= 0 && path && step->uid != 0)
		r = nodeacl_revoke(path, step->uid);
	return r == -ENOENT ? 0 : r;
}
