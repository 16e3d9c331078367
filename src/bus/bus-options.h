/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The options of Claim, Release, Reset and Plan: an a{sv}. */

#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-bus.h>

#include "model/record.h"

/* A longer "wait" counts as this one. */
#define BUS_OPTIONS_LONGEST_WAIT_USEC (86400 * 1000000ULL)
/* Bytes of a string: reserved-for of a definition has the same limit. */
#define BUS_OPTIONS_LONGEST_TEXT 255
/* Names in "with". */
#define BUS_OPTIONS_MOST_WITH 256

struct bus_options {
	const char *label;  /* points into the message; NULL: none */
	const char *method; /* points into the message; NULL: none */
	enum vfio_interface interface;
	enum access_mode access;
	bool for_user; /* @uid is given: that user will hold the lease */
	uid_t uid;
	bool persistent, force, authorize;
	uint64_t wait_usec;
	char **with;	/* names of groups; owned */
	unsigned given; /* a bit for each row of the table of options */
};
void bus_options_clear(struct bus_options *options);
#define _cleanup_bus_options_ _cleanup_(bus_options_clear)

/*
 * Reads the next argument, an a{sv}. @allowed is the list of keys that this call takes, ending in
 * NULL. Options that are not given stay as they are in *ret. An option may be given once.
 * 0, or negative errno with @error set to BadOption, which names the key and the expected type.
 */
int bus_options_read(sd_bus_message *message, const char *const *allowed, struct bus_options *ret,
		     sd_bus_error *error) _must_check_;
