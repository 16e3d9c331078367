/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Decides whether a group can be claimed, now or by waiting. Changes nothing but the inventory. */

#include <errno.h>

#include "base/str.h"
#include "base/strv.h"
#include "daemon/claim-check.h"
#include "daemon/reset-ways.h"
#include "daemon/vf-tokens.h"
#include "policy/plan/vfio-choice.h"

int claim_check_read_members(const struct registry *registry, const struct devgroup *group)
{
	_cleanup_strv_ char **keys = NULL;
	int r;

	r = group_keys(group, &keys);
	if (r < 0)
		return r;
	return host_refresh(registry_host(registry), keys);
}

bool claim_check_reserved(const struct devgroup *group, const struct claim_request *request,
			  struct refusal *ret)
{
	const char *reserved_for = group->def->reserved_for;

	if (!reserved_for || str_eq(reserved_for, request->label))
		return true;
	return refusal_set(ret, REFUSED_RESERVED,
			   "Group %s is reserved for %s. Claim it with that label.",
			   group->def->name, reserved_for);
}

static bool claim_check_interface(const struct registry *registry, const struct devgroup *group,
				  const struct claim_request *request, struct refusal *ret)
{
	const char *why = vfio_choice_why_no_iommufd_for(host_inventory(registry_host(registry)),
							 &group->resolved.devices);

	if (request->interface != INTERFACE_IOMMUFD || !why)
		return true;
	return refusal_set(ret, REFUSED_UNSUPPORTED,
			   "Group %s cannot be claimed with the interface \"iommufd\": %s Use "
			   "\"group\" or \"auto\".",
			   group->def->name, why);
}

bool claim_check(const struct registry *registry, const struct devgroup *group,
		 const struct claim_request *request, struct refusal *ret)
{
	const struct blocker *blocker = blockers_first(&group->resolved.blockers, request->force);

	if (group->record_problem)
		return refusal_set(ret, REFUSED_STUCK, "Group %s cannot be claimed: %s",
				   group->def->name, group->record_problem);
	if (!claim_check_reserved(group, request, ret) ||
	    !claim_check_interface(registry, group, request, ret))
		return false;
	if (!blocker)
		return vf_tokens_check(registry, group, ret);
	return refusal_set(ret,
			   str_eq(blocker->code, "shared-group") ? REFUSED_BUSY : REFUSED_BLOCKED,
			   "Group %s cannot be claimed (%s): %s", group->def->name, blocker->code,
			   blocker->text);
}

bool claim_check_is_busy(const struct provision *provision, const struct devgroup *group)
{
	if (group->lease || provision_is_changing(provision, group))
		return true;
	VEC_FOREACH(const struct blocker, blocker, &group->resolved.blockers)
		if (str_eq(blocker->code, "shared-group"))
			return true;
	return false;
}

bool claim_check_refuse_busy(const struct registry *registry, const struct provision *provision,
			     const struct devgroup *group, struct refusal *ret)
{
	_cleanup_free_ char *holder = group_holder(group);

	if (provision_is_changing(provision, group))
		return refusal_set(ret, REFUSED_BUSY,
				   "Group %s is busy: the daemon still prepares its devices. Try "
				   "again in a moment.",
				   group->def->name);
	if (group->lease && group->lease->state == LEASE_DIRTY)
		return reset_ways_refuse_dirty(group, ret);
	if (!group->lease)
		return claim_check(registry, group,
				   &(struct claim_request){ .label = group->def->reserved_for },
				   ret);
	return refusal_set(ret, REFUSED_BUSY, "Group %s is %s, held by %s.%s%s", group->def->name,
			   lease_visible_state(group->lease), str_or(holder, "?"),
			   group->lease->trouble ? " " : "", str_or(group->lease->trouble, ""));
}
