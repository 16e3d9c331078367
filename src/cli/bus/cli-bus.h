/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The connection to devgroupd, calls, and the one table from the error of a call to an exit
 * code.
 */

#include <systemd/sd-bus.h>

#include "base/macro.h"
#include "cli/cli.h"

DEFINE_CLEANUP(sd_bus_message *, cli_bus_message_unrefp, sd_bus_message_unref)
#define _cleanup_message_ _cleanup_(cli_bus_message_unrefp)
#define _cleanup_bus_error_ _cleanup_(sd_bus_error_free)
DEFINE_CLEANUP(sd_bus_slot *, cli_bus_slot_unrefp, sd_bus_slot_unref)
#define _cleanup_slot_ _cleanup_(cli_bus_slot_unrefp)

/* Connects cli->bus as -H and -M say. Nothing to do if it is connected. */
int cli_bus_open(struct cli *cli) _must_check_;
/* The same without saying what went wrong: negative errno. */
int cli_bus_try_open(struct cli *cli) _must_check_;

/* Says what @error means and returns its exit code; with no @error set, it is the errno @r. */
int cli_bus_fail(const struct cli *cli, const sd_bus_error *error, int r);
int cli_bus_exit_code(const char *error_name);

/* A new call of @iface at @path; to be filled with arguments. */
int cli_bus_new_call(struct cli *cli, const char *path, const char *iface, const char *method,
		     sd_bus_message **ret) _must_check_;

/* Sends @call and waits for its reply, however long that takes: the daemon has the deadlines. */
int cli_bus_call(struct cli *cli, sd_bus_message *call, sd_bus_message **ret_reply) _must_check_;
/* The same without saying what went wrong: 0 or negative errno, and then *error is set. */
int cli_bus_try_call(struct cli *cli, sd_bus_message *call, sd_bus_error *error,
		     sd_bus_message **ret_reply) _must_check_;

/* Manager.METHOD(s) → o: GetGroup and GetGroupByDevice. */
int cli_bus_try_lookup(struct cli *cli, const char *method, const char *name, sd_bus_error *error,
		       char **ret_path) _must_check_;
int cli_bus_lookup(struct cli *cli, const char *method, const char *name,
		   char **ret_path) _must_check_;

/* Append to an a{sv} that is open; nothing for a @value of NULL or false. Negative errno. */
int cli_bus_append_option(sd_bus_message *call, const char *key, const char *type,
			  const void *value) _must_check_;

int cli_bus_append_flag(sd_bus_message *call, const char *key, bool value) _must_check_;

/* The uid that the daemon sees us as: ours here, another one over ssh. */
int cli_bus_own_uid(struct cli *cli, uid_t *ret) _must_check_;
