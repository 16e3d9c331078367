/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "cli/print/cli-json.h"
#include "cli/run/cli-claim-fd.h"

static struct claim_fd *claim_fd_free(struct claim_fd *fd)
{
	fd_close(fd->fd);
	free(fd->kind);
	free(fd->name);
	free(fd->group);
	free(fd->text);
	free(fd);
	return NULL;
}

DEFINE_CLEANUP(struct claim_fd *, claim_fd_freep, claim_fd_free)
DEFINE_VEC_CLEAR(cli_claim_fd_clear_all, struct claim_fd, claim_fd_free)

int cli_claim_fd_add(struct vec *fds, const char *kind, const char *name, const char *group, int fd)
{
	_cleanup_(claim_fd_freep) struct claim_fd *item = calloc(1, sizeof(*item));
	int r;

	if (!item) {
		fd_close(fd);
		return -ENOMEM;
	}
	item->fd = fd;
	item->kind = strdup(kind);
	item->name = strdup(str_empty(name) ? group : name);
	item->group = strdup(group);
	if (!item->kind || !item->name || !item->group)
		return -ENOMEM;
	r = vec_add(fds, item);
	if (r < 0)
		return r;
	TAKE_PTR(item);
	return 0;
}

/* --- environment of the command --- */

/*
 * Returns the name of @fd in LISTEN_FDNAMES, where colons are separators: "lease-nic0",
 * "vfio-group-11", "vfio-device-0000_01_00.0". The caller frees it; NULL when out of memory.
 */
static char *cli_claim_fd_env_name(const struct claim_fd *fd)
{
	bool one_per_group = str_eq(fd->kind, "lease") || str_eq(fd->kind, "vfio-container") ||
			     str_eq(fd->kind, "iommufd");
	char *name = str_printf("%s-%s", fd->kind, one_per_group ? fd->group : fd->name);

	for (char *at = name; at && *at; at++)
		if (*at == ':')
			*at = '_';
	return name;
}

char *cli_claim_fd_listen_names(const struct vec *fds)
{
	_cleanup_strv_ char **names = NULL;

	VEC_FOREACH(const struct claim_fd, fd, fds) {
		_cleanup_free_ char *name = cli_claim_fd_env_name(fd);

		if (!name || strv_add(&names, name) < 0)
			return NULL;
	}
	return strv_join(names, ":");
}

static json_object *cli_claim_fd_to_json(const struct claim_fd *fd, int number)
{
	return CLI_JSON_NEW({ "fd", json_object_new_int(number) },
			    { "kind", json_object_new_string(fd->kind) },
			    { "name", json_object_new_string(fd->name) },
			    { "group", json_object_new_string(fd->group) });
}

char *cli_claim_fd_json(const struct vec *fds, int first)
{
	_cleanup_json_ json_object *list = json_object_new_array();
	int flags = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE;

	if (!list)
		return NULL;
	for (size_t i = 0; i < fds->n; i++)
		if (cli_json_append(list, cli_claim_fd_to_json(fds->items[i], first + (int)i)) < 0)
			return NULL;
	return strdup(json_object_to_json_string_ext(list, flags));
}
