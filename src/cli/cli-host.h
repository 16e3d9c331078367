/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A host to look at without changing it: a recorded one with --host, else the daemon's own as it is
 * now. On a recorded one the definitions are this machine's, or those of --config-dir, and
 * everything is decided here.
 */

#include "base/macro.h"
#include "cli/cli-json.h"
#include "cli/cli.h"
#include "model/config/def-set.h"
#include "model/inventory.h"
#include "policy/assess/assess.h"
#include "policy/assess/overlap.h"
#include "policy/assess/resolve.h"

struct host {
	struct inventory *inv;
	struct config *config; /* NULL: the daemon has the definitions */
	struct config *quirks; /* this machine's: what is known of models */
	struct assess *assess; /* of inv */
	struct overlap *overlap; /* of the groups of config; NULL without */
};

/* Reads the host that the command line names; *ret is to be cleared also on failure. */
int host_open(struct cli *cli, struct host *ret) _must_check_;
/* Says which definitions are held against each other: those of @config instead of its own. */
int host_compare(struct host *host, const struct config *config) _must_check_;
void host_clear(struct host *host);
#define _cleanup_host_ _cleanup_(host_clear)

/* --- pure, on any of them; negative errno ---------------------------------------------------- */

/*
 * By key, or by what the rest of the host sees of it ("eth0", "/dev/nvme0n1"). NULL: there is none.
 */
struct device *host_find_device(const struct host *host, const char *name);
/* "iommu:11", as list --all calls it. NULL: there is none. */
struct iommu_group *host_find_iommu_group(const struct host *host, const char *name);

/* What @def comes to on this host, with its blockers. */
int host_resolve(const struct host *host, const struct groupdef *def,
		 struct groupview *ret) _must_check_;
/*
 * The same for devices that nobody has named: as if a definition named all of them, but not the bridges
 * among others.
 */
int host_resolve_devices(const struct host *host, const struct vec *devices,
			 struct groupview *ret) _must_check_;
/* The state that the daemon would show for a group that nobody has. */
const char *host_state(const struct groupdef *def, const struct groupview *view);

/* [{"code", "device", "hard", "text"}]; NULL when out of memory. */
json_object *host_blockers(const struct groupview *view) _must_check_;
/* [{"cause", "device", "text"}], as Isolation on the bus; NULL when out of memory. */
json_object *host_causes(const struct inventory *inv, const struct device *device) _must_check_;
