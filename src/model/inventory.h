/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The inventory: everything known of a host at one moment. All decisions are pure functions of it,
 * so a recorded host serves as well as this one.
 */

#include <stdbool.h>

#include "base/macro.h"
#include "base/vec.h"
#include "model/device.h"

struct iommu_group {
	unsigned id;		/* assigned by the kernel: not stable across boots */
	char *name;		/* "domain0-pe1" where the platform gives names; else NULL */
	char *type;		/* "DMA", "DMA-FQ", "identity", …; NULL: not known */
	char **reserved;	/* lines of reserved_regions: "0x… 0x… direct" */
	char **vfio_info_lines; /* VFIO info of a claim (vfio-facts.h); NULL: not asked */
	struct vec devices;	/* struct device, owned by the inventory; sorted */
};

struct inventory {
	struct vec devices;	 /* struct device, owned; sorted by device_cmp() */
	struct vec iommu_groups; /* struct iommu_group, owned; sorted by id */
	char *source;		 /* where it was read: "kernel" (sysfs), "snapshot", "lspci" */
	bool groups_derived;	 /* the IOMMU groups were derived by grouping.h, not read */
	bool iommu_off;		 /* the recording was made while no IOMMU was on */
	bool drivers_unknown;	 /* the recording does not show which drivers are bound */
	char **notes;		 /* warnings of the reader of a recording */
	char *kernel_release;	 /* as uname -r */
	unsigned long page_size; /* bytes */
	bool has_vfio;		 /* the vfio modules are available */
	bool has_iommufd;	 /* /dev/iommu is available */
	bool has_vfio_cdev;	 /* /dev/vfio/devices is available */
	char *acs_override; /* value of the parameter that lets the kernel assume ACS, or NULL */
	int interrupt_remapping; /* 1: the IOMMU translates interrupts, 0: no, -1: not known */
	bool unsafe_interrupts;	 /* vfio_iommu_type1 works without interrupt translation */
	bool denylist_off;	 /* vfio-pci takes the models that it refuses by default */
	char **slots;		 /* "0000:03:00 NAME" for each physical slot with a name */
	char **iommus;		 /* a line per IOMMU unit (iommu-unit.h) */
	char *kernel_module;	 /* version of the devgroups module; NULL: not loaded */
};

struct inventory *inventory_new(void);
struct inventory *inventory_free(struct inventory *inv);
DEFINE_CLEANUP(struct inventory *, inventory_freep, inventory_free)
#define _cleanup_inventory_ _cleanup_(inventory_freep)

/* Returns whether it is a dump of lspci, which shows devices and nothing of the kernel. */
bool inventory_is_dump(const struct inventory *inv);

/* Takes @device over and frees an earlier one with the same key. 0 or -ENOMEM (not taken). */
int inventory_put(struct inventory *inv, struct device *device) _must_check_;
/* Removes and frees a device. False if it is not there. */
bool inventory_remove(struct inventory *inv, const char *key);

/* Returns the index in inv->devices of @device, which is one of them. */
size_t inventory_index(const struct inventory *inv, const struct device *device);
/* Return the device with this normalized key, or the group with this id, or NULL. */
struct device *inventory_find(const struct inventory *inv, const char *key);
struct iommu_group *inventory_find_group(const struct inventory *inv, int id);

/* Moves a device of @inv to the group @id, which is created if needed. 0 or -ENOMEM. */
int inventory_set_group(struct inventory *inv, struct device *device, int id) _must_check_;

/* Returns the group @id, which is created if needed. NULL when out of memory. */
struct iommu_group *inventory_get_group(struct inventory *inv, unsigned id);
