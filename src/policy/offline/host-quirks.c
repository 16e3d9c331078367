/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "base/strv.h"
#include "policy/devinfo/quirks.h"
#include "policy/offline/host-quirks.h"

/* Puts @methods before those of @device, as the kernel does (pci_reset_fn_methods[]). */
static int host_quirks_add_methods(struct device *device, char *const *methods)
{
	_cleanup_strv_ char **list = NULL;
	int r = strv_copy(methods, &list);

	if (r < 0)
		return r;
	STRV_FOREACH(method, device->reset_methods) {
		if (strv_contains(list, *method))
			continue;
		r = strv_add(&list, *method);
		if (r < 0)
			return r;
	}
	strv_free(device->reset_methods);
	device->reset_methods = TAKE_PTR(list);
	device->no_reset = false;
	return 0;
}

static int host_quirks_apply_device(struct device *device, const struct vec *quirks)
{
	_cleanup_vec_ struct vec matching = { 0 };
	int r = quirks_find(quirks, device, &matching);

	if (r < 0)
		return r;
	VEC_FOREACH(const struct quirk, quirk, &matching) {
		if (!quirk->adds)
			continue;
		r = host_quirks_add_methods(device, quirk->adds);
		if (r < 0)
			return r;
	}
	return 0;
}

int host_quirks_apply(struct inventory *inv, const struct vec *quirks)
{
	if (!inventory_is_dump(inv))
		return 0;
	VEC_FOREACH(struct device, device, &inv->devices) {
		int r;

		if (device_is_bridge(device))
			continue;
		r = host_quirks_apply_device(device, quirks);
		if (r < 0)
			return r;
	}
	return 0;
}
