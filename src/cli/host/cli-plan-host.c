/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Plans for a recorded host, made as the daemon there would make them. */

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/bus/cli-plan.h"
#include "cli/cli.h"
#include "cli/host/cli-host.h"
#include "cli/host/cli-plan-host.h"
#include "policy/plan/plan.h"
#include "policy/plan/reset-plan.h"

static int plan_host_add_steps(json_object *list, const struct vec *steps)
{
	int r;

	VEC_FOREACH(const struct step, step, steps) {
		_cleanup_free_ char *subject = step_subject(step), *detail = step_detail(step);

		if (!subject || !detail)
			return -ENOMEM;
		r = cli_plan_add_step(list, step_kind_to_string(step->kind), subject, detail);
		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * Checks in the daemon's order whether the group can be claimed: first reserved-for, then blockers.
 * 0, or EXIT_BLOCKED with a message.
 */
static int plan_host_check_claimable(const struct cli_options *o, const struct group_def *def,
				     const struct resolved_group *resolved)
{
	const struct blocker *blocker = blockers_first(&resolved->blockers, o->force);

	if (def->reserved_for && !str_eq(def->reserved_for, o->label)) {
		fprintf(stderr,
			"devgroupctl: Group %s is reserved for claims with the label \"%s\".\n",
			def->name, def->reserved_for);
		return EXIT_BLOCKED;
	}
	if (!blocker)
		return 0;
	fprintf(stderr, "devgroupctl: Group %s cannot be claimed (%s): %s\n", def->name,
		blocker->code, blocker->text);
	return EXIT_BLOCKED;
}

static int plan_host_find_resets(const struct cli_host *host, const struct group_def *def,
				 const struct resolved_group *resolved, struct vec *ret)
{
	const struct reset_plan_request request = {
		.inv = host->inv,
		.quirks = &host->quirks->quirks,
		.claimed = &resolved->devices,
		.methods = def->reset_methods,
	};

	return reset_plan_all(&request, ret);
}

/* Refuses a group that requires a reset and has a device without any. 0 or an exit status. */
static int plan_host_check_required(const struct group_def *def, const struct vec *resets)
{
	const struct reset_plan *plan = reset_plan_find_empty(resets);
	_cleanup_free_ char *why = NULL;

	if (!plan || (def->reset_before != RESET_REQUIRE && def->reset_after != RESET_REQUIRE))
		return 0;
	why = reset_plan_why_none(plan);
	fprintf(stderr,
		"devgroupctl: Group %s cannot be claimed: its definition requires a reset, and "
		"%s%s %s (%s).\n",
		def->name, reset_plan_is_unsure(plan) ? "whether there is one of " : "",
		plan->device->key, reset_plan_is_unsure(plan) ? "is not known" : "cannot be reset",
		str_or(why, "?"));
	return EXIT_FAILED;
}

/* Says on standard error what the plan leaves out, because the recording does not show it. */
static void plan_host_print_limits(const struct inventory *inv, const struct vec *resets)
{
	if (inv->drivers_unknown)
		fprintf(stderr, "devgroupctl: The recording does not show which drivers are bound, "
				"so the plan does not unbind them.\n");
	VEC_FOREACH(const struct reset_plan, plan, resets)
		if (plan->attempts.n == 0 && reset_plan_is_unsure(plan))
			fprintf(stderr,
				"devgroupctl: The recording does not show whether %s can be reset, "
				"so the plan has no reset of it.\n",
				plan->device->key);
}

static int plan_host_claim(const struct cli_options *o, const struct group_def *def,
			   const struct resolved_group *resolved, const struct vec *resets,
			   json_object *list)
{
	_cleanup_record_ struct record *record = record_new(def->name, "none");
	_cleanup_steps_ struct vec steps = { 0 };
	int r;

	if (!record)
		return -ENOMEM;
	record->uid = getuid();
	record->access = o->dry_run ? ACCESS_NODE : ACCESS_FD;
	r = plan_claim(def, resolved, resets, record, &steps);
	if (r < 0)
		return r;
	return plan_host_add_steps(list, &steps);
}

/* Adds the steps of a claim to @list. 0 or an exit status. */
static int plan_host_add_claim(const struct cli_options *o, const struct cli_host *host,
			       const struct group_def *def, const struct resolved_group *resolved,
			       json_object *list)
{
	_cleanup_reset_plans_ struct vec resets = { 0 };
	int r = plan_host_check_claimable(o, def, resolved);

	if (r)
		return r;
	if (plan_host_find_resets(host, def, resolved, &resets) < 0)
		return cli_fail(-ENOMEM, "cannot make a plan");
	r = plan_host_check_required(def, &resets);
	if (r)
		return r;
	if (plan_host_claim(o, def, resolved, &resets, list) < 0)
		return cli_fail(-ENOMEM, "cannot make a plan");
	plan_host_print_limits(host->inv, &resets);
	return 0;
}

int cli_plan_host(struct cli *cli, const char *verb, const char *group, json_object **ret)
{
	_cleanup_host_ struct cli_host host = { 0 };
	_cleanup_resolved_group_ struct resolved_group resolved = { 0 };
	_cleanup_json_ json_object *list = json_object_new_array();
	const struct group_def *def;
	int r = cli_host_open(cli, &host);

	if (r)
		return r;
	r = cli_host_find_group(&host, group, &def);
	if (r)
		return r;
	r = cli_host_resolve(&host, def, &resolved);
	if (r < 0)
		return cli_fail(r, "cannot make a plan");
	/* Nothing is claimed on a recorded host, so a release has no steps. */
	if (str_eq(verb, "claim")) {
		r = plan_host_add_claim(&cli->options, &host, def, &resolved, list);
		if (r)
			return r;
	}
	if (!list)
		return cli_fail(-ENOMEM, "cannot make a plan");
	*ret = TAKE_PTR(list);
	return 0;
}
