/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Quirks that match a device, and the hints for a VMM that follow. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "policy/devinfo/msix-table.h"
#include "policy/devinfo/quirks.h"

/* Returns whether one of @list has these ids; an empty list has all. */
static bool quirks_match_ids(const struct vec *list, uint16_t vendor, uint16_t device)
{
	VEC_FOREACH(const struct quirk_ids, ids, list)
		if (ids->vendor == vendor && device >= ids->first && device <= ids->last)
			return true;
	return list->n == 0;
}

static bool quirks_match_class(const struct quirk *quirk, const struct device *device)
{
	VEC_FOREACH(const struct quirk_class, class, &quirk->classes)
		if (device->class_code >> (6 - class->digits) * 4 == class->code)
			return true;
	return quirk->classes.n == 0;
}

static bool quirks_match_revision(const struct quirk *quirk, const struct device *device)
{
	VEC_FOREACH(const struct quirk_revisions, revisions, &quirk->revisions)
		if (device->revision >= revisions->first && device->revision <= revisions->last)
			return true;
	return quirk->revisions.n == 0;
}

bool quirks_match(const struct quirk *quirk, const struct device *device)
{
	bool on_root_bus;

	if (!device_is_pci(device) ||
	    !quirks_match_ids(&quirk->ids, device->vendor, device->device) ||
	    !quirks_match_class(quirk, device) || !quirks_match_revision(quirk, device) ||
	    !quirks_match_ids(&quirk->subsystems, device->subsystem_vendor,
			      device->subsystem_device))
		return false;
	/* a device of which the recording lacks the bridge has one, though its key is unknown */
	on_root_bus = !device->parent && !device->place_unknown;
	if (quirk->place != QUIRK_ANY_PLACE && (quirk->place == QUIRK_ROOT_BUS) != on_root_bus)
		return false;
	return quirk->function == QUIRK_ANY_FUNCTION ||
	       (quirk->function == QUIRK_VF) == (device->physfn != NULL);
}

int quirks_find(const struct vec *quirks, const struct device *device, struct vec *ret)
{
	_cleanup_vec_ struct vec matching = { 0 };

	VEC_FOREACH(struct quirk, quirk, quirks) {
		int r;

		if (!quirks_match(quirk, device))
			continue;
		r = vec_add(&matching, quirk);
		if (r < 0)
			return r;
	}
	*ret = TAKE_STRUCT(matching);
	return 0;
}

/* --- hints --- */

static void quirks_hint_free(struct quirk_hint *hint)
{
	if (!hint)
		return;
	free(hint->value);
	free(hint);
}

DEFINE_CLEANUP(struct quirk_hint *, quirks_hint_freep, quirks_hint_free)

DEFINE_VEC_CLEAR(quirks_hints_clear, struct quirk_hint, quirks_hint_free)

static int quirks_add_hint(struct vec *hints, const char *name, const char *value,
			   const struct quirk *quirk)
{
	_cleanup_(quirks_hint_freep) struct quirk_hint *hint = calloc(1, sizeof(*hint));
	int r;

	if (!hint)
		return -ENOMEM;
	hint->name = name;
	hint->quirk = quirk;
	r = str_set(&hint->value, value);
	if (r < 0)
		return r;
	r = vec_add(hints, hint);
	if (r < 0)
		return r;
	hint = NULL;
	return 0;
}

/* Adds the relocation of the MSI-X table, if the table shares a page and another BAR has room. */
static int quirks_add_relocation(const struct inventory *inv, const struct device *device,
				 struct vec *hints)
{
	char bar[] = "bar0";
	struct msix_table msix;
	unsigned n;

	if (!msix_table_find(device, &msix) ||
	    !msix_table_shares_page(device, &msix, inv->page_size))
		return 0;
	n = msix_table_new_bar(device);
	if (n == DEVICE_BARS)
		return 0;
	bar[3] = (char)('0' + n);
	return quirks_add_hint(hints, "x-msix-relocation", bar, NULL);
}

/* Returns whether the kernel of @inv is too old for the settings of @quirk. An unknown one is not.
 */
static bool quirks_kernel_lacks(const struct inventory *inv, const struct quirk *quirk)
{
	unsigned major, minor;

	return quirk->settings_since && inv->kernel_release &&
	       sscanf(inv->kernel_release, "%u.%u", &major, &minor) == 2 &&
	       (major < quirk->settings_since / 1000 ||
		(major == quirk->settings_since / 1000 && minor < quirk->settings_since % 1000));
}

/* Returns the last quirk read with this setting, or NULL. */
static const struct quirk *quirks_last_setting(const struct vec *matching,
					       const struct inventory *inv, const char *name,
					       const struct quirk_setting **ret)
{
	const struct quirk *last = NULL;

	VEC_FOREACH(const struct quirk, quirk, matching) {
		if (quirks_kernel_lacks(inv, quirk))
			continue;
		VEC_FOREACH(const struct quirk_setting, setting, &quirk->settings) {
			if (!str_eq(setting->name, name))
				continue;
			last = quirk;
			*ret = setting;
		}
	}
	return last;
}

static int quirks_add_setting(const struct vec *matching, const struct inventory *inv,
			      const struct device *device, const char *name, struct vec *hints)
{
	const struct quirk_setting *setting;
	const struct quirk *quirk = quirks_last_setting(matching, inv, name, &setting);

	if (quirk)
		return quirks_add_hint(hints, name, setting->value, quirk);
	if (str_eq(name, "x-msix-relocation"))
		return quirks_add_relocation(inv, device, hints);
	return 0;
}

int quirks_hints(const struct vec *quirks, const struct inventory *inv, const struct device *device,
		 struct vec *ret)
{
	_cleanup_quirks_hints_ struct vec hints = { 0 };
	_cleanup_vec_ struct vec matching = { 0 };
	int r = quirks_find(quirks, device, &matching);

	if (r < 0)
		return r;
	for (const char *const *name = quirk_settings; *name; name++) {
		r = quirks_add_setting(&matching, inv, device, *name, &hints);
		if (r < 0)
			return r;
	}
	*ret = TAKE_STRUCT(hints);
	return 0;
}
