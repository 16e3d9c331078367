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
/* Returns "8086:10d3", or "" for a device without such numbers. */
char *cli_describe_id(json_object *device) _must_check_;
/*
 * Returns "ens1, nvme0n1" for HostNames of the bus, or with @details "ens1 52:54:00:12:34:56,
 * nvme0n1 465.8G".
 */
char *cli_describe_names(json_object *names, bool details) _must_check_;
/* Returns the details alone: "52:54:00:12:34:56, 465.8G". */
char *cli_describe_details(json_object *names) _must_check_;
/* Returns "465.8G" for a number of bytes, with units of 1024. */
char *cli_describe_size(uint64_t bytes) _must_check_;
/* Returns the definition of a group, with the keys of a file, from its JSON form; or NULL. */
json_object *cli_describe_definition(json_object *group);
/* Returns "vfio-pci (host driver e1000e)". */
char *cli_describe_driver(json_object *device) _must_check_;
/* Returns "11" or "11,20-39". */
char *cli_describe_numbers(json_object *numbers) _must_check_;
/* Returns "Sat 2026-11-21 04:43:10 UTC; 2min ago" for @since in µs of CLOCK_REALTIME. */
char *cli_describe_since(uint64_t since) _must_check_;
