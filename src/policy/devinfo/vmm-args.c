/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "model/pciaddr.h"
#include "policy/devinfo/quirks.h"
#include "policy/devinfo/vmm-args-private.h"

/* Slots that VMMs and their users leave alone as a rule. */
#define FIRST_SLOT 0x10

static const char *const vmm_args_vmm_names[VMM_COUNT] = { "qemu", "cloud-hypervisor", "crosvm",
							   "libvirt" };

const char *vmm_args_vmm_name(enum vmm vmm)
{
	return vmm_args_vmm_names[vmm];
}

/* "9", "10.0", "11.3.0": what follows the second number makes no difference here. */
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
	int i, r;

	if (!name)
		return -ENOMEM;
	i = str_index(vmm_args_vmm_names, VMM_COUNT, name);
	r = i >= 0 && colon ? vmm_args_parse_version(colon + 1, &version) : 0;
	if (i < 0 || r < 0)
		return i < 0 ? i : r;
	*ret_vmm = (enum vmm)i;
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

/* Its companions in the same slot: how many there are, and where the one that is function 0 is. */
static size_t vmm_args_count_companions(const struct vmm_args *args, const struct pciaddr *of,
					ptrdiff_t *ret_first)
{
	size_t n = 0;

	*ret_first = -1;
	for (size_t i = 0; i < args->devices.n; i++) {
		struct pciaddr other;

		if (!vmm_args_address(args, i, &other) || !pciaddr_same_slot(of, &other))
			continue;
		n++;
		if (other.function == 0)
			*ret_first = (ptrdiff_t)i;
	}
	return n;
}

/*
 * A driver in the guest looks for its companions (the sound of a graphics card, the slower halves
 * of a USB controller) in its own slot. A guest looks at the others of a slot only where function 0
 * is one of several.
 */
static int vmm_args_lay_out(struct vmm_args_build *make)
{
	const struct vmm_args *args = make->args;
	int next = FIRST_SLOT;

	make->places = calloc(args->devices.n ? args->devices.n : 1, sizeof(*make->places));
	if (!make->places)
		return -ENOMEM;
	for (size_t i = 0; i < args->devices.n; i++)
		make->places[i].slot = -1;
	for (size_t i = 0; i < args->devices.n; i++) {
		struct pciaddr address, other;
		ptrdiff_t first;

		if (make->places[i].slot >= 0 || !vmm_args_address(args, i, &address) ||
		    vmm_args_count_companions(args, &address, &first) < 2 || first < 0)
			continue;
		for (size_t j = i; j < args->devices.n; j++)
			if (vmm_args_address(args, j, &other) &&
			    pciaddr_same_slot(&address, &other))
				make->places[j] =
					(struct vmm_args_place){ .slot = next,
								 .function = other.function,
								 .first = other.function == 0 };
		next++;
	}
	return 0;
}

int vmm_args_build(const struct vmm_args *args, struct vmm_args_result *ret, char **ret_error)
{
	static int (*const makers[VMM_COUNT])(struct vmm_args_build * make) = {
		[VMM_QEMU] = vmm_args_qemu,
		[VMM_CLOUD_HYPERVISOR] = vmm_args_others_cloud_hypervisor,
		[VMM_CROSVM] = vmm_args_others_crosvm,
		[VMM_LIBVIRT] = vmm_args_libvirt,
	};
	_cleanup_vmm_args_result_ struct vmm_args_result result = { 0 };
	struct vmm_args_build make = { .args = args, .result = &result, .error = ret_error };
	int r = vmm_args_lay_out(&make);

	VEC_FOREACH(const struct vmm_args_device, device, &args->devices)
		if (r >= 0 && device->vf_token && args->vmm != VMM_QEMU)
			r = vmm_args_text_refuse(
				&make,
				str_printf("%s needs a VF token, and %s has no way to give it.",
					   device->key, vmm_args_vmm_name(args->vmm)));
	if (r >= 0)
		r = makers[args->vmm](&make);
	free(make.places);
	if (r < 0)
		return r;
	*ret = result;
	result = (struct vmm_args_result){ 0 };
	return 0;
}
