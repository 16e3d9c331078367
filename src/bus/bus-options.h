/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The options of Claim, Release, Reset and Plan: an a{sv}. */

#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-bus.h>

#include "daemon/refusal.h"
#include "model/record.h"

struct bus_options {
	const char *label;  /* points into the message */
	const char *method; /* likewise */
	enum vfio_interface interface;
	enum access_mode access;
	bool for_user; /* uid is given: the lease is that user's */
	uid_t uid;
	bool persistent, force, authorize;
	uint64_t wait_usec;
	char **with; /* groups; owned */
};
void bus_options_clear(struct bus_options *options);
#define _cleanup_bus_options_ _cleanup_(bus_options_clear)

/*
 * Reads an a{sv}. False: *ret_refusal is REFUSED_BAD_OPTION and names key and type. @allowed is a
 * list of keys ending in NULL. What is not given stays as it is in *ret.
 */
bool bus_options_read(sd_bus_message *message, const char *const *allowed, struct bus_options *ret,
		      struct refusal *ret_refusal) _must_check_;
