/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.devgroups1.Lease at /org/devgroups1/lease/ID. Its object is the group that it holds. */

#include <errno.h>
#include <string.h>

#include "base/private.h"
#include "base/strv.h"
#include "bus/bus-auth.h"
#include "bus/bus-error.h"
#include "bus/bus-fds.h"
#include "bus/bus-object.h"
#include "bus/bus-path.h"
#include "bus/bus-reader.h"
#include "bus/bus-release.h"
#include "bus/bus-text.h"
#include "bus/bus.h"
#include "daemon/lease/lease-nodes.h"
#include "model/dbus-names.h"

static int bus_lease_find(sd_bus *connection, const char *path, const char *interface,
			  void *userdata, void **ret_found, sd_bus_error *ret_error)
{
	const struct bus *bus = userdata;
	_cleanup_free_ char *lease = NULL;
	int r = sd_bus_path_decode(path, DG_LEASE_PREFIX, &lease);

	if (r <= 0)
		return r;
	*ret_found = registry_find_lease(bus->registry, lease);
	return *ret_found != NULL;
}

static int bus_lease_path(const void *item, char **ret)
{
	const struct devgroup *group = item;

	if (!group->lease)
		return 0;
	*ret = bus_path_lease(group->lease->record->lease);
	return *ret ? 0 : -ENOMEM;
}

static int bus_lease_enumerate(sd_bus *connection, const char *prefix, void *userdata,
			       char ***ret_nodes, sd_bus_error *ret_error)
{
	const struct bus *bus = userdata;

	return bus_object_list(registry_groups(bus->registry), bus_lease_path, ret_nodes);
}

/* --- methods --- */

static int bus_lease_method_take_fds(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct bus *bus = bus_object_bus(sd_bus_message_get_bus(message));
	uint32_t first;
	int r;

	r = sd_bus_message_read(message, "u", &first);
	if (r < 0)
		return r;
	return bus_fds_take(message, bus, userdata, first, error);
}

/* Appends "DEVICE=TOKEN" as (ss). */
static int bus_lease_append_vf_token(sd_bus_message *reply, const char *line)
{
	const char *token = strchr(line, '=');
	_cleanup_free_ char *pf = token ? strndup(line, (size_t)(token - line)) : NULL;

	if (!pf)
		return -ENOMEM;
	return bus_text_append(reply, "(ss)", pf, token + 1);
}

static int bus_lease_append_vf_tokens(sd_bus_message *reply, char *const *vf_tokens)
{
	int r;

	r = sd_bus_message_open_container(reply, 'a', "(ss)");
	if (r < 0)
		return r;
	STRV_FOREACH(line, vf_tokens) {
		r = bus_lease_append_vf_token(reply, *line);
		if (r < 0)
			return r;
	}
	return sd_bus_message_close_container(reply);
}

/*
 * Only the holder needs the tokens: it alone may open the devices. With access "node" that is any
 * process of its user.
 */
static int bus_lease_method_get_vf_tokens(sd_bus_message *message, void *userdata,
					  sd_bus_error *error)
{
	const struct devgroup *group = userdata;
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
	const struct bus *bus = bus_object_bus(sd_bus_message_get_bus(message));
	struct bus_caller caller;
	int r;

	r = bus_auth_get_caller(bus, message, &caller);
	if (r < 0)
		return r;
	if (caller.uid != 0 && caller.uid != group->lease->record->uid)
		return bus_error_set(error, REFUSED_NOT_HOLDER,
				     "Only the holder of group %s may read its VF tokens.",
				     group->def->name);
	r = sd_bus_message_new_method_return(message, &reply);
	if (r < 0)
		return r;
	r = sd_bus_message_sensitive(reply);
	if (r < 0)
		return r;
	r = bus_lease_append_vf_tokens(reply, group->lease->record->vf_tokens);
	if (r < 0)
		return r;
	return sd_bus_send(NULL, reply, NULL);
}

static int bus_lease_method_release(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct bus *bus = bus_object_bus(sd_bus_message_get_bus(message));

	return bus_release_submit(message, bus, userdata, BUS_RELEASE_WAIT_USEC, error);
}

/* --- properties --- */

/* Tells whether the receiver of @reply may see the process of the holder, as /proc would decide. */
static bool bus_lease_shows_process(const struct devgroup *group, sd_bus_message *reply)
{
	return private_may_read(bus_reader_of(reply), group->lease->record->uid);
}

static int bus_lease_append_pid(sd_bus_message *reply, const struct devgroup *group)
{
	bool shown = bus_lease_shows_process(group, reply);

	return bus_text_append(reply, "u", shown ? (uint32_t)group->lease->record->pid : 0u);
}

static int bus_lease_append_unit(sd_bus_message *reply, const struct devgroup *group)
{
	bool shown = bus_lease_shows_process(group, reply);

	return bus_text_append(reply, "s", shown ? group->lease->record->unit : NULL);
}

BUS_DEFINE_CALL_GETTER(bus_lease_get_pid, struct devgroup *group,
		       bus_lease_append_pid(reply, group))
BUS_DEFINE_CALL_GETTER(bus_lease_get_unit, struct devgroup *group,
		       bus_lease_append_unit(reply, group))
BUS_DEFINE_GETTER(bus_lease_get_group, struct devgroup *group, "s", group->lease->record->group)
BUS_DEFINE_GETTER(bus_lease_get_state, struct devgroup *group, "s",
		  lease_visible_state(group->lease))
BUS_DEFINE_GETTER(bus_lease_get_uid, struct devgroup *group, "u",
		  (uint32_t)group->lease->record->uid)
BUS_DEFINE_GETTER(bus_lease_get_label, struct devgroup *group, "s", group->lease->record->label)
BUS_DEFINE_GETTER(bus_lease_get_since, struct devgroup *group, "t", group->lease->record->since)
BUS_DEFINE_GETTER(bus_lease_get_access, struct devgroup *group, "s",
		  record_access_to_string(group->lease->record->access))
BUS_DEFINE_GETTER(bus_lease_get_interface, struct devgroup *group, "s",
		  record_interface_to_string(group->lease->record->interface))
BUS_DEFINE_GETTER(bus_lease_get_persistent, struct devgroup *group, "b",
		  (int)group->lease->record->persistent)
BUS_DEFINE_GETTER(bus_lease_get_fd_count, struct devgroup *group, "u",
		  (uint32_t)group->lease->fds.n)
BUS_DEFINE_GETTER(bus_lease_get_error_state, struct devgroup *group, "s",
		  error_state_to_string(group_error_state(group)))

static int bus_lease_get_forced(sd_bus *connection, const char *path, const char *interface,
				const char *property, sd_bus_message *reply, void *userdata,
				sd_bus_error *error)
{
	const struct devgroup *group = userdata;

	return bus_text_append_strv(reply, group->lease->record->forced);
}

static int bus_lease_get_nodes(sd_bus *connection, const char *path, const char *interface,
			       const char *property, sd_bus_message *reply, void *userdata,
			       sd_bus_error *error)
{
	const struct devgroup *group = userdata;
	_cleanup_strv_ char **nodes = NULL;
	int r;

	r = lease_nodes_list(group->lease, &nodes);
	if (r < 0)
		return r;
	return bus_text_append_strv(reply, nodes);
}

#define CONST SD_BUS_VTABLE_PROPERTY_CONST
#define CHANGES SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE

static const sd_bus_vtable bus_lease_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD_WITH_ARGS("TakeFds", SD_BUS_ARGS("u", first), SD_BUS_RESULT("a(ssh)", fds),
				bus_lease_method_take_fds, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("Release", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT,
				bus_lease_method_release, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("GetVfTokens", SD_BUS_NO_ARGS, SD_BUS_RESULT("a(ss)", tokens),
				bus_lease_method_get_vf_tokens, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_PROPERTY("Group", "s", bus_lease_get_group, 0, CONST),
	SD_BUS_PROPERTY("State", "s", bus_lease_get_state, 0, CHANGES),
	SD_BUS_PROPERTY("Uid", "u", bus_lease_get_uid, 0, CONST),
	SD_BUS_PROPERTY("Pid", "u", bus_lease_get_pid, 0, CONST),
	SD_BUS_PROPERTY("Label", "s", bus_lease_get_label, 0, CONST),
	SD_BUS_PROPERTY("Unit", "s", bus_lease_get_unit, 0, CONST),
	SD_BUS_PROPERTY("Since", "t", bus_lease_get_since, 0, CONST),
	SD_BUS_PROPERTY("Access", "s", bus_lease_get_access, 0, CONST),
	SD_BUS_PROPERTY("Interface", "s", bus_lease_get_interface, 0, CONST),
	/* not signalled: a device that is bound again gets another node, without an event */
	SD_BUS_PROPERTY("Nodes", "as", bus_lease_get_nodes, 0, 0),
	SD_BUS_PROPERTY("Forced", "as", bus_lease_get_forced, 0, CONST),
	SD_BUS_PROPERTY("Persistent", "b", bus_lease_get_persistent, 0, CONST),
	SD_BUS_PROPERTY("FdCount", "u", bus_lease_get_fd_count, 0, CHANGES),
	SD_BUS_PROPERTY("ErrorState", "s", bus_lease_get_error_state, 0, CHANGES),
	SD_BUS_SIGNAL_WITH_ARGS("Error", SD_BUS_ARGS("s", device, "s", state), 0),
	SD_BUS_SIGNAL_WITH_ARGS(
		"Step", SD_BUS_ARGS("u", index, "u", count, "s", step, "s", device, "s", state), 0),
	SD_BUS_SIGNAL_WITH_ARGS("ReleaseRequested", SD_BUS_ARGS("u", uid), 0),
	SD_BUS_VTABLE_END,
};

const struct bus_object bus_lease_object = {
	.path = DG_LEASE_PREFIX,
	.interface = DG_IFACE_LEASE,
	.vtable = bus_lease_vtable,
	.find = bus_lease_find,
	.enumerate = bus_lease_enumerate,
};
