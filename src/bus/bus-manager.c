/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.devgroups1.Manager at /org/devgroups1. */

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "bus/bus-auth.h"
#include "bus/bus-claim.h"
#include "bus/bus-error.h"
#include "bus/bus-manager.h"
#include "bus/bus-object.h"
#include "bus/bus-options.h"
#include "bus/bus-path.h"
#include "bus/bus-release.h"
#include "daemon/manager.h"
#include "daemon/plans.h"
#include "model/config/def-set.h"
#include "model/dbus-names.h"
#include "model/json/codec.h"
#include "policy/devinfo/device-facts.h"
#include "policy/plan/vfio-choice.h"

static int bus_manager_append_group(sd_bus_message *reply, const struct devgroup *group)
{
	_cleanup_free_ char *path = bus_path_group(group->def->name), *holder = group_holder(group);

	if (!path || !holder)
		return -ENOMEM;
	return sd_bus_message_append(reply, "(ssuso)", group->def->name, group_state(group),
				     (uint32_t)group->resolved.devices.n, holder, path);
}

static int bus_manager_method_list_groups(sd_bus_message *message, void *userdata,
					  sd_bus_error *error)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
	struct bus *bus = userdata;
	int r = sd_bus_message_new_method_return(message, &reply);

	if (r >= 0)
		r = sd_bus_message_open_container(reply, 'a', "(ssuso)");
	VEC_FOREACH(const struct devgroup, group, registry_groups(bus->registry))
		if (r >= 0)
			r = bus_manager_append_group(reply, group);
	if (r >= 0)
		r = sd_bus_message_close_container(reply);
	return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int bus_manager_reply_group_path(sd_bus_message *message, const struct devgroup *group)
{
	_cleanup_free_ char *path = bus_path_group(group->def->name);

	return path ? sd_bus_reply_method_return(message, "o", path) : -ENOMEM;
}

static int bus_manager_refuse_group(sd_bus_error *error, const char *name)
{
	_cleanup_refusal_ struct refusal refusal = { 0 };

	refusal_set(&refusal, REFUSED_NO_SUCH_GROUP,
		    "There is no group %s. \"devgroupctl list\" shows those there are.", name);
	return bus_error_set_refusal(error, &refusal);
}

static int bus_manager_method_get_group(sd_bus_message *message, void *userdata,
					sd_bus_error *error)
{
	struct bus *bus = userdata;
	const struct devgroup *group;
	const char *name;
	int r = sd_bus_message_read(message, "s", &name);

	if (r < 0)
		return r;
	group = registry_find(bus->registry, name);
	return group ? bus_manager_reply_group_path(message, group) :
		       bus_manager_refuse_group(error, name);
}

static int bus_manager_method_get_group_by_device(sd_bus_message *message, void *userdata,
						  sd_bus_error *error)
{
	_cleanup_refusal_ struct refusal refusal = { 0 };
	_cleanup_free_ char *key = NULL;
	struct bus *bus = userdata;
	const struct devgroup *group;
	const char *device;
	int r = sd_bus_message_read(message, "s", &device);

	if (r < 0)
		return r;
	if (device_bus_key_normalize(device, &key) >= 0) {
		group = registry_find_by_device(bus->registry, key);
		if (group)
			return bus_manager_reply_group_path(message, group);
		if (inventory_find(host_inventory(registry_host(bus->registry)), key)) {
			refusal_set(
				&refusal, REFUSED_NO_SUCH_GROUP,
				"Device %s is in no group. Name it in a file in /etc/devgroups.d.",
				key);
			return bus_error_set_refusal(error, &refusal);
		}
	}
	refusal_set(&refusal, REFUSED_NO_SUCH_DEVICE, "There is no device %s on this host.",
		    device);
	return bus_error_set_refusal(error, &refusal);
}

static int bus_manager_method_release(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	static const char *const allowed[] = { "wait", NULL };
	struct bus_options options = { .wait_usec = BUS_RELEASE_WAIT_USEC };
	_cleanup_refusal_ struct refusal refusal = { 0 };
	struct bus *bus = userdata;
	struct devgroup *group;
	const char *name;
	int r = sd_bus_message_read(message, "s", &name);

	if (r < 0)
		return r;
	if (!bus_options_read(message, allowed, &options, &refusal))
		return bus_error_set_refusal(error, &refusal);
	group = registry_find(bus->registry, name);
	if (!group)
		return bus_manager_refuse_group(error, name);
	return bus_release_submit(message, bus, group, options.wait_usec);
}

static int bus_manager_method_reset(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	static const char *const allowed[] = { "wait", "method", NULL };
	struct bus_options options = { .wait_usec = BUS_RELEASE_WAIT_USEC };
	_cleanup_refusal_ struct refusal refusal = { 0 };
	struct bus *bus = userdata;
	struct devgroup *group;
	const char *name;
	int r = sd_bus_message_read(message, "s", &name);

	if (r < 0)
		return r;
	if (!bus_options_read(message, allowed, &options, &refusal))
		return bus_error_set_refusal(error, &refusal);
	group = registry_find(bus->registry, name);
	if (!group)
		return bus_manager_refuse_group(error, name);
	switch (bus_auth_manage(bus, message, "reset groups", &refusal)) {
	case BUS_REFUSED:
		return bus_error_set_refusal(error, &refusal);
	case BUS_PENDING:
		return 1;
	case BUS_GRANTED:
		break;
	}
	return bus_release_reset(message, bus, group, &options, error);
}

static int bus_manager_append_step(sd_bus_message *reply, const struct step *step)
{
	_cleanup_free_ char *subject = step_subject(step), *detail = step_detail(step);

	if (!subject || !detail)
		return -ENOMEM;
	return sd_bus_message_append(reply, "(sss)", step_kind_to_string(step->kind), subject,
				     detail);
}

static int bus_manager_reply_plan(sd_bus_message *message, const struct vec *steps)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
	int r = sd_bus_message_new_method_return(message, &reply);

	if (r >= 0)
		r = sd_bus_message_open_container(reply, 'a', "(sss)");
	VEC_FOREACH(const struct step, step, steps)
		if (r >= 0)
			r = bus_manager_append_step(reply, step);
	if (r >= 0)
		r = sd_bus_message_close_container(reply);
	return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

/* Would the caller be let? Who gives polkit a password now is not asked for it by the claim. */
static enum bus_verdict bus_manager_authorize_plan(struct bus *bus, sd_bus_message *message,
						   const char *name, bool release,
						   const struct bus_caller *caller,
						   const char *label, struct refusal *ret_refusal)
{
	const struct devgroup *group = registry_find(bus->registry, name);

	if (!group) /* which the plan itself finds out */
		return BUS_GRANTED;
	return release ? bus_auth_release(bus, message, caller, group, ret_refusal) :
			 bus_auth_claim(bus, message, caller, group, label, true, ret_refusal);
}

static int bus_manager_method_plan(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	static const char *const allowed[] = { "label",	    "access",	  "interface",
					       "force",	    "persistent", "wait",
					       "authorize", "with",	  NULL };
	_cleanup_refusal_ struct refusal refusal = { 0 };
	_cleanup_steps_ struct vec steps = { 0 };
	struct claim_request request = { 0 };
	_cleanup_bus_options_ struct bus_options options = { 0 };
	struct bus_caller caller;
	struct bus *bus = userdata;
	const char *name, *verb;
	bool release;
	int r = sd_bus_message_read(message, "ss", &name, &verb);

	if (r < 0)
		return r;
	r = bus_auth_get_caller(message, &caller);
	if (r < 0)
		return r;
	if (!bus_options_read(message, allowed, &options, &refusal))
		return bus_error_set_refusal(error, &refusal);
	if (!str_eq(verb, "claim") && !str_eq(verb, "release")) {
		refusal_set(&refusal, REFUSED_BAD_OPTION,
			    "A plan is for \"claim\" or \"release\", not \"%s\".", verb);
		return bus_error_set_refusal(error, &refusal);
	}
	release = str_eq(verb, "release");
	if (options.authorize)
		switch (bus_manager_authorize_plan(bus, message, name, release, &caller,
						   options.label, &refusal)) {
		case BUS_REFUSED:
			return bus_error_set_refusal(error, &refusal);
		case BUS_PENDING:
			return 1;
		case BUS_GRANTED:
			break;
		}
	request.uid = caller.uid;
	request.access = options.access;
	request.interface = options.interface;
	request.label = options.label;
	request.force = options.force;
	request.wait_usec = options.wait_usec;
	if (!plans_make(&bus->manager->claims, name, release, &request, options.with, &steps,
			&refusal))
		return bus_error_set_refusal(error, &refusal);
	return bus_manager_reply_plan(message, &steps);
}

static int bus_manager_annotate_device(const struct device *device, struct vec *facts,
				       void *userdata)
{
	return device_facts_add(userdata, device, facts);
}

static int bus_manager_method_snapshot(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct bus *bus = userdata;
	_cleanup_free_ char *text = NULL;
	const struct inventory *inv = host_inventory(registry_host(bus->registry));
	_cleanup_device_facts_ struct device_facts *device_facts = device_facts_new(inv);
	int r = device_facts ? codec_inventory_to_json_with(inv, false, bus_manager_annotate_device,
							    device_facts, &text) :
			       -ENOMEM;

	return r < 0 ? r : sd_bus_reply_method_return(message, "s", text);
}

static int bus_manager_method_reload(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	_cleanup_refusal_ struct refusal refusal = { 0 };
	struct bus *bus = userdata;
	int r;

	switch (bus_auth_manage(bus, message, "reload the definitions of groups", &refusal)) {
	case BUS_REFUSED:
		return bus_error_set_refusal(error, &refusal);
	case BUS_PENDING:
		return 1;
	case BUS_GRANTED:
		break;
	}
	r = manager_reload(bus->manager);
	return r < 0 ? r : sd_bus_reply_method_return(message, NULL);
}

/* --- properties --- */

static int bus_manager_get_version(sd_bus *connection, const char *path, const char *interface,
				   const char *property, sd_bus_message *reply, void *userdata,
				   sd_bus_error *error)
{
	return sd_bus_message_append(reply, "s", DG_VERSION);
}

static int bus_manager_get_kernel_module(sd_bus *connection, const char *path,
					 const char *interface, const char *property,
					 sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const struct bus *bus = userdata;
	const struct inventory *inv = host_inventory(registry_host(bus->registry));

	return sd_bus_message_append(reply, "s", str_or(inv->kernel_module, ""));
}

static bool bus_manager_has_iommufd(const struct inventory *inv)
{
	return inv->has_vfio && !vfio_choice_why_no_iommufd(inv);
}

static int bus_manager_get_interfaces(sd_bus *connection, const char *path, const char *interface,
				      const char *property, sd_bus_message *reply, void *userdata,
				      sd_bus_error *error)
{
	const struct bus *bus = userdata;
	const struct inventory *inv = host_inventory(registry_host(bus->registry));

	if (!inv->has_vfio)
		return sd_bus_message_append(reply, "as", 0);
	if (!bus_manager_has_iommufd(inv))
		return sd_bus_message_append(reply, "as", 1, "group");
	return sd_bus_message_append(reply, "as", 2, "group", "iommufd");
}

static int bus_manager_get_problems(sd_bus *connection, const char *path, const char *interface,
				    const char *property, sd_bus_message *reply, void *userdata,
				    sd_bus_error *error)
{
	const struct bus *bus = userdata;
	int r = sd_bus_message_open_container(reply, 'a', "(sus)");

	VEC_FOREACH(const struct problem, problem, &registry_problems(bus->registry)->list)
		if (r >= 0)
			r = sd_bus_message_append(reply, "(sus)", problem->file, problem->line,
						  problem->text);
	return r < 0 ? r : sd_bus_message_close_container(reply);
}

int bus_manager_emit_changes(struct bus *bus)
{
	const struct inventory *inv = host_inventory(registry_host(bus->registry));
	const char *module = str_or(inv->kernel_module, "");
	bool first = !bus->published_module, iommufd = bus_manager_has_iommufd(inv),
	     vfio = inv->has_vfio;
	char *names[3] = { 0 };
	size_t n = 0;

	if (first || !str_eq(bus->published_module, module)) {
		char *published = strdup(module);

		if (!published)
			return -ENOMEM;
		free(bus->published_module);
		bus->published_module = published;
		names[n++] = (char *)"KernelModule";
	}
	if (bus->published_iommufd != iommufd || bus->published_vfio != vfio)
		names[n++] = (char *)"Interfaces";
	bus->published_iommufd = iommufd;
	bus->published_vfio = vfio;
	if (first || n == 0)
		return 0;
	return sd_bus_emit_properties_changed_strv(bus->bus, DG_OBJECT_PATH, DG_IFACE_MANAGER,
						   names);
}

#define ANYONE SD_BUS_VTABLE_UNPRIVILEGED

static const sd_bus_vtable bus_manager_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD_WITH_ARGS("ListGroups", SD_BUS_NO_ARGS, SD_BUS_RESULT("a(ssuso)", groups),
				bus_manager_method_list_groups, ANYONE),
	SD_BUS_METHOD_WITH_ARGS("GetGroup", SD_BUS_ARGS("s", name), SD_BUS_RESULT("o", group),
				bus_manager_method_get_group, ANYONE),
	SD_BUS_METHOD_WITH_ARGS("GetGroupByDevice", SD_BUS_ARGS("s", device),
				SD_BUS_RESULT("o", group), bus_manager_method_get_group_by_device,
				ANYONE),
	SD_BUS_METHOD_WITH_ARGS("Claim", SD_BUS_ARGS("s", group, "a{sv}", options),
				SD_BUS_RESULT("o", lease, "a(ssh)", fds), bus_claim_method, ANYONE),
	SD_BUS_METHOD_WITH_ARGS("Release", SD_BUS_ARGS("s", group, "a{sv}", options),
				SD_BUS_NO_RESULT, bus_manager_method_release, ANYONE),
	SD_BUS_METHOD_WITH_ARGS("Reset", SD_BUS_ARGS("s", group, "a{sv}", options),
				SD_BUS_NO_RESULT, bus_manager_method_reset, ANYONE),
	SD_BUS_METHOD_WITH_ARGS("Plan", SD_BUS_ARGS("s", group, "s", verb, "a{sv}", options),
				SD_BUS_RESULT("a(sss)", steps), bus_manager_method_plan, ANYONE),
	SD_BUS_METHOD_WITH_ARGS("Snapshot", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", json),
				bus_manager_method_snapshot, ANYONE),
	SD_BUS_METHOD_WITH_ARGS("Reload", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT,
				bus_manager_method_reload, ANYONE),
	SD_BUS_PROPERTY("Version", "s", bus_manager_get_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("KernelModule", "s", bus_manager_get_kernel_module, 0,
			SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("Interfaces", "as", bus_manager_get_interfaces, 0,
			SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("Problems", "a(sus)", bus_manager_get_problems, 0,
			SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_VTABLE_END,
};

const struct bus_object bus_manager_object = {
	.path = DG_OBJECT_PATH,
	.interface = DG_IFACE_MANAGER,
	.vtable = bus_manager_vtable,
};
