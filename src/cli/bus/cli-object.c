/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/bus/cli-bus.h"
#include "cli/bus/cli-object.h"
#include "cli/bus/cli-value.h"
#include "model/dbus-names.h"
#include "model/device-bus.h"
#include "model/pciaddr.h"

static const struct {
	const char *name, *iface, *prefix;
} object_types[OBJECT_TYPES] = {
	[OBJECT_MANAGER] = { "manager", DG_IFACE_MANAGER, NULL },
	[OBJECT_GROUP] = { "group", DG_IFACE_GROUP, DG_GROUP_PREFIX },
	[OBJECT_DEVICE] = { "device", DG_IFACE_DEVICE, DG_DEVICE_PREFIX },
	[OBJECT_LEASE] = { "lease", DG_IFACE_LEASE, DG_LEASE_PREFIX },
};

const char *cli_object_type_name(enum object_type type)
{
	return object_types[type].name;
}

/* Returns the type that has @iface; OBJECT_TYPES for an interface of another program. */
static enum object_type cli_object_type_of_iface(const char *iface)
{
	size_t i = 0;

	while (i < OBJECT_TYPES && !str_eq(object_types[i].iface, iface))
		i++;
	return (enum object_type)i;
}

static bool cli_object_is_below(const char *path, const char *prefix)
{
	return str_starts(path, prefix) && path[strlen(prefix)] == '/';
}

enum object_type cli_object_type_of_path(const char *path)
{
	if (str_eq(path, DG_OBJECT_PATH))
		return OBJECT_MANAGER;
	for (size_t i = OBJECT_GROUP; i < OBJECT_TYPES; i++)
		if (cli_object_is_below(path, object_types[i].prefix))
			return (enum object_type)i;
	return OBJECT_TYPES;
}

/*
 * The path of a device holds its key with the bus, also "pci:", which every other place leaves out.
 */
char *cli_object_id(const char *path)
{
	enum object_type type = cli_object_type_of_path(path);
	_cleanup_free_ char *id = NULL;
	char *key;

	if (type == OBJECT_MANAGER || type == OBJECT_TYPES ||
	    sd_bus_path_decode(path, object_types[type].prefix, &id) <= 0)
		return strdup(path);
	if (type == OBJECT_DEVICE && device_bus_key_normalize(id, &key) >= 0)
		return key;
	return TAKE_PTR(id);
}

char *cli_object_path(enum object_type type, const char *id)
{
	_cleanup_free_ char *with_bus = NULL;
	struct pciaddr addr;
	char *path;

	if (type == OBJECT_DEVICE && pciaddr_parse(id, &addr) >= 0) {
		with_bus = str_printf("pci:%s", id);
		if (!with_bus)
			return NULL;
	}
	return sd_bus_path_encode(object_types[type].prefix, str_or(with_bus, id), &path) < 0 ?
		       NULL :
		       path;
}

/*
 * Parses the properties that are JSON text on the bus, and returns other values unchanged. Takes
 * @value over.
 */
static json_object *cli_object_parse_json(const char *key, json_object *value)
{
	json_object *inner = NULL;

	if (str_eq(key, "definition") && json_object_is_type(value, json_type_string))
		inner = json_tokener_parse(json_object_get_string(value));
	if (!inner)
		return value;
	json_object_put(value);
	return inner;
}

static int cli_object_read_property(sd_bus_message *m, void *userdata)
{
	_cleanup_free_ char *key = NULL;
	json_object *object = userdata, *value;
	const char *name;
	int r;

	r = sd_bus_message_enter_container(m, 'e', "sv");
	if (r < 0)
		return r;
	r = sd_bus_message_read_basic(m, 's', &name);
	if (r < 0)
		return r;
	key = cli_json_to_kebab(name);
	if (!key)
		return -ENOMEM;
	r = cli_value_read(m, key, &value);
	if (r < 0)
		return r;
	r = cli_json_set(object, key, cli_object_parse_json(key, value));
	if (r < 0)
		return r;
	return sd_bus_message_exit_container(m);
}

int cli_object_read_properties(sd_bus_message *m, json_object *object)
{
	return cli_bus_read_array(m, "{sv}", cli_object_read_property, object);
}

static int cli_object_new(enum object_type type, const char *path, json_object **ret)
{
	json_object *object =
		CLI_JSON_NEW({ "path", json_object_new_string(path) },
			     { "type", json_object_new_string(object_types[type].name) });

	if (!object)
		return -ENOMEM;
	*ret = object;
	return 0;
}

static bool cli_object_is_unknown(const sd_bus_error *error)
{
	return sd_bus_error_has_name(error, SD_BUS_ERROR_UNKNOWN_OBJECT) ||
	       sd_bus_error_has_name(error, SD_BUS_ERROR_UNKNOWN_INTERFACE);
}

int cli_object_find(struct cli *cli, enum object_type type, const char *path, json_object **ret)
{
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_message_ sd_bus_message *reply = NULL;
	_cleanup_json_ json_object *object = NULL;
	int r = cli_bus_open(cli);

	if (r)
		return r;
	r = sd_bus_call_method(cli->bus, DG_BUS_NAME, path, "org.freedesktop.DBus.Properties",
			       "GetAll", &error, &reply, "s", object_types[type].iface);
	if (r < 0 && cli_object_is_unknown(&error)) {
		*ret = NULL;
		return 0;
	}
	if (r < 0)
		return cli_bus_fail(cli, &error, r);
	r = cli_object_new(type, path, &object);
	if (r < 0)
		return cli_fail(r, "cannot read the reply of devgroupd");
	r = cli_object_read_properties(reply, object);
	if (r < 0)
		return cli_fail(r, "cannot read the reply of devgroupd");
	*ret = TAKE_PTR(object);
	return 0;
}

int cli_object_get(struct cli *cli, enum object_type type, const char *path, json_object **ret)
{
	_cleanup_json_ json_object *object = NULL;
	int r = cli_object_find(cli, type, path, &object);

	if (r)
		return r;
	if (!object) {
		_cleanup_free_ char *id = cli_object_id(path);

		fprintf(stderr, "devgroupctl: The %s %s no longer exists.\n",
			object_types[type].name, str_or(id, path));
		return EXIT_NO_SUCH;
	}
	*ret = TAKE_PTR(object);
	return 0;
}

int cli_object_get_group(struct cli *cli, const char *name, json_object **ret)
{
	_cleanup_free_ char *path = NULL;
	int r = cli_bus_lookup(cli, "GetGroup", name, &path);

	if (r)
		return r;
	return cli_object_get(cli, OBJECT_GROUP, path, ret);
}

static bool cli_object_is_assignable(json_object *device)
{
	const char *bus = cli_json_get_str(device, "bus");

	return str_starts(cli_json_get_str(device, "driver"), "vfio") ||
	       device_bus_find(bus)->binding == DEVICE_BUS_OWN_DRIVER;
}

int cli_object_find_assignable(struct cli *cli, const char *path, json_object **ret)
{
	_cleanup_json_ json_object *device = NULL;
	int r;

	*ret = NULL;
	r = cli_object_find(cli, OBJECT_DEVICE, path, &device);
	if (r)
		return r;
	if (device && cli_object_is_assignable(device))
		*ret = TAKE_PTR(device);
	return 0;
}

/* The object whose interfaces are read. */
struct interface_reader {
	const char *path;
	json_object *object; /* NULL until one of our interfaces is found */
};

/*
 * Reads the properties of one interface, if it is ours. The first such interface makes the object.
 */
static int cli_object_read_interface(sd_bus_message *m, void *userdata)
{
	struct interface_reader *reader = userdata;
	enum object_type type;
	const char *iface;
	int r;

	r = sd_bus_message_enter_container(m, 'e', "sa{sv}");
	if (r < 0)
		return r;
	r = sd_bus_message_read_basic(m, 's', &iface);
	if (r < 0)
		return r;
	type = cli_object_type_of_iface(iface);
	if (type == OBJECT_TYPES) {
		r = sd_bus_message_skip(m, "a{sv}");
		if (r < 0)
			return r;
		return sd_bus_message_exit_container(m);
	}
	if (!reader->object) {
		r = cli_object_new(type, reader->path, &reader->object);
		if (r < 0)
			return r;
	}
	r = cli_object_read_properties(m, reader->object);
	if (r < 0)
		return r;
	return sd_bus_message_exit_container(m);
}

int cli_object_read_interfaces(sd_bus_message *m, const char *path, json_object **ret)
{
	struct interface_reader reader = { .path = path };
	int r;

	r = cli_bus_read_array(m, "{sa{sv}}", cli_object_read_interface, &reader);
	if (r < 0) {
		json_object_put(reader.object);
		return r;
	}
	*ret = reader.object;
	return 0;
}

static int cli_object_read_managed(sd_bus_message *m, void *userdata)
{
	json_object *all = userdata, *object = NULL;
	const char *path;
	int r;

	r = sd_bus_message_enter_container(m, 'e', "oa{sa{sv}}");
	if (r < 0)
		return r;
	r = sd_bus_message_read_basic(m, 'o', &path);
	if (r < 0)
		return r;
	r = cli_object_read_interfaces(m, path, &object);
	if (r < 0)
		return r;
	if (object) {
		r = cli_json_set(all, path, object);
		if (r < 0)
			return r;
	}
	return sd_bus_message_exit_container(m);
}

/* Reads the reply of GetManagedObjects. */
static int cli_object_read_all(sd_bus_message *reply, json_object **ret)
{
	_cleanup_json_ json_object *all = json_object_new_object();
	int r;

	if (!all)
		return -ENOMEM;
	r = cli_bus_read_array(reply, "{oa{sa{sv}}}", cli_object_read_managed, all);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(all);
	return 0;
}

int cli_object_get_all(struct cli *cli, json_object **ret)
{
	_cleanup_message_ sd_bus_message *call = NULL, *reply = NULL;
	int r;

	r = cli_bus_new_call(cli, DG_OBJECT_PATH, "org.freedesktop.DBus.ObjectManager",
			     "GetManagedObjects", &call);
	if (r)
		return r;
	r = cli_bus_call(cli, call, &reply);
	if (r)
		return r;
	r = cli_object_read_all(reply, ret);
	if (r < 0)
		return cli_fail(r, "cannot read the reply of devgroupd");
	return 0;
}
