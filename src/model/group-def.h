/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The definition of a group, as the administrator wrote it. docs: devgroups.d(5). */

#include <stdbool.h>
#include <stdint.h>

#include "base/macro.h"
#include "base/vec.h"

enum group_def_bind { BIND_CLAIM, BIND_BOOT };
enum group_def_on_release { ON_RELEASE_RESTORE, ON_RELEASE_KEEP, ON_RELEASE_NONE };
enum group_def_reset { RESET_AUTO, RESET_NONE, RESET_REQUIRE };

/* Selects a device. All given properties must match; -1 and NULL are "not given". */
struct selector {
	char *address; /* normalized key */
	char *path;    /* bridge-relative: "0000:00:1c.4/00.0" */
	char *serial;
	char *vf_of; /* normalized key of the PF */
	char *bus;
	int32_t vendor, device, subsystem_vendor, subsystem_device;
	int32_t class_code;    /* as written, compared from the left: */
	unsigned class_digits; /* "02" is two digits, "020000" six */
	int32_t nth;   /* index among the devices that match, in the order of the bus, from 0 */
	int32_t index; /* of the VF, from 0 as in virtfn0 */
	unsigned line, column; /* in the file; 0: unknown */
};

struct group_def {
	char *name;
	char *description;
	struct vec selectors; /* struct selector, owned */
	char *driver;	      /* "auto" or one of group_def_drivers */
	enum group_def_bind bind;
	enum group_def_on_release on_release;
	enum group_def_reset reset_before, reset_after;
	char **reset_methods;	/* NULL: the kernel's order */
	char **users, **groups; /* access: names or numbers */
	char *reserved_for;
	char **accept;	  /* blockers of group_def_accept_names to ignore for this group */
	uint64_t memlock; /* bytes; 0: not given; UINT64_MAX: infinity */
	char *file;	  /* the file with this definition */
	unsigned line, column;
	unsigned order; /* in which the groups were read, from 1; 0: not read from a file */
};

struct selector *group_def_selector_new(void);
struct selector *group_def_selector_free(struct selector *selector);
DEFINE_CLEANUP(struct selector *, group_def_selector_freep, group_def_selector_free)
#define _cleanup_selector_ _cleanup_(group_def_selector_freep)
/*
 * Returns the selector as a user would write it: the address if it is all, else "vendor=8086
 * device=10d3". The caller frees it. NULL when out of memory.
 */
char *group_def_selector_describe(const struct selector *selector) _must_check_;

struct group_def *group_def_new(const char *name);
struct group_def *group_def_free(struct group_def *def);
DEFINE_CLEANUP(struct group_def *, group_def_freep, group_def_free)
#define _cleanup_group_def_ _cleanup_(group_def_freep)
/* Frees a vector of struct group_def. */
void group_defs_clear(struct vec *defs);

/* Accepts a letter or digit, then letters, digits and "._-", 64 bytes at most. */
bool group_def_name_valid(const char *name);

/*
 * Accepts the drivers that driver_override may name. An override bypasses the id table of the
 * driver, so no other name is written to it. For example, the NVMe driver on a NIC probes for 12 s
 * and fails.
 */
bool group_def_driver_allowed(const char *name);
extern const char *const group_def_drivers[]; /* NULL-terminated, without "auto" */

/* Blockers that the administrator may accept permanently; NULL-terminated. */
extern const char *const group_def_accept_names[];

/* The words of the kernel's reset_method file, and "slot"; NULL-terminated. */
extern const char *const group_def_reset_methods[];

const char *group_def_bind_to_string(enum group_def_bind value);
const char *group_def_on_release_to_string(enum group_def_on_release value);
const char *group_def_reset_to_string(enum group_def_reset value);
/* 0, or -EINVAL for any other word. */
int group_def_bind_from_string(const char *s, enum group_def_bind *ret) _must_check_;
int group_def_on_release_from_string(const char *s, enum group_def_on_release *ret) _must_check_;
int group_def_reset_from_string(const char *s, enum group_def_reset *ret) _must_check_;
