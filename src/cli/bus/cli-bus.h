/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The connection to devgroupd, the calls, and the table from error names to exit statuses. */

#include <systemd/sd-bus.h>

#include "base/macro.h"
#include "cli/cli.h"

DEFINE_CLEANUP(sd_bus_message *, cli_bus_message_unrefp, sd_bus_message_unref)
#define _cleanup_message_ _cleanup_(cli_bus_message_unrefp)
#define _cleanup_bus_error_ _cleanup_(sd_bus_error_free)
DEFINE_CLEANUP(sd_bus_slot *, cli_bus_slot_unrefp, sd_bus_slot_unref)
#define _cleanup_slot_ _cleanup_(cli_bus_slot_unrefp)

/*
 * Connects cli->bus to the bus that -H and -M name. Does nothing if it is connected. 0 or an exit
 * status.
 */
int cli_bus_open(struct cli *cli) _must_check_;
/* Connects in the same way but prints no message. 0 or negative errno. */
int cli_bus_try_open(struct cli *cli) _must_check_;

/*
 * Prints the message of @error and returns its exit status. Without a name in @error, the message
 * is that of the negative errno @r.
 */
int cli_bus_fail(const struct cli *cli, const sd_bus_error *error, int r);
int cli_bus_exit_code(const char *error_name);

/*
 * Makes a call of @method without arguments; the caller appends them and unrefs *ret. 0 or an exit
 * status.
 */
int cli_bus_new_call(struct cli *cli, const char *path, const char *iface, const char *method,
		     sd_bus_message **ret) _must_check_;

/*
 * Sends @call and waits for its reply without a timeout: the daemon has the deadlines. 0 or an exit
 * status; the caller unrefs *ret_reply.
 */
int cli_bus_call(struct cli *cli, sd_bus_message *call, sd_bus_message **ret_reply) _must_check_;
/* Sends in the same way but prints no message. 0, or negative errno with *error set. */
int cli_bus_try_call(struct cli *cli, sd_bus_message *call, sd_bus_error *error,
		     sd_bus_message **ret_reply) _must_check_;

/*
 * Calls Manager.@method(s) → o, that is GetGroup or GetGroupByDevice; the caller frees *ret_path.
 * The first prints no message and returns 0 or negative errno, the second returns 0 or an exit
 * status.
 */
int cli_bus_try_lookup(struct cli *cli, const char *method, const char *name, sd_bus_error *error,
		       char **ret_path) _must_check_;
int cli_bus_lookup(struct cli *cli, const char *method, const char *name,
		   char **ret_path) _must_check_;

/*
 * Append {@key, @value} to an open a{sv}; a @value of NULL or false appends nothing. 0 or negative
 * errno.
 */
int cli_bus_append_option(sd_bus_message *call, const char *key, const char *type,
			  const void *value) _must_check_;

int cli_bus_append_flag(sd_bus_message *call, const char *key, bool value) _must_check_;

/* Reads one element of an array. 0 or negative errno. */
typedef int cli_bus_reader(sd_bus_message *m, void *userdata);

/* Calls @read for each element of an array with the signature @contents. 0 or negative errno. */
int cli_bus_read_array(sd_bus_message *m, const char *contents, cli_bus_reader *read,
		       void *userdata) _must_check_;

/*
 * Gets the uid that the daemon sees: ours on this host, another one over ssh. 0 or an exit status.
 */
int cli_bus_own_uid(struct cli *cli, uid_t *ret) _must_check_;
