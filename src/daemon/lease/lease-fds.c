/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The descriptors that a lease hands over: those of its steps, VF tokens, and the pipe whose write
 * end is the lease.
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strv.h"
#include "daemon/lease/lease-private.h"
#include "sys/fault.h"
#include "sys/state/fd-store.h"
#include "sys/state/lease-pipe.h"

static struct lease_fd *lease_fd_free(struct lease_fd *entry)
{
	if (!entry)
		return NULL;
	free(entry->kind);
	free(entry->name);
	fd_close(entry->fd);
	free(entry);
	return NULL;
}

static DEFINE_VEC_CLEAR(lease_fds_free, struct lease_fd, lease_fd_free)

/* Takes @fd over in any case. 0 or -ENOMEM. */
static int lease_fds_insert(struct lease *lease, size_t at, const char *kind, const char *name,
			    int fd)
{
	struct lease_fd *entry = calloc(1, sizeof(*entry));

	if (!entry) {
		fd_close(fd);
		return -ENOMEM;
	}
	entry->fd = fd;
	entry->kind = strdup(kind);
	entry->name = strdup(name);
	if (!entry->kind || !entry->name || vec_insert(&lease->fds, at, entry) < 0) {
		lease_fd_free(entry);
		return -ENOMEM;
	}
	return 0;
}

int lease_fds_add(struct lease *lease, const char *kind, const char *name, int fd)
{
	return lease_fds_insert(lease, lease->fds.n, kind, name, fd);
}

/* Adds a sealed file with the token. Only a process that has the descriptor can read the token. */
static int lease_fds_add_vf_token(struct lease *lease, const char *line)
{
	const char *token = strchr(line, '=');
	_cleanup_free_ char *pf = token ? strndup(line, (size_t)(token - line)) : NULL;
	_cleanup_close_ int fd = memfd_create("vf-token", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	size_t n = token ? strlen(++token) : 0;

	if (fd < 0)
		return -errno;
	if (!pf)
		return -ENOMEM;
	if (pwrite(fd, token, n, 0) != (ssize_t)n)
		return -EIO;
	if (fchmod(fd, 0444) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return -errno;
	return lease_fds_add(lease, "vf-token", pf, TAKE_FD(fd));
}

int lease_fds_add_vf_tokens(struct lease *lease)
{
	STRV_FOREACH(line, lease->record->vf_tokens) {
		int r = lease_fds_add_vf_token(lease, *line);

		if (r < 0)
			return r;
	}
	return 0;
}

int lease_fds_add_pipe(struct lease *lease)
{
	int r, write_end;

	r = fault_record("pipe", lease->record->group);
	if (r < 0)
		return r;
	r = lease_pipe_new(host_run_dir(lease->host), lease->record->lease, &lease->pipe_read,
			   &write_end);
	if (r < 0)
		return r;
	r = lease_fds_insert(lease, 0, "lease", lease->record->group, write_end);
	if (r < 0)
		return r;
	fd_store_keep(lease->record->lease, lease->pipe_read);
	return 0;
}

void lease_fds_remove_pipe(const struct lease *lease)
{
	fd_store_forget(lease->record->lease);
	lease_pipe_remove(host_run_dir(lease->host), lease->record->lease);
}

void lease_fds_clear(struct lease *lease)
{
	lease_fds_free(&lease->fds);
}

void lease_fds_drop(struct lease *lease)
{
	VEC_FOREACH(struct lease_fd, entry, &lease->fds)
		entry->fd = fd_close(entry->fd);
}
