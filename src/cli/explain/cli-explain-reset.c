/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>

#include "base/str.h"
#include "base/strv.h"
#include "cli/explain/cli-explain-reset.h"
#include "cli/explain/cli-explain-text.h"
#include "cli/print/cli-term.h"
#include "model/group-def.h"
#include "policy/devinfo/quirks.h"
#include "policy/devinfo/reset-caps.h"
#include "policy/plan/reset-absent.h"
#include "policy/plan/reset-plan.h"
#include "policy/plan/reset-scope.h"

/* --- as JSON --- */

/* Returns the keys of @devices without @device itself. */
static json_object *explain_reset_list_others(const struct vec *devices,
					      const struct device *device)
{
	_cleanup_json_ json_object *list = json_object_new_array();

	VEC_FOREACH(const struct device, other, devices)
		if (other != device &&
		    cli_json_append(list, json_object_new_string(other->key)) < 0)
			return NULL;
	return TAKE_PTR(list);
}

/* Returns the JSON of ways that may exist. */
static json_object *explain_reset_unknown_to_json(const struct reset_refusal *refusal)
{
	return CLI_JSON_NEW({ "method", json_object_new_string(refusal->method) },
			    { "used", json_object_new_boolean(false) },
			    { "known", json_object_new_boolean(false) },
			    { "why-not", json_object_new_string(refusal->why) });
}

/* Returns the JSON of one way. @why_not NULL: it is used. */
static json_object *explain_reset_to_json(const struct inventory *inv, const struct device *device,
					  const char *method, const char *why_not)
{
	const char *scope = str_eq(method, RESET_ATTEMPT_HOT) ? "bus" : method;
	const char *reach = reset_scope_reach_to_string(reset_scope_of_method(scope));
	_cleanup_json_ json_object *object = NULL;
	_cleanup_vec_ struct vec devices = { 0 };

	if (reset_scope_devices(inv, device, scope, &devices) < 0)
		return NULL;
	object = CLI_JSON_NEW({ "method", json_object_new_string(method) },
			      { "reach", json_object_new_string(reach) },
			      { "devices", explain_reset_list_others(&devices, device) },
			      { "used", json_object_new_boolean(!why_not) });
	if (device->parent && cli_json_set_str(object, "below", device->parent) < 0)
		return NULL;
	if (why_not && cli_json_set_str(object, "why-not", why_not) < 0)
		return NULL;
	return TAKE_PTR(object);
}

static int explain_reset_add_attempts(json_object *list, const struct inventory *inv,
				      const struct reset_plan *plan)
{
	VEC_FOREACH(const struct reset_attempt, attempt, &plan->attempts) {
		json_object *object =
			explain_reset_to_json(inv, plan->device, attempt->method, NULL);
		int r = cli_json_append(list, object);

		if (r < 0)
			return r;
		if (attempt->delay_ms) {
			r = cli_json_set(object, "delay-ms",
					 json_object_new_int64(attempt->delay_ms));
			if (r < 0)
				return r;
		}
		if (!attempt->nvme_shutdown)
			continue;
		r = cli_json_set(object, "nvme-shutdown", json_object_new_boolean(true));
		if (r < 0)
			return r;
	}
	return 0;
}

static int explain_reset_add_refused(json_object *list, const struct inventory *inv,
				     const struct reset_plan *plan)
{
	VEC_FOREACH(const struct reset_refusal, refusal, &plan->refused) {
		json_object *object = refusal->kind == RESET_NOT_KNOWN ?
					      explain_reset_unknown_to_json(refusal) :
					      explain_reset_to_json(inv, plan->device,
								    refusal->method, refusal->why);
		int r = cli_json_append(list, object);

		if (r < 0)
			return r;
	}
	return 0;
}

/* The hot reset of VFIO stands for those of the bus. */
static bool explain_reset_has_method(json_object *list, const char *method)
{
	bool is_bus = str_eq(method, "bus") || str_eq(method, "slot");

	for (size_t i = 0; i < cli_json_list_length(list); i++) {
		const char *known = cli_json_get_str(json_object_array_get_idx(list, i), "method");

		if (str_eq(known, method) || (is_bus && str_eq(known, RESET_ATTEMPT_HOT)))
			return true;
	}
	return false;
}

/* Adds the methods of the kernel that the plan does not consider. */
static int explain_reset_add_others(json_object *list, const struct inventory *inv,
				    const struct device *device)
{
	STRV_FOREACH(method, device->reset_methods) {
		const char *why = "the definition of the group does not list it";
		int r;

		if (explain_reset_has_method(list, *method))
			continue;
		if (!reset_attempt_find_method(*method))
			why = "this version does not know the method";
		r = cli_json_append(list, explain_reset_to_json(inv, device, *method, why));
		if (r < 0)
			return r;
	}
	return 0;
}

static json_object *explain_reset_list(const struct reset_plan_request *request,
				       const struct device *device)
{
	_cleanup_json_ json_object *list = json_object_new_array();
	_cleanup_reset_plan_ struct reset_plan plan = { 0 };

	if (!device_is_pci(device) || device_is_bridge(device))
		return TAKE_PTR(list);
	if (reset_plan_device(request, device, &plan) < 0 ||
	    explain_reset_add_attempts(list, request->inv, &plan) < 0 ||
	    explain_reset_add_refused(list, request->inv, &plan) < 0 ||
	    explain_reset_add_others(list, request->inv, device) < 0)
		return NULL;
	return TAKE_PTR(list);
}

/*
 * Returns the text of a quirk for which a kernel does not offer @method, although @device has it,
 * or NULL.
 */
static const char *explain_reset_find_quirk(const struct vec *quirks, const struct device *device,
					    const char *method)
{
	bool has_bus = device->parent && !device->physfn;

	if (!(str_eq(method, "bus") ? has_bus : reset_caps_offer(device, method) > 0))
		return NULL;
	VEC_FOREACH(const struct quirk, quirk, quirks)
		if (strv_contains(quirk->never, method) && quirks_match(quirk, device))
			return quirk->text;
	return NULL;
}

/* Returns the methods that the kernel does not offer for @device, and are not in @resets. */
static json_object *explain_reset_list_absent(const struct cli_host *host,
					      const struct device *device, json_object *resets)
{
	_cleanup_json_ json_object *list = json_object_new_array();

	if (!device_is_pci(device) || device_is_bridge(device))
		return TAKE_PTR(list);
	for (const char *const *method = group_def_reset_methods; *method; method++) {
		bool known;
		const char *why = reset_absent_find_reason(host->inv, device, *method, &known),
			   *quirk =
				   explain_reset_find_quirk(&host->quirks->quirks, device, *method);
		json_object *object;

		if (!why || explain_reset_has_method(resets, *method))
			continue;
		if (known && quirk)
			why = quirk;
		object = CLI_JSON_NEW({ "method", json_object_new_string(*method) },
				      { "known", json_object_new_boolean(known) },
				      { "why", json_object_new_string(why) });
		if (cli_json_append(list, object) < 0)
			return NULL;
	}
	return TAKE_PTR(list);
}

/* Adds what is known of a reset by the VFIO driver, with the keys of a snapshot. */
static int explain_reset_add_vfio(json_object *object, const struct device *device)
{
	return CLI_JSON_SET(
		object, { "reset-required", json_object_new_boolean(device->reset_required) },
		{ "reset-driver", json_object_new_string(str_or(device->reset_driver, "")) },
		{ "compatible", json_object_new_string(str_or(device->compatible, "")) });
}

int cli_explain_reset_fill(json_object *object, const struct cli_host *host,
			   const struct vec *devices, char *const *methods,
			   const struct device *device)
{
	const struct reset_plan_request request = { .inv = host->inv,
						    .quirks = &host->quirks->quirks,
						    .claimed = devices,
						    .methods = methods };
	json_object *resets = explain_reset_list(&request, device);
	int r = cli_json_set(object, "resets", resets);

	if (r < 0)
		return r;
	r = cli_json_set(object, "resets-not-offered",
			 explain_reset_list_absent(host, device, resets));
	if (r < 0 || !device_bus_find(device->bus)->reset_module)
		return r;
	return explain_reset_add_vfio(object, device);
}

/* --- for people --- */

static char *explain_reset_describe(json_object *reset)
{
	json_object *devices = cli_json_get_list(reset, "devices");
	_cleanup_free_ char *others = cli_explain_text_join(devices);
	const char *reach = cli_json_get_str(reset, "reach"),
		   *below = cli_json_get_str(reset, "below");

	if (!others)
		return NULL;
	if (str_eq(cli_json_get_str(reset, "method"), RESET_ATTEMPT_KERNEL))
		return strdup("the kernel chooses the method itself");
	if (str_eq(reach, "platform"))
		return strdup("the firmware or the driver decides what it resets");
	if (str_eq(reach, "function"))
		return str_printf("this function%s%s",
				  str_empty(others) ? " only" : ", and its virtual functions ",
				  others);
	return str_printf("%s %s%s%s",
			  str_eq(reach, "slot") ? "the slot below" : "everything below",
			  str_empty(below) ? "the root" : below,
			  str_empty(others) ? ", with no other device" : ", also ", others);
}

static void explain_reset_print_used(const char *device, json_object *reset)
{
	_cleanup_free_ char *text = explain_reset_describe(reset);
	long long delay = cli_json_get_int(reset, "delay-ms", 0);

	printf("  %s  %s: %s", device, cli_json_get_str(reset, "method"), str_or(text, ""));
	if (cli_json_get_bool(reset, "nvme-shutdown"))
		printf("; the NVMe controller is disabled before");
	if (delay > 0)
		printf("; %lld ms of waiting after", delay);
	putchar('\n');
}

/* Returns whether @reset stands for ways that may exist. */
static bool explain_reset_is_unknown(json_object *reset)
{
	return json_object_object_get_ex(reset, "known", NULL);
}

static void explain_reset_print_unused(const char *device, json_object *reset)
{
	_cleanup_free_ char *why = cli_term_clean(cli_json_get_str(reset, "why-not"));

	if (!explain_reset_is_unknown(reset))
		printf("  %s  not used: %s: %s\n", device, cli_json_get_str(reset, "method"),
		       str_or(why, ""));
	else if (str_eq(cli_json_get_str(reset, "method"), RESET_ATTEMPT_KERNEL))
		printf("  %s  not known: this recording does not show all resets that the kernel "
		       "offers\n",
		       device);
	else
		printf("  %s  not known: %s: %s\n", device, cli_json_get_str(reset, "method"),
		       str_or(why, ""));
}

/* Prints the methods that @device does not have on one line, and those not known on another. */
static void explain_reset_print_absent(json_object *device, const char *key)
{
	json_object *absent = cli_json_get_list(device, "resets-not-offered");

	for (int known = 1; known >= 0; known--) {
		const char *before = known ? "not offered: " : "not known: ";
		bool any = false;

		for (size_t i = 0; i < cli_json_list_length(absent); i++) {
			json_object *one = json_object_array_get_idx(absent, i);

			if (cli_json_get_bool(one, "known") != known)
				continue;
			if (any)
				printf("; %s", cli_json_get_str(one, "method"));
			else
				printf("  %s  %s%s", key, before, cli_json_get_str(one, "method"));
			printf(" (%s)", cli_json_get_str(one, "why"));
			any = true;
		}
		if (any)
			putchar('\n');
	}
}

static void explain_reset_print_device(json_object *device)
{
	json_object *resets = cli_json_get_list(device, "resets");
	const char *key = cli_json_get_str(device, "device");
	bool unsure = false;
	size_t used = 0;

	for (size_t i = 0; i < cli_json_list_length(resets); i++) {
		json_object *reset = json_object_array_get_idx(resets, i);

		unsure |= explain_reset_is_unknown(reset);
		if (!cli_json_get_bool(reset, "used"))
			continue;
		explain_reset_print_used(key, reset);
		used++;
	}
	if (used == 0 && !unsure)
		printf("  %s  none: the next user gets it in the state that the previous one "
		       "left\n",
		       key);
	for (size_t i = used; i < cli_json_list_length(resets); i++)
		explain_reset_print_unused(key, json_object_array_get_idx(resets, i));
	explain_reset_print_absent(device, key);
}

/* Prints the reset that the VFIO driver of @device runs, and whether that driver requires one. */
static void explain_reset_print_vfio(json_object *device)
{
	_cleanup_free_ char *module = cli_term_clean(cli_json_get_str(device, "reset-driver"));
	bool required = cli_json_get_bool(device, "reset-required");

	printf("  %s  ", cli_json_get_str(device, "device"));
	if (!str_empty(module))
		printf("by VFIO with the module %s, when it is opened and when it is closed",
		       module);
	else if (!required)
		printf("none required, and no module known that resets it: the next user may get "
		       "it in the state that the previous one left");
	else if (str_empty(cli_json_get_str(device, "compatible")))
		printf("by VFIO, if the firmware can; required (reset-required)");
	else
		printf("none; required (reset-required)");
	putchar('\n');
}

static bool explain_reset_is_mdev(json_object *device)
{
	return !str_empty(cli_json_get_str(device, "mdev-type"));
}

void cli_explain_reset_print(json_object *devices)
{
	bool any = false;

	for (size_t i = 0; i < cli_json_list_length(devices); i++) {
		json_object *device = json_object_array_get_idx(devices, i);

		if (cli_json_get_bool(device, "bridge") || cli_json_get_list(device, "mdev-types"))
			continue;
		if (!any)
			cli_explain_text_heading("Resets, in the order of trying");
		any = true;
		if (explain_reset_is_mdev(device))
			printf("  %s  by the driver of its parent, when it is opened or closed\n",
			       cli_json_get_str(device, "device"));
		else if (json_object_object_get_ex(device, "reset-required", NULL))
			explain_reset_print_vfio(device);
		else
			explain_reset_print_device(device);
	}
}
