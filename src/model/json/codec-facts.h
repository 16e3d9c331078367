/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Facts as JSON, for the codecs and for programs that write JSON of their own. */

#include "model/facts.h"

struct json_object;

/* Returns the facts of a dict as an object, owned by the caller. NULL when out of memory. */
struct json_object *codec_facts(const struct vec *facts) _must_check_;
