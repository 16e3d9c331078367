/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The inventory: everything known of a host at one moment. Everything that decides is a pure
 * function of it, so a recorded host serves as well as this one.
 */

#include <stdbool.h>

#include "base/macro.h"
#include "base/vec.h"
#include "model/device.h"

struct iommu_group {
	unsigned id;	 /* the kernel's number: not stable across boots */
	char *name;	 /* "domain0-pe1", where the platform gives names; NULL: it has none */
	char *type;	 /* "DMA", "DMA-FQ", "identity", …; NULL: not known */
	char **reserved; /* lines of reserved_regions: "0x… 0x… direct" */
	char **vfio_info_lines; /* what VFIO said of it when it was asked (vfio-facts.h); NULL: it
				   was not */
	struct vec devices;	/* struct device, owned by the inventory; sorted */
};

struct inventory {
	struct vec devices;	 /* struct device, owned; sorted by device_cmp() */
	struct vec iommu_groups; /* struct iommu_group, owned; sorted by id */
	char *source;		 /* "kernel" (sysfs), "snapshot", "lspci": where it was read */
	bool groups_derived; /* no kernel said what the IOMMU groups are: grouping.h worked them out
			      */
	char *kernel_release;	 /* as uname -r */
	unsigned long page_size; /* bytes */
	bool has_vfio;		 /* the vfio modules can be had */
	bool has_iommufd;	 /* /dev/iommu can be had */
	bool has_vfio_cdev;	 /* /dev/vfio/devices can be had */
	char *acs_override; /* the kernel was told to take ACS for granted: value of its parameter
			     */
	int interrupt_remapping; /* 1: the IOMMU translates interrupts, 0: it does not, -1: not
				    known */
	bool unsafe_interrupts;	 /* vfio_iommu_type1 was told to do without that */
	char **iommus;		 /* a line for each unit (iommuunit.h) */
	char *kernel_module;	 /* version of the devgroups module, NULL if it is not loaded */
};

struct inventory *inventory_new(void);
struct inventory *inventory_free(struct inventory *inv);
DEFINE_CLEANUP(struct inventory *, inventory_freep, inventory_free)
#define _cleanup_inventory_ _cleanup_(inventory_freep)

/* Takes @device over, in place of the one with the same key if there is one. 0 or -ENOMEM (not
 * taken). */
int inventory_put(struct inventory *inv, struct device *device) _must_check_;
/* False if there was none. */
bool inventory_remove(struct inventory *inv, const char *key);

/* By normalized key; NULL if there is none. */
struct device *inventory_find(const struct inventory *inv, const char *key);
struct iommu_group *inventory_find_group(const struct inventory *inv, int id);

/* Moves @device, which is in @inv, to the group @id, made if it is not there. 0 or -ENOMEM. */
int inventory_set_group(struct inventory *inv, struct device *device, int id) _must_check_;

/* The group with this id, made if it is not there. NULL when out of memory. */
struct iommu_group *inventory_get_group(struct inventory *inv, unsigned id);
