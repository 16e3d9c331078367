/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What is known of models of devices beyond what they say of themselves, as it stands in
 * quirks.d. docs: devgroups-quirks.d(5).
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/macro.h"
#include "base/vec.h"

/* Which functions of a model are meant. */
enum quirk_function { QUIRK_ANY_FUNCTION, QUIRK_PF, QUIRK_VF };

/* Ids of models, "168c:0032-0034": @first to @last of @vendor; a vendor of -1 is any. */
struct quirk_ids {
	int32_t vendor;
	uint16_t first, last;
};

/* For the VMM: what "vmm" of a quirk says. */
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
	bool root_bus;		/* only where it is on the root bus: built in */
	const char *topic;	/* one of quirk_topics */
	char **never, **prefer; /* reset methods: not to be used, to be used first */
	bool nvme_shutdown;  /* the NVMe controller is shut down before a reset of the function */
	unsigned delay_ms;   /* to wait after a reset before the device is looked at */
	struct vec settings; /* struct quirk_setting, owned */
	char *text;	     /* for people: a sentence or two */
	char *source;	     /* where that is known from */
	char *file;
	unsigned line, column;
};

struct quirk *quirk_new(const char *name);
struct quirk *quirk_free(struct quirk *quirk);
DEFINE_CLEANUP(struct quirk *, quirk_freep, quirk_free)
#define _cleanup_quirk_ _cleanup_(quirk_freep)

extern const char *const quirk_topics[];   /* NULL-terminated */
extern const char *const quirk_settings[]; /* NULL-terminated */
