/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Rules on the use of the devices by the host: disks, interfaces, consoles, processes. */

#include <errno.h>

#include "base/private.h"
#include "base/str.h"
#include "model/usage.h"
#include "policy/assess/assess-private.h"
#include "policy/plan/vfio-choice.h"

static char *assess_usage_describe_process(const struct usage *usage)
{
	if (usage->name && usage->unit)
		return str_printf("pid %d (%s, %s)", usage->pid, usage->name, usage->unit);
	if (usage->name)
		return str_printf("pid %d (%s)", usage->pid, usage->name);
	return str_printf("pid %d", usage->pid);
}

/* Returns all that is known of a use. The caller frees it; NULL when out of memory. */
static char *assess_usage_detail(const struct usage *usage)
{
	_cleanup_free_ char *process = NULL, *through = NULL;

	if (usage->pid >= 0) {
		process = assess_usage_describe_process(usage);
		if (!process)
			return NULL;
	}
	/* avoid "nvme0n1 (nvme0n1)" */
	if (usage->through && !str_eq(usage->through, usage->what)) {
		through = str_printf(" (%s)", usage->through);
		if (!through)
			return NULL;
	}
	return str_printf("%s%s%s%s", str_or(usage->what, "?"), str_or(through, ""),
			  process ? " by " : "", str_or(process, ""));
}

/*
 * Returns "/mnt (nvme0n1p1)" or "/dev/nvme0n1 by pid 812 (fio)"; the caller frees it, NULL when out
 * of memory. Only root and the user of the process may read the latter.
 */
static char *assess_usage_describe(const struct usage *usage)
{
	_cleanup_free_ char *detail = assess_usage_detail(usage);

	if (!detail || usage->pid < 0 || usage->owner == PRIVATE_NO_READER)
		return TAKE_PTR(detail);
	return private_mark(usage->owner, detail, "a process of another user");
}

static char *assess_usage_name(const void *things, size_t i)
{
	const struct vec *usages = things;

	return assess_usage_describe(usages->items[i]);
}

/* Appends the uses of @kind to @ret, which the caller drops. 0 or -ENOMEM. */
static int assess_usage_filter(const struct device *device, const char *kind, struct vec *ret)
{
	VEC_FOREACH(struct usage, usage, &device->usages)
		if (str_eq(usage->kind, kind) && vec_add(ret, usage) < 0)
			return -ENOMEM;
	return 0;
}

/* Adds one blocker for each device: "DEVICE CAUSE: use, use. ADVICE" */
static int assess_usage_of_kind(const struct assessment *ctx, const char *kind, const char *cause,
				const char *advice)
{
	VEC_FOREACH(const struct device, device, &ctx->resolved->devices) {
		_cleanup_vec_ struct vec usages = { 0 };
		_cleanup_free_ char *list = NULL;
		int r;

		if (device->usages.n == 0)
			continue;
		r = assess_usage_filter(device, kind, &usages);
		if (r < 0)
			return r;
		if (usages.n == 0)
			continue;
		list = assess_rule_list(usages.n, assess_usage_name, &usages);
		if (!list)
			return -ENOMEM;
		r = assess_rule_block(ctx, device, "%s %s: %s. %s", device->key, cause, list,
				      advice);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- disks --- */

int assess_usage_root_disk(const struct assessment *ctx)
{
	return assess_usage_of_kind(ctx, USAGE_ROOT_DISK, "carries the host's root filesystem",
				    "The host cannot run without it.");
}

int assess_usage_mounted(const struct assessment *ctx)
{
	return assess_usage_of_kind(ctx, USAGE_MOUNTED, "carries mounted filesystems",
				    "Unmount them first.");
}

int assess_usage_swap(const struct assessment *ctx)
{
	return assess_usage_of_kind(ctx, USAGE_SWAP, "carries swap",
				    "Turn it off first (swapoff).");
}

int assess_usage_holders(const struct assessment *ctx)
{
	return assess_usage_of_kind(ctx, USAGE_HOLDERS, "is in use by other kernel devices",
				    "Stop these first, from the top down.");
}

/* --- interfaces --- */

int assess_usage_default_route(const struct assessment *ctx)
{
	return assess_usage_of_kind(
		ctx, USAGE_DEFAULT_ROUTE, "carries the host's default route",
		"Move the default route of the host to another interface first.");
}

int assess_usage_network_up(const struct assessment *ctx)
{
	return assess_usage_of_kind(ctx, USAGE_NETWORK_UP,
				    "is a network interface in use by the host",
				    "Set the interface down first (ip link set down).");
}

/* --- consoles, TPM, processes --- */

int assess_usage_console(const struct assessment *ctx)
{
	return assess_usage_of_kind(ctx, USAGE_CONSOLE, "is a console of the host",
				    "Boot with another console, or detach this one first.");
}

int assess_usage_tpm(const struct assessment *ctx)
{
	return assess_usage_of_kind(ctx, USAGE_TPM, "is the host's TPM", "It cannot be assigned.");
}

int assess_usage_open(const struct assessment *ctx)
{
	return assess_usage_of_kind(ctx, USAGE_OPEN, "is in use", "End these processes first.");
}

/*
 * Finds devices that are open through VFIO although no process with a descriptor was found. A
 * descriptor may be on its way through a socket.
 */
static int assess_usage_hidden_owner(const struct assessment *ctx)
{
	VEC_FOREACH(const struct device, device, &ctx->resolved->devices) {
		_cleanup_vec_ struct vec usages = { 0 };
		int r;

		if (!device->vfio_open || !vfio_choice_is_bound(device) ||
		    assess_rule_is_claimed(ctx->assess, device))
			continue;
		r = assess_usage_filter(device, USAGE_VFIO, &usages);
		if (r < 0)
			return r;
		if (usages.n > 0)
			continue;
		r = assess_rule_block(ctx, device,
				      "%s is open through VFIO, and the process that has it was "
				      "not found. End the program that uses it first.",
				      device->key);
		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * A user of the physical function controls its virtual functions. VFIO opens these only with the
 * token of that user.
 */
static int assess_usage_foreign_pf_of(const struct assessment *ctx, const struct device *device)
{
	const struct device *pf = NULL;
	_cleanup_vec_ struct vec usages = { 0 };
	_cleanup_free_ char *list = NULL;
	int r;

	if (device->physfn)
		pf = inventory_find(ctx->assess->inv, device->physfn);
	if (!pf || !vfio_choice_is_bound(pf) || assess_rule_is_claimed(ctx->assess, pf))
		return 0;
	r = assess_usage_filter(pf, USAGE_VFIO, &usages);
	if (r < 0)
		return r;
	list = assess_rule_list(usages.n, assess_usage_name, &usages);
	if (!list)
		return -ENOMEM;
	return assess_rule_block(
		ctx, device,
		"%s is a virtual function of %s, which is on %s without a claim%s%s: its user "
		"controls the virtual functions too. Return %s to the host, or claim it first.",
		device->key, pf->key, pf->driver, usages.n ? ", open as " : "", list, pf->key);
}

static int assess_usage_foreign_pf(const struct assessment *ctx)
{
	VEC_FOREACH(const struct device, device, &ctx->resolved->devices) {
		int r = assess_usage_foreign_pf_of(ctx, device);

		if (r < 0)
			return r;
	}
	return 0;
}

/* A group with claimed devices has a known holder. The registry reports that it is claimed. */
int assess_usage_foreign_owner(const struct assessment *ctx)
{
	int r;

	VEC_FOREACH(const struct device, device, &ctx->resolved->devices)
		if (assess_rule_is_claimed(ctx->assess, device))
			return 0;
	r = assess_usage_of_kind(ctx, USAGE_VFIO, "is open through VFIO without a claim",
				 "End these programs first.");
	if (r < 0)
		return r;
	r = assess_usage_hidden_owner(ctx);
	if (r < 0)
		return r;
	return assess_usage_foreign_pf(ctx);
}
