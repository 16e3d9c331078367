/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Which devices have lost their state by an error, in a file of the run directory: the kernel tells
 * of an error once, and the next daemon has to know. It is gone with the boot, as are the errors.
 */

#include "model/inventory.h"

/* Writes down those of @inv, if they are others than *saved, which is what was written last.
 * Failures are logged. */
void error_file_save(int run_dir, const struct inventory *inv, char **saved);
/* Those that are still in @inv are in that state again. */
void error_file_load(int run_dir, struct inventory *inv);
