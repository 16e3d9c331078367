/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The JSON forms of the model. Only codec*.c include json-c. The caller frees *ret and *ret_error.
 * Writers return 0 or -ENOMEM. Readers also return -EBADMSG, and *ret_error then has the position
 * and what was expected.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/macro.h"
#include "model/config/def-set.h"
#include "model/group-def.h"
#include "model/inventory.h"
#include "model/record.h"

int codec_inventory_to_json(const struct inventory *inv, bool pretty, char **ret) _must_check_;

/* Adds to the facts of @device. 0 or -ENOMEM. */
typedef int (*codec_annotate_fn)(const struct device *device, struct vec *facts, void *userdata);
/*
 * Writes the same, and the facts that @annotate adds to each device under "facts". They are for a
 * person: codec_snapshot_from_json() ignores them.
 */
int codec_inventory_to_json_with(const struct inventory *inv, bool pretty,
				 codec_annotate_fn annotate, void *userdata,
				 char **ret) _must_check_;
int codec_snapshot_from_json(const char *text, size_t size, struct inventory **ret,
			     char **ret_error) _must_check_;

int codec_record_to_json(const struct record *record, char **ret) _must_check_;
/* Also -EPROTONOSUPPORT, with *ret_error, for a record of a later version. */
int codec_record_from_json(const char *text, size_t size, struct record **ret,
			   char **ret_error) _must_check_;

/* Writes definitions as a whole file of devgroups.d, which parse_definitions() reads back. */
int codec_config_to_json(const struct def_set *defs, bool pretty, char **ret) _must_check_;
/* Writes such a file of the one group. */
int codec_config_group_to_json(const struct group_def *def, bool pretty, char **ret) _must_check_;
/* Compares all but the place in the files. False also when out of memory. */
bool codec_config_same_group(const struct group_def *a, const struct group_def *b);
