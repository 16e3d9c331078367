/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The file ".errors" of the run directory: the devices that have lost their state by an error. The
 * kernel reports an error once, and the next daemon has to know it. The file ends with the boot, as
 * the errors do.
 */

#include "model/inventory.h"

/*
 * Writes the devices of @inv that have lost their state. Does nothing if that is *saved, the text
 * that was written last. Failures are logged.
 */
void error_file_save(int run_dir, const struct inventory *inv, char **saved);
/* Restores the state of the devices that are still in @inv. Failures are logged. */
void error_file_load(int run_dir, struct inventory *inv);
