/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * org.devgroups1.Manager at /org/devgroups1. Claim is in bus-claim.c, Plan in bus-plan.c; what
 * Release and Reset do is in bus-release.c.
 */

#include <errno.h>

#include "base/str.h"
#include "bus/bus-auth.h"
#include "bus/bus-claim.h"
#include "bus/bus-error.h"
#include "bus/bus-manager.h"
#include "bus/bus-object.h"
#include "bus/bus-options.h"
#include "bus/bus-path.h"
#include "bus/bus-plan.h"
#include "bus/bus-reader.h"
#include "bus/bus-release.h"
#include "bus/bus-text.h"
#include "bus/bus-usage.h"
#include "daemon/group-name.h"
#include "daemon/manager.h"
#include "model/config/def-set.h"
#include "model/dbus-names.h"
#include "model/json/codec.h"
#include "policy/devinfo/device-facts.h"
#include "policy/devinfo/device-view.h"
#include "policy/plan/vfio-choice.h"

static const struct inventory *bus_manager_inventory(const struct bus *bus)
{
	return host_inventory(registry_host(bus->registry));
}

/* --- groups --- */

static int bus_manager_append_group(sd_bus_message *reply, const struct devgroup *group)
{
	_cleanup_free_ char *path = bus_path_group(group->def->name), *holder = group_holder(group);

	if (!path || !holder)
		return -ENOMEM;
	return bus_text_append(reply, "(ssuso)", group->def->name, group_state(group),
			       (uint32_t)group->resolved.devices.n, holder, path);
}

static int bus_manager_method_list_groups(sd_bus_message *message, void *userdata,
					  sd_bus_error *error)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
	const struct bus *bus = userdata;
	int r;

	r = sd_bus_message_new_method_return(message, &reply);
	if (r < 0)
		return r;
	r = sd_bus_message_open_container(reply, 'a', "(ssuso)");
	if (r < 0)
		return r;
	VEC_FOREACH(const struct devgroup, group, registry_groups(bus->registry)) {
		r = bus_manager_append_group(reply, group);
		if (r < 0)
			return r;
	}
	r = sd_bus_message_close_container(reply);
	if (r < 0)
		return r;
	return sd_bus_send(NULL, reply, NULL);
}

static int bus_manager_reply_group_path(sd_bus_message *message, const struct devgroup *group)
{
	_cleanup_free_ char *path = bus_path_group(group->def->name);

	if (!path)
		return -ENOMEM;
	return sd_bus_reply_method_return(message, "o", path);
}

/* Finds a group by its name or that of a device. 0, or negative errno with @error set. */
static int bus_manager_find_group(const struct bus *bus, const char *name, struct devgroup **ret,
				  sd_bus_error *error)
{
	_cleanup_refusal_ struct refusal refusal = { 0 };

	if (!group_name_find(bus->registry, name, ret, &refusal))
		return bus_error_set_refusal(error, &refusal);
	return 0;
}

static int bus_manager_method_get_group(sd_bus_message *message, void *userdata,
					sd_bus_error *error)
{
	const struct bus *bus = userdata;
	struct devgroup *group = NULL;
	const char *name;
	int r;

	r = sd_bus_message_read(message, "s", &name);
	if (r < 0)
		return r;
	r = bus_manager_find_group(bus, name, &group, error);
	if (r < 0)
		return r;
	return bus_manager_reply_group_path(message, group);
}

static int bus_manager_method_get_group_by_device(sd_bus_message *message, void *userdata,
						  sd_bus_error *error)
{
	_cleanup_refusal_ struct refusal refusal = { 0 };
	const struct bus *bus = userdata;
	struct devgroup *group = NULL;
	const char *device;
	int r;

	r = sd_bus_message_read(message, "s", &device);
	if (r < 0)
		return r;
	if (!group_name_find_by_device(bus->registry, device, &group, &refusal))
		return bus_error_set_refusal(error, &refusal);
	return bus_manager_reply_group_path(message, group);
}

static int bus_manager_method_get_device(sd_bus_message *message, void *userdata,
					 sd_bus_error *error)
{
	const struct bus *bus = userdata;
	const struct device *device;
	_cleanup_free_ char *path = NULL;
	const char *name;
	int r;

	r = sd_bus_message_read(message, "s", &name);
	if (r < 0)
		return r;
	device = group_name_find_device(bus->registry, name);
	if (!device)
		return bus_error_set(error, REFUSED_NO_SUCH_DEVICE,
				     "There is no device %s on this host.", name);
	path = bus_path_device(device->key);
	if (!path)
		return -ENOMEM;
	return sd_bus_reply_method_return(message, "o", path);
}

/* --- release and reset --- */

/* Reads a group's name and the options. 0, or negative errno, possibly with @error set. */
static int bus_manager_read_group(sd_bus_message *message, const struct bus *bus,
				  const char *const *allowed, struct bus_options *ret_options,
				  struct devgroup **ret, sd_bus_error *error)
{
	const char *name;
	int r;

	r = sd_bus_message_read(message, "s", &name);
	if (r < 0)
		return r;
	r = bus_options_read(message, allowed, ret_options, error);
	if (r < 0)
		return r;
	return bus_manager_find_group(bus, name, ret, error);
}

static int bus_manager_method_release(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	static const char *const allowed[] = { "wait", NULL };
	_cleanup_bus_options_ struct bus_options options = { .wait_usec = BUS_RELEASE_WAIT_USEC };
	struct bus *bus = userdata;
	struct devgroup *group = NULL;
	int r;

	r = bus_manager_read_group(message, bus, allowed, &options, &group, error);
	if (r < 0)
		return r;
	return bus_release_submit(message, bus, group, options.wait_usec, error);
}

static int bus_manager_method_reset(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	static const char *const allowed[] = { "wait", "method", NULL };
	_cleanup_bus_options_ struct bus_options options = { .wait_usec = BUS_RELEASE_WAIT_USEC };
	struct bus *bus = userdata;
	struct devgroup *group = NULL;
	int r;

	r = bus_manager_read_group(message, bus, allowed, &options, &group, error);
	if (r < 0)
		return r;
	/* a call that was set aside for the usage was authorized before */
	r = bus_usage_has_answer(bus, message) ?
		    1 :
		    bus_auth_manage(bus, message, "reset groups", error);
	if (r < 0)
		return r;
	if (r == 0)
		return 1; /* polkit is being asked */
	r = bus_usage_await(bus, message, 0, error);
	if (r < 0)
		return r;
	if (r == 0)
		return 1; /* the usage is being read */
	return bus_release_reset(message, bus, group, &options, error);
}

/* --- the host --- */

/* The facts of a device, from all that the daemon knows of it. */
struct snapshot_facts {
	const struct inventory *inv;
	struct device_facts *facts;
};

static int bus_manager_annotate_device(const struct device *device, struct vec *facts,
				       void *userdata)
{
	const struct snapshot_facts *snapshot = userdata;

	return device_facts_add(snapshot->facts, inventory_find(snapshot->inv, device->key), facts);
}

/* Writes the inventory as @reader may see it. The caller frees *ret. */
static int bus_manager_write_snapshot(const struct inventory *inv, uid_t reader, char **ret)
{
	_cleanup_device_facts_ struct device_facts *device_facts = device_facts_new(inv);
	_cleanup_device_view_list_ struct device_view_list view = { 0 };
	struct snapshot_facts facts = { inv, device_facts };
	int r;

	if (!device_facts)
		return -ENOMEM;
	if (reader == 0)
		return codec_inventory_to_json_with(inv, false, bus_manager_annotate_device, &facts,
						    ret);
	r = device_view_list_make(inv, reader, &view);
	if (r < 0)
		return r;
	return codec_inventory_to_json_with(&view.inv, false, bus_manager_annotate_device, &facts,
					    ret);
}

static int bus_manager_method_snapshot(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const struct bus *bus = userdata;
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
	_cleanup_free_ char *text = NULL;
	int r;

	r = bus_manager_write_snapshot(bus_manager_inventory(bus), bus_reader_of_call(message),
				       &text);
	if (r < 0)
		return r;
	r = sd_bus_message_new_method_return(message, &reply);
	if (r < 0)
		return r;
	r = bus_text_append(reply, "s", text);
	if (r < 0)
		return r;
	return sd_bus_send(NULL, reply, NULL);
}

static int bus_manager_method_reload(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct bus *bus = userdata;
	int r;

	r = bus_auth_manage(bus, message, "reload the definitions of groups", error);
	if (r < 0)
		return r;
	if (r == 0)
		return 1; /* polkit is being asked */
	r = manager_reload(bus->manager);
	if (r < 0)
		return r;
	return sd_bus_reply_method_return(message, NULL);
}

/* --- properties --- */

BUS_DEFINE_GETTER(bus_manager_get_kernel_module, struct bus *bus, "s",
		  bus_manager_inventory(bus)->kernel_module)

static int bus_manager_get_version(sd_bus *connection, const char *path, const char *interface,
				   const char *property, sd_bus_message *reply, void *userdata,
				   sd_bus_error *error)
{
	return bus_text_append(reply, "s", DG_VERSION);
}

static bool bus_manager_has_iommufd(const struct inventory *inv)
{
	return inv->has_vfio && !vfio_choice_why_no_iommufd(inv);
}

static int bus_manager_get_interfaces(sd_bus *connection, const char *path, const char *interface,
				      const char *property, sd_bus_message *reply, void *userdata,
				      sd_bus_error *error)
{
	const struct inventory *inv = bus_manager_inventory(userdata);

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
	int r;

	r = sd_bus_message_open_container(reply, 'a', "(sus)");
	if (r < 0)
		return r;
	VEC_FOREACH(const struct problem, problem, &registry_problems(bus->registry)->list) {
		r = bus_text_append(reply, "(sus)", problem->file, problem->line, problem->text);
		if (r < 0)
			return r;
	}
	return sd_bus_message_close_container(reply);
}

static int bus_manager_get_problem_details(sd_bus *connection, const char *path,
					   const char *interface, const char *property,
					   sd_bus_message *reply, void *userdata,
					   sd_bus_error *error)
{
	const struct bus *bus = userdata;
	int r;

	r = sd_bus_message_open_container(reply, 'a', "(suuss)");
	if (r < 0)
		return r;
	VEC_FOREACH(const struct problem, problem, &registry_problems(bus->registry)->list) {
		r = bus_text_append(reply, "(suuss)", problem->file, problem->line, problem->column,
				    problem->warning ? "warning" : "error", problem->text);
		if (r < 0)
			return r;
	}
	return sd_bus_message_close_container(reply);
}

int bus_manager_emit_changes(struct bus *bus)
{
	const struct inventory *inv = bus_manager_inventory(bus);
	const char *module = str_or(inv->kernel_module, "");
	bool first = !bus->published_module, iommufd = bus_manager_has_iommufd(inv);
	char *names[3] = { 0 };
	size_t n = 0;

	if (!str_eq(bus->published_module, module)) {
		if (str_set(&bus->published_module, module) < 0)
			return -ENOMEM;
		names[n++] = (char *)"KernelModule";
	}
	if (bus->published_iommufd != iommufd || bus->published_vfio != inv->has_vfio)
		names[n++] = (char *)"Interfaces";
	bus->published_iommufd = iommufd;
	bus->published_vfio = inv->has_vfio;
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
	SD_BUS_METHOD_WITH_ARGS("GetDevice", SD_BUS_ARGS("s", name), SD_BUS_RESULT("o", device),
				bus_manager_method_get_device, ANYONE),
	SD_BUS_METHOD_WITH_ARGS("Claim", SD_BUS_ARGS("s", group, "a{sv}", options),
				SD_BUS_RESULT("o", lease, "a(ssh)", fds), bus_claim_method, ANYONE),
	SD_BUS_METHOD_WITH_ARGS("Release", SD_BUS_ARGS("s", group, "a{sv}", options),
				SD_BUS_NO_RESULT, bus_manager_method_release, ANYONE),
	SD_BUS_METHOD_WITH_ARGS("Reset", SD_BUS_ARGS("s", group, "a{sv}", options),
				SD_BUS_NO_RESULT, bus_manager_method_reset, ANYONE),
	SD_BUS_METHOD_WITH_ARGS("Plan", SD_BUS_ARGS("s", group, "s", verb, "a{sv}", options),
				SD_BUS_RESULT("a(sss)", steps), bus_plan_method, ANYONE),
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
	SD_BUS_PROPERTY("ProblemDetails", "a(suuss)", bus_manager_get_problem_details, 0,
			SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_VTABLE_END,
};

const struct bus_object bus_manager_object = {
	.path = DG_OBJECT_PATH,
	.interface = DG_IFACE_MANAGER,
	.vtable = bus_manager_vtable,
};
