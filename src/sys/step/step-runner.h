/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The state of a step runner, and the functions of the files that run steps. Only those files
 * include it. A step function returns as step_run() does.
 */

#include "base/vec.h"
#include "sys/step/step-run.h"

/* The node of a group, opened by a step. No other process can open it while it is held. */
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
	bool has_vfio_info; /* facts of vfio_info_group were sent */
	int vfio_info_group;
	char **reset;	      /* keys of the devices that have been reset */
	char *reset_failures; /* failed methods of the last device; NULL: no method was tried */
	int locks;	      /* the file of locks (byte-lock.h); belongs to the caller */
	bool ids_locked;      /* other workers are kept from the ids of a driver */
	/*
	 * Addresses for new_id: bound and present before the first id, bound on purpose, and those
	 * whose ids the driver knew before.
	 */
	char **bound_before, **present_before, **wanted, **foreign_ids;
};

typedef int (*step_fn)(struct step_runner *runner, const struct step *step, char **ret_cause);

/* Returns @error, and passes on @cause, which it takes over. */
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

/* --- step-vfio.c: groups, and what both interfaces need --- */
struct held_group *step_vfio_free_held(struct held_group *held);
DEFINE_CLEANUP(struct held_group *, step_vfio_free_heldp, step_vfio_free_held)
/*
 * Opens the node of the IOMMU group, and has the kernel confirm that no host driver is left in it.
 * *ret is NULL where the kernel has no such nodes (CONFIG_VFIO_GROUP); then the confirmation came
 * in another way.
 */
int step_vfio_open_viable(struct step_runner *runner, int id, char **ret_cause,
			  struct held_group **ret) _must_check_;
/*
 * Reports what the newer interface knows of the device with the node @path. No process may have the
 * node open.
 */
void step_vfio_query_device(struct step_runner *runner, const struct step *step, const char *path);
void step_vfio_drop_held(struct step_runner *runner, struct held_group *held);
/* Returns the held group with this id, or NULL. */
struct held_group *step_vfio_find_held(struct step_runner *runner, int id);
int step_vfio_prove_closed(struct step_runner *runner, const struct step *step, char **ret_cause);
int step_vfio_open_group(struct step_runner *runner, const struct step *step, char **ret_cause);
int step_vfio_open_container(struct step_runner *runner, const struct step *step, char **ret_cause);
int step_vfio_grant(struct step_runner *runner, const struct step *step, char **ret_cause);
int step_vfio_revoke(struct step_runner *runner, const struct step *step, char **ret_cause);

/*
 * step-hot-reset.c: opens a device of a held group by the name that VFIO expects.
 * step_hot_reset_close_device() closes it, and takes both descriptors. 0 or negative errno.
 */
int step_hot_reset_open_device(struct step_runner *runner, struct held_group *held,
			       const char *name, int *ret_container, int *ret_device) _must_check_;
void step_hot_reset_close_device(struct step_runner *runner, struct held_group *held, int container,
				 int device);
/* step-vf-token.c. 1: this kernel has no groups, and takes no token in another place. */
int step_vf_token_set(struct step_runner *runner, const struct step *step, char **ret_cause);

/*
 * step-companion.c: checks that a step, which unbinds or binds the device, harms no companion. 0,
 * or -EBUSY and a cause.
 */
int step_companion_check(struct step_runner *runner, const struct step *step,
			 char **ret_cause) _must_check_;

/* --- step-new-id.c: drivers without override --- */
int step_new_id_add(struct step_runner *runner, const struct step *step, char **ret_cause);
int step_new_id_remove(struct step_runner *runner, const struct step *step, char **ret_cause);
int step_new_id_unbind_others(struct step_runner *runner, const struct step *step,
			      char **ret_cause);

/* --- step-iommufd.c: the newer interface --- */
int step_iommufd_open(struct step_runner *runner, const struct step *step, char **ret_cause);
int step_iommufd_open_device(struct step_runner *runner, const struct step *step, char **ret_cause);

/* --- step-mdev.c: mediated devices --- */
int step_mdev_create(struct step_runner *runner, const struct step *step, char **ret_cause);
int step_mdev_set_attribute(struct step_runner *runner, const struct step *step, char **ret_cause);
int step_mdev_remove(struct step_runner *runner, const struct step *step, char **ret_cause);

/* --- step-reset.c: resets, and the proof of them. 1: it has been done already --- */
int step_reset(struct step_runner *runner, const struct step *step, char **ret_cause);
int step_reset_verify(struct step_runner *runner, const struct step *step, char **ret_cause);
int step_reset_set_methods(struct step_runner *runner, const struct step *step, char **ret_cause);
/*
 * step-reset-methods.c: has the kernel reset by @method alone, until the methods in *ret_restore
 * are restored. NULL there: nothing was changed. Both return 0 or negative errno.
 */
int step_reset_methods_choose(int dir_fd, const char *method, char **ret_restore) _must_check_;
/* Restores the list, or what the kernel accepts of it today. */
int step_reset_methods_restore(int dir_fd, const char *methods) _must_check_;
/* step-replug.c. 1: the device needs none. */
int step_replug(struct step_runner *runner, const struct step *step, char **ret_cause);
/*
 * step-hot-reset.c: resets the bus through VFIO. Appends the keys of all devices that it hit to
 * *ret_keys.
 */
int step_hot_reset(struct step_runner *runner, const struct step *step, char **ret_cause,
		   char ***ret_keys) _must_check_;
/* step-nvme.c: disables the controller whose directory in sysfs is @dir_fd. */
int step_nvme_disable(int dir_fd, char **ret_cause) _must_check_;
