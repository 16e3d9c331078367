/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The record of a lease: its holder, its devices, and the state of the host before. It is on disk
 * before the first step runs, and suffices to undo any number of steps.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/macro.h"
#include "base/vec.h"
#include "model/group-def.h"

#define RECORD_VERSION 1

enum record_phase {
	PHASE_CLAIMING,
	PHASE_CLAIMED,
	PHASE_RELEASING,
	PHASE_DIRTY, /* a device could not be reset: neither a claim nor the host gets the group */
};
enum access_mode { ACCESS_FD, ACCESS_NODE };

/* The interface of VFIO that a lease gives. */
enum vfio_interface {
	INTERFACE_AUTO,	   /* only in a request: the daemon chooses */
	INTERFACE_GROUP,   /* IOMMU groups and containers */
	INTERFACE_IOMMUFD, /* /dev/iommu, and a node for each device */
	INTERFACE_ANY,	   /* only by path: the nodes of both, and the holder chooses */
	INTERFACE_COUNT,
};

static inline bool record_interface_has_group(enum vfio_interface interface)
{
	return interface != INTERFACE_IOMMUFD;
}

static inline bool record_interface_has_iommufd(enum vfio_interface interface)
{
	return interface == INTERFACE_IOMMUFD || interface == INTERFACE_ANY;
}

/* A member of the claimed IOMMU groups, as it was before the claim. */
struct record_device {
	char *key, *bus, *address;
	int iommu_group;
	char *host_driver;	   /* NULL: none was bound */
	char *host_override;	   /* NULL: none was set */
	char **host_reset_methods; /* reset_method; NULL: it has none */
	char **host_names;	   /* of struct device, and so are its interfaces; NULL: none */
	char **resets; /* methods to try in this order when it is returned (reset-plan.h) */
	bool dirty;    /* no method worked */
	bool clean;    /* one worked after the last use: not due again in this release */
	bool left;     /* has left its driver after the last use: no descriptor of it is open */
	char *driver;  /* bound by the claim; NULL: only kept from other drivers (bridges) */
};

struct record {
	char *group;
	char *lease;
	enum record_phase phase;
	uid_t uid;
	gid_t gid;
	pid_t pid;
	uint64_t start_time; /* field 22 of /proc/PID/stat: tells a reused pid; 0 unknown */
	char *unit;	     /* systemd unit of the holder, or NULL */
	char *label;	     /* or NULL */
	uint64_t since;	     /* µs of CLOCK_REALTIME */
	enum access_mode access;
	enum vfio_interface interface;
	bool persistent;
	bool used;	     /* the lease was handed over */
	bool recovery;	     /* "devgroupctl reset" of devices after an error or failed reset */
	bool reset_required; /* a device that no method can reset stays dirty */
	enum group_def_on_release on_release;
	char *trouble;	  /* of PHASE_DIRTY: the reason */
	char **forced;	  /* "network-up 0000:01:00.0": soft blockers that force overrode */
	bool new_ids;	  /* the claim adds ids to drivers and was not handed over yet: new-id.h */
	char **kept;	  /* keys of the devices on VFIO drivers before that; NULL: none */
	char **vf_tokens; /* "0000:02:00.0=UUID": the token of this PF and its VFs. Secret */
	struct vec devices; /* struct record_device, owned; in the order of the inventory */
};

/* Tells whether @lease is the id of a lease: 16 hex digits. It becomes the name of a file. */
bool record_lease_valid(const char *lease) _must_check_;

/* Return NULL when out of memory. */
struct record *record_new(const char *group, const char *lease);
struct record *record_free(struct record *record);
DEFINE_CLEANUP(struct record *, record_freep, record_free)
#define _cleanup_record_ _cleanup_(record_freep)

struct device;
/* Appends the current state of @device. @driver: as in struct record_device. 0 or -ENOMEM. */
int record_add_device(struct record *record, const struct device *device,
		      const char *driver) _must_check_;
struct record_device *record_device_new(const char *key);
struct record_device *record_device_free(struct record_device *device);
DEFINE_CLEANUP(struct record_device *, record_device_freep, record_device_free)
#define _cleanup_record_device_ _cleanup_(record_device_freep)
/* Returns the device with this key, or NULL. */
struct record_device *record_find_device(const struct record *record, const char *key);
/*
 * Marks all devices as used: they are due for a reset, and for a proof that they are closed.
 */
void record_mark_used(struct record *record);

/* Lists its IOMMU groups once each, in the order of the devices. The caller frees *ret. */
int record_iommu_groups(const struct record *record, int **ret, size_t *ret_n) _must_check_;

/* The functions that return int give 0, or -EINVAL for an unknown word. */
const char *record_phase_to_string(enum record_phase phase);
int record_phase_from_string(const char *s, enum record_phase *ret) _must_check_;
const char *record_access_to_string(enum access_mode access);
int record_access_from_string(const char *s, enum access_mode *ret) _must_check_;
const char *record_interface_to_string(enum vfio_interface interface);
int record_interface_from_string(const char *s, enum vfio_interface *ret) _must_check_;
