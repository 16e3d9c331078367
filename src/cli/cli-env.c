/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/str.h"
#include "cli/cli-env.h"
#include "cli/cli-fd.h"
#include "cli/cli-json.h"

char *cli_env_fd_name(const struct claim_fd *fd)
{
	bool one_per_group = str_eq(fd->kind, "lease") || str_eq(fd->kind, "vfio-container") ||
			     str_eq(fd->kind, "iommufd");
	char *name = str_printf("%s-%s", fd->kind, one_per_group ? fd->group : fd->name);

	for (char *at = name; at && *at; at++)
		if (*at == ':')
			*at = '_';
	return name;
}

char *cli_env_listen_names(const struct vec *fds)
{
	_cleanup_strv_ char **names = NULL;

	VEC_FOREACH(const struct claim_fd, fd, fds) {
		_cleanup_free_ char *name = cli_env_fd_name(fd);

		if (!name || strv_add(&names, name) < 0)
			return NULL;
	}
	return strv_join(names, ":");
}

static int cli_env_add_fd_json(json_object *list, const struct claim_fd *fd, int number)
{
	_cleanup_json_ json_object *object = json_object_new_object();

	if (!object || cli_json_set(object, "fd", json_object_new_int(number)) < 0 ||
	    cli_json_set_str(object, "kind", fd->kind) < 0 ||
	    cli_json_set_str(object, "name", fd->name) < 0 ||
	    cli_json_set_str(object, "group", fd->group) < 0)
		return -1;
	return cli_json_append(list, TAKE_PTR(object));
}

char *cli_env_fds_json(const struct vec *fds, int first)
{
	_cleanup_json_ json_object *list = json_object_new_array();
	int flags = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE;

	if (!list)
		return NULL;
	for (size_t i = 0; i < fds->n; i++)
		if (cli_env_add_fd_json(list, fds->items[i], first + (int)i) < 0)
			return NULL;
	return strdup(json_object_to_json_string_ext(list, flags));
}
