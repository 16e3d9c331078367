/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Opens what the newer interface needs: /dev/iommu, and the node of each device. */

#include <errno.h>
#include <fcntl.h>
#include <linux/ioctl.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

#include "sys/fault.h"
#include "sys/step/step-runner.h"
#include "sys/vfio-node.h"

/* Part of the kernel's include/uapi/linux/iommufd.h, which some build systems lack. */
struct step_iommufd_option {
	uint32_t size;
	uint32_t option_id;
	uint16_t op;
	uint16_t reserved;
	uint32_t object_id;
	uint64_t value;
};
#define STEP_IOMMUFD_OPTION _IO(';', 0x87)
#define STEP_IOMMUFD_RLIMIT_MODE 0
#define STEP_IOMMUFD_OP_SET 0
#define STEP_IOMMUFD_RLIMIT_OF_PROCESS 1

/* --- descriptors --- */

/*
 * Makes pinned memory count against the limit of the holder's process, as with a VFIO container,
 * and not against all that its user has pinned. This takes CAP_SYS_RESOURCE, which the holder
 * lacks.
 */
static int step_iommufd_set_rlimit_mode(int fd)
{
	struct step_iommufd_option option = {
		.size = sizeof(option),
		.option_id = STEP_IOMMUFD_RLIMIT_MODE,
		.op = STEP_IOMMUFD_OP_SET,
		.value = STEP_IOMMUFD_RLIMIT_OF_PROCESS,
	};

	return fault_ioctl(fd, STEP_IOMMUFD_OPTION, "IOMMU_OPTION", &option);
}

int step_iommufd_open(struct step_runner *runner, const struct step *step, char **ret_cause)
{
	_cleanup_close_ int fd = sysfs_root_open_node(runner->root, "dev/iommu");
	int r;

	if (fd < 0)
		return fd;
	r = step_iommufd_set_rlimit_mode(fd);
	if (r < 0)
		return step_runner_fail(
			r, ret_cause,
			strdup("the limit of its locked memory cannot be set to that of the "
			       "process, which takes CAP_SYS_RESOURCE"));
	runner->send_fd("iommufd", "", fd, runner->userdata);
	return 0;
}

int step_iommufd_open_device(struct step_runner *runner, const struct step *step, char **ret_cause)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -EBADF;
	struct held_group *held;
	int r = step_vfio_open_viable(runner, step->iommu_group, ret_cause, &held);

	if (r < 0)
		return r;
	/* While the group's own node is open, none of its devices can be bound to an iommufd. */
	if (held)
		step_vfio_drop_held(runner, held);
	r = vfio_node_of_device(runner->root, step->bus, step->address, &path);
	if (r < 0)
		return r;
	if (!path)
		return step_runner_fail(-ENOENT, ret_cause,
					strdup("VFIO made no node for it below /dev/vfio/devices"));
	if (step->value)
		step_vfio_query_device(runner, step, path);
	fd = sysfs_root_open_node(runner->root, path + 1);
	if (fd < 0)
		return fd;
	runner->send_fd("vfio-device", step->device, fd, runner->userdata);
	return 0;
}
