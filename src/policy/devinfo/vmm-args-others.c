/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The options of Cloud Hypervisor and crosvm. */

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "model/device-bus.h"
#include "policy/devinfo/quirks.h"
#include "policy/devinfo/vmm-args-private.h"

/* What those two have no words for. */
static int vmm_args_others_note_hints(struct vmm_args_build *make, const char *vmm)
{
	int r = 0;

	VEC_FOREACH(const struct vmm_args_device, device, &make->args->devices) {
		if (!device->hints)
			continue;
		VEC_FOREACH(const struct quirk_hint, hint, device->hints)
			if (r >= 0)
				r = vmm_args_text_add_note(
					make,
					str_printf("%s: %s has no way to say %s=%s, "
						   "which this model is better "
						   "given.",
						   device->key, vmm, hint->name, hint->value));
	}
	return r;
}

/* --- Cloud Hypervisor --- */

/* One iommufd for the whole machine: any serves devices of every group. */
static int vmm_args_others_add_platform(struct vmm_args_build *make)
{
	const struct vmm_args_device *first = make->args->devices.items[0];
	int r = vmm_args_text_add_word(make, strdup("--platform"));
	return r < 0 ? r :
		       vmm_args_text_add_word(make, first->iommufd < 0 ?
							    strdup("iommufd=on") :
							    str_printf("iommufd=on,iommufd_fd=%d",
								       first->iommufd));
}

static char *vmm_args_others_path_or_fd(const struct vmm_args_device *device)
{
	_cleanup_free_ char *path = NULL;

	if (device->fd >= 0)
		return str_printf("fd=%d", device->fd);
	path = device_bus_path_of_key(device->key);
	return path ? str_printf("path=%s/", path) : NULL;
}

int vmm_args_others_cloud_hypervisor(struct vmm_args_build *make)
{
	const struct vec *devices = &make->args->devices;
	bool iommufd = make->args->iommufd, is_first = true;
	int r = 0;

	VEC_FOREACH(const struct vmm_args_device, device, devices)
		iommufd = iommufd || device->fd >= 0;
	if (iommufd && devices->n > 0)
		r = vmm_args_others_add_platform(make);
	VEC_FOREACH(const struct vmm_args_device, device, devices) {
		if (r >= 0 && is_first)
			r = vmm_args_text_add_word(make, strdup("--device"));
		is_first = false;
		if (r >= 0)
			r = vmm_args_text_add_word(make, vmm_args_others_path_or_fd(device));
	}
	if (r >= 0 && iommufd && devices->n > 1)
		r = vmm_args_text_add_note(make,
					   strdup("On kernels before 6.19 Cloud Hypervisor needs "
						  "vfio_p2p_dma=off in --platform with "
						  "iommufd."));
	return r < 0 ? r : vmm_args_others_note_hints(make, "cloud-hypervisor");
}

/* --- crosvm --- */

static char *vmm_args_others_address(const struct vmm_args_place *place)
{
	return place->slot < 0 ? strdup("") :
				 str_printf(",guest-address=00:%02x.%u", (unsigned)place->slot,
					    place->function);
}

int vmm_args_others_crosvm(struct vmm_args_build *make)
{
	const struct vec *devices = &make->args->devices;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < devices->n; i++) {
		const struct vmm_args_device *device = devices->items[i];
		_cleanup_free_ char *where = vmm_args_others_address(&make->places[i]),
				    *path = device_bus_path_of_key(device->key);

		if (device->fd >= 0)
			return vmm_args_text_refuse(
				make,
				strdup("crosvm takes no descriptors of devices. Claim by path "
				       "(access=node), and it opens /dev/vfio itself."));
		r = where && path ? vmm_args_text_add_word(make, strdup("--vfio")) : -ENOMEM;
		if (r >= 0)
			r = vmm_args_text_add_word(make, str_printf("%s%s", path, where));
	}
	if (r >= 0 && make->args->iommufd)
		r = vmm_args_text_note_group(make, "crosvm");
	return r < 0 ? r : vmm_args_others_note_hints(make, "crosvm");
}
