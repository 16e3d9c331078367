/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How the descriptors of a claim are named to the command. Pure. */

#include "base/macro.h"
#include "base/vec.h"

struct claim_fd;

/*
 * Without colons, which separate the names in LISTEN_FDNAMES: "lease-nic0", "vfio-group-11",
 * "vfio-device-0000_01_00.0". Caller frees; NULL when out of memory.
 */
char *cli_env_fd_name(const struct claim_fd *fd) _must_check_;
/*
 * The values of LISTEN_FDNAMES and DEVGROUPS_FDS for @fds, the first of them being descriptor
 * @first.
 */
char *cli_env_listen_names(const struct vec *fds) _must_check_;
char *cli_env_fds_json(const struct vec *fds, int first) _must_check_;
