/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The descriptors of a claim, and the names under which the command finds them. Pure: no bus, no
 * daemon.
 */

#include "base/macro.h"
#include "base/vec.h"

#define CLI_CLAIM_FD_TOKEN "vf-token"
#define CLI_CLAIM_FD_CONFIG "config" /* not of a claim: the secret options of a VMM */

/* One descriptor of a claim. */
struct claim_fd {
	char *kind; /* "lease", "vfio-container", "vfio-group", "iommufd", "vfio-device", "vf-token"
		     */
	char *name; /* as on the bus: "11", "0000:01:00.0"; the group's name if the bus gives none
		     */
	char *group; /* the claimed group */
	char *text;  /* the contents of a token or of options; for a device its token, or NULL */
	int fd;	     /* owned; close-on-exec */
};

/* Appends a descriptor and takes @fd over, also on failure. 0 or -ENOMEM. */
int cli_claim_fd_add(struct vec *fds, const char *kind, const char *name, const char *group,
		     int fd) _must_check_;
void cli_claim_fd_clear_all(struct vec *fds);
#define _cleanup_claim_fds_ _cleanup_(cli_claim_fd_clear_all)

/*
 * Return the values of LISTEN_FDNAMES and DEVGROUPS_FDS for @fds, which start at descriptor @first.
 * The caller frees them; NULL when out of memory.
 */
char *cli_claim_fd_listen_names(const struct vec *fds) _must_check_;
char *cli_claim_fd_json(const struct vec *fds, int first) _must_check_;
