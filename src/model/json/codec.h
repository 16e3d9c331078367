/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The JSON forms of the model. Only codec*.c include json-c. Strings returned are the
 * caller's. Readers give -ENOMEM, or -EBADMSG with *ret_error saying where and what was expected.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/macro.h"
#include "model/config/def-set.h"
#include "model/group-def.h"
#include "model/inventory.h"
#include "model/record.h"

int codec_inventory_to_json(const struct inventory *inv, bool pretty, char **ret) _must_check_;
/*
 * The same with what @annotate adds to the facts of each device, under "facts": for who reads it,
 * it is made anew and never read back.
 */
typedef int (*codec_annotate_fn)(const struct device *device, struct vec *facts, void *userdata);
int codec_inventory_to_json_with(const struct inventory *inv, bool pretty,
				 codec_annotate_fn annotate, void *userdata,
				 char **ret) _must_check_;
int codec_snapshot_from_json(const char *text, size_t size, struct inventory **ret,
			     char **ret_error) _must_check_;

int codec_record_to_json(const struct record *record, char **ret) _must_check_;
/* -EPROTONOSUPPORT, with *ret_error, for a record of a later version. */
int codec_record_from_json(const char *text, size_t size, struct record **ret,
			   char **ret_error) _must_check_;

/*
 * Definitions as a file of devgroups.d has them: parse_definitions() reads back what was written,
 * which is the whole file. codec_config_group_to_json() has the one group in it.
 */
int codec_config_group_to_json(const struct group_def *def, bool pretty, char **ret) _must_check_;
/* Do they say the same, wherever they stand? False also when out of memory. */
bool codec_config_same_group(const struct group_def *a, const struct group_def *b);
int codec_config_to_json(const struct def_set *config, bool pretty, char **ret) _must_check_;
