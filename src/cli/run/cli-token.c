/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/bus/cli-object.h"
#include "cli/cli.h"
#include "cli/run/cli-claim-fd.h"
#include "cli/run/cli-token.h"

#define TOKEN_MAX 64

static int cli_token_read(struct claim_fd *fd)
{
	char text[TOKEN_MAX] = { 0 };
	ssize_t n = pread(fd->fd, text, sizeof(text) - 1, 0);

	if (n < 0)
		return -errno;
	return str_set(&fd->text, text);
}

/* Returns the token of @pf that the claim of @group brought, or NULL; borrowed. */
static const char *cli_token_find_pf(const struct vec *fds, const char *group, const char *pf)
{
	VEC_FOREACH(const struct claim_fd, fd, fds)
		if (str_eq(fd->kind, CLI_CLAIM_FD_TOKEN) && str_eq(fd->group, group) &&
		    str_eq(fd->name, pf))
			return fd->text;
	return NULL;
}

/* Returns the physical function whose token opens @object, or "" if the kernel wants no token. */
static const char *cli_token_get_pf(json_object *object, const char *name)
{
	const char *pf = cli_json_get_str(object, "phys-fn");

	if (!str_empty(pf))
		return pf;
	return cli_json_get_int(object, "num-vfs", 0) > 0 ? name : "";
}

/*
 * Stores in @device the token that opens it. A physical function without virtual functions needs
 * none. 0 or an exit status.
 */
static int cli_token_find_for_device(struct cli *cli, const struct vec *fds,
				     struct claim_fd *device)
{
	_cleanup_free_ char *path = cli_object_path(OBJECT_DEVICE, device->name);
	_cleanup_json_ json_object *object = NULL;
	const char *token;
	int r;

	if (!path)
		return cli_fail(-ENOMEM, "cannot run the command");
	r = cli_object_get(cli, OBJECT_DEVICE, path, &object);
	if (r)
		return r;
	token = cli_token_find_pf(fds, device->group, cli_token_get_pf(object, device->name));
	if (str_set(&device->text, token) < 0)
		return cli_fail(-ENOMEM, "cannot run the command");
	return 0;
}

/* Reads all tokens in @fds. *ret tells whether there is one. 0 or negative errno. */
static int cli_token_read_all(const struct vec *fds, bool *ret)
{
	int r;

	*ret = false;
	VEC_FOREACH(struct claim_fd, fd, fds) {
		if (!str_eq(fd->kind, CLI_CLAIM_FD_TOKEN))
			continue;
		*ret = true;
		r = cli_token_read(fd);
		if (r < 0)
			return r;
	}
	return 0;
}

int cli_token_find_all(struct cli *cli, const struct vec *fds, const struct vec *paths)
{
	bool any;
	int r;

	r = cli_token_read_all(fds, &any);
	if (r < 0)
		return cli_fail(r, "cannot read a VF token");
	if (!any)
		return 0;
	VEC_FOREACH(struct claim_fd, fd, fds) {
		if (!str_eq(fd->kind, "vfio-device"))
			continue;
		r = cli_token_find_for_device(cli, fds, fd);
		if (r)
			return r;
	}
	VEC_FOREACH(struct claim_fd, path, paths) {
		r = cli_token_find_for_device(cli, fds, path);
		if (r)
			return r;
	}
	return 0;
}

int cli_token_add_config(struct vec *fds)
{
	_cleanup_close_ int fd = memfd_create("devgroups", MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	return cli_claim_fd_add(fds, CLI_CLAIM_FD_CONFIG, "qemu", "", TAKE_FD(fd));
}

int cli_token_write_config(const struct vec *fds)
{
	VEC_FOREACH(const struct claim_fd, fd, fds) {
		size_t n = strlen(str_or(fd->text, ""));

		if (str_eq(fd->kind, CLI_CLAIM_FD_CONFIG) && n > 0 &&
		    pwrite(fd->fd, fd->text, n, 0) != (ssize_t)n)
			return -EIO;
	}
	return 0;
}
