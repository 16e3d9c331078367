/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Texts for people, made from the JSON of objects. The caller frees each; NULL when out of memory.
 */

#include <stdint.h>

#include "base/macro.h"
#include "cli/print/cli-json.h"

/*
 * Returns "Intel Corporation 82574L Gigabit Network Connection", or the ids if the names are
 * unknown.
 */
char *cli_describe_device(json_object *device) _must_check_;
/* Returns "vfio-pci (host driver e1000e)". */
char *cli_describe_driver(json_object *device) _must_check_;
/* Returns "11" or "11,20-39". */
char *cli_describe_numbers(json_object *numbers) _must_check_;
/* Returns "Sat 2026-11-21 04:43:10 UTC; 2min ago" for @since in µs of CLOCK_REALTIME. */
char *cli_describe_since(uint64_t since) _must_check_;
