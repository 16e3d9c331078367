/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The descriptors of a claim, and how they are named to the command. Pure. */

#include "base/macro.h"
#include "base/vec.h"

#define CLI_CLAIM_FD_TOKEN "vf-token"
#define CLI_CLAIM_FD_CONFIG "config" /* none of a claim: secret options of a VMM */

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

/* Appends a descriptor and takes @fd over, also on failure. 0 or -ENOMEM. */
int cli_claim_fd_add(struct vec *fds, const char *kind, const char *name, const char *group,
		     int fd) _must_check_;
void cli_claim_fd_clear_all(struct vec *fds);
#define _cleanup_claim_fds_ _cleanup_(cli_claim_fd_clear_all)

/*
 * The values of LISTEN_FDNAMES and DEVGROUPS_FDS for @fds, the first of them being descriptor
 * @first.
 */
char *cli_claim_fd_listen_names(const struct vec *fds) _must_check_;
char *cli_claim_fd_json(const struct vec *fds, int first) _must_check_;
