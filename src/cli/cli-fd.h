/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/macro.h"
#include "base/vec.h"

#define CLI_FD_TOKEN "vf-token"
#define CLI_FD_CONFIG "config" /* none of a claim: secret options of a VMM */

/* One descriptor of a claim. */
struct claim_fd {
	char *kind; /* "lease", "vfio-container", "vfio-group", "iommufd", "vfio-device", "vf-token"
		     */
	char *name; /* as on the bus: "11", "0000:01:00.0"; the group's where the bus gives none */
	char *group; /* the claimed group it came with */
	char *text;  /* what that of a token or of options holds; of a device the token that opens
			it, or NULL */
	int fd;	     /* owned; close-on-exec */
};

/* Takes @fd over on success only. 0 or -ENOMEM. */
int cli_fd_new(const char *kind, const char *name, const char *group, int fd,
	       struct claim_fd **ret) _must_check_;
void *cli_fd_free(void *fd);
void cli_fd_list_clear(struct vec *fds);
#define _cleanup_cli_fd_list_ _cleanup_(cli_fd_list_clear)
