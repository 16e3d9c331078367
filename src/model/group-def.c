/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A group definition, its selectors, and the words that its keys allow. */

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "model/group-def.h"

const char *const group_def_accept_names[] = { "peer-to-peer", "vf-of-claimed-pf", NULL };

const char *const group_def_reset_methods[] = {
	"device_specific", "acpi", "flr", "af_flr", "pm", "bus", "slot", "cxl_bus", NULL,
};

/* The VFIO drivers of Linux 6.1 to 7.2, by the names that driver_override takes. */
const char *const group_def_drivers[] = {
	"vfio-pci",
	"vfio-platform",
	"mlx5_vfio_pci",
	"hisi_acc_vfio_pci",
	"virtio_vfio_pci",
	"pds-vfio-pci",
	"nvgrace-gpu-vfio-pci",
	"qat_vfio_pci",
	"xe-vfio-pci",
	"vfio_mdev",
	"vfio-fsl-mc",
	"vfio-cdx",
	"vfio_ap",
	"vfio_ccw",
	NULL,
};

bool group_def_driver_allowed(const char *name)
{
	for (const char *const *known = group_def_drivers; *known; known++)
		if (str_eq(*known, name))
			return true;
	return false;
}

struct selector *group_def_selector_new(void)
{
	struct selector *selector = calloc(1, sizeof(*selector));

	if (!selector)
		return NULL;
	selector->vendor = selector->device = -1;
	selector->subsystem_vendor = selector->subsystem_device = -1;
	selector->class_code = selector->nth = selector->index = -1;
	return selector;
}

struct selector *group_def_selector_free(struct selector *selector)
{
	if (!selector)
		return NULL;
	free(selector->address);
	free(selector->path);
	free(selector->serial);
	free(selector->vf_of);
	free(selector->bus);
	free(selector);
	return NULL;
}

static void group_def_print_word(FILE *out, const char *key, const char *value)
{
	if (value)
		fprintf(out, " %s=%s", key, value);
}

static void group_def_print_number(FILE *out, const char *key, int32_t value, unsigned digits)
{
	if (value >= 0 && digits)
		fprintf(out, " %s=%0*x", key, (int)digits, (unsigned)value);
	else if (value >= 0)
		fprintf(out, " %s=%d", key, value);
}

char *group_def_selector_describe(const struct selector *selector)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	group_def_print_word(out, "address", selector->address);
	group_def_print_word(out, "path", selector->path);
	group_def_print_word(out, "vf-of", selector->vf_of);
	group_def_print_number(out, "index", selector->index, 0);
	group_def_print_word(out, "bus", selector->bus);
	group_def_print_number(out, "vendor", selector->vendor, 4);
	group_def_print_number(out, "device", selector->device, 4);
	group_def_print_number(out, "subsystem-vendor", selector->subsystem_vendor, 4);
	group_def_print_number(out, "subsystem-device", selector->subsystem_device, 4);
	group_def_print_number(out, "class", selector->class_code, selector->class_digits);
	group_def_print_word(out, "serial", selector->serial);
	group_def_print_number(out, "nth", selector->nth, 0);
	if (fclose(out) != 0 || !text)
		return NULL;
	/* an address that is alone needs no word before it */
	if (str_starts(text, " address=") && !strchr(text + 1, ' '))
		return strdup(text + strlen(" address="));
	return strdup(text + 1);
}

struct group_def *group_def_new(const char *name)
{
	_cleanup_group_def_ struct group_def *def = calloc(1, sizeof(*def));

	if (!def)
		return NULL;
	def->name = strdup(name);
	def->driver = strdup("auto");
	if (!def->name || !def->driver)
		return NULL;
	return TAKE_PTR(def);
}

static DEFINE_VEC_CLEAR(group_def_clear_selectors, struct selector, group_def_selector_free)

struct group_def *group_def_free(struct group_def *def)
{
	if (!def)
		return NULL;
	free(def->name);
	free(def->description);
	group_def_clear_selectors(&def->selectors);
	free(def->driver);
	strv_free(def->reset_methods);
	strv_free(def->users);
	strv_free(def->groups);
	free(def->reserved_for);
	strv_free(def->accept);
	free(def->file);
	free(def);
	return NULL;
}

DEFINE_VEC_CLEAR(group_defs_clear, struct group_def, group_def_free)

bool group_def_name_valid(const char *name)
{
	size_t n = strlen(name);

	if (n == 0 || n > 64 || !isalnum((unsigned char)name[0]))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr("._-", name[i]))
			return false;
	return true;
}

#define DEFINE_WORDS(name, ...)                                               \
	static const char *const name##_words[] = { __VA_ARGS__ };            \
	const char *name##_to_string(enum name value)                         \
	{                                                                     \
		return name##_words[value];                                   \
	}                                                                     \
	int name##_from_string(const char *s, enum name *ret)                 \
	{                                                                     \
		int i = str_index(name##_words, ARRAY_SIZE(name##_words), s); \
                                                                              \
		if (i < 0)                                                    \
			return i;                                             \
		*ret = (enum name)i;                                          \
		return 0;                                                     \
	}

DEFINE_WORDS(group_def_bind, "claim", "boot")
DEFINE_WORDS(group_def_on_release, "restore", "keep", "none")
DEFINE_WORDS(group_def_reset, "auto", "none", "require")
