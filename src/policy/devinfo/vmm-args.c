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

static const char *const names[VMM_COUNT] = { "qemu", "cloud-hypervisor", "crosvm", "libvirt" };

const char *vmm_to_string(enum vmm vmm)
{
	return names[vmm];
}

/* "9", "10.0", "11.3.0": what follows the second number makes no difference here. */
static int parse_version(const char *s, unsigned *ret)
{
	_cleanup_strv_ char **parts = NULL;
	unsigned major, minor = 0;
	int r = strv_split(s, ".", &parts);

	if (r < 0)
		return r;
	if (!parts || parse_uint(parts[0], &major) < 0 || (parts[1] && parse_uint(parts[1], &minor) < 0) ||
	    major > 9999 || minor > 999)
		return -EINVAL;
	*ret = major * 1000 + minor;
	return 0;
}

int vmmargs_parse(const char *s, enum vmm *ret_vmm, unsigned *ret_version)
{
	const char *colon = strchr(s, ':');
	_cleanup_free_ char *name = strndup(s, colon ? (size_t)(colon - s) : strlen(s));
	unsigned version = 0;
	int i, r;

	if (!name)
		return -ENOMEM;
	i = str_index(names, VMM_COUNT, name);
	r = i >= 0 && colon ? parse_version(colon + 1, &version) : 0;
	if (i < 0 || r < 0)
		return i < 0 ? i : r;
	*ret_vmm = (enum vmm)i;
	*ret_version = version;
	return 0;
}

/* --- what comes out ---------------------------------------------------------------------------- */

static int append(char ***list, char *text)
{
	_cleanup_free_ char *owned = text;

	return owned ? strv_add(list, owned) : -ENOMEM;
}

int vmmargs_word(struct vmmargs_make *make, char *text)
{
	return append(&make->result->words, text);
}

int vmmargs_note(struct vmmargs_make *make, char *text)
{
	return append(&make->result->notes, text);
}

int vmmargs_refuse(struct vmmargs_make *make, char *text)
{
	*make->error = text;
	return text ? -EOPNOTSUPP : -ENOMEM;
}

void vmmargs_result_clear(struct vmmargs_result *result)
{
	strv_free(result->words);
	strv_free(result->notes);
	*result = (struct vmmargs_result){ 0 };
}

int vmmargs_note_group(struct vmmargs_make *make, const char *vmm)
{
	const struct vmmargs *args = make->args;
	_cleanup_free_ char *version = args->version ? str_printf(" %u.%u", args->version / 1000, args->version % 1000) : strdup("");

	return version ? vmmargs_note(make, str_printf("%s%s knows no iommufd, so it opens /dev/vfio/N: claim with the interface \"auto\" or \"group\".",
						       vmm, version)) : -ENOMEM;
}

const char *vmmargs_hint(const struct vmmargs_device *device, const char *name)
{
	if (device->hints)
		VEC_FOREACH(const struct quirk_hint, hint, device->hints)
			if (str_eq(hint->name, name))
				return hint->value;
	return NULL;
}

/* --- slots ------------------------------------------------------------------------------------- */

static bool address_of(const struct vmmargs *args, size_t i, struct pciaddr *ret)
{
	const struct vmmargs_device *device = args->devices.items[i];

	return pciaddr_parse(device->key, ret) >= 0;
}

/* Its companions in the same slot: how many there are, and where the one that is function 0 is. */
static size_t count_companions(const struct vmmargs *args, const struct pciaddr *of, ptrdiff_t *ret_first)
{
	size_t n = 0;

	*ret_first = -1;
	for (size_t i = 0; i < args->devices.n; i++) {
		struct pciaddr other;

		if (!address_of(args, i, &other) || !pciaddr_same_slot(of, &other))
			continue;
		n++;
		if (other.function == 0)
			*ret_first = (ptrdiff_t)i;
	}
	return n;
}

/*
 * A driver in the guest looks for its companions (the sound of a graphics card, the slower halves of a USB controller) in
 * its own slot. A guest looks at the others of a slot only where function 0 is one of several.
 */
static int lay_out(struct vmmargs_make *make)
{
	const struct vmmargs *args = make->args;
	int next = FIRST_SLOT;

	make->places = calloc(args->devices.n ? args->devices.n : 1, sizeof(*make->places));
	if (!make->places)
		return -ENOMEM;
	for (size_t i = 0; i < args->devices.n; i++)
		make->places[i].slot = -1;
	for (size_t i = 0; i < args->devices.n; i++) {
		struct pciaddr address, other;
		ptrdiff_t first;

		if (make->places[i].slot >= 0 || !address_of(args, i, &address) ||
		    count_companions(args, &address, &first) < 2 || first < 0)
			continue;
		for (size_t j = i; j < args->devices.n; j++)
			if (address_of(args, j, &other) && pciaddr_same_slot(&address, &other))
				make->places[j] = (struct vmmargs_place){
					.slot = next, .function = other.function, .first = other.function == 0 };
		next++;
	}
	return 0;
}

int vmmargs_make(const struct vmmargs *args, struct vmmargs_result *ret, char **ret_error)
{
	static int (*const makers[VMM_COUNT])(struct vmmargs_make *make) = {
		[VMM_QEMU] = vmmargs_qemu,
		[VMM_CLOUD_HYPERVISOR] = vmmargs_cloud_hypervisor,
		[VMM_CROSVM] = vmmargs_crosvm,
		[VMM_LIBVIRT] = vmmargs_libvirt,
	};
	_cleanup_vmmargs_result_ struct vmmargs_result result = { 0 };
	struct vmmargs_make make = { .args = args, .result = &result, .error = ret_error };
	int r = lay_out(&make);

	VEC_FOREACH(const struct vmmargs_device, device, &args->devices)
		if (r >= 0 && device->vf_token && args->vmm != VMM_QEMU)
			r = vmmargs_refuse(&make, str_printf("%s needs a VF token, and %s has no way to give it.", device->key,
							     vmm_to_string(args->vmm)));
	if (r >= 0)
		r = makers[args->vmm](&make);
	free(make.places);
	if (r < 0)
		return r;
	*ret = result;
	result = (struct vmmargs_result){ 0 };
	return 0;
}
