/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "cli/bus/cli-bus.h"
#include "cli/bus/cli-name.h"
#include "cli/bus/cli-object.h"
#include "model/dbus-names.h"

/* Follows links of this host, such as /dev/disk/by-id/…. NULL when out of memory. */
static char *cli_name_follow(const struct cli *cli, const char *name)
{
	char *real = NULL;

	if (name[0] == '/' && !cli->options.host && !cli->options.machine)
		real = realpath(name, NULL);
	return real ? real : strdup(name);
}

int cli_name_try_group(struct cli *cli, const char *name, sd_bus_error *error, char **ret_path,
		       bool *ret_exact)
{
	_cleanup_free_ char *followed = cli_name_follow(cli, name), *path = NULL, *id = NULL;
	int r;

	if (!followed)
		return -ENOMEM;
	r = cli_bus_try_lookup(cli, "GetGroup", followed, error, &path);
	if (r < 0)
		return r;
	id = cli_object_id(path);
	if (!id)
		return -ENOMEM;
	*ret_exact = str_eq(id, name);
	*ret_path = TAKE_PTR(path);
	return 0;
}

int cli_name_find_device(struct cli *cli, const char *name, char **ret_path)
{
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_free_ char *followed = cli_name_follow(cli, name), *path = NULL;
	int r;

	*ret_path = NULL;
	if (!followed)
		return cli_fail(-ENOMEM, "cannot find the device");
	r = cli_bus_try_lookup(cli, "GetDevice", followed, &error, &path);
	if (r < 0 && cli_bus_exit_code(error.name) == EXIT_NO_SUCH)
		return 0;
	if (r < 0)
		return cli_bus_fail(cli, &error, r);
	*ret_path = TAKE_PTR(path);
	return 0;
}

static int cli_name_resolve_one(struct cli *cli, char **word)
{
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_free_ char *path = NULL, *id = NULL;
	bool exact = false;
	int r;

	r = cli_name_try_group(cli, *word, &error, &path, &exact);
	if (r < 0)
		return cli_bus_fail(cli, &error, r);
	if (exact)
		return 0;
	id = cli_object_id(path);
	if (!id || strv_add(&cli->names, id) < 0)
		return cli_fail(-ENOMEM, "cannot find the group");
	*word = cli->names[strv_length(cli->names) - 1];
	return 0;
}

int cli_name_resolve(struct cli *cli, size_t first)
{
	int r;

	if (cli->options.host_file)
		return 0;
	r = cli_bus_open(cli);
	if (r)
		return r;
	for (size_t i = first; i < cli->n_words; i++) {
		r = cli_name_resolve_one(cli, &cli->words[i]);
		if (r)
			return r;
	}
	return 0;
}
