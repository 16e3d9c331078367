/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the files that run steps share. */

#include "base/vec.h"
#include "sys/step/step-run.h"

/* A group's node that the steps have opened: nobody else can while it is held. */
struct held_group {
	int id;
	int fd;
};

struct step_runner {
	const struct sysfs_root *root;
	bool undoing;
	step_run_fd_fn send_fd;
	void *userdata;
	struct vec held;    /* struct held_group, owned */
	bool has_vfio_info; /* of the IOMMU group vfio_info_group, what vfioinfo.h tells */
	int vfio_info_group;
	char **reset;	      /* keys of the devices that have been reset */
	char *reset_failures; /* what came of the ways that did not work with the last one; NULL:
				 none was tried */
	int id_lock;	      /* keeps others from the ids of a driver; negative: not held */
	/* addresses: what the driver had before the first id, what there was, what is bound on
	 * purpose, and whose ids the driver knew */
	char **bound_before, **present_before, **wanted, **foreign_ids;
};

typedef int (*step_fn)(struct step_runner *runner, const struct step *step, char **ret_cause);

/* Returns @error, with @cause (taken over) to explain it. */
static inline int step_runner_fail(int error, char **ret_cause, char *cause)
{
	*ret_cause = cause;
	return error;
}

/* Opens the directory of the step's device in sysfs. Returns a descriptor or negative errno. */
static inline int step_runner_open_device(const struct step_runner *runner, const struct step *step)
{
	return sysfs_open_device(runner->root, step->bus, step->address);
}

/* --- execute-vfio.c: groups, and what both interfaces need --- */
struct held_group *step_vfio_free_held(struct held_group *held);
DEFINE_CLEANUP(struct held_group *, step_vfio_free_heldp, step_vfio_free_held)
/*
 * Opens the node of the IOMMU group and has the kernel confirm that no host driver is left in it.
 * *ret is NULL, and that was found out in another way, where the kernel has no such nodes
 * (CONFIG_VFIO_GROUP).
 */
int step_vfio_open_viable(struct step_runner *runner, int id, char **ret_cause,
			  struct held_group **ret) _must_check_;
/* Has the newer interface tell what it knows of the device with the node @path, which nobody has
 * open. */
void step_vfio_query_device(struct step_runner *runner, const struct step *step, const char *path);
void step_vfio_drop_held(struct step_runner *runner, struct held_group *held);
/* The one that is held already; NULL: it is not. */
struct held_group *step_vfio_find_held(struct step_runner *runner, int id);
int step_vfio_prove_closed(struct step_runner *runner, const struct step *step, char **ret_cause);
int step_vfio_open_group(struct step_runner *runner, const struct step *step, char **ret_cause);
int step_vfio_open_container(struct step_runner *runner, const struct step *step, char **ret_cause);
int step_vfio_grant(struct step_runner *runner, const struct step *step, char **ret_cause);
int step_vfio_revoke(struct step_runner *runner, const struct step *step, char **ret_cause);

/*
 * execute-hotreset.c: a device of a group that is held, by the name that VFIO is to be told. Closed
 * again with step_hot_reset_close_device(), which takes both descriptors. 0 or negative errno.
 */
int step_hot_reset_open_device(struct step_runner *runner, struct held_group *held,
			       const char *name, int *ret_container, int *ret_device) _must_check_;
void step_hot_reset_close_device(struct step_runner *runner, struct held_group *held, int container,
				 int device);
/* execute-vftoken.c. 1: this kernel has no groups, and no other place to say it */
int step_vf_token_set(struct step_runner *runner, const struct step *step, char **ret_cause);

/*
 * execute-companion.c: whether the step, which unbinds the device from its driver or binds it to
 * that, does harm to others. -EBUSY and a cause where it does.
 */
int step_companion_check(struct step_runner *runner, const struct step *step,
			 char **ret_cause) _must_check_;

/* --- execute-newid.c: drivers without override --- */
int step_new_id_add(struct step_runner *runner, const struct step *step, char **ret_cause);
int step_new_id_remove(struct step_runner *runner, const struct step *step, char **ret_cause);
int step_new_id_unbind_others(struct step_runner *runner, const struct step *step,
			      char **ret_cause);

/* --- execute-iommufd.c: the newer interface --- */
int step_iommufd_open(struct step_runner *runner, const struct step *step, char **ret_cause);
int step_iommufd_open_device(struct step_runner *runner, const struct step *step, char **ret_cause);

/* --- execute-mdev.c: mediated devices --- */
int step_mdev_create(struct step_runner *runner, const struct step *step, char **ret_cause);
int step_mdev_set_attribute(struct step_runner *runner, const struct step *step, char **ret_cause);
int step_mdev_remove(struct step_runner *runner, const struct step *step, char **ret_cause);

/* --- execute-reset.c: resets, and the proof of them. 1: it has been done already --- */
int step_reset(struct step_runner *runner, const struct step *step, char **ret_cause);
int step_reset_verify(struct step_runner *runner, const struct step *step, char **ret_cause);
int step_reset_set_methods(struct step_runner *runner, const struct step *step, char **ret_cause);
/* execute-replug.c. 1: it need not be */
int step_replug(struct step_runner *runner, const struct step *step, char **ret_cause);
/* execute-hotreset.c: that of the bus, by VFIO. Appends the keys of all that it hit to *ret_keys.
 */
int step_hot_reset(struct step_runner *runner, const struct step *step, char **ret_cause,
		   char ***ret_keys) _must_check_;
/* execute-nvme.c: disables the controller. @dir_fd: of the device in sysfs. */
int step_nvme_disable(int dir_fd, char **ret_cause) _must_check_;
