/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The XML for the definition of a libvirt domain. */

#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "model/device-bus.h"
#include "model/pciaddr.h"
#include "policy/devinfo/quirks.h"
#include "policy/devinfo/vmm-args-private.h"

/* The first version with properties of single QEMU devices, and the first with iommufd. */
#define LIBVIRT_OVERRIDE 8002
#define LIBVIRT_IOMMUFD 12001

static bool vmm_args_libvirt_is_before(const struct vmm_args *args, unsigned version)
{
	return args->version && args->version < version;
}

/* Returns whether the XML has no own word for the hint, so that an override must set it. */
static bool vmm_args_libvirt_is_override(const struct quirk_hint *hint)
{
	return !str_eq(hint->name, "rombar") && !str_eq(hint->name, "x-no-intx");
}

/* Ends <source> and adds the alias that an override refers to. */
static int vmm_args_libvirt_add_alias(struct vmm_args_build *build,
				      const struct vmm_args_device *device, size_t number)
{
	int r = vmm_args_text_add_word(build, "  </source>");

	if (r < 0)
		return r;
	return vmm_args_text_add_word(build, "  <alias name='ua-%s-%zu'/>", device->group, number);
}

/* libvirt neither creates nor removes the mediated device. */
static int vmm_args_libvirt_add_mdev(struct vmm_args_build *build,
				     const struct vmm_args_device *device, size_t number)
{
	int r = vmm_args_text_add_word(
		build, "<hostdev mode='subsystem' type='mdev' model='%s' managed='no'>",
		str_or(device->api, "vfio-pci"));

	if (r < 0)
		return r;
	r = vmm_args_text_add_word(build, "  <source>");
	if (r < 0)
		return r;
	r = vmm_args_text_add_word(build, "    <address uuid='%s'/>",
				   device_bus_address_of_key(device->key));
	if (r < 0)
		return r;
	r = vmm_args_libvirt_add_alias(build, device, number);
	if (r < 0)
		return r;
	return vmm_args_text_add_word(build, "</hostdev>");
}

static int vmm_args_libvirt_add_source(struct vmm_args_build *build, const struct pciaddr *at)
{
	const struct vmm_args *args = build->args;
	bool iommufd = args->iommufd && !vmm_args_libvirt_is_before(args, LIBVIRT_IOMMUFD);
	int r = vmm_args_text_add_word(build, "<hostdev mode='subsystem' type='pci' managed='no'>");

	if (r < 0)
		return r;
	r = vmm_args_text_add_word(build, "  <driver name='vfio'%s/>",
				   iommufd ? " iommufd='yes'" : "");
	if (r < 0)
		return r;
	r = vmm_args_text_add_word(build, "  <source>");
	if (r < 0)
		return r;
	return vmm_args_text_add_word(
		build, "    <address domain='0x%04x' bus='0x%02x' slot='0x%02x' function='0x%x'/>",
		at->domain, at->bus, at->slot, at->function);
}

static int vmm_args_libvirt_add_place(struct vmm_args_build *build,
				      const struct vmm_args_place *place)
{
	if (place->slot < 0)
		return 0;
	return vmm_args_text_add_word(build,
				      "  <address type='pci' domain='0x0000' bus='0x00' "
				      "slot='0x%02x' function='0x%x'%s/>",
				      (unsigned)place->slot, place->function,
				      place->first ? " multifunction='on'" : "");
}

static int vmm_args_libvirt_add_pci(struct vmm_args_build *build,
				    const struct vmm_args_device *device, size_t number,
				    const struct pciaddr *at)
{
	int r = vmm_args_libvirt_add_source(build, at);

	if (r < 0)
		return r;
	r = vmm_args_libvirt_add_alias(build, device, number);
	if (r < 0)
		return r;
	if (str_eq(vmm_args_text_hint(device, "rombar"), "0")) {
		r = vmm_args_text_add_word(build, "  <rom bar='off'/>");
		if (r < 0)
			return r;
	}
	r = vmm_args_libvirt_add_place(build, &build->places[number]);
	if (r < 0)
		return r;
	return vmm_args_text_add_word(build, "</hostdev>");
}

static int vmm_args_libvirt_add_hostdev(struct vmm_args_build *build,
					const struct vmm_args_device *device, size_t number)
{
	struct pciaddr at;

	if (device_bus_of_key(device->key) == &device_bus_mdev)
		return vmm_args_libvirt_add_mdev(build, device, number);
	if (pciaddr_parse(device->key, &at) < 0)
		return vmm_args_text_refuse(
			build, "%s is no PCI device. Write its XML for libvirt by hand.",
			device->key);
	return vmm_args_libvirt_add_pci(build, device, number, &at);
}

static const char *vmm_args_libvirt_type(const char *value)
{
	if (str_eq(value, "on") || str_eq(value, "off"))
		return "bool";
	return isdigit((unsigned char)value[0]) ? "unsigned" : "string";
}

static const char *vmm_args_libvirt_value(const char *value)
{
	if (str_eq(value, "on"))
		return "true";
	return str_eq(value, "off") ? "false" : value;
}

static bool vmm_args_libvirt_has_override(const struct vmm_args_device *device)
{
	if (!device->hints)
		return false;
	VEC_FOREACH(const struct quirk_hint, hint, device->hints)
		if (vmm_args_libvirt_is_override(hint))
			return true;
	return false;
}

static int vmm_args_libvirt_add_override(struct vmm_args_build *build,
					 const struct vmm_args_device *device, size_t number)
{
	int r;

	if (!vmm_args_libvirt_has_override(device))
		return 0;
	r = vmm_args_text_add_word(build, "  <qemu:device alias='ua-%s-%zu'><qemu:frontend>",
				   device->group, number);
	if (r < 0)
		return r;
	VEC_FOREACH(const struct quirk_hint, hint, device->hints) {
		if (!vmm_args_libvirt_is_override(hint))
			continue;
		r = vmm_args_text_add_word(build,
					   "    <qemu:property name='%s' type='%s' value='%s'/>",
					   hint->name, vmm_args_libvirt_type(hint->value),
					   vmm_args_libvirt_value(hint->value));
		if (r < 0)
			return r;
	}
	return vmm_args_text_add_word(build, "  </qemu:frontend></qemu:device>");
}

static bool vmm_args_libvirt_any_override(const struct vec *devices)
{
	VEC_FOREACH(const struct vmm_args_device, device, devices)
		if (vmm_args_libvirt_has_override(device))
			return true;
	return false;
}

static int vmm_args_libvirt_add_overrides(struct vmm_args_build *build)
{
	const struct vec *devices = &build->args->devices;
	int r;

	if (!vmm_args_libvirt_any_override(devices))
		return 0;
	if (vmm_args_libvirt_is_before(build->args, LIBVIRT_OVERRIDE))
		return vmm_args_text_add_note(build, "libvirt before 8.2 cannot pass the hints for "
						     "these models. Update it to use them.");
	r = vmm_args_text_add_word(
		build, "<qemu:override xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>");
	if (r < 0)
		return r;
	for (size_t i = 0; i < devices->n; i++) {
		r = vmm_args_libvirt_add_override(build, devices->items[i], i);
		if (r < 0)
			return r;
	}
	r = vmm_args_text_add_word(build, "</qemu:override>");
	if (r < 0)
		return r;
	return vmm_args_text_add_note(
		build, "<qemu:override> goes at the end of <domain>, not into <devices>.");
}

/* Adds the metadata that the hook of this package reads; names each group once. */
static int vmm_args_libvirt_add_metadata(struct vmm_args_build *build)
{
	_cleanup_strv_ char **groups = NULL;
	int r = vmm_args_text_add_word(build, "<metadata>");

	if (r < 0)
		return r;
	r = vmm_args_text_add_word(build, "  <devgroups:groups xmlns:devgroups='%s'>",
				   VMM_ARGS_LIBVIRT_NAMESPACE);
	if (r < 0)
		return r;
	VEC_FOREACH(const struct vmm_args_device, device, &build->args->devices) {
		if (strv_contains(groups, device->group))
			continue;
		r = strv_add(&groups, device->group);
		if (r < 0)
			return r;
		r = vmm_args_text_add_word(build, "    <devgroups:group name='%s'/>",
					   device->group);
		if (r < 0)
			return r;
	}
	r = vmm_args_text_add_word(build, "  </devgroups:groups>");
	if (r < 0)
		return r;
	return vmm_args_text_add_word(build, "</metadata>");
}

int vmm_args_libvirt(struct vmm_args_build *build)
{
	const struct vmm_args *args = build->args;
	int r;

	VEC_FOREACH(const struct vmm_args_device, device, &args->devices)
		if (device->fd >= 0)
			return vmm_args_text_refuse(
				build, "libvirt starts QEMU itself and takes no device "
				       "descriptors. Claim by path (access=node).");
	r = vmm_args_libvirt_add_metadata(build);
	if (r < 0)
		return r;
	for (size_t i = 0; i < args->devices.n; i++) {
		r = vmm_args_libvirt_add_hostdev(build, args->devices.items[i], i);
		if (r < 0)
			return r;
	}
	if (args->iommufd && vmm_args_libvirt_is_before(args, LIBVIRT_IOMMUFD)) {
		r = vmm_args_text_note_group(build, "libvirt");
		if (r < 0)
			return r;
	}
	return vmm_args_libvirt_add_overrides(build);
}
