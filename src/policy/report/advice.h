/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Advice on how to make IOMMU groups smaller: another slot, a firmware setting, another card. */

#include "model/inventory.h"

/*
 * Returns in *ret sentences for people about @devices (struct device), which move together; the
 * caller frees the list. NULL if there is no advice. 0 or -ENOMEM.
 */
int advice_find(const struct inventory *inv, const struct vec *devices, char ***ret) _must_check_;

/*
 * Returns a sentence that names slots that isolate, free ones if there are any; the caller frees
 * it. NULL when out of memory.
 */
char *advice_slots(const struct inventory *inv) _must_check_;
