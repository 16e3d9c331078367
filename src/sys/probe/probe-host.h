/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reads the whole host into an inventory: its devices, and facts of the host itself. */

#include "sys/probe/probe.h"

/* Reads the whole host. Leaves out devices that vanish while it runs. 0 or negative errno. */
int probe_host(struct probe *probe, struct inventory **ret) _must_check_;

/*
 * Updates what changes of the host without an event: whether VFIO accepts interrupts that nothing
 * isolates, and the models on its denylist. *ret_changed may be NULL. 0 or -ENOMEM.
 */
int probe_host_poll(struct probe *probe, struct inventory *inv, bool *ret_changed) _must_check_;
