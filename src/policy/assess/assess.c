/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Runs all rules on one group. Contains the table of the rules, and the rules on bridges and
 * drivers.
 */

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "policy/assess/assess-private.h"
#include "policy/devinfo/quirks.h"
#include "policy/plan/vfio-choice.h"

/* --- rules on drivers --- */

static int assess_bridges(const struct assessment *ctx)
{
	VEC_FOREACH(const struct device, device, &ctx->resolved->named) {
		int r;

		if (!device_is_bridge(device))
			continue;
		r = assess_rule_block(
			ctx, device,
			"%s is a bridge, which no VMM can use. Name the devices behind it instead.",
			device->key);
		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * Returns whether the VFIO driver of @device would refuse it because no module resets it. With ACPI
 * only the firmware knows that.
 */
static bool assess_lacks_reset(const struct device *device)
{
	return device->reset_required && device->compatible && !device->reset_driver;
}

static int assess_required_resets(const struct assessment *ctx)
{
	VEC_FOREACH(const struct device, device, &ctx->resolved->devices) {
		const char *driver = vfio_choice_driver(device, ctx->def);
		int r;

		if (!driver || !assess_lacks_reset(device))
			continue;
		r = assess_rule_block(ctx, device,
				      "%s refuses %s because no module can reset it (none has the "
				      "alias vfio-reset:%s). To use it without a reset, put "
				      "\"options %s reset_required=0\" into a file in "
				      "/etc/modprobe.d and reload %s; devgroups(7) has the risk.",
				      driver, device->key, device->compatible, driver, driver);
		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * Returns whether @device needs a VFIO driver. A parent of mediated devices is not assigned itself;
 * resolve.c reports it as in no IOMMU group.
 */
static bool assess_needs_vfio_driver(const struct device *device)
{
	return !device_is_bridge(device) && device_bus_find(device->bus) != &device_bus_mdev_parent;
}

static int assess_vfio(const struct assessment *ctx)
{
	VEC_FOREACH(const struct device, device, &ctx->resolved->devices) {
		int r;

		if (!assess_needs_vfio_driver(device))
			continue;
		r = assess_rule_block(ctx, device,
				      "This kernel has no VFIO driver for %s on the %s bus. "
				      "Install its vfio modules.",
				      device->key, device->bus);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Returns the quirk by which @driver refuses @device, or NULL. */
static const struct quirk *assess_find_refusal(const struct assessment *ctx,
					       const struct device *device, const char *driver)
{
	if (!ctx->assess->quirks || ctx->assess->inv->denylist_off)
		return NULL;
	VEC_FOREACH(const struct quirk, quirk, ctx->assess->quirks)
		if (quirk->refused_by && str_eq(quirk->refused_by, driver) &&
		    quirks_match(quirk, device))
			return quirk;
	return NULL;
}

/* vfio-pci has a list of models that untrusted users could harm the host with. */
static int assess_refused_models(const struct assessment *ctx)
{
	VEC_FOREACH(const struct device, device, &ctx->resolved->devices) {
		const char *driver = vfio_choice_driver(device, ctx->def);
		const struct quirk *quirk;
		int r;

		if (!assess_needs_vfio_driver(device) || !driver || str_eq(device->driver, driver))
			continue;
		quirk = assess_find_refusal(ctx, device, driver);
		if (!quirk)
			continue;
		r = assess_rule_block(
			ctx, device,
			"%s refuses %s (quirk %s), since an untrusted user could harm "
			"the host through it. If you trust all its users, put "
			"\"options %s disable_denylist=1\" into a file in "
			"/etc/modprobe.d and reload %s.",
			driver, device->key, quirk->name, driver, driver);
		if (r < 0)
			return r;
	}
	return 0;
}

static int assess_drivers(const struct assessment *ctx)
{
	int r;

	if (!ctx->assess->inv->has_vfio)
		return assess_vfio(ctx);
	VEC_FOREACH(const struct device, device, &ctx->resolved->devices) {
		if (!assess_needs_vfio_driver(device) || vfio_choice_driver(device, ctx->def))
			continue;
		r = assess_rule_block(
			ctx, device,
			"There is no VFIO driver for %s on the %s bus. The host has to keep it.",
			device->key, device->bus);
		if (r < 0)
			return r;
	}
	r = assess_refused_models(ctx);
	if (r < 0)
		return r;
	return assess_required_resets(ctx);
}

static int assess_bind_hangs(const struct assessment *ctx)
{
	VEC_FOREACH(const struct device, device, &ctx->resolved->devices) {
		int r;

		if (!device->bind_hangs)
			continue;
		r = assess_rule_block(ctx, device,
				      "A bind or unbind of %s is stuck in the kernel. Find the "
				      "process with \"ps -eo pid,stat,wchan:30,args\" (state D). "
				      "The group becomes available when it finishes.",
				      device->key);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- the rules, in the order in which a refused claim names them --- */

static const struct rule assess_rules[] = {
	{ "bridge", true, assess_bridges },
	{ "driver-missing", true, assess_drivers },
	{ "bind-hangs", true, assess_bind_hangs },
	{ "root-disk", true, assess_usage_root_disk },
	{ "mounted", true, assess_usage_mounted },
	{ "swap", true, assess_usage_swap },
	{ "holders", true, assess_usage_holders },
	{ "default-route", true, assess_usage_default_route },
	{ "console", true, assess_usage_console },
	{ "tpm", true, assess_usage_tpm },
	{ "error", true, assess_pci_error },
	{ "reserved-region", true, assess_iommu_reserved_region },
	{ "pf-with-claimed-vfs", true, assess_pci_pf },
	{ "vf-of-claimed-pf", true, assess_pci_vf },
	{ "mdev-parent", true, assess_pci_mdev_parent },
	{ "vmd", true, assess_pci_vmd },
	{ "foreign-owner", true, assess_usage_foreign_owner },
	{ "network-up", false, assess_usage_network_up },
	{ "in-use", false, assess_usage_open },
	{ "no-reset", false, assess_reset_missing },
	{ "reset-reaches", false, assess_reset_reaches },
	{ "iommu-identity", false, assess_iommu_identity },
	{ "unsafe-interrupts", false, assess_iommu_unsafe_interrupts },
	{ "acs-override", false, assess_iommu_acs_override },
	{ "peer-to-peer", false, assess_iommu_peer_to_peer },
	{ "unaligned-bar", false, assess_pci_unaligned_bar },
	{ "power-d3cold", false, assess_pci_power },
};

int assess_group(const struct assess *assess, const struct group_def *def,
		 struct resolved_group *resolved)
{
	struct assessment ctx = { .assess = assess, .def = def, .resolved = resolved };

	for (size_t i = 0; i < ARRAY_SIZE(assess_rules); i++) {
		int r;

		ctx.rule = &assess_rules[i];
		r = assess_rules[i].check(&ctx);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- the shared facts --- */

static int assess_add_claimed(struct assess *assess, char *const *claimed)
{
	STRV_FOREACH(key, claimed) {
		struct device *device = inventory_find(assess->inv, *key);

		if (device && vec_add(&assess->claimed, device) < 0)
			return -ENOMEM;
	}
	vec_sort(&assess->claimed, device_cmp);
	return 0;
}

int assess_new(const struct inventory *inv, const struct vec *quirks, char *const *claimed,
	       struct assess **ret)
{
	_cleanup_assess_ struct assess *assess = calloc(1, sizeof(*assess));
	int r;

	if (!assess)
		return -ENOMEM;
	assess->inv = inv;
	assess->quirks = quirks;
	r = assess_add_claimed(assess, claimed);
	if (r < 0)
		return r;
	r = small_bars_index(inv, &assess->small_bars);
	if (r < 0)
		return r;
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
