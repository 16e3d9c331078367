/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Creates the leases of groups, and frees those that have ended. Decides nothing. */

#include <errno.h>
#include <string.h>

#include "daemon/lease/lease-files.h"
#include "daemon/lease/lease-nodes.h"
#include "daemon/leases.h"
#include "policy/plan/new-id.h"
#include "sys/state/fd-store.h"

int leases_start(const struct leases *leases, struct devgroup *group, struct record **record,
		 struct vec *steps)
{
	struct host *host = registry_host(leases->registry);
	const struct events *events = registry_events(leases->registry);
	struct lease *lease;
	int r;

	r = new_id_record(host_inventory(host), steps, *record);
	if (r < 0)
		return r;
	r = lease_new(host, *record, leases->observer, leases->userdata, &lease);
	if (r < 0)
		return r;
	*record = NULL;
	r = lease_claim(lease, steps);
	if (r < 0) {
		lease_free(lease);
		return r;
	}
	group->lease = lease;
	if (events->observer)
		events->observer->lease_added(group, events->userdata);
	registry_refresh(leases->registry);
	provision_run(leases->provision);
	return 0;
}

int leases_adopt(const struct leases *leases, struct devgroup *group, struct record **record)
{
	struct lease *lease;
	int r = lease_new(registry_host(leases->registry), *record, leases->observer,
			  leases->userdata, &lease);

	if (r < 0)
		return r;
	*record = NULL;
	group->lease = lease;
	lease_adopt(lease, fd_store_take(lease->record->lease));
	return 0;
}

/* Revokes /dev/iommu, unless another lease of the user needs it. The release steps leave it. */
static void leases_revoke_nodes(const struct registry *registry, const struct lease *lease)
{
	VEC_FOREACH(const struct devgroup, group, registry_groups(registry))
		if (group->lease && group->lease != lease &&
		    lease_nodes_are_shared(lease, group->lease))
			return;
	lease_nodes_revoke(lease);
}

void leases_drop(const struct leases *leases, struct devgroup *group)
{
	const struct events *events = registry_events(leases->registry);
	_cleanup_free_ char *id = strdup(group->lease->record->lease);

	leases_revoke_nodes(leases->registry, group->lease);
	lease_files_revoke(group->lease);
	group->lease = lease_free(group->lease);
	host_restart_usage(registry_host(leases->registry));
	if (id && events->observer)
		events->observer->lease_removed(id, events->userdata);
}
