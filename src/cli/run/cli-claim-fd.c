/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "cli/run/cli-claim-fd.h"
#include "cli/print/cli-json.h"

int cli_claim_fd_new(const char *kind, const char *name, const char *group, int fd,
		     struct claim_fd **ret)
{
	struct claim_fd *item = calloc(1, sizeof(*item));

	if (!item)
		return -ENOMEM;
	item->fd = -EBADF;
	item->kind = strdup(kind);
	item->name = strdup(str_empty(name) ? group : name);
	item->group = strdup(group);
	if (!item->kind || !item->name || !item->group) {
		cli_claim_fd_free(item);
		return -ENOMEM;
	}
	item->fd = fd;
	*ret = item;
	return 0;
}

void *cli_claim_fd_free(void *data)
{
	struct claim_fd *item = data;

	fd_close(item->fd);
	free(item->kind);
	free(item->name);
	free(item->group);
	free(item->text);
	free(item);
	return NULL;
}

void cli_claim_fd_clear_all(struct vec *fds)
{
	vec_clear(fds, cli_claim_fd_free);
}

/* --- as the command is told of them --- */

/*
 * Without colons, which separate the names in LISTEN_FDNAMES: "lease-nic0", "vfio-group-11",
 * "vfio-device-0000_01_00.0". Caller frees; NULL when out of memory.
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

static int cli_claim_fd_add_json(json_object *list, const struct claim_fd *fd, int number)
{
	_cleanup_json_ json_object *object = json_object_new_object();

	if (!object || cli_json_set(object, "fd", json_object_new_int(number)) < 0 ||
	    cli_json_set_str(object, "kind", fd->kind) < 0 ||
	    cli_json_set_str(object, "name", fd->name) < 0 ||
	    cli_json_set_str(object, "group", fd->group) < 0)
		return -1;
	return cli_json_append(list, TAKE_PTR(object));
}

char *cli_claim_fd_json(const struct vec *fds, int first)
{
	_cleanup_json_ json_object *list = json_object_new_array();
	int flags = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE;

	if (!list)
		return NULL;
	for (size_t i = 0; i < fds->n; i++)
		if (cli_claim_fd_add_json(list, fds->items[i], first + (int)i) < 0)
			return NULL;
	return strdup(json_object_to_json_string_ext(list, flags));
}
