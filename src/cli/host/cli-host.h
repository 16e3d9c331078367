/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A host that is inspected but not changed: a recorded one with --host, else the daemon's host in
 * its current state. For a recorded host the definitions are those of this machine or of
 * --config-dir, and this program makes all decisions.
 */

#include "base/macro.h"
#include "cli/cli.h"
#include "cli/print/cli-json.h"
#include "model/config/def-set.h"
#include "model/inventory.h"
#include "policy/assess/assess.h"
#include "policy/assess/overlap.h"
#include "policy/assess/resolve.h"

struct cli_host {
	struct inventory *inv;
	struct def_set *config;	 /* NULL: the daemon has the definitions */
	struct def_set *quirks;	 /* this machine's quirks */
	struct assess *assess;	 /* the assessment of inv */
	struct overlap *overlap; /* conflicts between the groups of config; NULL without config */
};

/* Reads the host that the command line names. 0 or an exit status; clear *ret in both cases. */
int cli_host_open(struct cli *cli, struct cli_host *ret) _must_check_;
/*
 * Finds conflicts between the groups of @config, which replace those of the host's own definitions.
 * 0 or negative errno.
 */
int cli_host_find_overlaps(struct cli_host *host, const struct def_set *config) _must_check_;
void cli_host_clear(struct cli_host *host);
#define _cleanup_host_ _cleanup_(cli_host_clear)

/* --- pure; those that return int: 0 or negative errno --- */

/* Find a device or an IOMMU group by one of its names (device-name.h). NULL: there is none. */
struct device *cli_host_find_device(const struct cli_host *host, const char *name);
struct iommu_group *cli_host_find_iommu_group(const struct cli_host *host, const char *name);
/*
 * Finds the definition that takes @device, or a device of @iommu_group; either may be NULL. *ret is
 * NULL if there is none.
 */
int cli_host_find_owner(const struct cli_host *host, const struct device *device,
			const struct iommu_group *iommu_group,
			const struct group_def **ret) _must_check_;

/* Resolves @def on this host and adds its blockers. */
int cli_host_resolve(const struct cli_host *host, const struct group_def *def,
		     struct resolved_group *ret) _must_check_;
/*
 * Resolves @devices, which no definition names, as if one named them all. Bridges are left out
 * unless there is nothing else.
 */
int cli_host_resolve_devices(const struct cli_host *host, const struct vec *devices,
			     struct resolved_group *ret) _must_check_;
/* Returns the state that the daemon would show for a group without a lease. */
const char *cli_host_state(const struct group_def *def, const struct resolved_group *resolved);

/* Returns [{"code", "device", "hard", "text"}]; NULL when out of memory. */
json_object *cli_host_blockers_to_json(const struct resolved_group *resolved) _must_check_;
/* Returns [{"cause", "device", "text"}], as Isolation on the bus; NULL when out of memory. */
json_object *cli_host_causes_to_json(const struct inventory *inv,
				     const struct device *device) _must_check_;

/* --- names of groups on a recorded host; 0 or an exit status --- */

/* Finds a definition by its name, or by that of a device in it. */
int cli_host_find_group(const struct cli_host *host, const char *name,
			const struct group_def **ret) _must_check_;
/* Returns name_miss_hint() for @name, which is no group of @config. Caller frees; NULL: no memory.
 */
char *cli_host_hint(const struct def_set *config, const char *name) _must_check_;
/* Prints that @config has no group @name, and returns EXIT_NO_SUCH. */
int cli_host_refuse_name(const struct def_set *config, const char *name);
