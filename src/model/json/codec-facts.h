/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Facts as JSON, for the codecs and for programs that make JSON themselves. */

#include "model/facts.h"

struct json_object;

/* The caller's. NULL when out of memory. */
struct json_object *codec_facts(const struct vec *facts) _must_check_;
