/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Claim: the reply with the lease and its descriptors is sent when the claim is done. */

#include "bus/bus.h"

/* The handler of Claim. @userdata: struct bus. */
int bus_claim_method(sd_bus_message *message, void *userdata, sd_bus_error *error);

/* Undoes all claims that wait for a reply: the connection is closed, so none can be sent. */
void bus_claim_cancel_all(struct bus *bus);
