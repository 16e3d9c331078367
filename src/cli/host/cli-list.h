/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The entries of `list`: an object per group with name, state, devices, iommu-groups, holder,
 * description, "assignable" (could be claimed now), "blockers", "why" (what ties its devices, "acs-
 * missing 0000:07:00.0"), and members {device, driver, description} where they are asked for.
 * "definition" is the file that `define` takes.
 */

#include "base/macro.h"
#include "cli/host/cli-host.h"
#include "cli/print/cli-json.h"

/* From all objects of the daemon; sorted as people sort names. NULL when out of memory. */
json_object *cli_list_groups(json_object *objects, bool members) _must_check_;

/* --- from a host that is looked at --- */

/* The groups of its definitions. NULL when out of memory. */
json_object *cli_list_host(const struct cli_host *host, bool members) _must_check_;
/* Appends an entry for each IOMMU group that no entry covers. 0 or -ENOMEM. */
int cli_list_host_add_unnamed(json_object *entries, const struct cli_host *host) _must_check_;

/* --- for both --- */

/* What an entry collects of its devices. */
struct device_lists {
	json_object *keys;    /* of strings */
	json_object *members; /* what is known of each */
	json_object *why;     /* of strings, each once */
};

/* Three empty lists; NULL among them is reported when something is added or set. */
struct device_lists cli_list_new_devices(void) _must_check_;
void cli_list_clear_devices(struct device_lists *lists);
#define _cleanup_device_lists_ _cleanup_(cli_list_clear_devices)
/* Moves @lists into @entry, the members if asked for. 0 or -ENOMEM. */
int cli_list_set_devices(json_object *entry, struct device_lists *lists, bool members) _must_check_;

/* Appends {device, driver, description}. 0 or -ENOMEM. */
int cli_list_add_member(json_object *members, const char *key, const char *driver,
			const char *description) _must_check_;
/* Adds what ties a device, [{"cause", "device", …}] of it, to @why, each once. 0 or -ENOMEM. */
int cli_list_add_why(json_object *why, json_object *causes) _must_check_;
/*
 * A few words for a column: "mounted; acs-missing 07:00.0, +2". Caller frees; NULL: out of memory.
 */
char *cli_list_describe_why(json_object *entry) _must_check_;
