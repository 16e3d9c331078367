/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Descriptors of the newer interface: one of /dev/iommu, and one of each device's own node. */

#include <errno.h>
#include <fcntl.h>
#include <linux/ioctl.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/str.h"
#include "sys/fault.h"
#include "sys/step/step-private.h"
#include "sys/vfio-node.h"

/*
 * Of the kernel's include/uapi/linux/iommufd.h, which is not in the headers of every system that the daemon is built on.
 */
struct iommu_option {
	uint32_t size;
	uint32_t option_id;
	uint16_t op;
	uint16_t reserved;
	uint32_t object_id;
	uint64_t value;
};
#define IOMMU_OPTION		  _IO(';', 0x87)
#define IOMMU_OPTION_RLIMIT_MODE  0
#define IOMMU_OPTION_OP_SET	  0
#define RLIMIT_MODE_OF_PROCESS	  1

/* --- descriptors ------------------------------------------------------------------------------- */

/*
 * What the holder pins counts against the limit of its process, as it does with a VFIO container, and not against all that
 * its user has pinned. Setting that takes CAP_SYS_RESOURCE, which the holder has not.
 */
static int count_by_process(int fd)
{
	struct iommu_option option = {
		.size = sizeof(option),
		.option_id = IOMMU_OPTION_RLIMIT_MODE,
		.op = IOMMU_OPTION_OP_SET,
		.value = RLIMIT_MODE_OF_PROCESS,
	};

	return fault_ioctl(fd, IOMMU_OPTION, "IOMMU_OPTION", &option);
}

int execution_open_iommufd(struct execution *execution, const struct step *step, char **ret_cause)
{
	_cleanup_close_ int fd = sysroot_node(execution->root, "dev/iommu");
	int r;

	if (fd < 0)
		return fd;
	r = count_by_process(fd);
	if (r < 0)
		return fail(r, ret_cause,
			    strdup("the way its locked memory is counted cannot be set; that takes "
				   "CAP_SYS_RESOURCE"));
	execution->give("iommufd", "", fd, execution->userdata);
	return 0;
}

int execution_open_vfio_device(struct execution *execution, const struct step *step, char **ret_cause)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -EBADF;
	struct held_group *held;
	int r = execution_open_viable(execution, step->iommu_group, ret_cause, &held);

	if (r < 0)
		return r;
	/* as long as the group's own node is open, none of its devices can be bound to an iommufd */
	if (held)
		execution_drop_held(execution, held);
	r = vfionode_of_device(execution->root, step->bus, step->address, &path);
	if (r < 0)
		return r;
	if (!path)
		return fail(-ENOENT, ret_cause, strdup("VFIO made no node for it below /dev/vfio/devices"));
	if (step->value)
		execution_learn_device(execution, step, path);
	fd = sysroot_node(execution->root, path + 1);
	if (fd < 0)
		return fd;
	execution->give("vfio-device", step->device, fd, execution->userdata);
	return 0;
}
