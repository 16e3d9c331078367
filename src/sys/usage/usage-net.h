/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Finds which interfaces the network of the host needs: those with the default route or an address,
 * and those below them. The kernel links bridges, bonds, VLANs and others with their lower
 * interfaces.
 */

#include "sys/usage/usage-set.h"

/* Adds what it finds to @set. 0 or -ENOMEM; a file that cannot be read counts as absent. */
int usage_net_read(struct usage_set *set) _must_check_;
