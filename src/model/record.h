/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The record of a lease: who holds what, and how the host was before. It is on disk before the
 * first step runs, and enough to undo everything however far the steps came.
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
	PHASE_DIRTY, /* a device could not be reset: nobody gets the group, the host neither */
};
enum access_mode { ACCESS_FD, ACCESS_NODE };

/* Which of VFIO's two interfaces a lease gives. */
enum vfio_interface {
	INTERFACE_AUTO,	   /* of a request only: to be chosen */
	INTERFACE_GROUP,   /* IOMMU groups and containers */
	INTERFACE_IOMMUFD, /* /dev/iommu, and a node for each device */
	INTERFACE_ANY,	   /* by path only: the nodes of both, the holder chooses */
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

/* One member of the IOMMU groups of the claim, as it was before. */
struct record_device {
	char *key, *bus, *address;
	int iommu_group;
	char *host_driver;	   /* NULL: none was bound */
	char *host_override;	   /* NULL: none was set */
	char **host_reset_methods; /* reset_method; NULL: it has none */
	char **resets; /* ways to reset it when it is given back, one after the other (resetplan.h)
			*/
	bool dirty;    /* none of them worked */
	bool clean; /* one did, after the last holder: not due again when the rest of the release is
		     */
	char *driver; /* what the claim binds it to; NULL: only kept from other drivers (bridges) */
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
	bool used;     /* it has been handed over */
	bool recovery; /* its devices are on their way back from an error or a failed reset, by
			  order */
	bool reset_required; /* a device without a way to be reset stays dirty */
	enum group_def_on_release on_release;
	char *trouble; /* of PHASE_DIRTY: why */
	bool new_ids;  /* the claim tells drivers new ids, and has not been handed over yet: newid.h
			*/
	char **kept;   /* keys of what VFIO drivers had before that; NULL: none */
	char **vf_tokens;   /* "0000:02:00.0=UUID": what the kernel wants to hear of this PF and its
			       VFs. Secret */
	struct vec devices; /* struct record_device, owned; in the order of the inventory */
};

struct record *record_new(const char *group, const char *lease);
struct record *record_free(struct record *record);
DEFINE_CLEANUP(struct record *, record_freep, record_free)
#define _cleanup_record_ _cleanup_(record_freep)

struct device;
/* Appends @device as it is now. 0 or -ENOMEM. @driver as in struct record_device. */
int record_add_device(struct record *record, const struct device *device,
		      const char *driver) _must_check_;
struct record_device *record_device_new(const char *key);
struct record_device *record_device_free(struct record_device *device);
DEFINE_CLEANUP(struct record_device *, record_device_freep, record_device_free)
#define _cleanup_record_device_ _cleanup_(record_device_freep)
struct record_device *record_find_device(const struct record *record, const char *key);
/* Somebody may have had the devices since their last reset. */
void record_make_resets_due(struct record *record);

/* Its IOMMU groups, each once, in the order of the devices. *ret is owned by the caller. */
int record_iommu_groups(const struct record *record, int **ret, size_t *ret_n) _must_check_;

const char *record_phase_to_string(enum record_phase phase);
int record_phase_from_string(const char *s, enum record_phase *ret) _must_check_;
const char *record_access_to_string(enum access_mode access);
int record_access_from_string(const char *s, enum access_mode *ret) _must_check_;
const char *record_interface_to_string(enum vfio_interface interface);
int record_interface_from_string(const char *s, enum vfio_interface *ret) _must_check_;
