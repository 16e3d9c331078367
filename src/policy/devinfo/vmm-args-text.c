/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "policy/devinfo/quirks.h"
#include "policy/devinfo/vmm-args-text.h"

static int vmm_args_text_append(char ***list, char *text)
{
	_cleanup_free_ char *owned = text;

	return owned ? strv_add(list, owned) : -ENOMEM;
}

int vmm_args_text_add_word(struct vmm_args_build *make, char *text)
{
	return vmm_args_text_append(&make->result->words, text);
}

int vmm_args_text_add_note(struct vmm_args_build *make, char *text)
{
	return vmm_args_text_append(&make->result->notes, text);
}

int vmm_args_text_refuse(struct vmm_args_build *make, char *text)
{
	*make->error = text;
	return text ? -EOPNOTSUPP : -ENOMEM;
}

int vmm_args_text_note_group(struct vmm_args_build *make, const char *vmm)
{
	const struct vmm_args *args = make->args;
	_cleanup_free_ char *version =
		args->version ? str_printf(" %u.%u", args->version / 1000, args->version % 1000) :
				strdup("");

	return version ? vmm_args_text_add_note(
				 make, str_printf("%s%s knows no iommufd, so it opens /dev/vfio/N: "
						  "claim with the interface \"auto\" or \"group\".",
						  vmm, version)) :
			 -ENOMEM;
}

const char *vmm_args_text_hint(const struct vmm_args_device *device, const char *name)
{
	if (device->hints)
		VEC_FOREACH(const struct quirk_hint, hint, device->hints)
			if (str_eq(hint->name, name))
				return hint->value;
	return NULL;
}
