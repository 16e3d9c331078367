/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Rules on resets: can the devices be brought into a known state, and who else would feel
 * it?
 */

#include <errno.h>

#include "base/str.h"
#include "policy/assess/assess-private.h"
#include "policy/plan/reset-scope.h"

enum verdict { RESET_WORKS, RESET_MISSING, RESET_REACHES };

static bool may_use(const struct groupdef *def, const char *method)
{
	return !def->reset_methods || strv_contains(def->reset_methods, method);
}

/* A reset of its own, that no other function feels. */
static bool resets_alone(const struct device *device, const struct groupdef *def)
{
	/*
	 * before Linux 5.15 the kernel offers a reset and does not say which; a dump says nothing
	 * at all
	 */
	if (!device->reset_methods)
		return !device->no_reset;
	STRV_FOREACH(method, device->reset_methods) {
		enum reset_reach reach = resetscope_reach(*method);

		if (reach != RESET_BUS && reach != RESET_SLOT && may_use(def, *method))
			return true;
	}
	return false;
}

static bool has_bus_reset(const struct device *device)
{
	return strv_contains(device->reset_methods, "bus") ||
	       strv_contains(device->reset_methods, "cxl_bus");
}

/*
 * What is left to a function without a reset of its own is that of its bus. To one alone on its bus
 * the kernel offers it, or has a reason not to; to one that is not, VFIO offers it when all on the
 * bus go to the same user. *ret_outside is what else it reaches, the caller's to drop.
 */
static int judge_bus(const struct assessment *now, const struct device *device, enum verdict *ret,
		     struct vec *ret_outside)
{
	_cleanup_vec_ struct vec below = { 0 };

	if (!device->parent || device->physfn || !may_use(now->def, "bus")) {
		*ret = RESET_MISSING;
		return 0;
	}
	if (resetscope_devices(now->assess->inv, device, "bus", &below) < 0)
		return -ENOMEM;
	if (below.n <= 1) {
		*ret = has_bus_reset(device) ? RESET_WORKS : RESET_MISSING;
		return 0;
	}
	VEC_FOREACH(struct device, other, &below)
		if (!groupview_has(now->view, other) && vec_add(ret_outside, other) < 0)
			return -ENOMEM;
	*ret = ret_outside->n > 0 ? RESET_REACHES : RESET_WORKS;
	return 0;
}

/* A device that only VFIO could reset, and does not, goes on as it was left unless the group's file wants more. */
static bool lacks_required_reset(const struct device *device, const struct groupdef *def)
{
	return devbus_find(device->bus)->reset_module && device->compatible && !device->reset_driver &&
	       (def->reset_before == RESET_REQUIRE || def->reset_after == RESET_REQUIRE);
}

static int judge(const struct assessment *now, const struct device *device, enum verdict *ret,
		 struct vec *ret_outside)
{
	const struct groupdef *def = now->def;

	*ret = lacks_required_reset(device, def) ? RESET_MISSING : RESET_WORKS;
	if (!device_is_pci(device) || device_is_bridge(device) || resets_alone(device, def) ||
	    (def->reset_before == RESET_NONE && def->reset_after == RESET_NONE))
		return 0;
	return judge_bus(now, device, ret, ret_outside);
}

int assess_no_reset(const struct assessment *now)
{
	VEC_FOREACH(const struct device, device, &now->view->devices) {
		_cleanup_vec_ struct vec outside = { 0 };
		enum verdict verdict;
		int r = judge(now, device, &verdict, &outside);

		if (r >= 0 && verdict == RESET_MISSING)
			r = assess_blocked(
				now, device,
				"%s cannot be reset%s: the next user finds it as the last one left "
				"it. Set \"reset\" to \"none\" in the group's file if that is "
				"all right.",
				device->key,
				now->def->reset_methods ? " by the methods that the group allows"
							: "");
		if (r < 0)
			return r;
	}
	return 0;
}

static char *name_device(const void *things, size_t i)
{
	const struct vec *devices = things;
	const struct device *device = devices->items[i];

	return str_printf("%s", device->key);
}

int assess_reset_reaches(const struct assessment *now)
{
	VEC_FOREACH(const struct device, device, &now->view->devices) {
		_cleanup_vec_ struct vec outside = { 0 };
		_cleanup_free_ char *list = NULL;
		enum verdict verdict;
		int r = judge(now, device, &verdict, &outside);

		if (r < 0)
			return r;
		if (verdict != RESET_REACHES)
			continue;
		list = assess_list(outside.n, name_device, &outside);
		if (!list)
			return -ENOMEM;
		r = assess_blocked(
			now, device,
			"The only reset of %s is that of its bus, which would also hit devices "
			"outside the group, so it is not done: %s. Name these in the group "
			"as well, or use another slot.",
			device->key, list);
		if (r < 0)
			return r;
	}
	return 0;
}
