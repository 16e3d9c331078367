/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The entries of `list`: an object for each group with name, state, devices, iommu-groups, holder,
 * description and "blockers". "assignable" tells that it can be claimed now, and "why" which causes
 * tie its devices ("acs-missing 0000:07:00.0"). "members" are [{device, driver, description, names,
 * id}]. "definition" is a file that `define` takes.
 */

#include "base/macro.h"
#include "cli/host/cli-host.h"
#include "cli/print/cli-json.h"

/*
 * Makes the entries from all objects of the daemon, in natural order of names. NULL when out of
 * memory.
 */
json_object *cli_list_groups(json_object *objects) _must_check_;

/* --- from an inspected host --- */

/* Makes the entries of all groups that @host defines. NULL when out of memory. */
json_object *cli_list_host(const struct cli_host *host) _must_check_;
/*
 * Appends an entry for each IOMMU group that no entry covers; those that have nothing but bridges
 * only if @bridges. 0 or -ENOMEM.
 */
int cli_list_host_add_unnamed(json_object *entries, const struct cli_host *host,
			      bool bridges) _must_check_;

/* --- for both --- */

/* The lists that an entry collects of its devices. */
struct device_lists {
	json_object *keys;    /* of strings */
	json_object *members; /* {device, driver, description, names, id} */
	json_object *why;     /* of strings, each once */
};

/* Makes three empty lists. One that could not be made fails as out of memory when it is used. */
struct device_lists cli_list_new_devices(void) _must_check_;
void cli_list_clear_devices(struct device_lists *lists);
#define _cleanup_device_lists_ _cleanup_(cli_list_clear_devices)
/* Moves @lists into @entry. 0 or -ENOMEM. */
int cli_list_set_devices(json_object *entry, struct device_lists *lists) _must_check_;

/* A device as a member of an entry. */
struct list_member {
	const char *key, *driver, *description;
	const char *id;	    /* "8086:10d3", or "" */
	json_object *names; /* of strings, HostNames of the bus; not owned; NULL: none */
};

/* Appends @member. 0 or -ENOMEM. */
int cli_list_add_member(json_object *members, const struct list_member *member) _must_check_;
/* Adds the causes that tie a device, [{"cause", "device", …}], to @why, each once. 0 or -ENOMEM. */
int cli_list_add_why(json_object *why, json_object *causes) _must_check_;
/*
 * Returns a few words for a column: "mounted; acs-missing 07:00.0, +2". The caller frees it; NULL
 * when out of memory.
 */
char *cli_list_describe_why(json_object *entry) _must_check_;
/* Returns in the same way "01:00.0 ens1, +4": the device that people know best, and how many more.
 */
char *cli_list_describe_devices(json_object *entry) _must_check_;
/* Returns "52:54:00:12:34:56 Intel Corporation 82574L [8086:10d3]" for that device. */
char *cli_list_describe_model(json_object *entry) _must_check_;
/* Returns it for one member; without @details neither MAC address nor size. */
char *cli_list_describe_member(json_object *member, bool details) _must_check_;
/* Returns "alice, @kvm": users, and Unix groups, that may claim; "" if only root may. */
char *cli_list_describe_access(json_object *entry) _must_check_;
