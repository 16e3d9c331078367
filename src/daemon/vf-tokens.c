/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A VF token is made with the claim of a physical function. Its holder and the holders of its
 * virtual functions get it. Tokens stand in records, which only root can read, and are never shown.
 */

#include <errno.h>
#include <string.h>
#include <systemd/sd-id128.h>

#include "base/str.h"
#include "base/strv.h"
#include "daemon/vf-tokens.h"
#include "policy/plan/sriov-plan.h"

/* --- in the plan of a claim --- */

/* Returns a random token in the form that the kernel reads: 8-4-4-4-12 hexadecimal digits. */
static char *vf_tokens_generate(void)
{
	char hex[SD_ID128_STRING_MAX];
	sd_id128_t random;

	if (sd_id128_randomize(&random) < 0)
		return NULL;
	sd_id128_to_string(random, hex);
	return str_printf("%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

static int vf_tokens_add(struct record *record, const char *pf, const char *token)
{
	_cleanup_free_ char *line = str_printf("%s=%s", pf, token);

	if (!line)
		return -ENOMEM;
	return strv_add(&record->vf_tokens, line);
}

static int vf_tokens_make_one(struct record *record, struct step *step)
{
	_cleanup_free_ char *token = vf_tokens_generate();

	if (!token)
		return -ENOMEM;
	if (str_set(&step->value, token) < 0)
		return -ENOMEM;
	return vf_tokens_add(record, step->device, token);
}

static int vf_tokens_make(struct record *record, struct vec *steps)
{
	int r;

	VEC_FOREACH(struct step, step, steps) {
		if (step->kind != STEP_SET_VF_TOKEN)
			continue;
		r = vf_tokens_make_one(record, step);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Returns the lease that has the physical function, or NULL. @pf may be NULL. */
static const struct lease *vf_tokens_find_lease(const struct registry *registry, const char *pf)
{
	VEC_FOREACH(const struct devgroup, group, registry_groups(registry))
		if (pf && group->lease && record_find_device(group->lease->record, pf))
			return group->lease;
	return NULL;
}

static bool vf_tokens_is_of(const char *line, const char *pf)
{
	return str_starts(line, pf) && line[strlen(pf)] == '=';
}

static int vf_tokens_copy_of(const struct lease *lease, const char *pf, struct record *record)
{
	STRV_FOREACH(line, lease->record->vf_tokens) {
		if (!vf_tokens_is_of(*line, pf) || strv_contains(record->vf_tokens, *line))
			continue;
		if (strv_add(&record->vf_tokens, *line) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Copies the tokens of the physical functions of the group's virtual ones. */
static int vf_tokens_copy(const struct registry *registry, const struct devgroup *group,
			  struct record *record)
{
	VEC_FOREACH(const struct device, device, &group->resolved.devices) {
		const struct lease *lease = vf_tokens_find_lease(registry, device->physfn);

		if (lease && vf_tokens_copy_of(lease, device->physfn, record) < 0)
			return -ENOMEM;
	}
	return 0;
}

int vf_tokens_complete(const struct registry *registry, const struct provision *provision,
		       const struct devgroup *group, struct record *record, struct vec *steps)
{
	_cleanup_vec_ struct vec defs = { 0 };
	int r;

	r = provision_list_vf_defs(provision, &defs);
	if (r < 0)
		return r;
	r = sriov_plan_claim(host_inventory(registry_host(registry)), &defs, steps);
	if (r < 0)
		return r;
	r = vf_tokens_make(record, steps);
	if (r < 0)
		return r;
	return vf_tokens_copy(registry, group, record);
}

/* --- before a claim --- */

bool vf_tokens_check(const struct registry *registry, const struct devgroup *group,
		     struct refusal *ret)
{
	VEC_FOREACH(const struct device, device, &group->resolved.devices) {
		const struct lease *lease = vf_tokens_find_lease(registry, device->physfn);

		if (!lease || lease == group->lease || lease->state == LEASE_CLAIMED)
			continue;
		return refusal_set(ret, REFUSED_BUSY,
				   "Group %s cannot be claimed: %s is a virtual function of %s, "
				   "whose group %s is %s. Try again when that is over.",
				   group->def->name, device->key, device->physfn,
				   lease->record->group, lease_visible_state(lease));
	}
	return true;
}

/* --- after a lease --- */

void vf_tokens_lease_ended(const struct registry *registry)
{
	VEC_FOREACH(const struct devgroup, group, registry_groups(registry))
		if (group->lease && group->lease->record->vf_tokens)
			lease_try_again(group->lease);
}
