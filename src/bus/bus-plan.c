/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Plan: the steps of a claim or release, as (sss). */

#include <errno.h>

#include "base/str.h"
#include "bus/bus-auth.h"
#include "bus/bus-error.h"
#include "bus/bus-options.h"
#include "bus/bus-plan.h"
#include "bus/bus-text.h"
#include "bus/bus-usage.h"
#include "daemon/group-name.h"
#include "daemon/manager.h"
#include "daemon/plans.h"

/* The arguments of Plan, and its caller. */
struct plan_call {
	struct devgroup *group; /* not owned */
	bool release;		/* a plan for "release", not for "claim" */
	struct bus_options options;
	struct bus_caller caller;
};

static void plan_call_clear(struct plan_call *plan)
{
	bus_options_clear(&plan->options);
}

static int plan_call_read(sd_bus_message *message, const struct bus *bus, struct plan_call *ret,
			  sd_bus_error *error)
{
	static const char *const allowed[] = { "label",	    "access",	  "interface",
					       "force",	    "persistent", "wait",
					       "authorize", "with",	  NULL };
	_cleanup_refusal_ struct refusal refusal = { 0 };
	const char *name, *verb;
	int r;

	r = sd_bus_message_read(message, "ss", &name, &verb);
	if (r < 0)
		return r;
	r = bus_auth_get_caller(bus, message, &ret->caller);
	if (r < 0)
		return r;
	r = bus_options_read(message, allowed, &ret->options, error);
	if (r < 0)
		return r;
	ret->release = str_eq(verb, "release");
	if (!ret->release && !str_eq(verb, "claim"))
		return bus_error_set(error, REFUSED_BAD_OPTION,
				     "A plan is for \"claim\" or \"release\", not \"%s\".", verb);
	if (!group_name_find(bus->registry, name, &ret->group, &refusal))
		return bus_error_set_refusal(error, &refusal);
	return 0;
}

/*
 * Authorizes the claim or release itself, if the caller wants that. A password that polkit gets now
 * counts for the claim that follows. Returns as bus_auth_claim().
 */
static int plan_call_authorize(const struct plan_call *plan, struct bus *bus,
			       sd_bus_message *message, sd_bus_error *error)
{
	if (!plan->options.authorize)
		return 1;
	if (plan->release)
		return bus_auth_release(bus, message, &plan->caller, plan->group, error);
	return bus_auth_claim_in_advance(bus, message, &plan->caller, plan->group,
					 plan->options.label, error);
}

static int bus_plan_append_step(sd_bus_message *reply, const struct step *step)
{
	_cleanup_free_ char *subject = step_subject(step), *detail = step_detail(step);

	if (!subject || !detail)
		return -ENOMEM;
	return bus_text_append(reply, "(sss)", step_kind_to_string(step->kind), subject, detail);
}

static int bus_plan_reply_steps(sd_bus_message *message, const struct vec *steps)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
	int r;

	r = sd_bus_message_new_method_return(message, &reply);
	if (r < 0)
		return r;
	r = sd_bus_message_open_container(reply, 'a', "(sss)");
	if (r < 0)
		return r;
	VEC_FOREACH(const struct step, step, steps) {
		r = bus_plan_append_step(reply, step);
		if (r < 0)
			return r;
	}
	r = sd_bus_message_close_container(reply);
	if (r < 0)
		return r;
	return sd_bus_send(NULL, reply, NULL);
}

int bus_plan_method(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	_cleanup_(plan_call_clear) struct plan_call plan = { 0 };
	_cleanup_refusal_ struct refusal refusal = { 0 };
	_cleanup_steps_ struct vec steps = { 0 };
	struct claim_request request;
	struct bus *bus = userdata;
	bool granted;
	int r;

	r = plan_call_read(message, bus, &plan, error);
	if (r < 0)
		return r;
	r = bus_usage_has_answer(bus, message) ? 1 :
						 plan_call_authorize(&plan, bus, message, error);
	if (r < 0)
		return r;
	if (r == 0)
		return 1; /* polkit is being asked */
	r = plan.release ? 1 : bus_usage_await(bus, message, plan.caller.uid, error);
	if (r < 0)
		return r;
	if (r == 0)
		return 1; /* the usage is being read */
	request = (struct claim_request){
		.uid = plan.caller.uid,
		.access = plan.options.access,
		.interface = plan.options.interface,
		.label = plan.options.label,
		.force = plan.options.force,
		.wait_usec = plan.options.wait_usec,
	};
	if (plan.release)
		granted = plans_release(bus->registry, plan.group, &steps, &refusal);
	else
		granted = plans_claim(&bus->manager->claims, plan.group, &request,
				      plan.options.with, &steps, &refusal);
	if (!granted)
		return bus_error_set_refusal(error, &refusal);
	return bus_plan_reply_steps(message, &steps);
}
