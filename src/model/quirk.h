/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A quirk: knowledge about models of devices that the devices do not report, from quirks.d.
 * docs: devgroups-quirks.d(5).
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/macro.h"
#include "base/vec.h"

/* The functions of a model that a quirk is for. */
enum quirk_function { QUIRK_ANY_FUNCTION, QUIRK_PF, QUIRK_VF };

/* The place of the devices that a quirk is for. */
enum quirk_place {
	QUIRK_ANY_PLACE,
	QUIRK_ROOT_BUS,	    /* without a bridge above it */
	QUIRK_BELOW_BRIDGE, /* with one */
};

/* Ids of models or subsystems, "168c:0032-0034": @first to @last of @vendor. */
struct quirk_ids {
	uint16_t vendor;
	uint16_t first, last;
};

/* A class, "0108": its first @digits, compared from the left. */
struct quirk_class {
	uint32_t code;
	unsigned digits;
};

struct quirk_revisions {
	uint8_t first, last;
};

/* A setting for the VMM, from "vmm" of a quirk. */
struct quirk_setting {
	const char *name; /* one of quirk_settings */
	char *value;
};

struct quirk {
	char *name;
	/* all of these must match; an empty list matches any device */
	struct vec ids;	       /* struct quirk_ids, owned */
	struct vec classes;    /* struct quirk_class, owned */
	struct vec revisions;  /* struct quirk_revisions, owned */
	struct vec subsystems; /* struct quirk_ids, owned */
	enum quirk_function function;
	enum quirk_place place;

	const char *topic;	 /* one of quirk_topics */
	char **never, **prefer;	 /* reset methods to avoid, and to try first */
	char **adds;		 /* reset methods that the kernel offers for the model alone */
	bool nvme_shutdown;	 /* shut the NVMe controller down before a reset of the function */
	unsigned delay_ms;	 /* wait after a reset before the first access */
	struct vec settings;	 /* struct quirk_setting, owned */
	unsigned settings_since; /* 6015: they need Linux 6.15; 0: any */
	const char *refused_by;	 /* the VFIO driver that refuses the device; NULL: none. Static */
	bool reported;		 /* from public reports: no kernel knows it */
	char *text;		 /* one or two sentences for people */
	char *source;		 /* where this is documented or was measured */
	char *file;
	unsigned line, column;
};

struct quirk *quirk_new(const char *name); /* NULL when out of memory */
struct quirk *quirk_free(struct quirk *quirk);
DEFINE_CLEANUP(struct quirk *, quirk_freep, quirk_free)
#define _cleanup_quirk_ _cleanup_(quirk_freep)

extern const char *const quirk_topics[];   /* NULL-terminated */
extern const char *const quirk_settings[]; /* NULL-terminated */
extern const char *const quirk_refusers[]; /* VFIO drivers that refuse models; NULL-terminated */
