/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/bus/cli-bus.h"
#include "cli/bus/cli-object.h"
#include "model/dbus-names.h"

/* The version that brought all that is said here: runtimes refuse one that is later than theirs,
 * and podman 4.3 has this. */
#define CDI_VERSION "0.5.0"
#define CDI_KIND "devgroups.org/group"

/* --- one group --- */

static int verb_cdi_add_node(json_object *nodes, const char *path)
{
	json_object *node = json_object_new_object();

	if (cli_json_append(nodes, node) < 0 || cli_json_set_str(node, "path", path) < 0 ||
	    cli_json_set_str(node, "hostPath", path) < 0 ||
	    cli_json_set_str(node, "type", "c") < 0 ||
	    cli_json_set_str(node, "permissions", "rw") < 0)
		return -ENOMEM;
	return 0;
}

static bool verb_cdi_uses_vfio_groups(const char *interface)
{
	return !str_eq(interface, "iommufd");
}

/* All that the holder opens by path; the container of VFIO's is everybody's and no lease's. */
static int verb_cdi_add_nodes(json_object *edits, json_object *lease)
{
	json_object *list = cli_json_get_list(lease, "nodes"), *nodes = json_object_new_array();
	int r = cli_json_set(edits, "deviceNodes", nodes);

	if (r >= 0 && verb_cdi_uses_vfio_groups(cli_json_get_str(lease, "interface")))
		r = verb_cdi_add_node(nodes, "/dev/vfio/vfio");
	for (size_t i = 0; r >= 0 && i < cli_json_list_length(list); i++)
		r = verb_cdi_add_node(nodes, cli_json_list_str(list, i));
	return r;
}

/* "nic0" as a name of the environment: NIC0. */
static char *verb_cdi_variable_name(const char *name)
{
	char *variable = strdup(name);

	for (char *c = variable; c && *c; c++)
		*c = (char)(*c == '.' || *c == '-' ? '_' : toupper((unsigned char)*c));
	return variable;
}

/* What is in the container knows its devices by address: DEVGROUPS_NIC0=0000:01:00.0 */
static int verb_cdi_add_environment(json_object *edits, const char *name, char **addresses)
{
	_cleanup_free_ char *variable = verb_cdi_variable_name(name),
			    *joined = strv_join(addresses, ","), *text = NULL;
	json_object *env = json_object_new_array();

	if (cli_json_set(edits, "env", env) < 0)
		return -ENOMEM;
	text = variable && joined ? str_printf("DEVGROUPS_%s=%s", variable, joined) : NULL;
	return text ? cli_json_append(env, json_object_new_string(text)) : -ENOMEM;
}

/* Of those that the lease lends. 0 or an exit status. */
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

/* A specification with one name that is none to them is read by no runtime. */
static bool verb_cdi_is_valid_name(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && isalnum((unsigned char)name[n - 1]);
}

/* 0 or an exit status. */
static int verb_cdi_add_group(struct cli *cli, json_object *devices, const char *name)
{
	_cleanup_json_ json_object *group = NULL, *lease = NULL;
	_cleanup_strv_ char **addresses = NULL;
	json_object *device, *edits;
	int r = cli_object_get_group(cli, name, &group);

	if (r)
		return r;
	if (!str_eq(cli_json_get_str(group, "state"), "claimed"))
		return verb_cdi_refuse(name, "is not claimed");
	r = cli_object_get(cli, OBJECT_LEASE, cli_json_get_str(group, "lease"), &lease);
	if (r)
		return r;
	if (!str_eq(cli_json_get_str(lease, "access"), "node"))
		return verb_cdi_refuse(name, "is claimed by descriptors");
	if (!verb_cdi_is_valid_name(name)) {
		fprintf(stderr,
			"devgroupctl: For containers the name of group %s would have to end with a "
			"letter or a digit.\n",
			name);
		return EXIT_FAILED;
	}
	r = verb_cdi_get_addresses(cli, cli_json_get_list(group, "devices"), &addresses);
	if (r)
		return r;
	device = json_object_new_object();
	edits = json_object_new_object();
	if (cli_json_append(devices, device) < 0 || cli_json_set_str(device, "name", name) < 0 ||
	    cli_json_set(device, "containerEdits", edits) < 0 ||
	    verb_cdi_add_nodes(edits, lease) < 0 ||
	    verb_cdi_add_environment(edits, name, addresses) < 0)
		return cli_fail(-ENOMEM, "cannot write the specification");
	return 0;
}

/* --- all of them --- */

/* Those that are claimed by path, where none is named. */
static int verb_cdi_add_claimed(struct cli *cli, json_object *devices)
{
	_cleanup_json_ json_object *objects = NULL;
	int r = cli_object_get_all(cli, &objects);

	if (r)
		return r;
	json_object_object_foreach(objects, path, object)
	{
		json_object *lease = NULL;

		(void)path;
		if (r || !str_eq(cli_json_get_str(object, "type"), "group") ||
		    !str_eq(cli_json_get_str(object, "state"), "claimed"))
			continue;
		if (json_object_object_get_ex(objects, cli_json_get_str(object, "lease"), &lease) &&
		    str_eq(cli_json_get_str(lease, "access"), "node"))
			r = verb_cdi_add_group(cli, devices, cli_json_get_str(object, "name"));
	}
	return r;
}

int verb_cdi(struct cli *cli)
{
	_cleanup_json_ json_object *spec = json_object_new_object();
	json_object *devices = json_object_new_array();
	int r;

	if (!spec || cli_json_set_str(spec, "cdiVersion", CDI_VERSION) < 0 ||
	    cli_json_set_str(spec, "kind", CDI_KIND) < 0 ||
	    cli_json_set(spec, "devices", devices) < 0)
		return cli_fail(-ENOMEM, "cannot write the specification");
	r = cli->n_words ? 0 : verb_cdi_add_claimed(cli, devices);
	for (size_t i = 0; !r && i < cli->n_words; i++)
		r = verb_cdi_add_group(cli, devices, cli->words[i]);
	if (r)
		return r;
	if (cli_json_list_length(devices) == 0) {
		fprintf(stderr,
			"devgroupctl: no group is claimed by path: devgroupctl claim GROUP.\n");
		return EXIT_NOT_CLAIMED;
	}
	cli_json_print(spec,
		       cli->options.json == CLI_JSON_OFF ? CLI_JSON_PRETTY : cli->options.json);
	return 0;
}
