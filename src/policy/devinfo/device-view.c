/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "base/private.h"
#include "model/usage.h"
#include "policy/devinfo/cap-chain.h"
#include "policy/devinfo/device-view.h"

/* The kernel shows these to all users (pci_read_config() in drivers/pci/pci-sysfs.c). */
#define HEADER_SIZE 64

struct device_view {
	struct device shown; /* borrows all that is not below */
	uint8_t *config;
	struct usage *hidden; /* in place of the usages of other users */
	size_t n_hidden;
};

/* --- configuration space --- */

struct device_view_cap {
	uint16_t id;
	uint16_t size; /* bytes that are shown, from its start */
};

/* Numbers and sizes are those of pci_regs.h; src/kmod/config.c has the same for a holder. */
static const struct device_view_cap device_view_caps[] = {
	{ 0x01, 8 },  /* power management */
	{ 0x04, 4 },  /* slot identification */
	{ 0x05, 4 },  /* MSI: without address and data */
	{ 0x07, 8 },  /* PCI-X */
	{ 0x09, 3 },  /* vendor: its length alone */
	{ 0x0a, 4 },  /* debug port */
	{ 0x0d, 8 },  /* subsystem of a bridge */
	{ 0x10, 60 }, /* PCI Express */
	{ 0x11, 12 }, /* MSI-X: where its table is */
	{ 0x13, 6 },  /* advanced features */
};

static const struct device_view_cap device_view_ext_caps[] = {
	{ 0x01, 0x1c }, /* errors: without the logged header */
	{ 0x02, 0x1c }, /* virtual channels */
	{ 0x04, 16 },	/* power budget */
	{ 0x0b, 8 },	/* vendor: its header */
	{ 0x0d, 12 },	/* ACS: some chipsets have 32-bit registers */
	{ 0x0e, 8 },	/* ARI */
	{ 0x0f, 8 },	/* ATS */
	{ 0x10, 0x24 }, /* SR-IOV: without addresses */
	{ 0x13, 16 },	/* page requests */
	{ 0x17, 12 },	/* TPH */
	{ 0x18, 8 },	/* LTR */
	{ 0x19, 12 },	/* secondary PCI Express */
	{ 0x1b, 8 },	/* PASID */
	{ 0x1d, 12 },	/* DPC */
	{ 0x1e, 16 },	/* L1 substates */
	{ 0x1f, 12 },	/* PTM */
	{ 0x23, 10 },	/* designated vendor: its header */
	{ 0x25, 12 },	/* data link feature */
	{ 0x26, 16 },	/* physical layer 16 GT/s */
};

/* Returns the bytes that are shown: of an unknown capability its header. */
static size_t device_view_cap_size(const struct capability *cap)
{
	const struct device_view_cap *table =
		cap->extended ? device_view_ext_caps : device_view_caps;
	size_t n = cap->extended ? ARRAY_SIZE(device_view_ext_caps) : ARRAY_SIZE(device_view_caps);

	for (size_t i = 0; i < n; i++)
		if (table[i].id == cap->id)
			return table[i].size;
	return cap->extended ? 4 : 2;
}

void device_view_mask_config(const struct device *device, uint8_t *config, size_t size)
{
	bool shown[CAP_CHAIN_CONFIG_SIZE] = { false };
	struct cap_chain chain;

	memset(shown, true, HEADER_SIZE);
	if (cap_chain_read(device, &chain) >= 0)
		for (size_t i = 0; i < chain.n; i++) {
			size_t end = chain.caps[i].at + device_view_cap_size(&chain.caps[i]);

			for (size_t at = chain.caps[i].at; at < end && at < sizeof(shown); at++)
				shown[at] = true;
		}
	for (size_t at = 0; at < size; at++)
		if (at >= sizeof(shown) || !shown[at])
			config[at] = 0;
}

static int device_view_copy_config(struct device_view *view, const struct device *device)
{
	view->shown.config_again = NULL;
	if (!device->config || device->config_size == 0)
		return 0;
	view->config = malloc(device->config_size);
	if (!view->config)
		return -ENOMEM;
	memcpy(view->config, device->config, device->config_size);
	device_view_mask_config(device, view->config, device->config_size);
	view->shown.config = view->config;
	view->shown.config_masked = true;
	return 0;
}

/* --- usages --- */

static bool device_view_hides(const struct usage *usage, uid_t reader)
{
	return usage->pid >= 0 && !private_may_read(reader, usage->owner);
}

static int device_view_copy_usages(struct device_view *view, const struct device *device,
				   uid_t reader)
{
	static const char text[] = "a process of another user";

	view->shown.usages = (struct vec){ 0 };
	view->hidden = calloc(device->usages.n + 1, sizeof(*view->hidden));
	if (!view->hidden)
		return -ENOMEM;
	VEC_FOREACH(struct usage, usage, &device->usages) {
		struct usage *shown = usage;

		if (device_view_hides(usage, reader)) {
			shown = &view->hidden[view->n_hidden++];
			*shown = (struct usage){
				.kind = usage->kind,
				.what = (char *)text,
				.through = usage->through,
				.pid = -1,
			};
		}
		if (vec_add(&view->shown.usages, shown) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* --- all devices --- */

static struct device_view *device_view_free(struct device_view *view)
{
	if (!view)
		return NULL;
	vec_drop(&view->shown.usages);
	free(view->config);
	free(view->hidden);
	free(view);
	return NULL;
}

DEFINE_CLEANUP(struct device_view *, device_view_freep, device_view_free)
static DEFINE_VEC_CLEAR(device_views_clear, struct device_view, device_view_free)

static int device_view_list_add(struct device_view_list *list, const struct device *device,
				uid_t reader)
{
	_cleanup_(device_view_freep) struct device_view *view = calloc(1, sizeof(*view));
	int r;

	if (!view)
		return -ENOMEM;
	view->shown = *device;
	view->shown.serial = NULL;
	r = device_view_copy_usages(view, device, reader);
	if (r < 0)
		return r;
	r = device_view_copy_config(view, device);
	if (r < 0)
		return r;
	r = vec_add(&list->inv.devices, &view->shown);
	if (r < 0)
		return r;
	r = vec_add(&list->views, view);
	if (r < 0)
		return r;
	TAKE_PTR(view);
	return 0;
}

int device_view_list_make(const struct inventory *inv, uid_t reader, struct device_view_list *ret)
{
	_cleanup_device_view_list_ struct device_view_list list = { .inv = *inv };

	list.inv.devices = (struct vec){ 0 };
	VEC_FOREACH(const struct device, device, &inv->devices) {
		int r = device_view_list_add(&list, device, reader);

		if (r < 0)
			return r;
	}
	*ret = TAKE_STRUCT(list);
	return 0;
}

void device_view_list_clear(struct device_view_list *list)
{
	vec_drop(&list->inv.devices);
	device_views_clear(&list->views);
}
