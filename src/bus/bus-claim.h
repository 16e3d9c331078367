/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Claim: the reply with the lease and its descriptors is sent when the claim is done. */

#include "bus/bus.h"

int bus_claim_method(sd_bus_message *message, void *userdata, sd_bus_error *error);
void bus_claim_cancel_all(struct bus *bus);
