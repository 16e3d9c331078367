/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Changes the state of a lease, its trouble and its record, and reads its devices. */

#include "base/strv.h"
#include "daemon/lease/lease-private.h"
#include "sys/fault.h"
#include "sys/state/run-dir.h"

enum lease_action lease_state_advance(struct lease *lease, enum lease_event event)
{
	struct lease_transition transition = lease_fsm(lease->state, event);

	lease->state = transition.next;
	return transition.action;
}

void lease_state_set_trouble(struct lease *lease, char *text)
{
	free(lease->trouble);
	lease->trouble = text;
}

int lease_state_save(const struct lease *lease)
{
	return run_dir_save(host_run_dir(lease->host), lease->record);
}

int lease_state_save_phase(const struct lease *lease, enum record_phase phase)
{
	lease->record->phase = phase;
	return lease_state_save(lease);
}

int lease_state_refresh_members(const struct lease *lease)
{
	_cleanup_strv_ char **keys = NULL;
	int r = fault_record("refresh", lease->record->group);

	if (r < 0)
		return r;
	VEC_FOREACH(const struct record_device, device, &lease->record->devices) {
		r = strv_add(&keys, device->key);
		if (r < 0)
			return r;
	}
	return host_refresh(lease->host, keys);
}
