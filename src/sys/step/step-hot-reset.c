/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Runs VFIO's hot reset, which resets a bus or slot with all devices on it. The kernel does so only
 * if each device is on vfio-pci and the caller holds its group. So the kernel itself keeps the
 * reset away from devices outside the claim.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "model/pciaddr.h"
#include "sys/fault.h"
#include "sys/step/step-runner.h"

#define MAX_AFFECTED 256 /* functions of one bus */

/* The structures of the kernel, with room for the arrays at their ends. */
union affected {
	char space[sizeof(struct vfio_pci_hot_reset_info) +
		   MAX_AFFECTED * sizeof(struct vfio_pci_dependent_device)];
	struct vfio_pci_hot_reset_info info;
};

union group_fds {
	char space[sizeof(struct vfio_pci_hot_reset) + MAX_AFFECTED * sizeof(int32_t)];
	struct vfio_pci_hot_reset reset;
};

static int step_hot_reset_set_iommu(int container)
{
	static const int types[] = { VFIO_TYPE1v2_IOMMU, VFIO_TYPE1_IOMMU, VFIO_SPAPR_TCE_v2_IOMMU,
				     VFIO_SPAPR_TCE_IOMMU };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		const void *type = (void *)(intptr_t)types[i];

		if (fault_ioctl(container, VFIO_CHECK_EXTENSION, "VFIO_CHECK_EXTENSION", type) > 0)
			return fault_ioctl(container, VFIO_SET_IOMMU, "VFIO_SET_IOMMU", type);
	}
	return -EOPNOTSUPP;
}

/*
 * Unsets the container of a group. If that fails, drops the group's file too: otherwise the next
 * process that opens the group could not set a container of its own.
 */
static void step_hot_reset_drop_container(struct step_runner *runner, struct held_group *held)
{
	if (fault_ioctl(held->fd, VFIO_GROUP_UNSET_CONTAINER, "VFIO_GROUP_UNSET_CONTAINER", NULL) <
	    0)
		step_vfio_drop_held(runner, held);
}

/* Returns a descriptor of the device or negative errno. The caller unsets the container. */
static int step_hot_reset_get_device(const struct held_group *held, const char *name, int container)
{
	int r;

	r = fault_ioctl(held->fd, VFIO_GROUP_SET_CONTAINER, "VFIO_GROUP_SET_CONTAINER", &container);
	if (r < 0)
		return r;
	r = step_hot_reset_set_iommu(container);
	if (r < 0)
		return r;
	return fault_ioctl(held->fd, VFIO_GROUP_GET_DEVICE_FD, "VFIO_GROUP_GET_DEVICE_FD", name);
}

/*
 * VFIO hands out a device's descriptor only for a group with an IOMMU, so the group has a container
 * until step_hot_reset_close_device().
 */
int step_hot_reset_open_device(struct step_runner *runner, struct held_group *held,
			       const char *name, int *ret_container, int *ret_device)
{
	_cleanup_close_ int container = sysfs_root_open_node(runner->root, "dev/vfio/vfio");
	int device;

	if (container < 0)
		return container;
	device = step_hot_reset_get_device(held, name, container);
	if (device < 0) {
		step_hot_reset_drop_container(runner, held);
		return device;
	}
	*ret_container = TAKE_FD(container);
	*ret_device = device;
	return 0;
}

void step_hot_reset_close_device(struct step_runner *runner, struct held_group *held, int container,
				 int device)
{
	fd_close(device);
	step_hot_reset_drop_container(runner, held);
	fd_close(container);
}

static int step_hot_reset_add_fd(union group_fds *fds, int fd)
{
	for (unsigned i = 0; i < fds->reset.count; i++)
		if (fds->reset.group_fds[i] == fd)
			return 0;
	if (fds->reset.count >= MAX_AFFECTED)
		return -E2BIG;
	fds->reset.group_fds[fds->reset.count++] = fd;
	return 0;
}

/*
 * Adds a device that the reset hits, and the file of its group. A device outside the claim fails
 * the reset.
 */
static int step_hot_reset_add_affected(struct step_runner *runner,
				       const struct vfio_pci_dependent_device *dependent,
				       union group_fds *fds, char ***keys, char **ret_cause)
{
	struct pciaddr addr = { .domain = dependent->segment,
				.bus = dependent->bus,
				.slot = dependent->devfn >> 3,
				.function = dependent->devfn & 7 };
	struct held_group *held = step_vfio_find_held(runner, (int)dependent->group_id);
	char key[PCIADDR_SIZE]; /* The address of a PCI function is its key. */
	int r;

	pciaddr_format(&addr, key);
	if (!held)
		return step_runner_fail(
			-EPERM, ret_cause,
			str_printf("it would also reset %s, which is not in the claim", key));
	r = step_vfio_open_viable(runner, held->id, ret_cause, &held);
	if (r < 0)
		return r;
	if (held) {
		r = step_hot_reset_add_fd(fds, held->fd);
		if (r < 0)
			return r;
	}
	return strv_add(keys, key);
}

static int step_hot_reset_run(struct step_runner *runner, int device, char **ret_cause,
			      char ***ret_keys)
{
	union affected affected = { 0 };
	union group_fds fds = { 0 };
	int r;

	affected.info.argsz = sizeof(affected);
	r = fault_ioctl(device, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO,
			"VFIO_DEVICE_GET_PCI_HOT_RESET_INFO", &affected);
	if (r < 0)
		return r;
	for (unsigned i = 0; i < affected.info.count; i++) {
		r = step_hot_reset_add_affected(runner, &affected.info.devices[i], &fds, ret_keys,
						ret_cause);

		if (r < 0)
			return r;
	}
	fds.reset.argsz = (uint32_t)(sizeof(fds.reset) + fds.reset.count * sizeof(int32_t));
	return fault_ioctl(device, VFIO_DEVICE_PCI_HOT_RESET, "VFIO_DEVICE_PCI_HOT_RESET", &fds);
}

int step_hot_reset(struct step_runner *runner, const struct step *step, char **ret_cause,
		   char ***ret_keys)
{
	struct held_group *held;
	int r, container, device;

	r = step_vfio_open_viable(runner, step->iommu_group, ret_cause, &held);
	if (r < 0)
		return r;
	if (!held)
		return step_runner_fail(
			-EOPNOTSUPP, ret_cause,
			strdup("this kernel has no VFIO groups (CONFIG_VFIO_GROUP)"));
	r = step_hot_reset_open_device(runner, held, step->address, &container, &device);
	if (r < 0)
		return r;
	r = step_hot_reset_run(runner, device, ret_cause, ret_keys);
	step_hot_reset_close_device(runner, held, container, device);
	return r;
}
