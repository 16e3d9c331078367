/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Rules on what the host does with the devices: disks, interfaces, consoles, processes. */

#include <errno.h>

#include "base/str.h"
#include "model/usage.h"
#include "policy/assess/assess-private.h"
#include "policy/plan/vfio-driver.h"

static char *describe_process(const struct use *use)
{
	if (use->name && use->unit)
		return str_printf("pid %d (%s, %s)", use->pid, use->name, use->unit);
	if (use->name)
		return str_printf("pid %d (%s)", use->pid, use->name);
	return str_printf("pid %d", use->pid);
}

/* "/mnt (nvme0n1p1)", "/dev/nvme0n1 by pid 812 (fio)" */
static char *describe_use(const struct use *use)
{
	_cleanup_free_ char *process = NULL, *through = NULL;

	if (use->pid >= 0) {
		process = describe_process(use);
		if (!process)
			return NULL;
	}
	/* "nvme0n1 (nvme0n1)" helps nobody */
	if (use->through && !str_eq(use->through, use->what)) {
		through = str_printf(" (%s)", use->through);
		if (!through)
			return NULL;
	}
	return str_printf("%s%s%s%s", str_or(use->what, "?"), str_or(through, ""),
			  process ? " by " : "", str_or(process, ""));
}

static char *name_use(const void *things, size_t i)
{
	const struct vec *uses = things;

	return describe_use(uses->items[i]);
}

/* The uses of one kind; *ret is the caller's to drop. */
static int uses_of_kind(const struct device *device, const char *kind, struct vec *ret)
{
	VEC_FOREACH(struct use, use, &device->uses)
		if (str_eq(use->kind, kind) && vec_add(ret, use) < 0)
			return -ENOMEM;
	return 0;
}

/* One blocker for each device: "DEVICE CAUSE: what, what. ADVICE" */
static int look_for_uses(const struct assessment *now, const char *kind, const char *cause,
			 const char *advice)
{
	VEC_FOREACH(const struct device, device, &now->view->devices) {
		_cleanup_vec_ struct vec uses = { 0 };
		_cleanup_free_ char *list = NULL;
		int r;

		if (device->uses.n == 0)
			continue;
		r = uses_of_kind(device, kind, &uses);
		if (r < 0)
			return r;
		if (uses.n == 0)
			continue;
		list = assess_list(uses.n, name_use, &uses);
		if (!list)
			return -ENOMEM;
		r = assess_blocked(now, device, "%s %s: %s. %s", device->key, cause, list, advice);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- disks ------------------------------------------------------------------------------------- */

int assess_root_disk(const struct assessment *now)
{
	return look_for_uses(now, USE_ROOT_DISK, "carries the host's root filesystem",
			     "The host cannot go on without it.");
}

int assess_mounted(const struct assessment *now)
{
	return look_for_uses(now, USE_MOUNTED, "carries mounted filesystems",
			     "Unmount them first.");
}

int assess_swap(const struct assessment *now)
{
	return look_for_uses(now, USE_SWAP, "carries swap", "Turn it off first (swapoff).");
}

int assess_holders(const struct assessment *now)
{
	return look_for_uses(now, USE_HOLDERS, "is part of what the kernel has built on it",
			     "Stop that first, from the top down.");
}

/* --- interfaces -------------------------------------------------------------------------------- */

int assess_default_route(const struct assessment *now)
{
	return look_for_uses(now, USE_DEFAULT_ROUTE, "carries the host's default route",
			     "Give the host another way out first.");
}

int assess_network_up(const struct assessment *now)
{
	return look_for_uses(now, USE_NETWORK_UP, "is a network interface that the host uses",
			     "Set the interface down first (ip link set down).");
}

/* --- the rest ---------------------------------------------------------------------------------- */

int assess_console(const struct assessment *now)
{
	return look_for_uses(now, USE_CONSOLE, "is a console of the host",
			     "Boot with another console, or take this one off first.");
}

int assess_tpm(const struct assessment *now)
{
	return look_for_uses(now, USE_TPM, "is the host's TPM", "It cannot be lent.");
}

int assess_in_use(const struct assessment *now)
{
	return look_for_uses(now, USE_OPEN, "is in use", "End these processes first.");
}

/*
 * Opened, though no process that has it could be found: its descriptors may be on their way through
 * a socket.
 */
static int look_for_hidden_owners(const struct assessment *now)
{
	VEC_FOREACH(const struct device, device, &now->view->devices) {
		_cleanup_vec_ struct vec uses = { 0 };
		int r;

		if (!device->vfio_open || !device_is_on_vfio(device) ||
		    assess_claimed(now->assess, device))
			continue;
		r = uses_of_kind(device, USE_VFIO, &uses);
		if (r >= 0 && uses.n == 0)
			r = assess_blocked(
				now, device,
				"%s is open through VFIO, by a process that did not claim it and "
				"was not found. End the program that uses it first.",
				device->key);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Its user rules over the virtual functions, and VFIO opens these only for who knows that one's token. */
static int look_for_foreign_pf(const struct assessment *now)
{
	VEC_FOREACH(const struct device, device, &now->view->devices) {
		const struct device *pf =
			device->physfn ? inventory_find(now->assess->inv, device->physfn) : NULL;
		_cleanup_vec_ struct vec uses = { 0 };
		_cleanup_free_ char *list = NULL;
		int r;

		if (!pf || !device_is_on_vfio(pf) || assess_claimed(now->assess, pf))
			continue;
		r = uses_of_kind(pf, USE_VFIO, &uses);
		if (r < 0)
			return r;
		list = assess_list(uses.n, name_use, &uses);
		if (!list)
			return -ENOMEM;
		r = assess_blocked(now, device,
				   "%s is a virtual function of %s, which is on %s without a claim%s%s: who has that "
				   "rules over the virtual functions too. Give it back to the host, or claim it first.",
				   device->key, pf->key, pf->driver, uses.n ? ", open as " : "", list);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Whoever has a lease is not foreign: that its group is claimed is told elsewhere. */
int assess_foreign_owner(const struct assessment *now)
{
	int r;

	VEC_FOREACH(const struct device, device, &now->view->devices)
		if (assess_claimed(now->assess, device))
			return 0;
	r = look_for_uses(now, USE_VFIO, "is with a VFIO user that did not claim it",
			  "End that program first.");
	if (r >= 0)
		r = look_for_hidden_owners(now);
	return r < 0 ? r : look_for_foreign_pf(now);
}
