/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What goes into the definition of a libvirt domain. */

#include <errno.h>
#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "model/device-bus.h"
#include "model/pciaddr.h"
#include "policy/devinfo/quirks.h"
#include "policy/devinfo/vmm-args-private.h"

/* The first that lets properties of QEMU's devices be set one by one, and the first with iommufd.
 */
#define LIBVIRT_OVERRIDE 8002
#define LIBVIRT_IOMMUFD 12001

static bool vmm_args_libvirt_is_before(const struct vmm_args *args, unsigned version)
{
	return args->version && args->version < version;
}

/* Those that the XML itself has no word for. */
static bool vmm_args_libvirt_is_override(const struct quirk_hint *hint)
{
	return !str_eq(hint->name, "rombar") && !str_eq(hint->name, "x-no-intx");
}

/* libvirt neither makes nor removes it. */
static int vmm_args_libvirt_add_mdev(struct vmm_args_build *make,
				     const struct vmm_args_device *device, size_t number)
{
	int r = vmm_args_text_add_word(
		make, str_printf("<hostdev mode='subsystem' type='mdev' model='%s' managed='no'>",
				 str_or(device->api, "vfio-pci")));

	if (r >= 0)
		r = vmm_args_text_add_word(make, strdup("  <source>"));
	if (r >= 0)
		r = vmm_args_text_add_word(make,
					   str_printf("    <address uuid='%s'/>",
						      device_bus_address_of_key(device->key)));
	if (r >= 0)
		r = vmm_args_text_add_word(make, strdup("  </source>"));
	if (r >= 0)
		r = vmm_args_text_add_word(make, str_printf("  <alias name='ua-%s-%zu'/>",
							    device->group, number));
	return r < 0 ? r : vmm_args_text_add_word(make, strdup("</hostdev>"));
}

static int vmm_args_libvirt_add_hostdev(struct vmm_args_build *make,
					const struct vmm_args_device *device, size_t number)
{
	const struct vmm_args_place *place = &make->places[number];
	const char *rombar = vmm_args_text_hint(device, "rombar");
	bool iommufd =
		make->args->iommufd && !vmm_args_libvirt_is_before(make->args, LIBVIRT_IOMMUFD);
	struct pciaddr at;
	int r;

	if (device_bus_of_key(device->key) == &device_bus_mdev)
		return vmm_args_libvirt_add_mdev(make, device, number);
	if (pciaddr_parse(device->key, &at) < 0)
		return vmm_args_text_refuse(
			make, str_printf("%s is no PCI device; libvirt's XML for it is another.",
					 device->key));
	r = vmm_args_text_add_word(make,
				   strdup("<hostdev mode='subsystem' type='pci' managed='no'>"));
	if (r >= 0)
		r = vmm_args_text_add_word(make, str_printf("  <driver name='vfio'%s/>",
							    iommufd ? " iommufd='yes'" : ""));
	if (r >= 0)
		r = vmm_args_text_add_word(make, strdup("  <source>"));
	if (r >= 0)
		r = vmm_args_text_add_word(make,
					   str_printf("    <address domain='0x%04x' bus='0x%02x' "
						      "slot='0x%02x' function='0x%x'/>",
						      at.domain, at.bus, at.slot, at.function));
	if (r >= 0)
		r = vmm_args_text_add_word(make, strdup("  </source>"));
	if (r >= 0)
		r = vmm_args_text_add_word(make, str_printf("  <alias name='ua-%s-%zu'/>",
							    device->group, number));
	if (r >= 0 && str_eq(rombar, "0"))
		r = vmm_args_text_add_word(make, strdup("  <rom bar='off'/>"));
	if (r >= 0 && place->slot >= 0)
		r = vmm_args_text_add_word(
			make,
			str_printf("  <address type='pci' domain='0x0000' bus='0x00' slot='0x%02x' "
				   "function='0x%x'%s/>",
				   (unsigned)place->slot, place->function,
				   place->first ? " multifunction='on'" : ""));
	return r < 0 ? r : vmm_args_text_add_word(make, strdup("</hostdev>"));
}

static const char *vmm_args_libvirt_type(const char *value)
{
	return str_eq(value, "on") || str_eq(value, "off") ? "bool" :
	       isdigit((unsigned char)value[0])		   ? "unsigned" :
							     "string";
}

static const char *vmm_args_libvirt_value(const char *value)
{
	return str_eq(value, "on") ? "true" : str_eq(value, "off") ? "false" : value;
}

static int vmm_args_libvirt_add_override(struct vmm_args_build *make,
					 const struct vmm_args_device *device, size_t number)
{
	bool any = false;
	int r = 0;

	if (!device->hints)
		return 0;
	VEC_FOREACH(const struct quirk_hint, hint, device->hints) {
		if (r < 0 || !vmm_args_libvirt_is_override(hint))
			continue;
		if (!any)
			r = vmm_args_text_add_word(
				make, str_printf("  <qemu:device alias='ua-%s-%zu'><qemu:frontend>",
						 device->group, number));
		any = true;
		if (r >= 0)
			r = vmm_args_text_add_word(
				make,
				str_printf("    <qemu:property name='%s' type='%s' value='%s'/>",
					   hint->name, vmm_args_libvirt_type(hint->value),
					   vmm_args_libvirt_value(hint->value)));
	}
	return r < 0 || !any ?
		       r :
		       vmm_args_text_add_word(make, strdup("  </qemu:frontend></qemu:device>"));
}

static bool vmm_args_libvirt_has_overrides(const struct vmm_args *args)
{
	VEC_FOREACH(const struct vmm_args_device, device, &args->devices)
		if (device->hints)
			VEC_FOREACH(const struct quirk_hint, hint, device->hints)
				if (vmm_args_libvirt_is_override(hint))
					return true;
	return false;
}

static int vmm_args_libvirt_add_overrides(struct vmm_args_build *make)
{
	const struct vec *devices = &make->args->devices;
	int r;

	if (!vmm_args_libvirt_has_overrides(make->args))
		return 0;
	if (vmm_args_libvirt_is_before(make->args, LIBVIRT_OVERRIDE))
		return vmm_args_text_add_note(make,
					      strdup("Before version 8.2 libvirt has no way to "
						     "give the hints of these models."));
	r = vmm_args_text_add_word(
		make,
		strdup("<qemu:override xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"));
	for (size_t i = 0; r >= 0 && i < devices->n; i++)
		r = vmm_args_libvirt_add_override(make, devices->items[i], i);
	if (r >= 0)
		r = vmm_args_text_add_word(make, strdup("</qemu:override>"));
	if (r >= 0)
		r = vmm_args_text_add_note(
			make,
			strdup("<qemu:override> goes at the end of <domain>, not into <devices>."));
	return r;
}

/* What the hook of this package looks for, each group once. */
static int vmm_args_libvirt_add_metadata(struct vmm_args_build *make)
{
	_cleanup_strv_ char **groups = NULL;
	int r = vmm_args_text_add_word(make, strdup("<metadata>"));

	if (r >= 0)
		r = vmm_args_text_add_word(
			make,
			strdup("  <devgroups:groups xmlns:devgroups='" VMM_ARGS_LIBVIRT_NAMESPACE
			       "'>"));
	VEC_FOREACH(const struct vmm_args_device, device, &make->args->devices) {
		if (r < 0 || strv_contains(groups, device->group))
			continue;
		r = strv_add(&groups, device->group);
		if (r >= 0)
			r = vmm_args_text_add_word(make,
						   str_printf("    <devgroups:group name='%s'/>",
							      device->group));
	}
	if (r >= 0)
		r = vmm_args_text_add_word(make, strdup("  </devgroups:groups>"));
	return r < 0 ? r : vmm_args_text_add_word(make, strdup("</metadata>"));
}

int vmm_args_libvirt(struct vmm_args_build *make)
{
	const struct vec *devices = &make->args->devices;
	int r;

	VEC_FOREACH(const struct vmm_args_device, device, devices)
		if (device->fd >= 0)
			return vmm_args_text_refuse(make,
						    strdup("libvirt starts QEMU itself and takes "
							   "no descriptors of devices."));
	r = vmm_args_libvirt_add_metadata(make);
	for (size_t i = 0; r >= 0 && i < devices->n; i++)
		r = vmm_args_libvirt_add_hostdev(make, devices->items[i], i);
	if (r >= 0 && make->args->iommufd &&
	    vmm_args_libvirt_is_before(make->args, LIBVIRT_IOMMUFD))
		r = vmm_args_text_note_group(make, "libvirt");
	return r < 0 ? r : vmm_args_libvirt_add_overrides(make);
}
