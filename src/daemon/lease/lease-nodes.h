/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Device nodes that the holders of leases with access by path may open. */

#include "daemon/lease/lease.h"

/*
 * Lists the nodes that the holder opens, by path or as descriptors: "/dev/vfio/12", "/dev/iommu",
 * "/dev/vfio/devices/vfio0". The caller frees *ret. 0 or negative errno.
 */
int lease_nodes_list(const struct lease *lease, char ***ret) _must_check_;

/* Grants the holder its nodes again: a rebind makes new ones. Does nothing for other leases. */
void lease_nodes_refresh(const struct lease *lease);

/* Tells whether the holder of @lease keeps /dev/iommu through @other when @lease ends. */
bool lease_nodes_are_shared(const struct lease *lease, const struct lease *other);

/* Takes /dev/iommu back from the holder. The release steps take back the other nodes. */
void lease_nodes_revoke(const struct lease *lease);
