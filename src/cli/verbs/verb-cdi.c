/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* devgroupctl cdi: prints a specification of claimed groups for container engines (CDI). */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "cli/bus/cli-name.h"
#include "cli/bus/cli-object.h"
#include "cli/cli.h"

/*
 * The version that introduced all fields used here. Runtimes refuse a later version than theirs;
 * podman 4.3 has this one.
 */
#define CDI_VERSION "0.5.0"
#define CDI_KIND "devgroups.org/group"

/* --- one group --- */

static bool verb_cdi_uses_vfio_groups(const char *interface)
{
	return !str_eq(interface, "iommufd");
}

/* Returns "NIC0" for "nic0": an environment variable may have no dots and dashes. */
static char *verb_cdi_variable_name(const char *name)
{
	char *variable = strdup(name);

	for (char *c = variable; c && *c; c++)
		*c = (char)(*c == '.' || *c == '-' ? '_' : toupper((unsigned char)*c));
	return variable;
}

/* Gets the addresses of the devices that the container can use. 0 or an exit status. */
static int verb_cdi_get_addresses(struct cli *cli, json_object *devices, char ***ret)
{
	for (size_t i = 0; i < cli_json_list_length(devices); i++) {
		const char *path = cli_json_list_str(devices, i);
		_cleanup_free_ char *id = cli_object_id(path);
		_cleanup_json_ json_object *device = NULL;
		int r = cli_object_find_assignable(cli, path, &device);

		if (r)
			return r;
		if (!id || (device && strv_add(ret, id) < 0))
			return cli_fail(-ENOMEM, "cannot write the specification");
	}
	return 0;
}

static int verb_cdi_refuse(const char *name, const char *why)
{
	fprintf(stderr,
		"devgroupctl: Group %s %s. A container opens nodes by path, so claim it first: "
		"devgroupctl claim %s.\n",
		name, why, name);
	return EXIT_NOT_CLAIMED;
}

/*
 * Tells whether @name is a valid CDI name. Runtimes reject a whole specification for one invalid
 * name.
 */
static bool verb_cdi_is_valid_name(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && isalnum((unsigned char)name[n - 1]);
}

static json_object *verb_cdi_node(const char *path)
{
	return CLI_JSON_NEW({ "path", json_object_new_string(path) },
			    { "hostPath", json_object_new_string(path) },
			    { "type", json_object_new_string("c") },
			    { "permissions", json_object_new_string("rw") });
}

/*
 * Lists all nodes that the holder opens by path. /dev/vfio/vfio is open to all users and belongs to
 * no lease, but VFIO groups need it.
 */
static json_object *verb_cdi_list_nodes(json_object *lease)
{
	_cleanup_json_ json_object *nodes = json_object_new_array();
	json_object *list = cli_json_get_list(lease, "nodes");

	if (verb_cdi_uses_vfio_groups(cli_json_get_str(lease, "interface")) &&
	    cli_json_append(nodes, verb_cdi_node("/dev/vfio/vfio")) < 0)
		return NULL;
	for (size_t i = 0; i < cli_json_list_length(list); i++)
		if (cli_json_append(nodes, verb_cdi_node(cli_json_list_str(list, i))) < 0)
			return NULL;
	return TAKE_PTR(nodes);
}

/* Returns ["DEVGROUPS_NIC0=0000:01:00.0"]: the container finds its devices by address. */
static json_object *verb_cdi_environment(const char *name, char **addresses)
{
	_cleanup_free_ char *variable = verb_cdi_variable_name(name),
			    *joined = strv_join(addresses, ","), *text = NULL;

	if (!variable || !joined)
		return NULL;
	text = str_printf("DEVGROUPS_%s=%s", variable, joined);
	if (!text)
		return NULL;
	return cli_json_new_list(json_object_new_string(text));
}

static json_object *verb_cdi_device(const char *name, json_object *lease, char **addresses)
{
	return CLI_JSON_NEW({ "name", json_object_new_string(name) },
			    { "containerEdits",
			      CLI_JSON_NEW({ "deviceNodes", verb_cdi_list_nodes(lease) },
					   { "env", verb_cdi_environment(name, addresses) }) });
}

/* Gets the lease of a group that is claimed by path. 0 or an exit status. */
static int verb_cdi_get_lease(struct cli *cli, json_object *group, const char *name,
			      json_object **ret)
{
	_cleanup_json_ json_object *lease = NULL;
	int r;

	if (!str_eq(cli_json_get_str(group, "state"), "claimed"))
		return verb_cdi_refuse(name, "is not claimed");
	r = cli_object_get(cli, OBJECT_LEASE, cli_json_get_str(group, "lease"), &lease);
	if (r)
		return r;
	if (!str_eq(cli_json_get_str(lease, "access"), "node"))
		return verb_cdi_refuse(name, "is claimed by descriptors");
	*ret = TAKE_PTR(lease);
	return 0;
}

/* Adds the group @name to @devices. 0 or an exit status. */
static int verb_cdi_add_group(struct cli *cli, json_object *devices, const char *name)
{
	_cleanup_json_ json_object *group = NULL, *lease = NULL;
	_cleanup_strv_ char **addresses = NULL;
	int r = cli_object_get_group(cli, name, &group);

	if (r)
		return r;
	r = verb_cdi_get_lease(cli, group, name, &lease);
	if (r)
		return r;
	if (!verb_cdi_is_valid_name(name)) {
		fprintf(stderr,
			"devgroupctl: Group %s cannot be used for containers: its name must end "
			"with a letter or a digit.\n",
			name);
		return EXIT_FAILED;
	}
	r = verb_cdi_get_addresses(cli, cli_json_get_list(group, "devices"), &addresses);
	if (r)
		return r;
	if (cli_json_append(devices, verb_cdi_device(name, lease, addresses)) < 0)
		return cli_fail(-ENOMEM, "cannot write the specification");
	return 0;
}

/* --- all groups --- */

/* Tells whether @object is a group that is claimed by path. @objects contains its lease. */
static bool verb_cdi_is_claimed(json_object *objects, json_object *object)
{
	json_object *lease = NULL;

	if (!str_eq(cli_json_get_str(object, "type"), "group") ||
	    !str_eq(cli_json_get_str(object, "state"), "claimed"))
		return false;
	json_object_object_get_ex(objects, cli_json_get_str(object, "lease"), &lease);
	return str_eq(cli_json_get_str(lease, "access"), "node");
}

/* Adds all groups that are claimed by path. 0 or an exit status. */
static int verb_cdi_add_claimed(struct cli *cli, json_object *devices)
{
	_cleanup_json_ json_object *objects = NULL;
	int r = cli_object_get_all(cli, &objects);

	if (r)
		return r;
	json_object_object_foreach(objects, path, object)
	{
		(void)path;
		if (!verb_cdi_is_claimed(objects, object))
			continue;
		r = verb_cdi_add_group(cli, devices, cli_json_get_str(object, "name"));
		if (r)
			return r;
	}
	return 0;
}

static int verb_cdi_add_named(struct cli *cli, json_object *devices)
{
	int r;

	for (size_t i = 0; i < cli->n_words; i++) {
		r = verb_cdi_add_group(cli, devices, cli->words[i]);
		if (r)
			return r;
	}
	return 0;
}

int verb_cdi(struct cli *cli)
{
	enum cli_json_mode mode = cli->options.json;
	json_object *devices = json_object_new_array();
	_cleanup_json_ json_object *spec =
		CLI_JSON_NEW({ "cdiVersion", json_object_new_string(CDI_VERSION) },
			     { "kind", json_object_new_string(CDI_KIND) }, { "devices", devices });
	int r;

	if (!spec)
		return cli_fail(-ENOMEM, "cannot write the specification");
	r = cli_name_resolve(cli, 0);
	if (r)
		return r;
	r = cli->n_words ? verb_cdi_add_named(cli, devices) : verb_cdi_add_claimed(cli, devices);
	if (r)
		return r;
	if (cli_json_list_length(devices) == 0) {
		fprintf(stderr, "devgroupctl: No group is claimed by path. To claim one: "
				"devgroupctl claim GROUP\n");
		return EXIT_NOT_CLAIMED;
	}
	cli_json_print(spec, mode == CLI_JSON_OFF ? CLI_JSON_PRETTY : mode);
	return 0;
}
