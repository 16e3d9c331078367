/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "cli/cli-fd.h"

int cli_fd_new(const char *kind, const char *name, const char *group, int fd, struct claim_fd **ret)
{
	struct claim_fd *item = calloc(1, sizeof(*item));

	if (!item)
		return -ENOMEM;
	item->fd = -EBADF;
	item->kind = strdup(kind);
	item->name = strdup(str_empty(name) ? group : name);
	item->group = strdup(group);
	if (!item->kind || !item->name || !item->group) {
		cli_fd_free(item);
		return -ENOMEM;
	}
	item->fd = fd;
	*ret = item;
	return 0;
}

void *cli_fd_free(void *data)
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

void cli_fd_list_clear(struct vec *fds)
{
	vec_clear(fds, cli_fd_free);
}
