/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The options of QEMU. */

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "model/device-bus.h"
#include "policy/devinfo/quirks.h"
#include "policy/devinfo/vmm-args-private.h"

/* The first version with iommufd, which is also the first that takes descriptors. */
#define QEMU_IOMMUFD 9000
/*
 * The first version that passes a VF token to the kernel. With iommufd it does not, and Linux up to
 * 6.16 does not require one there.
 */
#define QEMU_VF_TOKEN 8001

static bool vmm_args_qemu_is_old(const struct vmm_args *args)
{
	return args->version && args->version < QEMU_IOMMUFD;
}

static int vmm_args_qemu_refuse_fd(struct vmm_args_build *build)
{
	unsigned version = build->args->version;

	return vmm_args_text_refuse(
		build,
		"QEMU takes descriptors from version 9.0 on, and this is %u.%u. Claim by path "
		"(access=node), so that it opens /dev/vfio itself.",
		version / 1000, version % 1000);
}

/*
 * QEMU treats the descriptor as one of a device behind the IOMMU and asks the kernel about that
 * (measured with 10.0: "Failed to get hardware info").
 */
static int vmm_args_qemu_refuse_mdev(struct vmm_args_build *build,
				     const struct vmm_args_device *device)
{
	return vmm_args_text_refuse(build,
				    "QEMU takes the mediated device %s only by its path. Claim by "
				    "path (--access=node), so that it opens /dev/vfio itself.",
				    device->key);
}

static int vmm_args_qemu_refuse_token(struct vmm_args_build *build, const char *key)
{
	unsigned version = build->args->version;

	return vmm_args_text_refuse(build,
				    "%s needs a VF token, which QEMU passes from version 8.1 on, "
				    "and this is %u.%u. Use a newer QEMU.",
				    key, version / 1000, version % 1000);
}

/* Adds one iommufd for all devices of all groups: memory mapped in two is locked twice. */
static int vmm_args_qemu_add_object(struct vmm_args_build *build)
{
	const struct vmm_args_device *first = build->args->devices.items[0];
	int r = vmm_args_text_add_word(build, "-object");

	if (r < 0)
		return r;
	if (first->iommufd < 0)
		return vmm_args_text_add_word(build, "iommufd,id=iommufd0");
	return vmm_args_text_add_word(build, "iommufd,id=iommufd0,fd=%d", first->iommufd);
}

static char *vmm_args_qemu_hints(const struct vmm_args_device *device)
{
	_cleanup_strv_ char **words = NULL;

	if (!device->hints)
		return strdup("");
	VEC_FOREACH(const struct quirk_hint, hint, device->hints) {
		_cleanup_free_ char *word = NULL;

		if (str_eq(hint->name, "x-no-intx")) /* no property of QEMU */
			continue;
		word = str_printf(",%s=%s", hint->name, hint->value);
		if (!word || strv_add(&words, word) < 0)
			return NULL;
	}
	return strv_join(words, "");
}

static char *vmm_args_qemu_place(const struct vmm_args_place *place)
{
	if (place->slot < 0)
		return strdup("");
	return str_printf(",addr=%#x.%u%s", (unsigned)place->slot, place->function,
			  place->first ? ",multifunction=on" : "");
}

static char *vmm_args_qemu_source(const struct vmm_args_device *device, bool iommufd)
{
	const char *object = iommufd ? ",iommufd=iommufd0" : "";
	_cleanup_free_ char *path = NULL;

	if (device->fd >= 0)
		return str_printf("iommufd=iommufd0,fd=%d", device->fd);
	if (device_bus_of_key(device->key) == &device_bus_pci)
		return str_printf("host=%s%s", device->key, object);
	path = device_bus_path_of_key(device->key);
	if (!path)
		return NULL;
	return str_printf("sysfsdev=%s%s", path, object);
}

static int vmm_args_qemu_add_device(struct vmm_args_build *build,
				    const struct vmm_args_device *device,
				    const struct vmm_args_place *place, bool iommufd)
{
	_cleanup_free_ char *hints = vmm_args_qemu_hints(device),
			    *where = vmm_args_qemu_place(place),
			    *source = vmm_args_qemu_source(device, iommufd);
	int r;

	if (!hints || !where || !source)
		return -ENOMEM;
	r = vmm_args_text_add_word(build, "-device");
	if (r < 0)
		return r;
	r = vmm_args_text_add_word(build, "%s,%s%s%s%s%s", str_or(device->api, "vfio-pci"), source,
				   where, hints, device->vf_token ? ",vf-token=" : "",
				   str_or(device->vf_token, ""));
	if (r < 0 || !vmm_args_text_hint(device, "x-no-intx"))
		return r;
	return vmm_args_text_add_note(build,
				      "%s must not use INTx, and QEMU has no option for that. Let "
				      "the driver in the guest use MSI.",
				      device->key);
}

static int vmm_args_qemu_check_device(struct vmm_args_build *build,
				      const struct vmm_args_device *device)
{
	const struct vmm_args *args = build->args;

	if (device->fd >= 0 && device_bus_of_key(device->key) == &device_bus_mdev)
		return vmm_args_qemu_refuse_mdev(build, device);
	if (device->fd >= 0 && vmm_args_qemu_is_old(args))
		return vmm_args_qemu_refuse_fd(build);
	if (device->vf_token && args->version && args->version < QEMU_VF_TOKEN)
		return vmm_args_qemu_refuse_token(build, device->key);
	return 0;
}

static int vmm_args_qemu_add_notes(struct vmm_args_build *build, bool iommufd)
{
	if (build->args->iommufd && !iommufd)
		return vmm_args_text_note_group(build, "QEMU");
	if (!iommufd || build->args->devices.n < 2)
		return 0;
	return vmm_args_text_add_note(build,
				      "With iommufd QEMU blocks direct access between devices (P2P "
				      "DMA). Claim with the interface \"group\" if they need it.");
}

int vmm_args_qemu(struct vmm_args_build *build)
{
	const struct vmm_args *args = build->args;
	bool iommufd = args->iommufd && !vmm_args_qemu_is_old(args);
	int r;

	VEC_FOREACH(const struct vmm_args_device, device, &args->devices) {
		r = vmm_args_qemu_check_device(build, device);
		if (r < 0)
			return r;
		iommufd |= device->fd >= 0;
	}
	if (iommufd && args->devices.n > 0) {
		r = vmm_args_qemu_add_object(build);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < args->devices.n; i++) {
		r = vmm_args_qemu_add_device(build, args->devices.items[i], &build->places[i],
					     iommufd);
		if (r < 0)
			return r;
	}
	return vmm_args_qemu_add_notes(build, iommufd);
}
