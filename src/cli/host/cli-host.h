/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A host to look at without changing it: a recorded one with --host, else the daemon's own as it is
 * now. On a recorded one the definitions are this machine's, or those of --config-dir, and
 * everything is decided here.
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
	struct def_set *quirks;	 /* this machine's: what is known of models */
	struct assess *assess;	 /* of inv */
	struct overlap *overlap; /* of the groups of config; NULL without */
};

/* Reads the host that the command line names; *ret is to be cleared also on failure. */
int cli_host_open(struct cli *cli, struct cli_host *ret) _must_check_;
/* Says which definitions are held against each other: those of @def_set instead of its own. */
int cli_host_find_overlaps(struct cli_host *host, const struct def_set *config) _must_check_;
void cli_host_clear(struct cli_host *host);
#define _cleanup_host_ _cleanup_(cli_host_clear)

/* --- pure, on any of them; negative errno --- */

/*
 * By key, or by what the rest of the host sees of it ("eth0", "/dev/nvme0n1"). NULL: there is none.
 */
struct device *cli_host_find_device(const struct cli_host *host, const char *name);
/* "iommu:11", as list --all calls it. NULL: there is none. */
struct iommu_group *cli_host_find_iommu_group(const struct cli_host *host, const char *name);

/* What @def comes to on this host, with its blockers. */
int cli_host_resolve(const struct cli_host *host, const struct group_def *def,
		     struct resolved_group *ret) _must_check_;
/*
 * The same for devices that nobody has named: as if a definition named all of them, but not the
 * bridges among others.
 */
int cli_host_resolve_devices(const struct cli_host *host, const struct vec *devices,
			     struct resolved_group *ret) _must_check_;
/* The state that the daemon would show for a group that nobody has. */
const char *cli_host_state(const struct group_def *def, const struct resolved_group *resolved);

/* [{"code", "device", "hard", "text"}]; NULL when out of memory. */
json_object *cli_host_blockers_to_json(const struct resolved_group *resolved) _must_check_;
/* [{"cause", "device", "text"}], as Isolation on the bus; NULL when out of memory. */
json_object *cli_host_causes_to_json(const struct inventory *inv,
				     const struct device *device) _must_check_;
