/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The inventory as an ordinary user may see it. The kernel shows such a user the first 64 bytes of
 * configuration space, and not who uses a device. A view adds the capabilities that reports need,
 * and hides the rest: message addresses, logged headers, vendor registers, serial numbers, and the
 * processes of other users.
 */

#include "model/inventory.h"

struct device_view_list {
	struct inventory inv; /* borrows all but its devices from the whole inventory */
	struct vec views;     /* struct device_view, owned; its devices */
};

/* Makes the view of user @reader. It is valid as long as @inv is not changed. 0 or -ENOMEM. */
int device_view_list_make(const struct inventory *inv, uid_t reader,
			  struct device_view_list *ret) _must_check_;
void device_view_list_clear(struct device_view_list *list);
#define _cleanup_device_view_list_ _cleanup_(device_view_list_clear)

/*
 * Sets to zero, in the @size bytes of @config, a copy of the device's configuration space, all that
 * an ordinary user is not shown.
 */
void device_view_mask_config(const struct device *device, uint8_t *config, size_t size);
