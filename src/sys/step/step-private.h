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

struct execution {
	const struct sysroot *root;
	bool undoing;
	execution_give_fn give;
	void *userdata;
	struct vec held; /* struct held_group, owned */
	bool has_learnt; /* of the IOMMU group learnt_group, what vfioinfo.h tells */
	int learnt_group;
	char **reset;	 /* keys of the devices that have been reset */
	char *reset_trouble; /* what came of the ways that did not work with the last one; NULL: none was tried */
	int id_lock;	 /* keeps others from the ids of a driver; negative: not held */
	/* addresses: what the driver had before the first id, what there was, what is bound on purpose, and whose ids the driver knew */
	char **bound_before, **there_before, **wanted, **foreign_ids;
};

typedef int (*step_fn)(struct execution *execution, const struct step *step, char **ret_cause);

/* Returns @error, with @cause (taken over) to explain it. */
static inline int fail(int error, char **ret_cause, char *cause)
{
	*ret_cause = cause;
	return error;
}

/* --- execute-vfio.c: groups, and what both interfaces need --- */
void *execution_held_free(void *held);
/*
 * Opens the node of the IOMMU group and has the kernel confirm that no host driver is left in it. *ret is NULL, and
 * that was found out in another way, where the kernel has no such nodes (CONFIG_VFIO_GROUP).
 */
int execution_open_viable(struct execution *execution, int id, char **ret_cause,
			  struct held_group **ret) _must_check_;
/* Has the newer interface tell what it knows of the device with the node @path, which nobody has open. */
void execution_learn_device(struct execution *execution, const struct step *step, const char *path);
void execution_drop_held(struct execution *execution, struct held_group *held);
/* The one that is held already; NULL: it is not. */
struct held_group *execution_find_held(struct execution *execution, int id);
int execution_prove_closed(struct execution *execution, const struct step *step, char **ret_cause);
int execution_open_group(struct execution *execution, const struct step *step, char **ret_cause);
int execution_open_container(struct execution *execution, const struct step *step, char **ret_cause);
int execution_grant(struct execution *execution, const struct step *step, char **ret_cause);
int execution_revoke(struct execution *execution, const struct step *step, char **ret_cause);

/*
 * execute-hotreset.c: a device of a group that is held, by the name that VFIO is to be told. Closed again with
 * execution_close_in_group(), which takes both descriptors. 0 or negative errno.
 */
int execution_open_in_group(struct execution *execution, struct held_group *held, const char *name,
			    int *ret_container, int *ret_device) _must_check_;
void execution_close_in_group(struct execution *execution, struct held_group *held, int container,
			      int device);
/* execute-vftoken.c. 1: this kernel has no groups, and no other place to say it */
int execution_set_vf_token(struct execution *execution, const struct step *step, char **ret_cause);

/*
 * execute-companion.c: whether the step, which unbinds the device from its driver or binds it to that, does harm to others. -EBUSY
 * and a cause where it does.
 */
int execution_spare_companions(struct execution *execution, const struct step *step,
			       char **ret_cause) _must_check_;

/* --- execute-newid.c: drivers without override --- */
int execution_add_id(struct execution *execution, const struct step *step, char **ret_cause);
int execution_remove_id(struct execution *execution, const struct step *step, char **ret_cause);
int execution_spare_others(struct execution *execution, const struct step *step, char **ret_cause);

/* --- execute-iommufd.c: the newer interface --- */
int execution_open_iommufd(struct execution *execution, const struct step *step, char **ret_cause);
int execution_open_vfio_device(struct execution *execution, const struct step *step, char **ret_cause);

/* --- execute-mdev.c: mediated devices --- */
int execution_create_mdev(struct execution *execution, const struct step *step, char **ret_cause);
int execution_set_attribute(struct execution *execution, const struct step *step, char **ret_cause);
int execution_remove_mdev(struct execution *execution, const struct step *step, char **ret_cause);

/* --- execute-reset.c: resets, and the proof of them. 1: it has been done already --- */
int execution_reset(struct execution *execution, const struct step *step, char **ret_cause);
int execution_verify_reset(struct execution *execution, const struct step *step, char **ret_cause);
int execution_set_reset_methods(struct execution *execution, const struct step *step,
				char **ret_cause);
/* execute-replug.c. 1: it need not be */
int execution_replug(struct execution *execution, const struct step *step, char **ret_cause);
/* execute-hotreset.c: that of the bus, by VFIO. Appends the keys of all that it hit to *ret_keys. */
int execution_hot_reset(struct execution *execution, const struct step *step, char **ret_cause,
			char ***ret_keys) _must_check_;
/* execute-nvme.c: disables the controller. @dir_fd: of the device in sysfs. */
int execution_nvme_shutdown(int dir_fd, char **ret_cause) _must_check_;
