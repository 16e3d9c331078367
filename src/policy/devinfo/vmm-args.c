/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Chooses the writer for a VMM, and lays out the slots of the guest. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "model/pciaddr.h"
#include "policy/devinfo/quirks.h"
#include "policy/devinfo/vmm-args-private.h"

/* VMMs and their users rarely use slots from here on. */
#define FIRST_SLOT 0x10

static const char *const vmm_args_vmm_names[VMM_COUNT] = { "qemu", "cloud-hypervisor", "crosvm",
							   "libvirt" };

const char *vmm_args_vmm_name(enum vmm vmm)
{
	return vmm_args_vmm_names[vmm];
}

/* Parses "9", "10.0" or "11.3.0"; the numbers after the second make no difference. */
static int vmm_args_parse_version(const char *s, unsigned *ret)
{
	_cleanup_strv_ char **parts = NULL;
	unsigned major, minor = 0;
	int r = strv_split(s, ".", &parts);

	if (r < 0)
		return r;
	if (!parts || str_parse_uint(parts[0], &major) < 0 ||
	    (parts[1] && str_parse_uint(parts[1], &minor) < 0) || major > 9999 || minor > 999)
		return -EINVAL;
	*ret = major * 1000 + minor;
	return 0;
}

int vmm_args_parse(const char *s, enum vmm *ret_vmm, unsigned *ret_version)
{
	const char *colon = strchr(s, ':');
	_cleanup_free_ char *name = strndup(s, colon ? (size_t)(colon - s) : strlen(s));
	unsigned version = 0;
	int vmm, r;

	if (!name)
		return -ENOMEM;
	vmm = str_index(vmm_args_vmm_names, VMM_COUNT, name);
	if (vmm < 0)
		return vmm;
	if (colon) {
		r = vmm_args_parse_version(colon + 1, &version);
		if (r < 0)
			return r;
	}
	*ret_vmm = (enum vmm)vmm;
	*ret_version = version;
	return 0;
}

void vmm_args_result_clear(struct vmm_args_result *result)
{
	strv_free(result->words);
	strv_free(result->notes);
	*result = (struct vmm_args_result){ 0 };
}

/* --- slots --- */

static bool vmm_args_address(const struct vmm_args *args, size_t i, struct pciaddr *ret)
{
	const struct vmm_args_device *device = args->devices.items[i];

	return pciaddr_parse(device->key, ret) >= 0;
}

/* Returns whether several functions share this slot, function 0 among them. */
static bool vmm_args_shares_slot(const struct vmm_args *args, const struct pciaddr *address)
{
	bool has_first = false;
	size_t n = 0;

	for (size_t i = 0; i < args->devices.n; i++) {
		struct pciaddr other;

		if (!vmm_args_address(args, i, &other) || !pciaddr_same_slot(address, &other))
			continue;
		n++;
		has_first |= other.function == 0;
	}
	return n >= 2 && has_first;
}

/* Puts the function at @address and its companions, from index @first on, into one slot. */
static void vmm_args_fill_slot(const struct vmm_args *args, size_t first,
			       const struct pciaddr *address, int slot,
			       struct vmm_args_place *places)
{
	for (size_t i = first; i < args->devices.n; i++) {
		struct pciaddr other;

		if (!vmm_args_address(args, i, &other) || !pciaddr_same_slot(address, &other))
			continue;
		places[i] = (struct vmm_args_place){ .slot = slot,
						     .function = other.function,
						     .first = other.function == 0 };
	}
}

/*
 * Keeps the functions of a device in one slot. A driver in the guest looks there for companions:
 * the audio of a graphics card, the slower halves of a USB controller. A guest probes the other
 * functions of a slot only if function 0 is one of several.
 */
static int vmm_args_lay_out(const struct vmm_args *args, struct vmm_args_place **ret)
{
	struct vmm_args_place *places = calloc(args->devices.n + 1, sizeof(*places));
	int next = FIRST_SLOT;

	if (!places)
		return -ENOMEM;
	for (size_t i = 0; i < args->devices.n; i++)
		places[i].slot = -1;
	for (size_t i = 0; i < args->devices.n; i++) {
		struct pciaddr address;

		if (places[i].slot >= 0 || !vmm_args_address(args, i, &address) ||
		    !vmm_args_shares_slot(args, &address))
			continue;
		vmm_args_fill_slot(args, i, &address, next, places);
		next++;
	}
	*ret = places;
	return 0;
}

static int vmm_args_check_tokens(struct vmm_args_build *build)
{
	const struct vmm_args *args = build->args;

	if (args->vmm == VMM_QEMU)
		return 0;
	VEC_FOREACH(const struct vmm_args_device, device, &args->devices)
		if (device->vf_token)
			return vmm_args_text_refuse(
				build, "%s needs a VF token, and %s cannot pass one. Use qemu.",
				device->key, vmm_args_vmm_name(args->vmm));
	return 0;
}

int vmm_args_build(const struct vmm_args *args, struct vmm_args_result *ret, char **ret_error)
{
	static int (*const builders[VMM_COUNT])(struct vmm_args_build * build) = {
		[VMM_QEMU] = vmm_args_qemu,
		[VMM_CLOUD_HYPERVISOR] = vmm_args_others_cloud_hypervisor,
		[VMM_CROSVM] = vmm_args_others_crosvm,
		[VMM_LIBVIRT] = vmm_args_libvirt,
	};
	_cleanup_vmm_args_result_ struct vmm_args_result result = { 0 };
	_cleanup_free_ struct vmm_args_place *places = NULL;
	struct vmm_args_build build = { .args = args, .result = &result, .error = ret_error };
	int r = vmm_args_lay_out(args, &places);

	if (r < 0)
		return r;
	build.places = places;
	r = vmm_args_check_tokens(&build);
	if (r < 0)
		return r;
	r = builders[args->vmm](&build);
	if (r < 0)
		return r;
	*ret = TAKE_STRUCT(result);
	return 0;
}
