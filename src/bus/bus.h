/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The bus face: one file an object, all of them thin: read arguments, authorise, call the daemon
 * layer, reply. */

#include <systemd/sd-bus.h>

#include "daemon/registry.h"

struct bus {
	sd_bus *bus;
	struct registry *registry;
	struct vec owners; /* struct lease_owner, owned: which connection claimed which lease */
	struct vec claims; /* struct pending_claim, owned: calls that wait for their reply */
	int inhibitor;	   /* of logind, or negative */
	sd_bus_slot *inhibit_call;
	struct vec queries; /* struct polkit_query, owned: calls that wait for polkit */
	struct vec
		granted; /* the same: what polkit let be asked beforehand, and was not done yet */
	char *published_module; /* properties of the manager as they were last told */
	bool published_iommufd, published_vfio;
};

/* What an object face is made of; bus_add_object() registers it. */
struct bus_object {
	const char *path; /* of the object, or prefix of all of them */
	const char *interface;
	const sd_bus_vtable *vtable;
	sd_bus_object_find_t find; /* NULL: there is one object, at @path */
	sd_bus_node_enumerator_t enumerate;
};

extern const struct bus_object bus_manager_object, bus_group_object, bus_device_object,
	bus_lease_object;
extern const struct bus_object *const bus_objects[]; /* NULL-terminated */

/* Registers all objects on @connection. 0 or negative errno. */
int bus_new(sd_bus *connection, struct registry *registry, struct bus **ret) _must_check_;
struct bus *bus_free(struct bus *bus);
DEFINE_CLEANUP(struct bus *, bus_freep, bus_free)

/* Prints what Introspect() answers for the object of one interface. 0 or negative errno; -ENOENT:
 * no such one. */
int bus_introspect_print(const char *interface, FILE *out) _must_check_;

/* Tells which of the manager's properties have changed; the first time it only remembers. 0 or
 * negative errno. */
int bus_manager_emit_changes(struct bus *bus) _must_check_;

/* --- paths; the caller frees. NULL when out of memory --- */
char *bus_group_path(const char *name) _must_check_;
char *bus_device_path(const char *key) _must_check_;
char *bus_lease_path(const char *lease) _must_check_;

/* --- bus-error.c --- */
/* Sets @error from @refusal, and returns its negative errno, as a handler does. */
int bus_error_set_refusal(sd_bus_error *error, const struct refusal *refusal);
int bus_error_reply_refusal(sd_bus_message *message, const struct refusal *refusal);

/* --- bus-options.c --- */
struct bus_options {
	const char *label;  /* points into the message */
	const char *method; /* likewise */
	enum vfio_interface interface;
	enum access_mode access;
	bool for_user; /* uid is given: the lease is that user's */
	uid_t uid;
	bool persistent, force, authorize;
	uint64_t wait_usec;
	char **with; /* groups; owned */
};
void bus_options_clear(struct bus_options *options);
#define _cleanup_bus_options_ _cleanup_(bus_options_clear)

/*
 * Reads an a{sv}. False: *ret_refusal is REFUSED_BAD_OPTION and names key and type. @allowed is a
 * list of keys ending in NULL. What is not given stays as it is in *ret.
 */
bool bus_options_read(sd_bus_message *message, const char *const *allowed, struct bus_options *ret,
		      struct refusal *ret_refusal) _must_check_;

/* --- bus-auth.c --- */
struct bus_caller {
	uid_t uid;
	gid_t gid;
	pid_t pid; /* 0: not known */
};
int bus_auth_get_caller(sd_bus_message *message, struct bus_caller *ret) _must_check_;
/* Whom the caller claims for; another user's process is not the one that calls. */
struct bus_caller bus_auth_holder(const struct bus_caller *caller, uid_t uid);
/* What the group's file allows, and root. */
bool bus_auth_may_claim(const struct bus_caller *caller, const struct group_def *def) _must_check_;

enum bus_verdict {
	BUS_REFUSED, /* *ret_refusal says why */
	BUS_GRANTED,
	BUS_PENDING, /* polkit is asked: the handler returns 1, and is called again with the same
			message */
};
/* @beforehand: the claim itself comes later, and is not to ask for a password again. */
enum bus_verdict bus_auth_claim(struct bus *bus, sd_bus_message *call,
				const struct bus_caller *caller, const struct devgroup *group,
				const char *label, bool beforehand,
				struct refusal *ret_refusal) _must_check_;
enum bus_verdict bus_auth_release(struct bus *bus, sd_bus_message *call,
				  const struct bus_caller *caller, const struct devgroup *group,
				  struct refusal *ret_refusal) _must_check_;
/* @what completes "may not". */
enum bus_verdict bus_auth_manage(struct bus *bus, sd_bus_message *call, const char *what,
				 struct refusal *ret_refusal) _must_check_;
/* The keys of its devices, as polkit's rules see them. Caller frees; NULL when out of memory. */
char *bus_auth_devices(const struct devgroup *group) _must_check_;

/* --- bus-claim.c --- */
int bus_claim_method(sd_bus_message *message, void *userdata, sd_bus_error *error);
/* The reset of a dirty group, which the caller may ask for. */
int bus_claim_reset(sd_bus_message *message, struct bus *bus, struct devgroup *group,
		    const struct bus_options *options, sd_bus_error *error);
int bus_claim_release(sd_bus_message *message, struct bus *bus, struct devgroup *group,
		      uint64_t wait_usec);
int bus_claim_take_fds(sd_bus_message *message, struct bus *bus, struct devgroup *group,
		       unsigned first, sd_bus_error *error);
void bus_claim_forget_lease(struct bus *bus, const char *lease);
void bus_claim_cancel_all(struct bus *bus);
void bus_claim_forget_all_leases(struct bus *bus);
#define BUS_DEFAULT_RELEASE_WAIT_USEC (5 * 1000000ULL)

/* --- bus-inhibit.c --- */
int bus_inhibit_start(struct bus *bus) _must_check_;
/* To be called when a lease has come or gone. */
void bus_inhibit_update(struct bus *bus);
void bus_inhibit_stop(struct bus *bus);

/* --- bus-news.c --- */
extern const struct registry_observer bus_signals_observer; /* userdata: struct bus */
/* Tells the holder of @lease that @uid wants it to close what it has: nothing else is done to it.
 */
void bus_signals_release_requested(struct bus *bus, const char *lease, uid_t uid);
