/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Floor 3. What the files that run steps share. */

#include "execute.h"
#include "vec.h"

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
void execution_drop_held(struct execution *execution, struct held_group *held);
int execution_prove_closed(struct execution *execution, const struct step *step, char **ret_cause);
int execution_open_group(struct execution *execution, const struct step *step, char **ret_cause);
int execution_open_container(struct execution *execution, const struct step *step, char **ret_cause);
int execution_grant(struct execution *execution, const struct step *step, char **ret_cause);
int execution_revoke(struct execution *execution, const struct step *step, char **ret_cause);

/* --- execute-iommufd.c: the newer interface --- */
int execution_open_iommufd(struct execution *execution, const struct step *step, char **ret_cause);
int execution_open_vfio_device(struct execution *execution, const struct step *step, char **ret_cause);
