/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* QEMU's options. */

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "model/device-bus.h"
#include "policy/devinfo/quirks.h"
#include "policy/devinfo/vmm-args-private.h"

/* The first with iommufd, and with it the first that takes descriptors. */
#define QEMU_IOMMUFD 9000
/* The first that gives the kernel a VF token. With iommufd it does not, and up to 6.16 the kernel
 * does not ask for it there. */
#define QEMU_VF_TOKEN 8001

static bool vmm_args_qemu_is_old(const struct vmm_args *args)
{
	return args->version && args->version < QEMU_IOMMUFD;
}

static int vmm_args_qemu_refuse_fd(struct vmm_args_build *make)
{
	return vmm_args_text_refuse(
		make, str_printf("QEMU takes descriptors from version 9.0 on, and this is "
				 "%u.%u. Claim by path "
				 "(access=node), and it opens /dev/vfio itself.",
				 make->args->version / 1000, make->args->version % 1000));
}

/* It takes it for a device behind the IOMMU, which it asks the kernel about (measured with 10.0:
 * "Failed to get hardware info"). */
static int vmm_args_qemu_refuse_mdev(struct vmm_args_build *make,
				     const struct vmm_args_device *device)
{
	return vmm_args_text_refuse(make,
				    str_printf("QEMU takes a mediated device, %s, by its path "
					       "only. Claim by path (--access=node), and it "
					       "opens /dev/vfio itself.",
					       device->key));
}

static int vmm_args_qemu_refuse_token(struct vmm_args_build *make, const char *key)
{
	return vmm_args_text_refuse(
		make, str_printf("%s needs a VF token, which QEMU can give from "
				 "version 8.1 on, and this is %u.%u.",
				 key, make->args->version / 1000, make->args->version % 1000));
}

/* One for all devices, of whatever group: what is mapped in one is locked once, and in two twice.
 */
static int vmm_args_qemu_add_object(struct vmm_args_build *make)
{
	const struct vmm_args_device *first = make->args->devices.items[0];
	int r = vmm_args_text_add_word(make, strdup("-object"));

	return r < 0 ? r :
		       vmm_args_text_add_word(make, first->iommufd < 0 ?
							    strdup("iommufd,id=iommufd0") :
							    str_printf("iommufd,id=iommufd0,fd=%d",
								       first->iommufd));
}

static char *vmm_args_qemu_hints(const struct vmm_args_device *device)
{
	_cleanup_strv_ char **words = NULL;
	_cleanup_free_ char *joined = NULL;

	if (device->hints)
		VEC_FOREACH(const struct quirk_hint, hint, device->hints) {
			_cleanup_free_ char *word = str_printf(",%s=%s", hint->name, hint->value);

			if (str_eq(hint->name, "x-no-intx")) /* no property of QEMU's */
				continue;
			if (!word || strv_add(&words, word) < 0)
				return NULL;
		}
	joined = strv_join(words, "");
	return TAKE_PTR(joined);
}

static char *vmm_args_qemu_place(const struct vmm_args_place *place)
{
	if (place->slot < 0)
		return strdup("");
	return str_printf(",addr=%#x.%u%s", (unsigned)place->slot, place->function,
			  place->first ? ",multifunction=on" : "");
}

static int vmm_args_qemu_add_device(struct vmm_args_build *make,
				    const struct vmm_args_device *device,
				    const struct vmm_args_place *place, bool iommufd)
{
	_cleanup_free_ char *hints = vmm_args_qemu_hints(device),
			    *where = vmm_args_qemu_place(place), *what = NULL, *path = NULL;
	int r;

	if (device->fd >= 0)
		what = str_printf("iommufd=iommufd0,fd=%d", device->fd);
	else if (device_bus_of_key(device->key) == &device_bus_pci)
		what = str_printf("host=%s%s", device->key, iommufd ? ",iommufd=iommufd0" : "");
	else if ((path = device_bus_path_of_key(device->key)))
		what = str_printf("sysfsdev=%s%s", path, iommufd ? ",iommufd=iommufd0" : "");
	if (!hints || !where || !what)
		return -ENOMEM;
	r = vmm_args_text_add_word(make, strdup("-device"));
	if (r >= 0)
		r = vmm_args_text_add_word(
			make, str_printf("%s,%s%s%s%s%s", str_or(device->api, "vfio-pci"), what,
					 where, hints, device->vf_token ? ",vf-token=" : "",
					 str_or(device->vf_token, "")));
	if (r >= 0 && vmm_args_text_hint(device, "x-no-intx"))
		r = vmm_args_text_add_note(make,
					   str_printf("%s must not use INTx. QEMU has no switch "
						      "for that: let the guest's "
						      "driver use MSI.",
						      device->key));
	return r;
}

int vmm_args_qemu(struct vmm_args_build *make)
{
	const struct vmm_args *args = make->args;
	bool iommufd = args->iommufd && !vmm_args_qemu_is_old(args);
	int r = 0;

	VEC_FOREACH(const struct vmm_args_device, device, &args->devices) {
		if (device->fd >= 0 && device_bus_of_key(device->key) == &device_bus_mdev)
			return vmm_args_qemu_refuse_mdev(make, device);
		if (device->fd >= 0 && vmm_args_qemu_is_old(args))
			return vmm_args_qemu_refuse_fd(make);
		if (device->vf_token && args->version && args->version < QEMU_VF_TOKEN)
			return vmm_args_qemu_refuse_token(make, device->key);
		iommufd = iommufd || device->fd >= 0;
	}
	if (iommufd && args->devices.n > 0)
		r = vmm_args_qemu_add_object(make);
	for (size_t i = 0; r >= 0 && i < args->devices.n; i++)
		r = vmm_args_qemu_add_device(make, args->devices.items[i], &make->places[i],
					     iommufd);
	if (r >= 0 && args->iommufd && !iommufd)
		r = vmm_args_text_note_group(make, "QEMU");
	if (r >= 0 && iommufd && args->devices.n > 1)
		r = vmm_args_text_add_note(
			make, strdup("With iommufd QEMU lets no device reach the memory of another "
				     "directly (P2P DMA); "
				     "where that is needed, claim with the interface \"group\"."));
	return r;
}
