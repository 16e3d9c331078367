/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Appends words and notes to the arguments of a VMM. */

#include <errno.h>
#include <stdarg.h>

#include "base/str.h"
#include "base/strv.h"
#include "policy/devinfo/quirks.h"
#include "policy/devinfo/vmm-args-text.h"

static int vmm_args_text_append(char ***list, const char *format, va_list ap) _printf_(2, 0);

static int vmm_args_text_append(char ***list, const char *format, va_list ap)
{
	_cleanup_free_ char *text = str_vprintf(format, ap);

	if (!text)
		return -ENOMEM;
	return strv_add(list, text);
}

int vmm_args_text_add_word(struct vmm_args_build *build, const char *format, ...)
{
	va_list ap;
	int r;

	va_start(ap, format);
	r = vmm_args_text_append(&build->result->words, format, ap);
	va_end(ap);
	return r;
}

int vmm_args_text_add_note(struct vmm_args_build *build, const char *format, ...)
{
	va_list ap;
	int r;

	va_start(ap, format);
	r = vmm_args_text_append(&build->result->notes, format, ap);
	va_end(ap);
	return r;
}

int vmm_args_text_refuse(struct vmm_args_build *build, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	*build->error = str_vprintf(format, ap);
	va_end(ap);
	return *build->error ? -EOPNOTSUPP : -ENOMEM;
}

int vmm_args_text_note_group(struct vmm_args_build *build, const char *vmm)
{
	unsigned version = build->args->version;
	_cleanup_free_ char *name = NULL;

	if (version)
		name = str_printf("%s %u.%u", vmm, version / 1000, version % 1000);
	else
		name = str_printf("%s", vmm);
	if (!name)
		return -ENOMEM;
	return vmm_args_text_add_note(build,
				      "%s has no support for iommufd and opens /dev/vfio/N. Claim "
				      "with the interface \"auto\" or \"group\".",
				      name);
}

const char *vmm_args_text_hint(const struct vmm_args_device *device, const char *name)
{
	if (!device->hints)
		return NULL;
	VEC_FOREACH(const struct quirk_hint, hint, device->hints)
		if (str_eq(hint->name, name))
			return hint->value;
	return NULL;
}
