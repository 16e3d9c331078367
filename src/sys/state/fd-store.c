/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "base/str.h"
#include "base/strv.h"
#include "sys/state/fd-store.h"

static char **fd_store_names;
static int fd_store_n_fds = -1;

void fd_store_keep(const char *lease, int fd)
{
	/*
	 * FDPOLL=0: the daemon must see the hang-up. With polling the manager would drop the
	 * descriptor.
	 */
	_cleanup_free_ char *text = str_printf("FDSTORE=1\nFDPOLL=0\nFDNAME=lease-%s", lease);
	int r = text ? sd_pid_notify_with_fds(0, false, text, &fd, 1) : -ENOMEM;

	if (r < 0)
		log_warning_errno(r, "Lease %s will not survive a restart of devgroupd", lease);
}

void fd_store_forget(const char *lease)
{
	_cleanup_free_ char *text = str_printf("FDSTOREREMOVE=1\nFDNAME=lease-%s", lease);

	if (text)
		(void)sd_notify(false, text);
}

static void fd_store_load(void)
{
	if (fd_store_n_fds >= 0)
		return;
	fd_store_n_fds = sd_listen_fds_with_names(true, &fd_store_names);
	if (fd_store_n_fds < 0)
		fd_store_n_fds = 0;
}

int fd_store_take(const char *lease)
{
	fd_store_load();
	for (int i = 0; i < fd_store_n_fds; i++) {
		if (!fd_store_names[i] || !str_starts(fd_store_names[i], "lease-") ||
		    !str_eq(fd_store_names[i] + 6, lease))
			continue;
		free(fd_store_names[i]);
		fd_store_names[i] = strdup("");
		return SD_LISTEN_FDS_START + i;
	}
	return -ENOENT;
}

void fd_store_close_rest(bool keep)
{
	fd_store_load();
	for (int i = 0; i < fd_store_n_fds; i++) {
		if (!fd_store_names[i] || !str_starts(fd_store_names[i], "lease-"))
			continue;
		if (!keep)
			fd_store_forget(fd_store_names[i] + 6);
		fd_close(SD_LISTEN_FDS_START + i);
	}
	fd_store_names = strv_free(fd_store_names);
	fd_store_n_fds = 0;
}
