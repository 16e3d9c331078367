/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Hosts in fuzz targets. */

#include "model/inventory.h"

/* Returns a recorded host of tests/hosts, below $top_srcdir. The caller frees it. */
struct inventory *fuzz_host_load(const char *name);

/* Makes every decision about @inv that needs no definition: all reads of configuration space. */
void fuzz_host_judge(const struct inventory *inv);

/* Asserts that @inv survives being written and read, and judges it. */
void fuzz_host_check(const struct inventory *inv);
