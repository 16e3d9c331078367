/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Ownership of the kernel module's "config" and "resource" files of claimed devices. */

#include "daemon/lease/lease.h"

/* Gives the files of all devices to root. A daemon does so once, before it adopts leases. */
void lease_files_reset(const struct host *host);

/* Gives the files of a claimed lease's devices to its user. Does nothing in other states. */
void lease_files_refresh(const struct lease *lease);

/* Gives the files of the lease's devices back to root. */
void lease_files_revoke(const struct lease *lease);
