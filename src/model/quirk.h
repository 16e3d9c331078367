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

/* Ids of models, "168c:0032-0034": @first to @last of @vendor; -1 is any vendor. */
struct quirk_ids {
	int32_t vendor;
	uint16_t first, last;
};

/* A setting for the VMM, from "vmm" of a quirk. */
struct quirk_setting {
	const char *name; /* one of quirk_settings */
	char *value;
};

struct quirk {
	char *name;
	struct vec ids;	    /* struct quirk_ids, owned; none: any model of the class */
	int32_t class_code; /* as written, compared from the left; -1: any */
	unsigned class_digits;
	enum quirk_function function;
	bool root_bus;		/* only for a device on the root bus, which is built in */
	const char *topic;	/* one of quirk_topics */
	char **never, **prefer; /* reset methods to avoid, and to try first */
	bool nvme_shutdown;	/* shut the NVMe controller down before a reset of the function */
	unsigned delay_ms;	/* wait after a reset before the first access */
	struct vec settings;	/* struct quirk_setting, owned */
	char *text;		/* one or two sentences for people */
	char *source;		/* where this is documented or was measured */
	char *file;
	unsigned line, column;
};

struct quirk *quirk_new(const char *name); /* NULL when out of memory */
struct quirk *quirk_free(struct quirk *quirk);
DEFINE_CLEANUP(struct quirk *, quirk_freep, quirk_free)
#define _cleanup_quirk_ _cleanup_(quirk_freep)

extern const char *const quirk_topics[];   /* NULL-terminated */
extern const char *const quirk_settings[]; /* NULL-terminated */
