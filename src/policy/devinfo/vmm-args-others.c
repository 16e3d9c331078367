/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The options of Cloud Hypervisor and crosvm. */

#include <errno.h>
#include <string.h>

#include "model/device-bus.h"
#include "policy/devinfo/quirks.h"
#include "policy/devinfo/vmm-args-private.h"

/* Notes the hints of a device, which neither VMM can take. */
static int vmm_args_others_note_hints_of(struct vmm_args_build *build,
					 const struct vmm_args_device *device, const char *vmm)
{
	if (!device->hints)
		return 0;
	VEC_FOREACH(const struct quirk_hint, hint, device->hints) {
		int r = vmm_args_text_add_note(
			build, "%s: %s has no option for the hint %s=%s of this model.",
			device->key, vmm, hint->name, hint->value);

		if (r < 0)
			return r;
	}
	return 0;
}

static int vmm_args_others_note_hints(struct vmm_args_build *build, const char *vmm)
{
	VEC_FOREACH(const struct vmm_args_device, device, &build->args->devices) {
		int r = vmm_args_others_note_hints_of(build, device, vmm);

		if (r < 0)
			return r;
	}
	return 0;
}

/* --- Cloud Hypervisor --- */

/* Adds one iommufd for the whole machine; it serves devices of every group. */
static int vmm_args_others_add_platform(struct vmm_args_build *build)
{
	const struct vmm_args_device *first = build->args->devices.items[0];
	int r = vmm_args_text_add_word(build, "--platform");

	if (r < 0)
		return r;
	if (first->iommufd < 0)
		return vmm_args_text_add_word(build, "iommufd=on");
	return vmm_args_text_add_word(build, "iommufd=on,iommufd_fd=%d", first->iommufd);
}

static int vmm_args_others_add_path_or_fd(struct vmm_args_build *build,
					  const struct vmm_args_device *device)
{
	_cleanup_free_ char *path = NULL;

	if (device->fd >= 0)
		return vmm_args_text_add_word(build, "fd=%d", device->fd);
	path = device_bus_path_of_key(device->key);
	if (!path)
		return -ENOMEM;
	return vmm_args_text_add_word(build, "path=%s/", path);
}

static int vmm_args_others_add_devices(struct vmm_args_build *build)
{
	const struct vec *devices = &build->args->devices;
	int r;

	if (devices->n == 0)
		return 0;
	r = vmm_args_text_add_word(build, "--device");
	if (r < 0)
		return r;
	VEC_FOREACH(const struct vmm_args_device, device, devices) {
		r = vmm_args_others_add_path_or_fd(build, device);
		if (r < 0)
			return r;
	}
	return 0;
}

int vmm_args_others_cloud_hypervisor(struct vmm_args_build *build)
{
	const struct vec *devices = &build->args->devices;
	bool iommufd = build->args->iommufd;
	int r;

	VEC_FOREACH(const struct vmm_args_device, device, devices)
		iommufd |= device->fd >= 0;
	if (iommufd && devices->n > 0) {
		r = vmm_args_others_add_platform(build);
		if (r < 0)
			return r;
	}
	r = vmm_args_others_add_devices(build);
	if (r < 0)
		return r;
	if (iommufd && devices->n > 1) {
		r = vmm_args_text_add_note(build, "On kernels before 6.19 Cloud Hypervisor needs "
						  "vfio_p2p_dma=off in --platform with iommufd.");
		if (r < 0)
			return r;
	}
	return vmm_args_others_note_hints(build, "cloud-hypervisor");
}

/* --- crosvm --- */

static int vmm_args_others_add_vfio(struct vmm_args_build *build,
				    const struct vmm_args_device *device,
				    const struct vmm_args_place *place)
{
	_cleanup_free_ char *path = NULL;
	int r;

	if (device->fd >= 0)
		return vmm_args_text_refuse(build,
					    "crosvm takes no device descriptors. Claim by path "
					    "(access=node), so that it opens /dev/vfio itself.");
	path = device_bus_path_of_key(device->key);
	if (!path)
		return -ENOMEM;
	r = vmm_args_text_add_word(build, "--vfio");
	if (r < 0)
		return r;
	if (place->slot < 0)
		return vmm_args_text_add_word(build, "%s", path);
	return vmm_args_text_add_word(build, "%s,guest-address=00:%02x.%u", path,
				      (unsigned)place->slot, place->function);
}

int vmm_args_others_crosvm(struct vmm_args_build *build)
{
	const struct vec *devices = &build->args->devices;
	int r;

	for (size_t i = 0; i < devices->n; i++) {
		r = vmm_args_others_add_vfio(build, devices->items[i], &build->places[i]);
		if (r < 0)
			return r;
	}
	if (build->args->iommufd) {
		r = vmm_args_text_note_group(build, "crosvm");
		if (r < 0)
			return r;
	}
	return vmm_args_others_note_hints(build, "crosvm");
}
