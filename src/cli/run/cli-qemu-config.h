/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Options of QEMU's that are secret. Everybody may read a command line (ps(1)), so they go into a
 * file for -readconfig that is a descriptor. Pure.
 */

#include "base/macro.h"

/*
 * Takes each "-device" that has a VF token out of @words and puts "-readconfig @path" in their
 * place. *ret_text is what that file has to hold; NULL: nothing is secret. Caller frees. 0 or
 * -ENOMEM.
 */
int cli_qemu_config_hide(char ***words, const char *path, char **ret_text) _must_check_;
