/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What would make IOMMU groups smaller: another slot, a setting of the firmware,
 * another card.
 */

#include "model/inventory.h"

/*
 * Sentences for people about @devices (struct device), which move together now; the caller frees
 * the list, NULL if there is nothing to advise. 0 or -ENOMEM.
 */
int advice_find(const struct inventory *inv, const struct vec *devices, char ***ret) _must_check_;

/*
 * A sentence on which slots isolate what is in them, free ones if there are any. Caller frees; NULL
 * when out of memory.
 */
char *advice_slots(const struct inventory *inv) _must_check_;
