/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * libdevgroups: claims groups of devgroupd(8) and holds their descriptors. docs: devgroups(3).
 *
 * All functions that return int return 0 or more on success, and a negative errno otherwise. An
 * object belongs to one thread at a time; different objects are independent. A child of fork() only
 * uses the descriptors. Nothing here ends the process or changes the handling of signals.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A claim of one group: before, while it runs, and the lease afterwards. */
struct devgroups;

/* One descriptor of a claim. org.devgroups1(5) lists the kinds. All of it belongs to the claim. */
struct devgroups_fd {
	const char *kind; /* "lease", "vfio-group", "iommufd", ... */
	const char *name; /* of the device or IOMMU group; may be empty */
	int fd;		  /* close-on-exec; negative once it was taken */
};

/* Stores in @ret a claim of @group that has not begun. devgroups_free() frees it. */
int devgroups_new(struct devgroups **ret, const char *group);

/* Closes all descriptors that were not taken, which ends the lease unless it is persistent. */
void devgroups_free(struct devgroups *claim);

/* Set an option of the claim before it begins, by its name in org.devgroups1(5). */
int devgroups_set_string(struct devgroups *claim, const char *option, const char *value);
int devgroups_set_bool(struct devgroups *claim, const char *option, bool value);
int devgroups_set_usec(struct devgroups *claim, const char *option, uint64_t usec);

/* Claims and waits for the end of it, however long the daemon takes. */
int devgroups_claim(struct devgroups *claim);

/*
 * Begins the claim and returns. devgroups_get_poll_fd() then becomes readable whenever
 * devgroups_process() has work. Connecting to the bus is done here and waits for the bus.
 */
int devgroups_claim_start(struct devgroups *claim);

/*
 * Handles all that has arrived, without waiting. Returns 1 when the claim has succeeded, 0 while it
 * runs, and the error of a claim that was refused. Afterwards it handles signals: -ENOTCONN means
 * that the bus is lost; the lease stays, for its descriptors hold it.
 */
int devgroups_process(struct devgroups *claim);

/* Returns the descriptor to poll for POLLIN, or -ENOTCONN. It belongs to the claim. */
int devgroups_get_poll_fd(const struct devgroups *claim);

/*
 * Returns 1 if a user who may do so has asked for the release of the lease, else 0, and -ENOTCONN
 * on a lost bus. Processes first: call it when devgroups_get_poll_fd() is readable.
 */
int devgroups_release_requested(struct devgroups *claim);

/*
 * Stores all descriptors of the claim in one array, the lease first. The array is valid until the
 * next call of devgroups_take_more(), devgroups_release() or devgroups_free().
 */
int devgroups_get_fds(const struct devgroups *claim, const struct devgroups_fd **ret,
		      size_t *ret_n);

/* Returns a descriptor that stays the claim's, or -ENOENT. A @name of NULL matches the first. */
int devgroups_find_fd(const struct devgroups *claim, const char *kind, const char *name);

/* The same, but the caller closes the descriptor. With "lease" taken, the caller holds the lease.
 */
int devgroups_take_fd(struct devgroups *claim, const char *kind, const char *name);

/* Asks the daemon for descriptors that were added since. Returns their number. */
int devgroups_take_more(struct devgroups *claim);

/* Looks up a hint for the VMM of a device (VmmHints). The caller frees @ret. -ENOENT: no such hint.
 */
int devgroups_get_hint(struct devgroups *claim, const char *device, const char *hint, char **ret);

/*
 * Looks up a property of a device as text: a number in decimal, a boolean as "yes" or "no". The
 * caller frees @ret. -EOPNOTSUPP: its type has no such text.
 */
int devgroups_get_fact(struct devgroups *claim, const char *device, const char *property,
		       char **ret);

/*
 * Closes all descriptors that were not taken, and ends the lease. Returns when the devices are back
 * on their host drivers. After an error it can be called again.
 */
int devgroups_release(struct devgroups *claim);

/* Returns the object path of the lease, or NULL while there is none. */
const char *devgroups_get_lease(const struct devgroups *claim);

/*
 * Return the code ("Busy", "Blocked", "AccessDenied") and the text of the last refusal of the
 * daemon, or "" if the last call failed otherwise or not at all.
 */
const char *devgroups_get_error_code(const struct devgroups *claim);
const char *devgroups_get_error_text(const struct devgroups *claim);

/* Returns a text for the result of the last call: the daemon's, else that of the errno @error. */
const char *devgroups_strerror(const struct devgroups *claim, int error);

#ifdef __cplusplus
}
#endif
