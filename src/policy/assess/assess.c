/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/str.h"
#include "policy/assess/assess-private.h"
#include "policy/plan/vfio-driver.h"

#define LIST_MAX 4

/* --- what can be said without more ------------------------------------------------------------- */

static int look_for_bridges(const struct assessment *now)
{
	VEC_FOREACH(const struct device, device, &now->view->named) {
		int r;

		if (!device_is_bridge(device))
			continue;
		r = assess_blocked(
			now, device,
			"%s is a bridge, which no VMM can be given. Name the devices behind it.",
			device->key);
		if (r < 0)
			return r;
	}
	return 0;
}

/* What its VFIO driver cannot reset and would refuse; with ACPI only the firmware knows. */
static bool lacks_reset(const struct device *device)
{
	return device->reset_required && device->compatible && !device->reset_driver;
}

static int look_for_resets(const struct assessment *now)
{
	VEC_FOREACH(const struct device, device, &now->view->devices) {
		const char *driver = vfio_driver_for(device, now->def);
		int r;

		if (!driver || !lacks_reset(device))
			continue;
		r = assess_blocked(
			now, device,
			"%s takes no device that it cannot reset, and for %s there is no module that does (none has the "
			"alias vfio-reset:%s). To lend it all the same, put \"options %s reset_required=0\" into a file "
			"of /etc/modprobe.d and load %s anew: then a device of the %s bus that has no reset goes from one "
			"user to the next as it was left, with the DMA that it was told to do.",
			driver, device->key, device->compatible, driver, driver, device->bus);
		if (r < 0)
			return r;
	}
	return 0;
}

static int look_for_drivers(const struct assessment *now)
{
	bool has_vfio = now->assess->inv->has_vfio;

	VEC_FOREACH(const struct device, device, &now->view->devices) {
		int r;

		/* that a parent of mediated devices is not lent is said with its missing IOMMU group */
		if (device_is_bridge(device) || devbus_find(device->bus) == &devbus_mdev_parent ||
		    (has_vfio && vfio_driver_for(device, now->def)))
			continue;
		r = assess_blocked(
			now, device,
			has_vfio ? "There is no VFIO driver for %s on the %s bus. Leave it to the "
				   "host."
				 : "This kernel has no VFIO for %s on the %s bus. Install its "
				   "vfio modules.",
			device->key, device->bus);
		if (r < 0)
			return r;
	}
	return has_vfio ? look_for_resets(now) : 0;
}

static int look_for_held_up(const struct assessment *now)
{
	VEC_FOREACH(const struct device, device, &now->view->devices) {
		int r = !device->held_up ? 0 :
					   assess_blocked(now, device,
							  "Somebody binds or unbinds %s, and the kernel "
							  "does not return from that. \"ps -eo "
							  "pid,stat,wchan:30,args\" shows who sleeps "
							  "(state D), and where. It goes on by itself when "
							  "that has ended.",
							  device->key);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- the rules, in the order in which a refused claim names them ------------------------------- */

static const struct rule rules[] = {
	{ "bridge", true, look_for_bridges },
	{ "driver-missing", true, look_for_drivers },
	{ "held-up", true, look_for_held_up },
	{ "root-disk", true, assess_root_disk },
	{ "mounted", true, assess_mounted },
	{ "swap", true, assess_swap },
	{ "holders", true, assess_holders },
	{ "default-route", true, assess_default_route },
	{ "console", true, assess_console },
	{ "tpm", true, assess_tpm },
	{ "error", true, assess_error },
	{ "reserved-region", true, assess_reserved_region },
	{ "pf-with-claimed-vfs", true, assess_pf },
	{ "vf-of-claimed-pf", true, assess_vf },
	{ "mdev-parent", true, assess_mdev_parent },
	{ "foreign-owner", true, assess_foreign_owner },
	{ "network-up", false, assess_network_up },
	{ "in-use", false, assess_in_use },
	{ "no-reset", false, assess_no_reset },
	{ "reset-reaches", false, assess_reset_reaches },
	{ "iommu-identity", false, assess_identity },
	{ "unsafe-interrupts", false, assess_unsafe_interrupts },
	{ "acs-override", false, assess_acs_override },
	{ "peer-to-peer", false, assess_peer_to_peer },
	{ "unaligned-bar", false, assess_unaligned_bar },
	{ "power-d3cold", false, assess_power },
};

int assess_group(const struct assess *assess, const struct groupdef *def, struct groupview *view)
{
	struct assessment now = { .assess = assess, .def = def, .view = view };

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		int r;

		now.rule = &rules[i];
		r = rules[i].look(&now);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- what rules are made with ------------------------------------------------------------------ */

int assess_blocked(const struct assessment *now, const struct device *device, const char *format,
		   ...)
{
	const struct rule *rule = now->rule;
	_cleanup_free_ char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vasprintf(&text, format, ap);
	va_end(ap);
	if (n < 0) {
		text = NULL;
		return -ENOMEM;
	}
	return blocker_add(&now->view->blockers, rule->hard, rule->code, device->key, "%s%s", text,
			   rule->hard ? "" : " To claim it all the same, add --force.");
}

bool assess_claimed(const struct assess *assess, const struct device *device)
{
	return vec_find_sorted(&assess->claimed, device, device_cmp, NULL) >= 0;
}

char *assess_list(size_t n, char *(*name)(const void *things, size_t i), const void *things)
{
	_cleanup_strv_ char **names = NULL;
	_cleanup_free_ char *joined = NULL;

	for (size_t i = 0; i < n && i < LIST_MAX; i++) {
		_cleanup_free_ char *one = name(things, i);

		if (!one || strv_add(&names, one) < 0)
			return NULL;
	}
	joined = strv_join(names, ", ");
	if (!joined || n <= LIST_MAX)
		return TAKE_PTR(joined);
	return str_printf("%s and %zu more", joined, n - LIST_MAX);
}

/* --- life -------------------------------------------------------------------------------------- */

static int note_claimed(struct assess *assess, char *const *claimed)
{
	STRV_FOREACH(key, claimed) {
		struct device *device = inventory_find(assess->inv, *key);

		if (device && vec_add(&assess->claimed, device) < 0)
			return -ENOMEM;
	}
	vec_sort(&assess->claimed, device_cmp);
	return 0;
}

int assess_new(const struct inventory *inv, char *const *claimed, struct assess **ret)
{
	_cleanup_assess_ struct assess *assess = calloc(1, sizeof(*assess));

	if (!assess)
		return -ENOMEM;
	assess->inv = inv;
	if (note_claimed(assess, claimed) < 0 || assess_index_bars(assess) < 0)
		return -ENOMEM;
	*ret = TAKE_PTR(assess);
	return 0;
}

struct assess *assess_free(struct assess *assess)
{
	if (!assess)
		return NULL;
	vec_drop(&assess->claimed);
	small_bars_clear(&assess->small_bars);
	free(assess);
	return NULL;
}
