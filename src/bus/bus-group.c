/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.devgroups1.Group at /org/devgroups1/group/NAME. It has properties only. */

#include <errno.h>

#include "bus/bus-object.h"
#include "bus/bus-path.h"
#include "bus/bus-text.h"
#include "bus/bus.h"
#include "model/dbus-names.h"
#include "model/json/codec.h"

static int bus_group_find(sd_bus *connection, const char *path, const char *interface,
			  void *userdata, void **ret_found, sd_bus_error *ret_error)
{
	struct bus *bus = userdata;
	_cleanup_free_ char *name = NULL;
	int r = sd_bus_path_decode(path, DG_GROUP_PREFIX, &name);

	if (r <= 0)
		return r;
	*ret_found = registry_find(bus->registry, name);
	return *ret_found != NULL;
}

static int bus_group_path(const void *item, char **ret)
{
	const struct devgroup *group = item;

	*ret = bus_path_group(group->def->name);
	return *ret ? 0 : -ENOMEM;
}

static int bus_group_enumerate(sd_bus *connection, const char *prefix, void *userdata,
			       char ***ret_nodes, sd_bus_error *ret_error)
{
	const struct bus *bus = userdata;

	return bus_object_list(registry_groups(bus->registry), bus_group_path, ret_nodes);
}

/* --- properties --- */

BUS_DEFINE_GETTER(bus_group_get_name, struct devgroup *group, "s", group->def->name)
BUS_DEFINE_GETTER(bus_group_get_description, struct devgroup *group, "s", group->def->description)
BUS_DEFINE_GETTER(bus_group_get_state, struct devgroup *group, "s", group_state(group))
BUS_DEFINE_GETTER(bus_group_get_reserved_for, struct devgroup *group, "s", group->def->reserved_for)
BUS_DEFINE_GETTER(bus_group_get_error_state, struct devgroup *group, "s",
		  error_state_to_string(group_error_state(group)))

static int bus_group_get_holder(sd_bus *connection, const char *path, const char *interface,
				const char *property, sd_bus_message *reply, void *userdata,
				sd_bus_error *error)
{
	const struct devgroup *group = userdata;
	_cleanup_free_ char *holder = group_holder(group);

	return bus_text_append(reply, "s", holder);
}

static int bus_group_get_blockers(sd_bus *connection, const char *path, const char *interface,
				  const char *property, sd_bus_message *reply, void *userdata,
				  sd_bus_error *error)
{
	const struct devgroup *group = userdata;
	_cleanup_blockers_ struct vec blockers = { 0 };
	int r;

	r = group_blockers(group, &blockers);
	if (r < 0)
		return r;
	r = sd_bus_message_open_container(reply, 'a', "(sss)");
	if (r < 0)
		return r;
	VEC_FOREACH(const struct blocker, blocker, &blockers) {
		r = bus_text_append(reply, "(sss)", blocker->code, blocker->device, blocker->text);
		if (r < 0)
			return r;
	}
	return sd_bus_message_close_container(reply);
}

static int bus_group_append_device_path(sd_bus_message *reply, const struct device *device)
{
	_cleanup_free_ char *path = bus_path_device(device->key);

	if (!path)
		return -ENOMEM;
	return sd_bus_message_append(reply, "o", path);
}

static int bus_group_get_devices(sd_bus *connection, const char *path, const char *interface,
				 const char *property, sd_bus_message *reply, void *userdata,
				 sd_bus_error *error)
{
	const struct devgroup *group = userdata;
	int r;

	r = sd_bus_message_open_container(reply, 'a', "o");
	if (r < 0)
		return r;
	VEC_FOREACH(const struct device, device, &group->resolved.devices) {
		r = bus_group_append_device_path(reply, device);
		if (r < 0)
			return r;
	}
	return sd_bus_message_close_container(reply);
}

static int bus_group_get_iommu_groups(sd_bus *connection, const char *path, const char *interface,
				      const char *property, sd_bus_message *reply, void *userdata,
				      sd_bus_error *error)
{
	const struct devgroup *group = userdata;
	int r;

	r = sd_bus_message_open_container(reply, 'a', "u");
	if (r < 0)
		return r;
	VEC_FOREACH(const struct iommu_group, iommu_group, &group->resolved.iommu_groups) {
		r = sd_bus_message_append(reply, "u", iommu_group->id);
		if (r < 0)
			return r;
	}
	return sd_bus_message_close_container(reply);
}

static int bus_group_get_lease(sd_bus *connection, const char *path, const char *interface,
			       const char *property, sd_bus_message *reply, void *userdata,
			       sd_bus_error *error)
{
	const struct devgroup *group = userdata;
	_cleanup_free_ char *lease = NULL;

	if (!group->lease)
		return sd_bus_message_append(reply, "o", "/");
	lease = bus_path_lease(group->lease->record->lease);
	if (!lease)
		return -ENOMEM;
	return sd_bus_message_append(reply, "o", lease);
}

static int bus_group_get_definition(sd_bus *connection, const char *path, const char *interface,
				    const char *property, sd_bus_message *reply, void *userdata,
				    sd_bus_error *error)
{
	const struct devgroup *group = userdata;
	_cleanup_free_ char *text = NULL;
	int r;

	r = codec_config_group_to_json(group->def, false, &text);
	if (r < 0)
		return r;
	return bus_text_append(reply, "s", text);
}

static int bus_group_get_defined_at(sd_bus *connection, const char *path, const char *interface,
				    const char *property, sd_bus_message *reply, void *userdata,
				    sd_bus_error *error)
{
	const struct group_def *def = ((const struct devgroup *)userdata)->def;

	return bus_text_append(reply, "(suu)", def->file, def->line, def->column);
}

#define CHANGES SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE

static const sd_bus_vtable bus_group_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Name", "s", bus_group_get_name, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("Description", "s", bus_group_get_description, 0, CHANGES),
	SD_BUS_PROPERTY("State", "s", bus_group_get_state, 0, CHANGES),
	SD_BUS_PROPERTY("Blockers", "a(sss)", bus_group_get_blockers, 0, CHANGES),
	SD_BUS_PROPERTY("Devices", "ao", bus_group_get_devices, 0, CHANGES),
	SD_BUS_PROPERTY("IommuGroups", "au", bus_group_get_iommu_groups, 0, CHANGES),
	SD_BUS_PROPERTY("Lease", "o", bus_group_get_lease, 0, CHANGES),
	SD_BUS_PROPERTY("ReservedFor", "s", bus_group_get_reserved_for, 0, CHANGES),
	SD_BUS_PROPERTY("Holder", "s", bus_group_get_holder, 0, CHANGES),
	SD_BUS_PROPERTY("ErrorState", "s", bus_group_get_error_state, 0, CHANGES),
	SD_BUS_PROPERTY("DefinedAt", "(suu)", bus_group_get_defined_at, 0, CHANGES),
	SD_BUS_PROPERTY("Definition", "s", bus_group_get_definition, 0, CHANGES),
	SD_BUS_VTABLE_END,
};

const struct bus_object bus_group_object = {
	.path = DG_GROUP_PREFIX,
	.interface = DG_IFACE_GROUP,
	.vtable = bus_group_vtable,
	.find = bus_group_find,
	.enumerate = bus_group_enumerate,
};
