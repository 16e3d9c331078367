/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "base/str.h"
#include "sys/state/fd-store.h"

static char **names;
static int n_fds = -1;

void fdstore_keep(const char *lease, int fd)
{
	/* FDPOLL=0: the hang-up is ours to see, the manager would drop the descriptor for it */
	_cleanup_free_ char *text = str_printf("FDSTORE=1\nFDPOLL=0\nFDNAME=lease-%s", lease);
	int r = text ? sd_pid_notify_with_fds(0, false, text, &fd, 1) : -ENOMEM;

	if (r < 0)
		log_warning_errno(r, "Lease %s will not outlive a restart", lease);
}

void fdstore_forget(const char *lease)
{
	_cleanup_free_ char *text = str_printf("FDSTOREREMOVE=1\nFDNAME=lease-%s", lease);

	if (text)
		(void)sd_notify(false, text);
}

static void load(void)
{
	if (n_fds >= 0)
		return;
	n_fds = sd_listen_fds_with_names(true, &names);
	if (n_fds < 0)
		n_fds = 0;
}

int fdstore_take(const char *lease)
{
	load();
	for (int i = 0; i < n_fds; i++) {
		if (!names[i] || !str_starts(names[i], "lease-") || !str_eq(names[i] + 6, lease))
			continue;
		free(names[i]);
		names[i] = strdup("");
		return SD_LISTEN_FDS_START + i;
	}
	return -ENOENT;
}

void fdstore_close_rest(bool keep)
{
	load();
	for (int i = 0; i < n_fds; i++) {
		if (!names[i] || !str_starts(names[i], "lease-"))
			continue;
		if (!keep)
			fdstore_forget(names[i] + 6);
		fd_close(SD_LISTEN_FDS_START + i);
	}
	names = strv_free(names);
	n_fds = 0;
}
